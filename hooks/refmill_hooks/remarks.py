"""What is known of an entry and has no field of its own in most formats: text for notes, each with its label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from refmill_hooks.entry import PRINTED_ID, WITHDRAWN, Entry
from refmill_hooks.journal_refs import names_more

__all__ = ["remarks"]

_REMARKS: Final[tuple[tuple[str, Callable[[Entry], str]], ...]] = (
    ("Comment", lambda entry: entry.comments),
    (
        "Journal reference",
        lambda entry: "" if entry.venue and not names_more(entry.journal_ref) else entry.journal_ref,
    ),
    ("Report no.", lambda entry: entry.report_no),
    ("MSC classes", lambda entry: entry.msc_class),
    ("ACM classes", lambda entry: entry.acm_class),
    ("License", lambda entry: entry.license),
    ("Further DOIs", lambda entry: " ".join(entry.doi[1:])),
    ("Withdrawn from arXiv", lambda entry: _unless_said(entry.extra.get(WITHDRAWN, ""), entry.comments)),
    ("Identifier as printed", lambda entry: entry.extra.get(PRINTED_ID, "")),
)


def remarks(entry: Entry) -> Iterator[tuple[str, str]]:
    """`("Comment", "12 pages")` and the like, in a fixed order, empty ones left out; the text is as arXiv prints it.

    The journal reference is among them only where the venue does not say all of it.
    """
    for label, of in _REMARKS:
        if text := of(entry):
            yield label, text


def _unless_said(text: str, elsewhere: str) -> str:
    return "" if text == elsewhere else text
