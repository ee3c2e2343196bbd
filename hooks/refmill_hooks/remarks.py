"""What is known of an entry and has no field of its own in most formats: text for notes, each with its label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from refmill_hooks.entry import PRINTED_ID, WITHDRAWN, Entry
from refmill_hooks.journal_refs import names_more

__all__ = ["fields_of_remarks", "remarks", "split_remarks"]

_REMARKS: Final[tuple[tuple[str, str, Callable[[Entry], str]], ...]] = (
    ("Comment", "comments", attrgetter("comments")),
    ("Journal reference", "journal_ref", lambda entry: _beyond_venue(entry)),
    ("Report no.", "report_no", attrgetter("report_no")),
    ("MSC classes", "msc_class", attrgetter("msc_class")),
    ("ACM classes", "acm_class", attrgetter("acm_class")),
    ("License", "license", attrgetter("license")),
    ("Further DOIs", "doi", lambda entry: " ".join(entry.doi[1:])),
    ("Withdrawn from arXiv", WITHDRAWN, lambda entry: _unless_said(entry.extra.get(WITHDRAWN, ""), entry.comments)),
    ("Identifier as printed", PRINTED_ID, lambda entry: entry.extra.get(PRINTED_ID, "")),
)
"""Label, the field of the entry or the key of its `extra`, and what it says."""

_NAMES = {label: name for label, name, _ in _REMARKS}
_LABELS = "|".join(re.escape(label) for label in _NAMES)
_LABEL = re.compile(rf"(?:^|(?<=\n)|; )({_LABELS}): ")


def remarks(entry: Entry) -> Iterator[tuple[str, str]]:
    """`("Comment", "12 pages")` and the like, in a fixed order, empty ones left out; the text is as arXiv prints it.

    The journal reference is among them only where the venue does not say all of it.
    """
    for label, _, of in _REMARKS:
        if text := of(entry):
            yield label, text


def split_remarks(text: str) -> Iterator[tuple[str, str]]:
    """The remarks in `Comment: 12 pages; Report no.: X` or in lines of such; what has no label comes with `""`."""
    parts = _LABEL.split(text)
    if loose := parts[0].strip():
        yield "", loose
    for label, said in zip(parts[1::2], parts[2::2], strict=True):
        yield label, said.strip()


def fields_of_remarks(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields of an Entry and keys of its `extra` that these remarks stand for; further DOIs are a tuple in `doi`."""
    fields: dict[str, Any] = {}
    extra: dict[str, str] = {}
    for label, text in pairs:
        name = _NAMES.get(label, "")
        if ":" in name:
            extra[name] = text
        elif name:
            fields[name] = tuple(text.split()) if name == "doi" else text
    return fields, extra


def _beyond_venue(entry: Entry) -> str:
    return "" if entry.venue and not names_more(entry.journal_ref) else entry.journal_ref


def _unless_said(text: str, elsewhere: str) -> str:
    return "" if text == elsewhere else text
