"""Dumps and libraries whose values break out of their field, entry or format, from end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import refmill
from refmill.reporting.summary import Summary

ROW = {
    "id": "2401.00001",
    "submitter": "x",
    "authors": "A. Bee",
    "title": "T",
    "doi": None,
    "categories": "cs.CL",
    "abstract": "a",
    "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 00:00:00 GMT"}],
    "update_date": "2024-01-02",
    "authors_parsed": [["Bee", "A.", ""]],
}


def converted(folder: Path, name: str, data: str, **more: Any) -> tuple[Summary, dict[str, str]]:
    """The summary, and the text of each output."""
    (folder / name).write_text(data)
    outputs = [folder / f"x.{kind}" for kind in ("bib", "json", "rdf")]
    summary = refmill.convert(folder / name, outputs, offline=True, enrichers=(), **more)
    return summary, {path.suffix[1:]: path.read_text() for path in outputs}


def of_row(folder: Path, **values: Any) -> tuple[Summary, dict[str, str]]:
    return converted(folder, "row.jsonl", json.dumps(ROW | values) + "\n")


def test_a_title_forms_no_command_that_was_not_printed(tmp_path: Path) -> None:
    _, written = of_row(tmp_path, title="Reads $^^}5cinput{secret.txt}$")
    assert "title         = {Reads {$^{}{}^{5}cinput{secret.txt}$}},\n" in written["bib"]


def test_a_title_stays_in_its_field(tmp_path: Path) -> None:
    of_row(tmp_path, title="First $}}, author = {{Mallory$ end")
    with refmill.read(tmp_path / "x.bib") as entries:
        (entry,) = entries
    assert entry.authors[0].family == "Bee"
    assert "Mallory" in entry.title


def test_rdf_is_well_formed_with_a_control_character_in_a_doi(tmp_path: Path) -> None:
    _, written = of_row(tmp_path, doi="10.1000/x\x1by")
    etree.fromstring(written["rdf"].encode())


@pytest.mark.parametrize(
    "arxiv_id",
    ["a b", "a,b", 'a"b', "a}b", "a%b", "a\nb", "a\x01b", "<script>alert(1)</script>", "x,}\n@preamble{a}\n@misc{y"],
)
def test_an_id_that_no_program_reads_gives_way_to_a_key_that_is_told(arxiv_id: str, tmp_path: Path) -> None:
    item = {"type": "article", "id": arxiv_id, "title": "Bounds"}
    summary, written = converted(tmp_path, "x.csl.json", json.dumps([item]), report=tmp_path / "r.json")
    assert written["bib"].startswith("@misc{bounds,\n")
    assert summary.replaced_keys.examples == [f"'{arxiv_id}' is bounds"]
    assert json.loads((tmp_path / "r.json").read_text())["replaced_keys"] == [{"key": "bounds", "replaced": arxiv_id}]
    with refmill.read(tmp_path / "x.bib") as entries:
        assert [entry.key for entry in entries] == ["bounds"]


def test_an_id_of_a_csl_item_becomes_ascii(tmp_path: Path) -> None:
    item = {"type": "article", "id": "müller2020", "title": "Bounds"}
    summary, written = converted(tmp_path, "x.csl.json", json.dumps([item]))
    assert written["bib"].startswith("@misc{muller2020,\n")
    assert json.loads(written["json"])[0]["id"] == "müller2020"
    assert summary.replaced_keys.examples == ["'müller2020' is muller2020"]


def test_the_uri_of_an_item_in_zotero_is_no_key(tmp_path: Path) -> None:
    item = {"type": "article", "id": "http://zotero.org/users/1/items/ABCD2345", "title": "Bounds"}
    summary, written = converted(tmp_path, "x.csl.json", json.dumps([item]))
    assert written["bib"].startswith("@misc{bounds,\n")
    assert summary.replaced_keys.count == 0


def test_a_key_of_a_bib_keeps_its_letters(tmp_path: Path) -> None:
    _, written = converted(tmp_path, "mine.bib", "@misc{müller2020,\n  title = {Bounds},\n}\n")
    assert written["bib"].startswith("@misc{müller2020,\n")


def test_the_tex_of_a_field_that_is_kept_passes_verbatim_and_is_named(tmp_path: Path) -> None:
    library = "@misc{bee2020,\n  title = {Bounds},\n  addendum = {\\input{x} and \\write18{ls}},\n}\n"
    summary, written = converted(tmp_path, "mine.bib", library)
    assert "addendum      = {\\input{x} and \\write18{ls}},\n" in written["bib"]
    assert summary.executing.examples == ["bee2020: \\input \\write"]
    assert any("bee2020: \\input \\write" in line for line in summary.lines())


@pytest.mark.parametrize(
    ("categories", "kept"), [("math.AG, math.CO", "math.AG"), ("math.AG;math.CO", "math.AG"), ("cs.CL},x math.AG", "")]
)
def test_no_other_category_stands_for_the_primary_one(categories: str, kept: str, tmp_path: Path) -> None:
    _, written = of_row(tmp_path, categories=categories)
    assert (f"primaryclass  = {{{kept}}}" in written["bib"]) == bool(kept)
    assert ("primaryclass" in written["bib"]) == bool(kept)


def test_a_doi_of_a_bib_is_read_as_tex_means_it(tmp_path: Path) -> None:
    _, written = converted(tmp_path, "mine.bib", "@misc{a,\n  title = {B},\n  doi = {10.1000/a{\\_}1{$<$}2},\n}\n")
    assert "doi           = {10.1000/a_1<2},\n" in written["bib"]


def test_keywords_of_a_bib_that_lost_some_pass_the_door(tmp_path: Path) -> None:
    keywords = "Computer Science - Computation and Language, {x\\in}put{y}, 50\\% and R\\&D"
    _, written = converted(tmp_path, "mine.bib", f"@misc{{a,\n  title = {{B}},\n  keywords = {{{keywords}}},\n}}\n")
    assert "\\input" not in written["bib"]
    assert "50\\% and R\\&D" in written["bib"]


def test_a_name_that_holds_a_line_end_around_and_is_one_name(tmp_path: Path) -> None:
    item = {"type": "article", "id": "a", "title": "B", "author": [{"family": "X", "given": "a&#10;and&#10;b"}]}
    _, written = converted(tmp_path, "x.csl.json", json.dumps([item]))
    assert "author        = {X, a {and} b},\n" in written["bib"]
