"""A list of ids is read in every spelling; what is none is told."""

from __future__ import annotations

import io

import pytest

from refmill.builtin import ids
from refmill_hooks import Entry, ReadError, Source


def read(text: str) -> list[tuple[int, str]]:
    source = Source(io.BytesIO(text.encode()))
    found = []
    for record in ids.records(source):
        entry = ids.entry(record)
        found.append((source.line, entry.versioned_id or entry.doi[0]))
    return found


def test_ids_urls_and_dois_stand_one_or_several_a_line() -> None:
    text = """\
# my list
1706.03762
arXiv:2411.10701v2, hep-th/9901001; https://arxiv.org/abs/math/0306266 # a comment

arXiv: 0704.0001 [hep-ph]
10.48550/arXiv.2403.01234
https://doi.org/10.1103/PhysRevD.76.013009
"""
    assert read(text) == [
        (2, "1706.03762"),
        (3, "2411.10701v2"),
        (3, "hep-th/9901001"),
        (3, "math/0306266"),
        (5, "0704.0001"),
        (6, "2403.01234"),
        (7, "10.1103/PhysRevD.76.013009"),
    ]


@pytest.mark.parametrize(("word", "why"), [("hello", "is not an arXiv id"), ("712.0171", "lost zeros")])
def test_what_is_no_id_is_refused_with_its_reason(word: str, why: str) -> None:
    with pytest.raises(ReadError, match=why):
        ids.entry(word)


@pytest.mark.parametrize(
    ("text", "is_list"),
    [
        (b"1706.03762\n2411.10701\n", True),
        (b"# ids\n712.0171\n1706.03762\n", True),
        (b"A text that mentions 1706.03762 once.", False),
        (b"", False),
        (b"# nothing but comments", False),
        (b"{}", False),
        ("1706.03762\n2411.10701\n".encode("utf-16-le"), False),
    ],
)
def test_a_list_is_told_from_text_by_most_of_its_words(text: bytes, is_list: bool) -> None:
    assert ids.sniff(text) is is_list


def test_an_id_without_more_is_an_entry_to_be_enriched() -> None:
    assert ids.entry("1706.03762v5") == Entry(id="1706.03762", version=5, source="ids")


@pytest.mark.parametrize("doi", ["10.48550/arXiv.9999.99999", "https://doi.org/10.48550/ARXIV.2001.0000"])
def test_a_damaged_doi_of_arxiv_is_no_publishers_doi(doi: str) -> None:
    with pytest.raises(ReadError, match=r"there is none of month .* with number"):
        ids.entry(doi)
    assert ids.sniff(doi.encode())


@pytest.mark.parametrize("end", ["\n", ""])
def test_lists_that_were_joined_may_bring_their_byte_order_marks(end: str) -> None:
    text = f"\ufeff1706.03762{end}\ufeff2411.10701\n"
    assert ids.sniff(text.encode())
    assert [arxiv_id for _, arxiv_id in read(text)] == ["1706.03762", "2411.10701"]
