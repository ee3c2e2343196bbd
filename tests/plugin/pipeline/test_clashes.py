"""What a run reads it does not write, whatever name leads to it, unless that is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import refmill
from refmill.cli import main

ROW = {
    "id": "2401.00001",
    "title": "Paper",
    "authors": "Ann Bee",
    "categories": "cs.LG",
    "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}],
    "update_date": "2024-01-02",
    "authors_parsed": [["Bee", "Ann", ""]],
}
DUMP = json.dumps(ROW) + "\n"
BIB = "@misc{bee,\n  title = {One},\n  author = {Bee, Ann},\n  eprint = {2401.00001},\n}\n"
PLUGIN = "from refmill_hooks import *\n\n@hookimpl\ndef refmill_transforms():\n    return []\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/x.bib").write_text(BIB)
    Path("dump.json").write_text(DUMP)
    Path("mine.py").write_text(PLUGIN)
    Path("soft.bib").symlink_to("in/x.bib")
    Path("hard.bib").hardlink_to("in/x.bib")


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        "convert in/x.bib -o in/x.bib",
        "convert in/x.bib -o ./in/../in/x.bib",
        "convert in/x.bib -o soft.bib",
        "convert in/x.bib -o hard.bib",
        "convert soft.bib -o hard.bib",
        "convert in -o in/x.bib",
        "convert in -o soft.bib",
        "convert in/*.bib -o hard.bib",
        "convert in/x.bib -o new.bib -o hard.bib",
        "convert in/x.bib -o new.bib --problems hard.bib",
        "convert in/x.bib -o new.bib --report soft.bib",
        "convert in -o new.bib --report in/x.bib",
        "convert in/x.bib -o soft.bib -o hard.bib --overwrite",
        "convert in/x.bib -o new.bib -o ./new.bib",
        "convert in/x.bib -o new.bib --problems new.bib",
        "convert in/x.bib -o new.bib --problems p --report ./p",
        "convert in/x.bib -o dump.json --snapshot dump.json --overwrite",
        "convert in/x.bib -o dump.json.refmill-index --to bibtex --snapshot dump.json --overwrite",
        "convert in/x.bib -o new.bib --report dump.json --snapshot dump.json",
        "convert in/x.bib -o mine.py --to bibtex --plugin mine.py --overwrite",
        "merge in/x.bib -o hard.bib",
        "merge in/x.bib -o -  -o /dev/stdout --to bibtex",
        "cite in/x.bib -o hard.bib",
        "cite in/x.bib --snapshot dump.json -o dump.json --overwrite",
        "cite in/x.bib --style mine.csl -o mine.csl --overwrite",
    ],
)
def test_a_target_that_is_another_file_of_the_run_is_refused_before_anything_is_touched(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.csl").write_text("<style/>")
    before = contents()
    command, *rest = words.split()
    assert main([command, *rest, *(["--offline"] if command != "merge" else [])]) == 2
    assert contents() == before
    assert "refmill: -" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["convert in/x.bib -o in/x.bib --offline", "merge in/x.bib -o soft.bib"])
def test_an_input_is_replaced_where_that_is_asked_for(words: str) -> None:
    assert main([*words.split(), "--overwrite", "-q"]) == 0
    assert "@misc{bee," in Path("in/x.bib").read_text()
    assert Path("soft.bib").is_symlink()


def test_cite_replaces_its_input_where_that_is_asked_for() -> None:
    assert main("cite in/x.bib -o in/x.bib --overwrite --offline --style plain".split()) == 0
    assert Path("in/x.bib").read_text().startswith("[1]")


def test_several_processes_read_all_of_an_input_that_is_replaced() -> None:
    rows = [ROW | {"id": f"2401.{number:05}"} for number in range(1, 3000)]
    Path("dump.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = refmill.convert("dump.json", "dump.json", offline=True, overwrite=True, jobs=2)
    assert summary.read == len(rows)
    assert len(json.loads(Path("dump.json").read_text())) == len(rows)


def test_the_api_refuses_an_output_that_is_an_input() -> None:
    with pytest.raises(refmill.UsageError, match="it is an input too"):
        refmill.convert("in", "in/x.bib", offline=True)


def test_two_outputs_may_go_to_the_null_device() -> None:
    words = ["convert", "in/x.bib", "-o", os.devnull, "--to", "bibtex", "--report", os.devnull, "--offline", "-q"]
    assert main([*words, "--problems", os.devnull]) == 0


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_what_is_appended_to_an_input_is_refused(more: list[str]) -> None:
    command = [sys.executable, "-m", "refmill.cli", "convert", "in/x.bib", "--offline", "--to", "bibtex", "-o", "-"]
    with Path("in/x.bib").open("ab") as stdout:
        assert subprocess.run([*command, *more], stdout=stdout, stderr=subprocess.DEVNULL, check=False).returncode == 2
    assert Path("in/x.bib").read_text() == BIB


def test_stdin_is_an_input_like_a_file() -> None:
    command = [sys.executable, "-m", "refmill.cli", "convert", "-", "--offline", "-o", "hard.bib"]
    with Path("in/x.bib").open("rb") as stdin:
        assert subprocess.run(command, stdin=stdin, stderr=subprocess.DEVNULL, check=False).returncode == 2
    assert Path("in/x.bib").read_text() == BIB
