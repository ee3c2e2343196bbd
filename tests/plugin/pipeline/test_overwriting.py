"""An input is replaced only by what holds all of it."""

from __future__ import annotations

import json
from itertools import islice
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


BLOCKS = '@string{prl = "PRL"}\n@preamble{"x"}\n@comment{mine}\n@comment{mine too}\n' + GOOD


@pytest.mark.parametrize("command", ["convert", "merge", "cite"])
def test_a_library_whose_strings_and_comments_are_not_written_is_left_as_it_was(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.bib").write_text(BLOCKS)
    words = [command, "x.bib", "-o", "x.bib", "--overwrite", *(["--offline"] if command != "merge" else [])]
    assert main(words) == 2
    assert Path("x.bib").read_text() == BLOCKS
    told = "4 blocks of the inputs (@comment, @preamble, @string) are not written yet; nothing is written"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "library",
    ["My own library.\n\n" + GOOD, GOOD + "\n% section two\n", GOOD + "a word\n" + GOOD.replace("bee", "cat")],
)
def test_a_library_whose_text_between_entries_is_not_written_is_left_as_it_was(
    library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.bib").write_text(library)
    assert main(["convert", "x.bib", "-o", "x.bib", "--overwrite", "--offline"]) == 2
    assert "1 blocks of the inputs (text between entries) are not written yet" in capsys.readouterr().err
    assert Path("x.bib").read_text() == library


def test_the_line_that_names_the_encoding_is_no_text_between_entries() -> None:
    Path("x.bib").write_text("% Encoding: UTF-8\n\n" + GOOD + "\n\n")
    assert main(["convert", "x.bib", "-o", "x.bib", "--overwrite", "--offline"]) == 0


def test_the_api_leaves_a_library_as_it_was_whose_strings_and_comments_are_not_written() -> None:
    Path("x.bib").write_text(BLOCKS)
    with refmill.read("x.bib") as entries, pytest.raises(refmill.UsageError, match="4 blocks of the inputs"):
        refmill.export(entries, "x.bib", overwrite=True)
    assert Path("x.bib").read_text() == BLOCKS


def test_the_summary_tells_what_was_skipped_that_has_a_content(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.bib").write_text(BLOCKS)
    assert main(["convert", "x.bib", "-o", "y.bib", "--offline", "--report", "r.json"]) == 0
    assert "skipped    4 (@comment, @preamble, @string)\n" in capsys.readouterr().err
    assert json.loads(Path("r.json").read_text())["counts"]["left_out"] == {"@comment": 2, "@preamble": 1, "@string": 1}


def test_an_output_that_is_no_input_is_written_whatever_was_lost() -> None:
    Path("x.bib").write_text(HALF)
    assert main(["convert", "x.bib", "-o", "y.bib", "--overwrite", "--offline", "-q"]) == 1
    assert "One" in Path("y.bib").read_text()


def test_the_api_leaves_an_input_as_it_was_of_which_a_record_would_be_lost() -> None:
    Path("x.bib").write_text(HALF)
    with pytest.raises(refmill.UsageError, match="it is an input too"):
        refmill.convert("x.bib", "x.bib", offline=True, overwrite=True)
    assert Path("x.bib").read_text() == HALF


def test_the_api_writes_nothing_where_no_record_could_be_read() -> None:
    Path("broken.bib").write_text("@misc{a, title = {x\n")
    Path("x.bib").write_text("old")
    with pytest.raises(refmill.UsageError, match="none of the 1 records"), refmill.read("broken.bib") as entries:
        refmill.export(entries, "x.bib")
    assert Path("x.bib").read_text() == "old"


@pytest.mark.parametrize("name", ["x.bib", "./x.bib", "hard.bib", "soft.bib"])
def test_a_file_that_is_being_read_is_no_output(name: str) -> None:
    Path("x.bib").write_text(GOOD)
    Path("hard.bib").hardlink_to("x.bib")
    Path("soft.bib").symlink_to("x.bib")
    with refmill.read(".") as entries:
        with pytest.raises(refmill.UsageError, match=r"an open refmill\.read reads it"):
            refmill.export(entries, name)
        with pytest.raises(refmill.UsageError, match=r"an open refmill\.read reads it"):
            refmill.convert("2401.00001", name, offline=True)
    assert Path("x.bib").read_text() == GOOD


def test_a_file_that_was_read_whole_is_replaced_where_that_is_asked_for() -> None:
    Path("x.bib").write_text(GOOD)
    with refmill.read("x.bib") as entries:
        refmill.export((entry.replace(title="New") for entry in entries), "x.bib", overwrite=True)
    assert "New" in Path("x.bib").read_text()


def test_a_file_that_was_not_read_to_its_end_is_not_replaced() -> None:
    library = GOOD + GOOD.replace("bee", "two").replace("00001", "00002")
    Path("x.bib").write_text(library)
    with refmill.read("x.bib") as entries, pytest.raises(refmill.UsageError, match="it is not read to its end"):
        refmill.export(islice(entries, 1), "x.bib", overwrite=True)
    assert Path("x.bib").read_text() == library


def test_a_file_of_which_a_record_could_not_be_read_is_not_replaced() -> None:
    Path("x.bib").write_text(HALF)
    with refmill.read("x.bib") as entries, pytest.raises(refmill.UsageError, match="1 records could not be read"):
        refmill.export(entries, "x.bib", overwrite=True)
    assert Path("x.bib").read_text() == HALF


def test_a_file_is_an_output_again_once_it_is_no_longer_read() -> None:
    Path("x.bib").write_text(GOOD)
    with refmill.read("x.bib") as entries:
        kept = list(entries)
    refmill.export(kept, "x.bib", abstract=False)
    assert "One" in Path("x.bib").read_text()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_snapshot_that_is_asked_is_no_output(overwrite: bool) -> None:
    Path("rows.json").write_text('{"id": "2401.00001", "title": "Row", "authors": "Ann Bee", "categories": "cs.LG"}\n')
    rows = Path("rows.json").read_text()
    with refmill.read("2401.00001") as entries:
        enriched = refmill.enrich(entries, "arxiv", snapshot="rows.json", offline=True)
        with pytest.raises(refmill.UsageError, match=r"it is the file of an open refmill\.enrich too"):
            refmill.export(enriched, "rows.json", overwrite=overwrite)
        assert Path("rows.json").read_text() == rows
        del enriched
    refmill.export([], "rows.json")
    assert json.loads(Path("rows.json").read_text()) == []
