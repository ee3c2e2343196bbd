"""What data, plugins, options and the environment do wrong is told as theirs, in a line, with its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from refmill.cli import main

IMPORTS = "from refmill_hooks import hookimpl, Enricher, Entry, Exporter, Reader, Transform\n"
PLUGINS = {
    "an error of no known kind": "class Odd(BaseException): pass\nraise Odd('\\x1b[31m')",
    "an exit": "raise SystemExit(3)",
    "a reader of numbers": IMPORTS
    + """
@hookimpl
def refmill_readers():
    yield Reader(name="odd", title="", sniff=lambda head: True, records=lambda source: iter([1]), entry=lambda row: 7)
""",
    "a reader of fields of wrong types": IMPORTS
    + """
@hookimpl
def refmill_readers():
    yield Reader(name="odd", title="", sniff=lambda head: True, records=lambda source: iter([1]),
                 entry=lambda row: Entry(id=row, title=5, authors="x"))
""",
    "a reader that fails before its first record": IMPORTS
    + """
@hookimpl
def refmill_readers():
    yield Reader(name="odd", title="", sniff=lambda head: True, records=lambda source: 1 / 0, entry=lambda row: 7)
""",
    "a transform that is no iterator": IMPORTS
    + """
@hookimpl
def refmill_transforms():
    yield Transform(name="odd", title="", stream=lambda entries, options: 5)
""",
    "a transform of numbers": IMPORTS
    + """
@hookimpl
def refmill_transforms():
    yield Transform(name="odd", title="", stream=lambda entries, options: iter([1]))
""",
    "an enricher that yields no pairs": IMPORTS
    + """
@hookimpl
def refmill_enrichers():
    yield Enricher(name="odd", title="", asks="odd", key=lambda entry: "k", fetch=lambda keys, net, options: [3],
                   entry=lambda raw: Entry(), fills=frozenset({"abstract"}), local=True)
""",
    "an enricher of wrong types": IMPORTS
    + """
@hookimpl
def refmill_enrichers():
    yield Enricher(name="odd", title="", asks="odd", key=lambda entry: "k",
                   fetch=lambda keys, net, options: [(key, b"1") for key in keys],
                   entry=lambda raw: Entry(abstract=5), fills=frozenset({"abstract"}), local=True)
""",
    "options of an unknown type": IMPORTS
    + """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Options:
    odd: "NoSuchType" = None
@hookimpl
def refmill_exporters():
    yield Exporter(name="odd", title="", suffixes=(".odd",), render=lambda entry, options: "", options=Options)
""",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.bib"
    path.write_text("@misc{a, title={T}, author={Bee, Ann}, eprint={1706.03762}, archiveprefix={arXiv}}\n")
    return path


@pytest.mark.parametrize("code", PLUGINS.values(), ids=list(PLUGINS))
def test_a_plugin_at_fault_is_named(
    code: str, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(code)
    use = {"refmill_readers": ("--from", "odd"), "refmill_transforms": ("--with", "odd")}
    words = next((words for hook, words in use.items() if hook in code), ())
    enrich = "odd" if "refmill_enrichers" in code else "none"
    words = ("convert", str(library), "--plugin", str(plugin), "--enrich", enrich, "--offline", *words)
    status = main([*words, "-o", str(tmp_path / "refs.bib")])
    assert status == 2 if "refmill_readers" in code else status in (0, 1)  # a reader at fault has read nothing
    printed = capsys.readouterr().err
    assert "plugin mine" in printed
    assert "fault of refmill" not in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--max-age", "nan"), "a number of days"),
        (("--max-age=-inf",), "a number of days"),
        (("--jobs", "99999999999999999999"), "1,000 at most"),
        (("--jobs", "0"), "at least one"),
        (("-O", "accessed=2020-13-45"), "is not a date"),
    ],
    ids=lambda value: str(value),
)
def test_an_odd_value_of_an_option_is_told(
    words: tuple[str, ...], told: str, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(library), "--enrich", "none", "-o", str(tmp_path / "refs.json"), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_home_of_nobody_in_the_place_of_the_store_is_a_name_as_it_is(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REFMILL_STORE", "~nosuchuser/answers.sqlite")
    assert main(["convert", str(library), "--offline", "-o", str(tmp_path / "refs.bib")]) == 0


@pytest.mark.parametrize("words", [["a\0b", "-o", "x.bib"], ["d.txt", "-o", "x.bib", "--problems", "a\0b"]])
def test_a_nul_in_an_argument_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", *words]) == 2
    assert "an argument holds a NUL" in capsys.readouterr().err
