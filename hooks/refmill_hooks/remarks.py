"""What is known of an entry and has no field of its own in most formats: text for notes, each with its label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from refmill_hooks.entry import PRINTED_ID, WITHDRAWN, Entry
from refmill_hooks.journal_refs import names_more

__all__ = ["fields_of_remarks", "remarks", "split_remarks"]

_NAMES: Final = {
    "Comment": "comments",
    "Journal reference": "journal_ref",
    "Report no.": "report_no",
    "MSC classes": "msc_class",
    "ACM classes": "acm_class",
    "License": "license",
    "Further DOIs": "doi",
    "Withdrawn from arXiv": WITHDRAWN,
    "Identifier as printed": PRINTED_ID,
}
"""Label -> the field of an entry or the key of its `extra` that it tells."""

_LABELS = "|".join(re.escape(label) for label in _NAMES)
_LABEL = re.compile(rf"(?:^|(?<=\n)|; )({_LABELS}): ")


def remarks(entry: Entry) -> list[tuple[str, str]]:
    """`("Comment", "12 pages")` and the like, in a fixed order, empty ones left out; the text is as arXiv prints it.

    The journal reference is among them only where the venue does not say all of it.
    """
    found: list[tuple[str, str]] = []
    if entry.comments:
        found.append(("Comment", entry.comments))
    if entry.journal_ref and (not entry.venue or names_more(entry.journal_ref)):
        found.append(("Journal reference", entry.journal_ref))
    if entry.report_no:
        found.append(("Report no.", entry.report_no))
    if entry.msc_class:
        found.append(("MSC classes", entry.msc_class))
    if entry.acm_class:
        found.append(("ACM classes", entry.acm_class))
    if entry.license:
        found.append(("License", entry.license))
    if len(entry.doi) > 1:
        found.append(("Further DOIs", " ".join(entry.doi[1:])))
    if entry.extra:
        said = entry.extra.get(WITHDRAWN, "")
        if said and said != entry.comments:
            found.append(("Withdrawn from arXiv", said))
        if printed := entry.extra.get(PRINTED_ID):
            found.append(("Identifier as printed", printed))
    return found


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
