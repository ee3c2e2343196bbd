"""What data holds is shown on a terminal, never obeyed, and no stream makes a command fail."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from refmill.cli import main
from refmill.reporting.progress import Progress
from refmill.reporting.terminal import print_error, print_line, terminal_text

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202eevil\u2028\x7f"
VISIBLE_FORMAT = set(
    "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that shape letters or are seen themselves."""


def is_shown(character: str) -> bool:
    """Whether a terminal shows the character and does nothing else."""
    is_control = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return not is_control or character in VISIBLE_FORMAT | {"\t", "\n"}


def assert_shown(text: str) -> None:
    assert [character for character in text if not is_shown(character)] == []


def refmill(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "refmill.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, env=os.environ | environment, check=False)


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A command line of bash in which `refmill` is the command."""
    line = f'set -o pipefail; refmill() {{ "{sys.executable}" -m refmill.cli "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", line], capture_output=True, env=os.environ | environment, check=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A library each of whose values holds characters that control a terminal."""
    item = {
        "id": f"key{ESCAPE}",
        "type": "article-journal",
        "title": f"Title {ESCAPE}",
        "author": [{"family": f"Bee{ESCAPE}", "given": f"Ann{ESCAPE}"}, {"literal": f"Group{ESCAPE}"}],
        "container-title": f"Journal{ESCAPE}",
        "volume": f"1{ESCAPE}",
        "issue": f"2{ESCAPE}",
        "page": f"3{ESCAPE}",
        "publisher": f"House{ESCAPE}",
        "note": f"Note{ESCAPE}",
        "DOI": f"10.1/x{ESCAPE}",
        "URL": f"https://arxiv.org/abs/2401.00001{ESCAPE}",
        "number": "arXiv:2401.00001",
        "issued": {"date-parts": [[2020]], "raw": ESCAPE},
    }
    path = tmp_path / "library.json"
    path.write_text(json.dumps([item]))
    return path


def test_each_character_that_controls_a_terminal_is_escaped_and_no_other() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character) != "Cn":
            assert (terminal_text(character) == character) == (is_shown(character) and character != "\n"), hex(number)


def test_an_escape_can_be_seen() -> None:
    assert terminal_text("a\x1b[31mb\u202ec\nd\U000e0041") == "a\\x1b[31mb\\u202ec\\nd\\U000e0041"


def test_joiners_of_words_and_emoji_stay() -> None:
    assert terminal_text("می‌خواهم 👩‍🔬") == "می‌خواهم 👩‍🔬"


def test_a_line_break_of_data_makes_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("refmill: a\nwritten    5 to b: no")
    assert capsys.readouterr().err == "refmill: a\\nwritten    5 to b: no\n"


def test_what_an_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    print_line("Müller 数 \udc80")
    stream.flush()
    assert stream.buffer.getvalue() == b"M\xfcller \\u6570 \\udc80\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "words",
    [
        ("convert", "{}", "--enrich", "none", "-o", "{folder}/refs.bib"),
        ("convert", "{}", "--enrich", "none", "-o", f"{{folder}}/{ESCAPE}.bib"),
        ("convert", "{}", "--enrich", "none", "-o", "{folder}/refs.bib", "--report", f"{{folder}}/{ESCAPE}/no.html"),
        ("convert", "{}", "--snapshot", ESCAPE, "-o", "{folder}/refs.bib"),
        ("convert", "{}", "--from", ESCAPE, "-o", "{folder}/refs.bib"),
        ("convert", "{}", "-O", ESCAPE, "-o", "{folder}/refs.bib"),
        ("convert", "{}", "-O", f"date={ESCAPE}", "-o", "{folder}/refs.bib"),
        ("convert", "{}", "--max-age", ESCAPE, "-o", "{folder}/refs.bib"),
        ("convert", "{}", f"--{ESCAPE}", "-o", "{folder}/refs.bib"),
        ("convert", ESCAPE, "-o", "{folder}/refs.bib"),
        ("show", "2401.00001", "--in", "{}", "--offline"),
        ("show", ESCAPE),
        ("cite", "{}", "--enrich", "none", "--inline"),
        ("cite", "{}", "--enrich", "none", "--style", ESCAPE),
        ("cite", "{}", "--enrich", "none", "--to", "html"),
        ("cite", "{}", "--enrich", "none", "--to", "markdown"),
        ("cite", "{}", "--enrich", "none", "--to", "latex"),
        ("cite", "{}", "--enrich", "none", "--style", "plain"),
        ("formats", ESCAPE),
        ("plugins", "--plugin", f"{ESCAPE}.py"),
        ("new-plugin", "exporter", ESCAPE),
        ("new-plugin", ESCAPE, "ris"),
        ("merge", "{}", "{}", "-o", f"{{folder}}/{ESCAPE}.json"),
        ("update", f"{{folder}}/{ESCAPE}.bib"),
        ("harvest", "-o", f"{{folder}}/{ESCAPE}.xml", "--from", ESCAPE),
        (ESCAPE,),
        (f"--{ESCAPE}",),
    ],
    ids=lambda words: " ".join(words[:1] + words[2:]).encode("unicode_escape").decode()[:60],
)
def test_no_command_prints_a_character_that_controls_a_terminal(
    words: tuple[str, ...], hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):
        main([word.replace("{}", str(hostile)).replace("{folder}", str(tmp_path)) for word in words])
    printed = capsys.readouterr()
    assert printed.out + printed.err
    assert "fault of refmill" not in printed.err
    assert_shown(printed.out + printed.err)


def test_the_diff_of_an_update_shows_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "library.bib"
    library.write_text(
        f"@misc{{a,\r\n\ttitle = {{T {ESCAPE}}},\r\n\teprint = {{1706.03762}}, archiveprefix = {{arXiv}}\r\n}}\r\n",
        encoding="utf-8", newline="",
    )  # fmt: skip
    rows = tmp_path / "rows.json"
    rows.write_text(
        json.dumps({"id": "1706.03762", "title": "T", "doi": "10.1103/x", "authors": "Ann Bee", "categories": "cs.CL"})
        + "\n"
    )
    assert main(["update", str(library), "--snapshot", str(rows), "--offline"]) == 0
    out = capsys.readouterr().out
    assert "\n \ttitle = {T \\x1b]0;owned\\x07\\x9b31m\\u202eevil\\u2028\\x7f},\r\n" in out
    assert "\n+\teprint" in out
    assert out.endswith("\r\n }\r\n")
    assert_shown(out.replace("\r\n", "\n"))


def test_progress_reads_no_markup_and_obeys_no_escape() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    moving = Terminal()
    with Progress(moving) as progress:
        from refmill.reporting.summary import Summary

        progress._tell(1, Summary(), 1.0)
        progress.say("file [red]:smile:\x1b]0;owned\x07")
    assert "file [red]:smile:\\x1b]0;owned\\x07" in moving.getvalue()
    plain = io.StringIO()
    Progress(plain).say("file [red]:smile:\x1b]0;owned\x07")
    assert plain.getvalue() == "file [red]:smile:\\x1b]0;owned\\x07\n"


def test_a_command_that_stands_behind_its_options_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "convert", "x"]) == 2
    assert "write the command first" in capsys.readouterr().err


def test_what_libraries_log_passes_the_door(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import logging; from refmill.reporting.terminal import log_to_terminal; log_to_terminal();"
        "logging.getLogger('lib').warning('answer %s', '\\x1b[2J', exc_info=ValueError('x'))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stderr == b"lib: answer \\x1b[2J\n"


CJK = (
    "@misc{k, title = {数学 Łódź}, author = {王, 小明}, note = {\u202e}, eprint={1706.03762}, archiveprefix={arXiv}}\n"
)
NARROW = (
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
)


@pytest.mark.parametrize("environment", NARROW, ids=str)
@pytest.mark.parametrize(
    "words",
    [
        ("show", "1706.03762", "--in", "{}", "--offline"),
        ("cite", "{}", "--enrich", "none", "--inline"),
        ("convert", "{}", "--enrich", "none", "--to", "bibtex", "-o", "-"),
        ("convert", "数\udc80.bib", "-o", "x.bib"),
    ],
    ids=lambda words: words[0],
)
def test_a_console_that_is_not_utf_8_makes_no_command_fail(
    words: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    library = tmp_path / "library.bib"
    library.write_text(CJK, encoding="utf-8")
    done = refmill(*(word.replace("{}", str(library)) for word in words), **environment)
    assert done.returncode == (2 if "x.bib" in words else 0), done.stderr
    assert b"fault of refmill" not in done.stderr
    assert b"Traceback" not in done.stderr
    if "-" in words:
        assert "数学".encode() in done.stdout
    elif done.returncode == 0:
        assert b"\\u6570\\u5b66" in done.stdout or environment.get("LC_ALL")


@pytest.mark.parametrize("command", ["formats", "plugins", "store", "formats --help", "convert --help", "--version"])
def test_a_closed_pipe_ends_a_command_in_silence(command: str) -> None:
    done = shell(f"refmill {command} | true")
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.parametrize("command", ["formats", "formats --help", "convert 1706.03762 --offline --to bibtex -o -"])
def test_a_full_disk_or_closed_stdout_is_told_in_a_line(command: str) -> None:
    for where in (">/dev/full", ">&-"):
        done = shell(f"refmill {command} {where}")
        assert done.returncode == 2
        (line,) = done.stderr.decode().splitlines()
        assert line.endswith(("No space left on device", "Bad file descriptor"))


def test_without_stdin_there_is_nothing_to_read(tmp_path: Path) -> None:
    done = shell(f"refmill convert - -o {tmp_path}/x.bib <&-")
    assert done.returncode == 2
    assert b"nothing to read" in done.stderr


def test_without_stderr_the_work_is_done(tmp_path: Path) -> None:
    done = shell(f"refmill convert 1706.03762 --offline -o {tmp_path}/x.bib 2>&-")
    assert done.returncode == 0
    assert "1706.03762" in (tmp_path / "x.bib").read_text()
    assert "read " not in (tmp_path / "x.bib").read_text()
