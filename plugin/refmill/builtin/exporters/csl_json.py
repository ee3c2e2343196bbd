"""CSL-JSON, valid by the schema 1.0.2 and read whole by Zotero, pandoc and citeproc.

Zotero refuses a whole file for one item without a type it knows, takes no particles or suffixes in slots of their own
and wants an ISO date in `raw` (zotero/translators: CSL JSON.js).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from refmill_hooks import Entry, Exporter, Name, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.remarks import remarks
from refmill_hooks.text import html, plain

_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class CslOptions:
    for_: Literal["zotero", "citeproc"] = field(
        default="zotero",
        metadata={"help": "who reads it: Zotero, or a citation processor, which takes rich text and particles"},
    )
    abstract: bool = field(default=True, metadata={"help": "write abstracts"})
    date: Literal["first", "latest"] = field(default="first", metadata={"help": "date of the first or newest version"})
    accessed: datetime.date | None = field(default=None, metadata={"help": "the access date to write"})


@hookimpl
def refmill_exporters() -> Iterator[Exporter[CslOptions]]:
    yield Exporter(
        name="csl-json",
        title="CSL-JSON for Zotero, pandoc and citeproc",
        suffixes=(".json",),
        media_type="application/vnd.citationstyles.csl+json",
        opening="[\n",
        render=render,
        between=",\n",
        closing="\n]\n",
        options=CslOptions,
    )


def render(entry: Entry, options: CslOptions) -> str:
    return _ENCODE(item(entry, options)).decode()


def item(entry: Entry, options: CslOptions) -> dict[str, Any]:
    """The CSL item of an entry; it holds no empty values."""
    venue = entry.venue
    arxiv = ArxivId(entry.id, entry.version) if entry.id else None
    text, name_of = (_text, _name) if options.for_ == "zotero" else (_rich, _parted_name)
    values: dict[str, Any] = {
        "id": entry.key or entry.id,
        "citation-key": entry.key,
        "type": venue.kind if venue else "article",
        "title": text(entry.title),
        "author": [name_of(name) for name in entry.authors],
        "issued": _issued(entry, options),
        "abstract": text(entry.abstract) if options.abstract else "",
        "DOI": entry.doi[0] if entry.doi else arxiv.doi if arxiv and not venue else "",
        "URL": arxiv.url if arxiv else "",
        "number": f"arXiv:{entry.id}" if arxiv and not venue else "",
        "publisher": venue.publisher if venue else "arXiv" if arxiv else "",
        "source": "arXiv.org" if arxiv else "",
        "note": "\n".join(_notes(entry, arxiv)),
        "keyword": ", ".join(category_names(entry.categories)),
        "accessed": _date(options.accessed) if options.accessed else None,
    }
    if venue:
        values |= {
            "collection-title" if venue.kind == "book" else "container-title": text(venue.container),
            "container-title-short": _text(venue.container_short),
            "volume": venue.volume,
            "issue": venue.issue,
            "page": venue.pages,
            "ISSN": venue.issn,
        }
    return {name: value for name, value in values.items() if value}


def _text(text: str) -> str:
    return plain(text, math=True)


def _rich(text: str) -> str:
    return html(text, math=False)


def _name(name: Name) -> dict[str, str]:
    """Zotero knows family and given names alone: particles stand in front of the one, a suffix behind the other."""
    if name.literal:
        return {"literal": _text(name.literal)}
    given = f"{name.given}, {name.suffix}" if name.suffix else name.given
    values = {"family": _text(name.family), "given": _text(given)}
    return values if given else {"family": values["family"]}


def _parted_name(name: Name) -> dict[str, str]:
    """As citation processors want it, each part in a slot of its own."""
    if name.literal:
        return {"literal": plain(name.literal)}
    words = plain(name.family).split(" ")
    first = next((at for at, word in enumerate(words) if not word[:1].islower()), 0)
    values = {
        "non-dropping-particle": " ".join(words[:first]),
        "family": " ".join(words[first:]),
        "given": plain(name.given),
        "suffix": plain(name.suffix),
    }
    return {part: value for part, value in values.items() if value}


def _issued(entry: Entry, options: CslOptions) -> dict[str, Any] | None:
    written = reference_date(entry, latest=options.date == "latest")
    return {"date-parts": [[int(part) for part in written.split("-")]], "raw": written} if written else None


def _date(date: datetime.date) -> dict[str, Any]:
    return {"date-parts": [[date.year, date.month, date.day]], "raw": date.isoformat()}


def _notes(entry: Entry, arxiv: ArxivId | None) -> Iterator[str]:
    """Lines that Zotero keeps in Extra, none in a form that it would take for a field."""
    if arxiv and entry.venue:
        yield arxiv.citation(entry.primary_category)
    for label, text in remarks(entry):
        yield _text(text) if label == "Comment" else f"{label}: {_text(text)}"
