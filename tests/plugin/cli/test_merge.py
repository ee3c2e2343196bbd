"""`refmill merge` as a user meets it: a paper stands once, under a key that no other has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from refmill.cli import main

KNUTH = "@article{knuth1984, author = {Knuth, Donald E.}, title = {Literate Programming}, year = {1984}%s}\n"


def merged(folder: Path, *shards: str) -> list[str]:
    """The keys of the whole that these texts of .bib files make, in their order."""
    paths = [folder / f"{number}.bib" for number in range(len(shards))]
    for path, text in zip(paths, shards, strict=True):
        path.write_text(text)
    whole = folder / "whole.bib"
    assert main(["merge", *map(str, paths), "-o", str(whole)]) == 0
    return keys(whole)


def keys(library: Path) -> list[str]:
    return re.findall(r"^@\w+\{(.*),", library.read_text(), re.MULTILINE)


def test_a_paper_of_one_arxiv_id_and_key_is_written_once(tmp_path: Path) -> None:
    paper = "@misc{bee2024, title = {Bees}, eprint = {2401.00001}}\n"
    assert merged(tmp_path, paper, paper) == ["bee2024"]


def test_a_paper_of_one_doi_and_key_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = [KNUTH % ", doi = {10.1093/comjnl/27.2.97}", KNUTH % ", doi = {10.1093/COMJNL/27.2.97}, volume = {27}"]
    assert merged(tmp_path, *shards) == ["knuth1984"]
    assert "duplicates 1" in capsys.readouterr().err


def test_an_entry_without_id_and_doi_that_is_repeated_word_for_word_is_written_once(tmp_path: Path) -> None:
    assert merged(tmp_path, KNUTH % "", KNUTH % "") == ["knuth1984"]


def test_entries_without_id_and_doi_that_differ_in_anything_both_stay(tmp_path: Path) -> None:
    assert merged(tmp_path, KNUTH % ", edition = {1}", KNUTH % ", edition = {2}") == ["knuth1984", "knuth1984a"]


def test_a_paper_that_is_cited_under_two_keys_keeps_both(tmp_path: Path) -> None:
    doi = ", doi = {10.1093/comjnl/27.2.97}"
    assert merged(tmp_path, KNUTH % doi, (KNUTH % doi).replace("knuth1984", "lp")) == ["knuth1984", "lp"]


def test_entries_that_nothing_tells_apart_all_stay(tmp_path: Path) -> None:
    nameless = "@misc{, title = {Bees}}\n"
    assert merged(tmp_path, nameless, nameless) == ["bees", "beesa"]
