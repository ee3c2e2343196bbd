"""CSL-JSON of refmill, Zotero, pandoc and registries is read item by item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared import shared

from refmill.builtin.csl_json import reader as csl
from refmill.plugins.registry import Registry
from refmill_hooks import DATE, PROBLEM, Entry, Name, ReadError, Venue
from refmill_hooks.testing import check_reader, hard_entries

REGISTRY = Registry()
SAMPLES = Path(__file__).parents[4] / "samples"


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
    ("issued", "date"),
    [
        ({"date-parts": [[2001, 2, 3]]}, "2001-02-03"),
        ({"date-parts": [["2001", "02", ""]]}, "2001-02"),
        ({"date-parts": [[2001.0, 0, 0]]}, "2001"),
        ({"raw": "2001-02-03T10:00:00Z"}, "2001-02-03"),
        ({"raw": "2001/2/3"}, "2001-02-03"),
        ({"raw": "3 Feb 2001"}, "2001-02-03"),
        ({"literal": "February 3, 2001"}, "2001-02-03"),
        ({"literal": "Feb. 2001"}, "2001-02"),
        ({"raw": "2001", "date-parts": [[2001]]}, "2001"),
        ({"raw": "soon", "date-parts": [[2001]]}, "2001"),
        ("2001-02-03", "2001-02-03"),
        (2001, "2001"),
    ],
)
def test_a_date_is_read_in_every_form_and_as_exact_as_it_is(issued: object, date: str) -> None:
    venue = entry(type="article-journal", issued=issued, **{"container-title": "J"}).venue
    assert venue
    assert (venue.date, venue.year) == (date, 2001)
    read = entry(issued=issued)
    assert (str(read.created) if read.created else read.extra[DATE]) == date
    assert PROBLEM not in read.extra


@pytest.mark.parametrize(
    ("issued", "known"),
    [
        ({"date-parts": [[2001, 13]]}, "2001"),
        ({"date-parts": [[2001, 2, 30]]}, "2001-02"),
        ({"date-parts": [[2001, 0, 3]]}, "2001"),
        ({"date-parts": [[2001, 3], [2002, 4]]}, "2001-03"),
        ({"date-parts": [[2001]], "season": 2}, "2001"),
        ({"raw": "2001-13-45"}, "2001"),
        ({"raw": "Spring 2001"}, "2001"),
        ({"raw": "2001/2002"}, None),
        ({"literal": "in press"}, None),
        ({"date-parts": 2001}, None),
        ({"date-parts": [["soon"]]}, None),
        (True, None),
    ],
)
def test_a_date_that_is_not_understood_whole_is_read_as_far_as_it_is_kept_and_told(
    issued: object, known: str | None
) -> None:
    extra = entry(issued=issued).extra
    assert extra.get(DATE) == known
    assert json.loads(extra["csl:issued"]) == issued
    assert "date" in extra[PROBLEM]


@pytest.mark.parametrize("issued", [None, {}, {"date-parts": [[]]}, {"date-parts": [[None, ""]]}, {"raw": ""}, ""])
def test_a_date_that_says_nothing_is_none(issued: object) -> None:
    assert entry(issued=issued).extra == {}


SCALARS = st.none() | st.booleans() | st.integers(-1, 9999) | st.floats(-9, 9) | st.text("20 -/Feb", max_size=9)
DATES = st.recursive(
    SCALARS,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["raw", "literal", "date-parts", "season"]), each)
    ),
)


@given(DATES)
def test_no_date_is_a_fault_of_the_reader(issued: object) -> None:
    assert entry(issued=issued).title == ""


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ann Bee", [("Bee", "Ann")]),
        ("Bee, Ann and Cee, Bo", [("Bee", "Ann"), ("Cee", "Bo")]),
        ("Ann Bee; Bo Cee", [("Bee", "Ann"), ("Cee", "Bo")]),
        ("Ann Bee, Bo Cee, Di Dee", [("Bee", "Ann"), ("Cee", "Bo"), ("Dee", "Di")]),
        (["Ann Bee", {"family": "Cee", "given": "Bo"}], [("Bee", "Ann"), ("Cee", "Bo")]),
    ],
)
def test_authors_that_do_not_come_in_parts_are_read_and_not_trusted(
    author: object, names: list[tuple[str, str]]
) -> None:
    read = entry(author=author)
    assert [(name.family, name.given) for name in read.authors] == names
    assert read.unverified == {"authors"}


def test_a_text_in_which_commas_may_part_names_or_their_parts_stays_as_it_is() -> None:
    assert entry(author="Bee, Ann, Cee, Bo").authors == (Name(literal="Bee, Ann, Cee, Bo"),)


def test_an_author_alone_needs_no_list() -> None:
    assert entry(author={"family": "Bee"}).authors == (Name(family="Bee"),)


@pytest.mark.parametrize("author", [7, [7], [{"name": "Ann Bee"}], [{"family": 5}]])
def test_what_is_no_author_is_kept_and_told(author: object) -> None:
    read = entry(author=author)
    assert read.authors == ()
    assert json.loads(read.extra["csl:author"]) == author
    assert "no author" in read.extra[PROBLEM]


def test_numbers_of_all_kinds_are_read() -> None:
    venue = entry(type="article-journal", volume=5.0, issue=1.5, page=7, **{"container-title": "J"}).venue
    assert venue == Venue(container="J", volume="5", issue="1.5", pages="7")


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
