"""An input is replaced only by what holds all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import refmill
from refmill.cli import main

GOOD = "@misc{bee,\n  title = {One},\n  author = {Bee, Ann},\n  eprint = {2401.00001},\n}\n"
HALF = GOOD + "\n@misc{broken,\n  title = {Lost {forever},\n}\n"
INCOMPLETE = "@article{bee,\n  title = {One},\n  eprint = {nonsense/99},\n  archiveprefix = {arXiv},\n}\n"
PLUGIN = """\
from refmill_hooks import Exporter, hookimpl

def render(entry, options):
    if entry.title == "Two":
        raise ValueError("not this one")
    return entry.title

@hookimpl
def refmill_exporters():
    yield Exporter(name="picky", title="Titles", suffixes=(".picky",), render=render)
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["convert", "merge", "cite"])
@pytest.mark.parametrize("library", [HALF, INCOMPLETE], ids=["unreadable", "incomplete"])
def test_an_input_of_which_a_record_would_be_lost_is_left_as_it_was(
    library: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.bib").write_text(library)
    words = [command, "x.bib", "-o", "x.bib", "--overwrite", *(["--offline"] if command != "merge" else [])]
    assert main(words) == 2
    assert Path("x.bib").read_text() == library
    assert "1 records could not be read or written as a whole; nothing is written" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["x.bib"]


def test_an_input_of_which_an_entry_cannot_be_written_is_left_as_it_was() -> None:
    library = GOOD + GOOD.replace("bee", "two").replace("One", "Two").replace("00001", "00002")
    Path("x.bib").write_text(library)
    Path("picky.py").write_text(PLUGIN)
    words = ["convert", "x.bib", "-o", "x.bib", "--to", "picky", "--plugin", "picky.py", "--overwrite", "--offline"]
    assert main(words) == 2
    assert Path("x.bib").read_text() == library


def test_the_problems_and_the_report_tell_why_an_input_is_left_as_it_was() -> None:
    Path("x.bib").write_text(HALF)
    words = ["convert", "x.bib", "-o", "x.bib", "-o", "y.json", "--overwrite", "--offline", "-q"]
    assert main([*words, "--problems", "p.jsonl", "--report", "r.json"]) == 2
    assert Path("x.bib").read_text() == HALF
    assert not Path("y.json").exists()
    assert json.loads(Path("p.jsonl").read_text())["line"] == 7
    assert json.loads(Path("r.json").read_text())["counts"]["unreadable"] == 1


def test_an_output_that_is_no_input_is_written_whatever_was_lost() -> None:
    Path("x.bib").write_text(HALF)
    assert main(["convert", "x.bib", "-o", "y.bib", "--overwrite", "--offline", "-q"]) == 1
    assert "One" in Path("y.bib").read_text()


def test_the_api_leaves_an_input_as_it_was_of_which_a_record_would_be_lost() -> None:
    Path("x.bib").write_text(HALF)
    with pytest.raises(refmill.UsageError, match="it is an input too"):
        refmill.convert("x.bib", "x.bib", offline=True, overwrite=True)
    assert Path("x.bib").read_text() == HALF
