"""RIS for refmill, written by rispy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import rispy

from refmill_hooks import Entry, Exporter, Name, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.remarks import remarks
from refmill_hooks.text import plain

TYPES = {
    "article-journal": "JOUR",
    "paper-conference": "CONF",
    "chapter": "CHAP",
    "book": "BOOK",
    "report": "RPRT",
    "thesis": "THES",
}


@dataclass(frozen=True, kw_only=True)
class RisOptions:
    """What `-O` sets."""

    abstract: bool = field(default=True, metadata={"help": "write abstracts"})


def render(entry: Entry, options: RisOptions) -> str:
    """One entry as an RIS record."""
    venue = entry.venue
    first, _, last = venue.pages.partition("-") if venue else ("", "", "")
    fields: dict[str, Any] = {
        "type_of_reference": TYPES.get(venue.kind, "GEN") if venue else "UNPB",
        "id": entry.key,
        "title": plain(entry.title),
        "authors": [person(name) for name in entry.authors],
        "abstract": plain(entry.abstract).replace("\n\n", " ") if options.abstract else "",
        "keywords": category_names(entry.categories),
        "notes": [f"{label}: {plain(text)}" for label, text in remarks(entry)],
        "year": reference_date(entry)[:4],
        "date": reference_date(entry).replace("-", "/"),
        "doi": entry.doi[0] if entry.doi else "",
        "accession_number": f"arXiv:{entry.id}" if entry.id else "",
        "urls": [ArxivId(entry.id, entry.version).url] if entry.id else [],
        "secondary_title": plain(venue.container) if venue else "",
        "volume": venue.volume if venue else "",
        "number": venue.issue if venue else "",
        "start_page": first,
        "end_page": last,
    }
    return str(rispy.dumps([{name: value for name, value in fields.items() if value}])).lstrip("1.\n") + "\n"


def person(name: Name) -> str:
    """`Steele, Guy L., Jr.`, the order of RIS."""
    return plain(name.literal or ", ".join(part for part in (name.family, name.given, name.suffix) if part))


@hookimpl
def refmill_exporters() -> Iterator[Exporter[RisOptions]]:
    """The exporter of this distribution."""
    yield Exporter(name="ris", title="RIS, written by rispy", suffixes=(".ris",), render=render, options=RisOptions)
