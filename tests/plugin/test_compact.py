"""The set of what must be remembered of millions of entries behaves as a set, and takes little room."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from refmill.builtin.compact import CompactSet


@given(st.lists(st.text(max_size=3)))
def test_it_tells_new_strings_from_known_ones(texts: list[str]) -> None:
    known: set[str] = set()
    compact = CompactSet()
    for text in texts:
        assert (text in compact) is (text in known)
        assert compact.add(text) is (text not in known)
        known.add(text)
    assert len(compact) == len(known)


def test_it_takes_at_most_24_bytes_a_string() -> None:
    compact = CompactSet()
    for number in range(100_000):
        compact.add(f"{number:07}")
    assert sum(sys.getsizeof(part) for part in compact._parts) < 24.5 * 100_000
