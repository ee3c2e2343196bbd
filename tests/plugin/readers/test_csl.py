"""CSL-JSON of refmill, Zotero, pandoc and registries is read item by item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.shared import shared

from refmill.builtin.readers import csl
from refmill.registry import Registry
from refmill_hooks import DATE, Entry, Name, ReadError, Venue
from refmill_hooks.testing import check_reader, hard_entries

REGISTRY = Registry()
SAMPLES = Path(__file__).parents[3] / "samples"


def entry(**item: Any) -> Entry:
    return csl.entry(json.dumps({"id": "a", "type": "article"} | item).encode())


@pytest.mark.parametrize(
    "item",
    [
        {"number": "arXiv:1706.03762"},
        {"number": "1706.03762", "publisher": "arXiv"},
        {"DOI": "10.48550/arXiv.1706.03762"},
        {"URL": "https://arxiv.org/abs/1706.03762"},
        {"archive": "arXiv", "archive_location": "1706.03762"},
        {"note": "arXiv:1706.03762 [cs.CL]\n12 pages"},
    ],
)
def test_the_id_is_found(item: dict[str, Any]) -> None:
    assert entry(**item).id == "1706.03762"


def test_names_of_all_kinds_are_read() -> None:
    authors = entry(
        author=[
            {"family": "Oord", "given": "Aaron", "non-dropping-particle": "van den"},
            {"family": "Steele", "given": "Guy L., Jr."},
            {"family": "Steele", "given": "Guy L.", "suffix": "Jr."},
            {"literal": "Kimi Team"},
            {"family": "LHCb Collaboration"},
        ]
    ).authors
    assert authors == (
        Name(family="van den Oord", given="Aaron"),
        Name(family="Steele", given="Guy L.", suffix="Jr."),
        Name(family="Steele", given="Guy L.", suffix="Jr."),
        Name(literal="Kimi Team"),
        Name(literal="LHCb Collaboration"),
    )


def test_a_publication_is_a_venue_and_arxiv_is_none() -> None:
    item = {"type": "article-journal", "container-title": "Nature", "volume": 5, "issued": {"date-parts": [[2020, 3]]}}
    assert entry(**item).venue == Venue(container="Nature", volume="5", year=2020, date="2020-03")
    assert entry(**item | {"container-title": "arXiv"}).venue is None
    assert entry(type="report", publisher="arXiv").venue is None


@pytest.mark.parametrize("kind", ["report", "thesis"])
def test_the_publisher_of_a_report_or_thesis_is_its_institution(kind: str) -> None:
    venue = Venue(kind=kind, container="ETH")
    assert entry(type=kind, publisher="ETH").venue == venue
    exporter = REGISTRY.exporters["csl-json"]
    assert exporter.render
    written = json.loads(exporter.render(Entry(title="T", key="k", venue=venue), exporter.options()))
    assert written["publisher"] == "ETH"
    assert "container-title" not in written


@pytest.mark.parametrize(
    "issued", [None, {}, {"date-parts": [[]]}, {"date-parts": [[2020, 31]]}, "2020", {"raw": "soon"}]
)
def test_a_date_that_is_none_is_left_out(issued: object) -> None:
    read = entry(issued=issued)
    assert read.created is None
    assert DATE not in read.extra


def test_variables_without_a_place_are_kept() -> None:
    assert entry(language="en", custom={"x": 1}).extra == {"csl:language": "en", "csl:custom": '{"x":1}'}


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"a"', b"{}", b"\xff\xfe"])
def test_what_is_no_item_is_refused(raw: bytes) -> None:
    with pytest.raises(ReadError):
        csl.entry(raw)


def test_what_refmill_writes_it_reads_back_and_writes_the_same() -> None:
    exporter = REGISTRY.exporters["csl-json"]
    assert exporter.render
    for hard in hard_entries():
        written = exporter.render(hard.replace(key=hard.key or "k"), exporter.options())
        if "title" not in json.loads(written) and "type" not in json.loads(written):
            continue
        back = csl.entry(written.encode())
        assert json.loads(exporter.render(back, exporter.options())) == json.loads(written)
        assert back.id == hard.id
        assert len(back.authors) == len(hard.authors)


def test_the_golden_is_read_in_any_blocks() -> None:
    assert len(check_reader(REGISTRY.readers["csl"], (SAMPLES / "goldens" / "refs.json").read_bytes(), 10)) == 10


@pytest.mark.parametrize(("name", "count"), [("manubot_output.json", 3), ("citeproc-lua_biblatex-examples.json", 92)])
def test_recorded_libraries_are_read(name: str, count: int) -> None:
    assert len(check_reader(REGISTRY.readers["csl"], shared(f"data/csl/{name}").read_bytes())) == count
