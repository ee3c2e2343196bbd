"""What must be remembered of millions of entries behaves as a set, and takes little room."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill.pipeline.compact import CompactSet, IdSet

IDS = st.one_of(
    st.text(max_size=3),
    st.from_regex(r"2411\.1070\d(v1)?( key1?)?", fullmatch=True),
    st.from_regex(r"(hep-th|math)/990100[12]", fullmatch=True),
    st.sampled_from(["001", "1", "٠٠١", "x001", "y001"]),
)


@pytest.mark.parametrize("kind", [CompactSet, IdSet])
@given(texts=st.lists(IDS))
def test_it_tells_new_strings_from_known_ones(kind: type[CompactSet] | type[IdSet], texts: list[str]) -> None:
    known: set[str] = set()
    held = kind()
    for text in texts:
        assert held.add(text) is (text not in known)
        known.add(text)


@given(st.lists(st.text(max_size=3)))
def test_it_tells_what_it_holds(texts: list[str]) -> None:
    compact = CompactSet()
    for text in texts:
        compact.add(text)
    assert len(compact) == len(set(texts))
    assert all(text in compact for text in texts)
    assert "none of them" not in compact


def test_it_takes_at_most_24_bytes_a_string() -> None:
    compact = CompactSet()
    for number in range(100_000):
        compact.add(f"{number:07}")
    assert sum(sys.getsizeof(part) for part in compact._parts) < 24.5 * 100_000


def test_ids_in_a_row_take_less_than_half_a_byte_each() -> None:
    ids = IdSet()
    for number in range(1, 20_001):
        ids.add(f"2411.{number:05}")
    assert sum(sys.getsizeof(bits) for bits in ids._bits.values()) < 0.5 * 20_000
