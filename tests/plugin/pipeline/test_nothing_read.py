"""Where records were and none could be read, nothing is written; what is whole and empty gives an empty output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.oai_pmh import OaiPmh

import refmill
from refmill.cli import main

BROKEN_BIB = "@misc{a, title = {x\n"
FEED = '<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title><id>http://arxiv.org/api/x</id></feed>'
LIST = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><request verb="ListRecords">https://oaipmh.arxiv.org/oai</request>'
    '<error code="noRecordsMatch">none</error></OAI-PMH>'
)
ANSWER = '<?xml version="1.0"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{}</OAI-PMH>\n'
ROW = '{"id": "2401.00001", "categories": "cs.LG", "authors_parsed": [["Bee", "Ann", ""]], "title": "Paper"}\n'


@pytest.fixture(autouse=True)
def _old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.bib", "x.json", "p.jsonl", "r.json"):
        Path(name).write_text("old")


def left(*names: str) -> list[str]:
    return [Path(name).read_text() for name in names]


@pytest.mark.parametrize("command", ["convert", "merge", "cite"])
def test_where_no_record_could_be_read_the_old_output_stays_and_that_is_told(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.bib").write_text(BROKEN_BIB)
    assert main([command, "broken.bib", "-o", "x.bib", *(["--offline"] if command != "merge" else [])]) == 2
    assert left("x.bib") == ["old"]
    error = capsys.readouterr().err
    assert "none of the 1 records could be read, so nothing is written; the first: broken.bib:1: " in error


def test_where_no_record_could_be_read_the_problems_and_the_report_are_written() -> None:
    Path("broken.bib").write_text(BROKEN_BIB)
    words = ["convert", "broken.bib", "--offline", "-o", "x.bib", "--problems", "p.jsonl", "--report", "r.json", "-q"]
    assert main(words) == 2
    assert left("x.bib") == ["old"]
    assert json.loads(Path("p.jsonl").read_text())["file"] == "broken.bib"
    assert json.loads(Path("r.json").read_text())["counts"]["unreadable"] == 1


def test_the_api_tells_that_no_record_could_be_read() -> None:
    Path("broken.bib").write_text(BROKEN_BIB)
    with pytest.raises(refmill.UsageError, match="none of the 1 records"):
        refmill.convert("broken.bib", ["x.bib", "x.json"], offline=True)
    assert left("x.bib", "x.json") == ["old", "old"]


def test_several_processes_that_can_read_no_record_leave_the_old_output() -> None:
    Path("dump.json").write_text('{"id": "2401.00001", "authors_parsed": 5, "categories": "x"}\n' * 2000)
    assert main(["convert", "dump.json", "--offline", "--jobs", "2", "-o", "x.bib", "-q"]) == 2
    assert left("x.bib") == ["old"]


def test_of_several_inputs_one_that_can_be_read_is_enough() -> None:
    Path("broken.bib").write_text(BROKEN_BIB)
    Path("dump.json").write_text(ROW)
    assert main(["convert", "broken.bib", "dump.json", "--offline", "-o", "x.json", "-q"]) == 1
    assert len(json.loads(Path("x.json").read_text())) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.bib", "", ""),
        ("a.bib", "% nothing yet\n", "--from bib"),
        ("a.bib", "\ufeff\r\n", ""),
        ("a.json", "[]", ""),
        ("a.json", " [\n ]\n", ""),
        ("a", "[]", ""),
        ("a.json", "", ""),
        ("a.jsonl", "", ""),
        ("a", "", "--from snapshot"),
        ("a", "[]", "--from snapshot"),
        ("a", "", "--from csl"),
        ("a", "", "--from text"),
        ("a", "", "--from ids"),
        ("a.txt", "", ""),
        ("a.xml", FEED, ""),
        ("a.xml", LIST, ""),
        ("a.xml", '<feed xmlns="http://www.w3.org/2005/Atom"></feed>', ""),
        ("a.xml", '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"/>\n', ""),
        ("a.xml", ANSWER.format('<error code="noRecordsMatch">none</error>'), ""),
        ("a.xml", ANSWER.format("<ListRecords/>"), ""),
        ("a.xml", ANSWER.format("<request>x</request><ListRecords>\n</ListRecords>"), ""),
        ("a.json", '{"items": []}', ""),
        ("a.jsonl", "[]\n[]\n", ""),
        ("a.bib", "% Encoding: UTF-8\n\n@Comment{jabref-meta: databaseType:bibtex;}\n", ""),
        ("a.bib", '\ufeff@comment{jabref-meta: x;}\n@preamble{"x"}\n@string{a = {b}}\n', ""),
        ("a.bib", "% Encoding: UTF-8\r\n\r\n", ""),
    ],
)
def test_an_input_that_is_whole_and_empty_gives_an_empty_output(name: str, content: str, words: str) -> None:
    Path(name).write_text(content)
    assert main(["convert", name, *words.split(), "--offline", "-o", "x.bib", "-o", "x.json", "-q"]) == 0
    assert left("x.bib") == [""]
    assert json.loads(Path("x.json").read_text()) == []


@pytest.mark.parametrize(
    "content",
    [
        ANSWER.format('<error code="badArgument">x</error>'),
        ANSWER.format("<ListRecords><record/></ListRecords>"),
        ANSWER.format("<ListRecords>"),
        ANSWER.format("<ListRecords/>").removesuffix("</OAI-PMH>\n"),
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>of a blog</title></entry></feed>',
        '{"items": [',
        '{"items": [], "x": 1}',
        "[]\n[",
        "% a comment of LaTeX\n\\section{x}\n",
        "% Encoding: UTF-8\n\\section{x}\n",
    ],
)
def test_what_is_not_whole_or_not_known_is_not_taken_for_empty(content: str) -> None:
    Path("a").write_text(content)
    assert main(["convert", "a", "--offline", "-o", "x.bib", "-q"]) == 2
    assert left("x.bib") == ["old"]


def test_what_a_harvest_without_records_writes_gives_an_empty_output(monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh([]) as server:
        monkeypatch.setenv("REFMILL_OAI_URL", server.url)
        assert main(["harvest", "-o", "list.xml"]) == 0
    assert main(["convert", "list.xml", "--offline", "-o", "x.bib", "-q"]) == 0
    assert left("x.bib") == [""]


def test_an_empty_file_of_no_known_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").write_text("")
    assert main(["convert", "a", "--offline", "-o", "x.bib"]) == 2
    assert "it is empty; --from NAME" in capsys.readouterr().err
    assert left("x.bib") == ["old"]


def test_a_selection_that_keeps_nothing_is_told_and_gives_an_empty_output(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dump.json").write_text(ROW)
    words = ["--with", "select", "-O", "select.categories=math.AG"]
    assert main(["convert", "dump.json", "--offline", *words, "-o", "x.json"]) == 0
    assert json.loads(Path("x.json").read_text()) == []
    assert "no entry is left of 1: the transforms dropped them all" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "absent.bib",
        "dump.json -O nonsense=1",
        "dump.json --jobs 0",
        "dump.json --snapshot absent.json",
        "dump.json --enrich nobody",
        "dump.json -o missing/y.bib",
    ],
)
def test_a_run_that_fails_at_the_start_leaves_the_old_problems_and_report(words: str, tmp_path: Path) -> None:
    Path("dump.json").write_text(ROW)
    targets = ["-o", "x.bib", "--problems", "p.jsonl", "--report", "r.json"]
    assert main(["convert", *words.split(), *targets, "--offline", "-q"]) == 2
    assert left("x.bib", "p.jsonl", "r.json") == ["old"] * 3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_report_that_cannot_be_written_leaves_the_old_output(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dump.json").write_text(ROW)
    assert main(["convert", "dump.json", "--offline", "-o", "x.bib", "--report", "/dev/full", "-q"]) == 2
    assert left("x.bib") == ["old"]
    assert "/dev/full: cannot be written: No space left on device" in capsys.readouterr().err
