"""Whatever stands in whatever field of an entry: each exporter writes one whole entry, and nothing that runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.hostile import depths, hostile_entries, values

from refmill.builtin.csl_json.exporter import TYPES
from refmill.plugins.registry import Registry
from refmill_hooks import Entry, Exporter
from refmill_hooks.text import executing_commands

REGISTRY = Registry()
FIELDS = [name for name, _ in hostile_entries("")]
NO_DATES = {"created", "updated", "version", "versions"}


def rendered(name: str, cases: int, **options: object) -> Iterator[tuple[str, str]]:
    """What became of each entry, and in which field stood what."""
    exporter = REGISTRY.exporters[name]
    chosen = exporter.options(**options)
    assert exporter.render
    for value in values(max(cases // len(FIELDS), 20), seed=7):
        for field, entry in hostile_entries(value):
            yield exporter.render(entry, chosen), f"{field}: {value!r}"


def test_each_field_that_holds_text_is_tried() -> None:
    assert set(FIELDS) == set(Entry.__struct_fields__) - NO_DATES


@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "ASCII"])
@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_a_bib_entry_is_closed_once_at_its_end(dialect: str, ascii_only: bool, cases: int) -> None:
    for block, what in rendered(dialect, cases, ascii=ascii_only):
        assert re.match(r"@[a-z]+\{[^\s,\"{}%#~\\]+,\n", block), what
        found = depths(block.rstrip())
        assert found[-1] == 0, what
        assert found.count(0) == 2, what
        assert "\n@" not in block, what


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_a_bib_entry_holds_nothing_that_runs(dialect: str, cases: int) -> None:
    for block, what in rendered(dialect, cases):
        assert executing_commands(block) == [], what


def test_zotero_rdf_is_well_formed(cases: int) -> None:
    exporter = REGISTRY.exporters["zotero-rdf"]
    opening, closing = around(exporter)
    for item, what in rendered("zotero-rdf", cases):
        root = etree.fromstring(f"{opening}{item}{closing}".encode())
        assert {etree.QName(each).namespace for each in root.iter(etree.Element)} <= set(root.nsmap.values()), what


def around(exporter: Exporter[object]) -> tuple[str, str]:
    options = exporter.options()
    assert callable(exporter.opening)
    return exporter.opening(options), str(exporter.closing)


def test_a_collection_of_any_name_leaves_zotero_rdf_well_formed() -> None:
    exporter = REGISTRY.exporters["zotero-rdf"]
    assert callable(exporter.opening)
    for value in values(500, seed=8):
        opening = exporter.opening(exporter.options(collection=value))
        etree.fromstring(f"{opening}{exporter.closing}".encode())


@pytest.mark.parametrize("reader", ["zotero", "citeproc"])
def test_csl_json_is_an_item_of_a_type_that_zotero_knows(reader: str, cases: int) -> None:
    for item, what in rendered("csl-json", cases, for_=reader):
        read = json.loads(item)
        assert read["type"] in TYPES, what
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", read.get("title", "")), what
