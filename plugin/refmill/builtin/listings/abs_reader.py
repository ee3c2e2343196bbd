"""Native `.abs` records, in which arXiv itself keeps its metadata; one or several in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refmill.builtin.listings.layout import BEGINNING, entry_of_lines, records_of_lines
from refmill_hooks import Entry, Reader, hookimpl

__all__ = ["entry", "sniff"]

_BANNER = re.compile(rb"\s*(?:-+\s+)?")


@hookimpl
def refmill_readers() -> Iterator[Reader[list[str]]]:
    yield Reader(
        name="abs",
        title="native .abs records of arXiv",
        suffixes=(".abs",),
        sniff=sniff,
        records=records_of_lines,
        entry=entry,
        raw="\n".join,
    )


def sniff(head: bytes) -> bool:
    """Whether a record stands right at the beginning."""
    start = head.removeprefix(b"\xef\xbb\xbf")
    banner = _BANNER.match(start)
    return BEGINNING.match(start[banner.end() if banner else 0 :]) is not None


def entry(record: list[str]) -> Entry:
    """Raises ReadError and SkipRecord."""
    return entry_of_lines(record, "abs")
