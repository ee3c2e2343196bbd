"""An input is read as lines of text, whatever its encoding, its line ends, and what joining files left in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.blocks import Blocks

from refmill_hooks import Source


def lines(data: bytes, size: int = 1 << 16) -> list[str]:
    return list(Source(Blocks(data, size)).lines())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\ntwo\r\nthree\rfour", ["one", "two", "three", "four"]),
        ("Müller\n".encode("latin-1") + "Møller\n".encode(), ["Müller", "Møller"]),
        (b"o\0ne\n\0\0two\0", ["one", "two"]),
        ("\ufeffone\n\ufeff\ufefftwo\r\n\ufeffthree".encode(), ["one", "two", "three"]),
        ("\ufeff".encode() + "Müller\n".encode("latin-1"), ["Müller"]),
        (b"one\n" + "\ufeff".encode() + "Müller\n".encode("latin-1"), ["one", "Müller"]),
    ],
    ids=["line-ends", "latin-1", "nuls", "marks-of-joined-files", "mark-of-latin-1", "mark-of-latin-1-that-was-joined"],
)
def test_lines_are_text_and_nothing_else(data: bytes, expected: list[str]) -> None:
    assert lines(data) == expected


def test_a_mark_inside_a_line_is_a_character_of_it() -> None:
    assert lines("zero\ufeffwidth".encode()) == ["zero\ufeffwidth"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
def test_what_has_a_nul_for_every_letter_is_refused(encoding: str) -> None:
    with pytest.raises(OSError, match="may be UTF-16"):
        lines(b"one\n" + "arXiv:2403.01234, naïve\n".encode(encoding))


PARTS = st.sampled_from([b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xfc", "ü".encode(), b"a", b"one two"])


@given(st.lists(PARTS, max_size=20), st.integers(1, 9))
def test_the_lines_are_the_same_in_any_blocks(parts: list[bytes], size: int) -> None:
    data = b"a" + b"".join(parts)
    assert lines(data, size) == lines(data)
