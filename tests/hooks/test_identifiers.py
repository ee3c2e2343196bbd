"""arXiv ids in all their spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill_hooks.identifiers import (
    ArxivId,
    BadIdentifier,
    DamagedIdentifier,
    bare_doi,
    find_ids,
    parse_id,
    split_dois,
)


@pytest.mark.parametrize(
    ("written", "versioned"),
    [
        ("2411.10701", "2411.10701"),
        ("2411.10701v2", "2411.10701v2"),
        ("hep-th/9901001v3", "hep-th/9901001v3"),
        ("arXiv:2411.10701", "2411.10701"),
        ("ARXIV: 2411.10701 [cs.CV]", "2411.10701"),
        ("math.GT/0309136", "math/0309136"),
        ("cond-mat.supr-con/9901001", "cond-mat/9901001"),
        ("hepth/9901001", "hep-th/9901001"),
        ("hep--th/9901001", "hep-th/9901001"),
        ("http://www.arxiv.org/abs/2411.10701v1?context=cs", "2411.10701v1"),
        ("https://arxiv.org/pdf/2411.10701v2.pdf", "2411.10701v2"),
        ("https://arxiv.org/html/2411.10701#S1", "2411.10701"),
        ("http://xxx.lanl.gov/abs/hep-th/9901001", "hep-th/9901001"),
        ("10.48550/ARXIV.2411.10701", "2411.10701"),
        ("https://doi.org/10.48550/arxiv.math/0211159", "math/0211159"),
        ("oai:arXiv.org:math/0211159v2", "math/0211159v2"),
        ("abs/1706.03762", "1706.03762"),
        ("(2411.10701),", "2411.10701"),
    ],
)
def test_every_spelling_leads_to_one_canonical_id(written: str, versioned: str) -> None:
    assert parse_id(written).versioned == versioned


@pytest.mark.parametrize(
    "text", ["12411.10701", "0704.0000", "2413.00001", "foo/9901001", "10.1103/PhysRevD.2411.10701"]
)
def test_what_cannot_be_an_id_is_refused(text: str) -> None:
    with pytest.raises(BadIdentifier):
        parse_id(text)


@pytest.mark.parametrize(("damaged", "candidate"), [("712.0171", "0712.0171"), ("1110.156", "1110.1560")])
def test_an_id_that_lost_zeros_is_told_with_its_candidates(damaged: str, candidate: str) -> None:
    with pytest.raises(DamagedIdentifier) as caught:
        parse_id(damaged)
    assert caught.value.candidates == (candidate,)


def test_ids_are_found_in_running_text_but_not_inside_other_numbers() -> None:
    text = "see arXiv:0704.0001, 10.1103/PhysRevD.2411.10701, 12411.10701, hep-th/9901001v2 and 1706.03762v7."
    assert [found.versioned for found in find_ids(text)] == ["0704.0001", "hep-th/9901001v2", "1706.03762v7"]


def test_an_id_leads_back_to_its_url_doi_and_citation_form() -> None:
    arxiv_id = ArxivId("0706.1234", 1)
    assert arxiv_id.url == "https://arxiv.org/abs/0706.1234v1"
    assert arxiv_id.doi == "10.48550/arXiv.0706.1234"
    assert arxiv_id.citation("math.FA") == "arXiv:0706.1234v1 [math.FA]"
    assert ArxivId("hep-th/9901001").citation("hep-th") == "arXiv:hep-th/9901001"


@pytest.mark.parametrize("text", [r"10.1007/978-3-319-47066-5\_3", r"10.1007/978-3-319-47066-5$\_$3"])
def test_a_doi_that_was_written_for_latex_is_bare(text: str) -> None:
    assert split_dois(text) == ("10.1007/978-3-319-47066-5_3",)


def test_several_dois_in_one_field_are_told_apart() -> None:
    assert split_dois("10.1103/a;10.1103/b\n10.1002/(SICI)1<1::A>3.0.CO;2-1 (2009)") == (
        "10.1103/a",
        "10.1103/b",
        "10.1002/(SICI)1<1::A>3.0.CO;2-1",
    )


def test_a_doi_is_bared_of_its_url() -> None:
    assert bare_doi("https://doi.org/10.1103/PhysRevD.76.013009") == "10.1103/PhysRevD.76.013009"


@given(st.integers(1, 99999), st.integers(1, 12), st.integers(15, 30), st.none() | st.integers(1, 40))
def test_all_forms_of_an_id_read_back(number: int, month: int, year: int, version: int | None) -> None:
    arxiv_id = ArxivId(f"{year}{month:02}.{number:05}", version)
    assert parse_id(arxiv_id.versioned) == parse_id(arxiv_id.url) == parse_id(arxiv_id.pdf_url + ".pdf") == arxiv_id
    assert parse_id(arxiv_id.citation("cs.LG")) == arxiv_id
    assert parse_id(arxiv_id.doi).id == arxiv_id.id


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        arxiv_id = parse_id(text)
    except BadIdentifier:
        return
    assert parse_id(arxiv_id.versioned) == arxiv_id
