"""`refmill update` changes what arXiv knows by now, and not a byte besides."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.arxiv_api import ArxivApi, Paper
from tests.shared import shared

from refmill.builtin.bibtex.blocks import blocks
from refmill.builtin.bibtex.edit import BibText
from refmill.cli import main
from refmill_hooks._private_file import PrivateFile

LIBRARY = """\
% my library
@string{prl = "Phys. Rev. Lett."}
@preamble{"\\newcommand{\\x}{y}"}

@article{vaswani,
    author =       "Vaswani, Ashish",
    title = {Attention {Is} All You Need},
    journal = {arXiv preprint arXiv:1706.03762},
    year = 2017,
    file = {:a.pdf:PDF},
    my-field = "kept",
}

@misc{done2024,
  title        = {Published},
  eprint       = {2401.00002},
  doi          = {10.1103/Known.1},
  year         = {2024}
}
@article{other, title={No arXiv here}, journal=prl, year={2000}}

@Comment{jabref-meta: databaseType:bibtex;}
"""
PLUGIN = "from refmill_hooks import hookimpl\n\n@hookimpl\ndef refmill_transforms():\n    return []\n"
PAPERS = {
    "1706.03762": Paper(
        "Attention", journal_ref="Phys. Rev. D 76, 013009 (2018)", dois=("10.1103/PhysRevD.76.013009",)
    ),
    "2401.00002": Paper("Published"),
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.bib"
    path.write_text(LIBRARY)
    return path


def updated(library: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        return main(["update", str(library), *words])


def test_without_write_it_prints_a_diff_and_changes_nothing(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert updated(library, monkeypatch) == 0
    told = capsys.readouterr()
    assert "+    journal = {Phys. Rev. D}," in told.out
    assert "changed    1" in told.err
    assert library.read_text() == LIBRARY
    assert [path.name for path in library.parent.iterdir()] == ["library.bib"]


def test_a_published_version_brings_its_journal_and_the_eprint_is_kept(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert updated(library, monkeypatch, "--write") == 0
    removed, added = set(), set()
    for line in difflib.ndiff(LIBRARY.splitlines(), library.read_text().splitlines()):
        {"-": removed, "+": added}.get(line[0], set()).add(line[2:])
    assert removed == {
        "    journal = {arXiv preprint arXiv:1706.03762},",
        "    year = 2017,",
    }
    assert added == {
        "    journal = {Phys. Rev. D},",
        "    year = {2018},",
        "    volume = {76},",
        "    pages = {013009},",
        "    doi = {10.1103/PhysRevD.76.013009},",
        "    eprint = {1706.03762},",
        "    archiveprefix = {arXiv},",
        "    primaryclass = {cs.LG},",
    }
    assert (library.parent / "library.bib.bak").read_text() == LIBRARY


def test_what_only_told_the_eprint_goes_when_the_journal_comes(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write_text(
        "@article{corr,\n  title = {Attention},\n  journal = {CoRR},\n  volume = {abs/1706.03762},\n"
        "  eid = {arXiv:1706.03762},\n  number = {arXiv:1706.03762},\n  year = {2017},\n}\n"
    )
    assert updated(library, monkeypatch, "--write") == 0
    text = library.read_text()
    assert "eid" not in text
    assert "number" not in text
    assert "abs/" not in text
    assert text.startswith(
        "@article{corr,\n  title = {Attention},\n  journal = {Phys. Rev. D},\n  volume = {76},\n  year"
    )
    assert "  eprint = {1706.03762},\n" in text


def test_a_second_update_changes_nothing(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    updated(library, monkeypatch, "--write")
    once = library.read_bytes()
    updated(library, monkeypatch, "--write")
    assert library.read_bytes() == once


def test_line_ends_of_windows_stay(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write_bytes(LIBRARY.replace("\n", "\r\n").encode())
    updated(library, monkeypatch, "--write")
    data = library.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"Phys. Rev. D}" in data


def test_what_nobody_answers_stays(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["update", str(library), "--write"]) == 3
    assert library.read_text() == LIBRARY
    assert "unknown    2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no entry has an arXiv id"),
        (b"@misc{a, title={x}}", "no entry has an arXiv id"),
        (b"@['Review']{a, eprint={2401.00002}}", "line 1 is left as it was: its head is not that of an entry"),
        (b"@misc{a, eprint={2401.00002}, 9x = {x}}", "a on line 1 is left as it was: '9x' is no name of a field"),
    ],
)
def test_a_library_that_cannot_be_updated_is_told(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "library.bib"
    path.write_bytes(content)
    assert main(["update", str(path)]) == 2
    assert told in capsys.readouterr().err


def test_an_entry_that_cannot_be_edited_is_told_beside_those_that_can(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write_text(library.read_text() + "@misc{odd, eprint={2401.00002}, 9x = {x}}\n")
    updated(library, monkeypatch)
    assert "is left as it was: '9x' is no name of a field" in capsys.readouterr().err


VALUES = st.text('ab {}\\"=,#\n', max_size=12).filter(lambda text: is_balanced(text))


def is_balanced(text: str) -> bool:
    depth = 0
    bare = text.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and not text.endswith("\\") and '"' not in text


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_a_field_is_changed_in_its_place_whatever_the_others_hold(values: list[str]) -> None:
    before = "".join(f"  f{number} = {{{value}}},\n" for number, value in enumerate(values))
    text = f"@misc{{key,\n{before}  last = 2000\n}}"
    changed = BibText(text).changed("article", {"last": "{2001}", "new": "{x}"})
    assert changed == f"@article{{key,\n{before}  last = {{2001}},\n  new = {{x}}\n}}"


def test_real_libraries_are_cut_and_joined_without_loss() -> None:
    for path in shared("data/bib").glob("*.bib"):
        text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        assert "".join(block.text for block in blocks([text])) == text


ROWS = (
    '{"id": "1706.03762", "title": "Attention", "journal-ref": "Phys. Rev. D 76, 013009 (2018)", "categories": "cs.LG",'
    ' "doi": "10.1103/PhysRevD.76.013009", "authors_parsed": [["Vaswani", "Ashish", ""]]}\n'
)
TITLED = b"@misc{vaswani,\n  title = {Attention},\n  eprint = {1706.03762},\n  archiveprefix = {arXiv}\n}"


def written(library: Path) -> int:
    """Updates the library by a snapshot beside it."""
    rows = library.with_name("rows.json")
    rows.write_text(ROWS)
    return main(["update", str(library), "--write", "--offline", "--snapshot", str(rows)])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("other", [b"\n", b"\r\n", b"\r"])
def test_an_entry_that_changes_keeps_its_line_ends_and_all_other_lines_theirs(
    end: bytes, other: bytes, tmp_path: Path
) -> None:
    before = other.join([b"% mine", b"@book{one,", b"  title = {No id}", b"}", b""])
    behind = other.join([b"", b"@book{two,", b"  title = {No id}", b"}"])
    library = tmp_path / "x.bib"
    library.write_bytes(before + TITLED.replace(b"\n", end) + behind)
    assert written(library) == 0
    data = library.read_bytes()
    assert data.startswith(before)
    assert data.endswith(behind)
    entry = data.removeprefix(before).removesuffix(behind)
    assert b"journal = {Phys. Rev. D}" in entry
    assert entry.split(end) == entry.splitlines()


def test_lines_of_a_changed_entry_that_do_not_change_keep_their_ends_however_mixed(tmp_path: Path) -> None:
    library = tmp_path / "x.bib"
    library.write_bytes(b"@misc{a,\r\n  title = {T},\n  eprint = {1706.03762},\r  archiveprefix = {arXiv},\r\n}")
    assert written(library) == 0
    data = library.read_bytes()
    assert data.startswith(
        b"@article{a,\r\n  title = {T},\n  eprint = {1706.03762},\r  archiveprefix = {arXiv},\r\n  j"
    )
    assert data.endswith(b"\r\n}")


@pytest.mark.parametrize(
    "around",
    [
        pytest.param((b"", b""), id="no line end at the end"),
        pytest.param((b"\xef\xbb\xbf", b"\n"), id="byte order mark"),
        pytest.param((b"@book{m, title = {M\xfcller}}\n", b"\n% \xe4\xff\n"), id="Latin-1"),
        pytest.param(("@book{m, title = {Müller}}\n".encode(), b"\n% \xe4\xff\n"), id="UTF-8 and Latin-1"),
        pytest.param((b"% a\0b\n", b"\n\0\0\n"), id="NULs"),
        pytest.param((b"% \x0b\x0c\x1c \xc2\x85 \xe2\x80\xa8\n", b"\n\x1a"), id="odd controls"),
    ],
)
def test_bytes_around_a_changed_entry_stay_whatever_they_are(around: tuple[bytes, bytes], tmp_path: Path) -> None:
    library = tmp_path / "x.bib"
    library.write_bytes(around[0] + TITLED + around[1])
    assert written(library) == 0
    data = library.read_bytes()
    assert data.startswith(around[0] + b"@article{vaswani,")
    assert data.endswith(b"}\n}" + around[1])


@pytest.mark.parametrize(("title", "is_changed"), [("Beyond Müller", True), ("漢字", False)])
def test_what_a_library_in_latin1_gains_is_latin1_or_is_told(
    title: str, is_changed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, rows = tmp_path / "x.bib", tmp_path / "rows.json"
    before = b"@misc{a, note = {M\xfcller},\n  eprint = {1706.03762}\n}\n"
    library.write_bytes(before)
    rows.write_text(ROWS.replace("Attention", title))
    assert main(["update", str(library), "--write", "--offline", "--snapshot", str(rows)]) == 0
    assert (f"title = {{{title}}}".encode("latin-1", "replace") in library.read_bytes()) == is_changed
    assert (library.read_bytes() != before) == is_changed
    assert ("a is left as it was: latin-1 has no sign" in capsys.readouterr().err) != is_changed


def test_the_diff_is_a_patch_that_gives_the_new_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    patch = shutil.which("patch")
    if not patch:
        pytest.skip("there is no program to apply a patch")
    monkeypatch.chdir(tmp_path)
    library = Path("x.bib")
    library.write_bytes("@book{one,\r\n  title = {ä}\r\n}\r\n% é\n".encode() + TITLED)
    Path("rows.json").write_text(ROWS)
    assert main(["update", "x.bib", "--offline", "--snapshot", "rows.json"]) == 0
    diff = capfdbinary.readouterr().out
    Path("y.bib").write_bytes(library.read_bytes())
    subprocess.run([patch, "--binary", "y.bib"], input=diff, check=True, capture_output=True)
    assert written(library) == 0
    assert Path("y.bib").read_bytes() == library.read_bytes()


def test_a_library_that_another_program_changed_meanwhile_is_left_to_it(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from refmill.commands import update

    refreshed = update._refreshed

    def edited(*arguments: Any) -> str:
        library.write_bytes(b"edited")
        return refreshed(*arguments)

    monkeypatch.setattr(update, "_refreshed", edited)
    assert written(library) == 2
    assert library.read_bytes() == b"edited"
    assert "another program changed it meanwhile; nothing is written" in capsys.readouterr().err
    assert sorted(path.name for path in library.parent.iterdir()) == ["library.bib", "rows.json"]


@pytest.mark.parametrize("option", ["--snapshot", "--plugin"])
def test_a_library_that_is_another_file_of_the_run_is_refused(
    option: str, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = library.with_name("mine.py")
    plugin.write_text(PLUGIN)
    path = {"--snapshot": library.with_name("rows.json"), "--plugin": plugin}[option]
    library.with_name("rows.json").write_text(ROWS)
    before = path.read_bytes()
    assert main(["update", str(path), option, str(path), "--offline", "--write"]) == 2
    assert path.read_bytes() == before
    assert f"it is the file of {option} too" in capsys.readouterr().err


def test_no_older_backup_is_overwritten(library: Path) -> None:
    for name in (".bak", ".bak.1", ".part"):
        library.with_name(library.name + name).write_bytes(b"mine")
    assert written(library) == 0
    assert library.with_name("library.bib.bak.2").read_text() == LIBRARY
    for name in (".bak", ".bak.1", ".part"):
        assert library.with_name(library.name + name).read_bytes() == b"mine"


def test_a_library_behind_a_symbolic_link_is_updated_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "real.bib"
    real.write_bytes(TITLED)
    real.chmod(0o640)
    link = tmp_path / "x.bib"
    link.symlink_to(real)
    assert written(link) == 0
    assert link.is_symlink()
    assert b"Phys. Rev. D" in real.read_bytes()
    backup = tmp_path / "folder" / "real.bib.bak"
    assert backup.read_bytes() == TITLED
    assert {path.stat().st_mode & 0o777 for path in (real, backup)} == {0o640}
    assert f"the old library is {backup}" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["create", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_update_that_is_ended_while_it_writes_leaves_the_library_alone(
    step: str, error: BaseException, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(self: PrivateFile) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(PrivateFile, step, ended)
        assert written(library) in (2, 130)
    assert library.read_text() == LIBRARY
    assert sorted(path.name for path in library.parent.iterdir()) == ["library.bib", "rows.json"]


def test_an_interrupt_behind_the_last_step_leaves_the_backup_of_the_old_library(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = PrivateFile.replace

    def ended(self: PrivateFile) -> None:
        replace(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(PrivateFile, "replace", ended)
        assert written(library) == 130
    assert "Phys. Rev. D" in library.read_text()
    assert library.with_name("library.bib.bak").read_text() == LIBRARY


def test_what_is_written_into_the_library_amid_the_last_step_stays(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace = PrivateFile.replace

    def edited(self: PrivateFile) -> None:
        with library.open("a") as stream:
            stream.write("% mine\n")
        replace(self)

    monkeypatch.setattr(PrivateFile, "replace", edited)
    assert written(library) == 2
    assert library.read_text() == LIBRARY + "% mine\n"
    assert "another program changed it meanwhile; nothing is written" in capsys.readouterr().err
    assert sorted(path.name for path in library.parent.iterdir()) == ["library.bib", "rows.json"]


def test_what_a_program_writes_that_still_holds_the_library_open_is_in_the_backup(library: Path) -> None:
    with library.open("a") as stream:
        assert written(library) == 0
        stream.write("% mine\n")
    assert library.with_name("library.bib.bak").read_text() == LIBRARY + "% mine\n"


def test_without_hard_links_the_backup_is_a_copy(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: Any) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr("os.link", refused)
    library.chmod(0o640)
    assert written(library) == 0
    backup = library.with_name("library.bib.bak")
    assert backup.read_text() == LIBRARY
    assert backup.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("step", "left", "told"),
    [
        ("hold", [], "another program removed it meanwhile; nothing is written"),
        ("create", ["library.bib.bak"], "another program removed it meanwhile; its last state is "),
    ],
)
def test_of_a_library_that_is_removed_meanwhile_the_last_copy_is_named(
    step: str,
    left: list[str],
    told: str,
    library: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = getattr(PrivateFile, step)

    def removed(self: PrivateFile, *arguments: Any) -> None:
        library.unlink()
        real(self, *arguments)

    monkeypatch.setattr(PrivateFile, step, removed)
    assert written(library) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in library.parent.iterdir() if path.name != "rows.json") == left
