"""arXiv's announcement mails, daily and monthly: new papers, cross-lists, and replacements without abstract."""

from __future__ import annotations

from collections.abc import Iterator

from refmill.builtin.listings import abs_reader
from refmill.builtin.listings.layout import BEGINNING, entry_of_lines, records_of_lines
from refmill_hooks import Entry, Reader, hookimpl

__all__ = ["entry", "sniff"]


@hookimpl
def refmill_readers() -> Iterator[Reader[list[str]]]:
    yield Reader(
        name="listing",
        title="announcement mails of arXiv, daily and monthly",
        suffixes=(".txt", ".mail"),
        sniff=sniff,
        records=records_of_lines,
        entry=entry,
        raw="\n".join,
    )


def sniff(head: bytes) -> bool:
    """Whether there is a record, but not right at the beginning."""
    return BEGINNING.search(head) is not None and not abs_reader.sniff(head)


def entry(record: list[str]) -> Entry:
    """Raises ReadError and SkipRecord."""
    return entry_of_lines(record, "listing")
