"""CSL-JSON, valid by the schema 1.0.2 and read whole by Zotero, pandoc and citeproc.

Zotero refuses a whole file for one item without a type it knows, takes no particles or suffixes in slots of their own
and wants an ISO date in `raw` (zotero/translators: CSL JSON.js).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from refmill_hooks import OF_INSTITUTIONS, Entry, Exporter, Name, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.remarks import remarks
from refmill_hooks.text import html, plain, printable
from refmill_hooks.text.cache import remembered

TYPES: Final = frozenset(
    """article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection dataset
    document entry entry-dictionary entry-encyclopedia event figure graphic hearing interview legal_case legislation
    manuscript map motion_picture musical_score pamphlet paper-conference patent performance periodical
    personal_communication post post-weblog regulation report review review-book software song speech standard thesis
    treaty webpage""".split()
)
"""The types of CSL 1.0.2; Zotero refuses a whole file for another one."""

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


class Item(
    msgspec.Struct,
    omit_defaults=True,
    gc=False,
    rename={
        "citation_key": "citation-key",
        "doi": "DOI",
        "url": "URL",
        "collection_title": "collection-title",
        "container_title": "container-title",
        "container_title_short": "container-title-short",
        "issn": "ISSN",
    },
):
    """A CSL item, its variables in the order in which they are written; empty ones are left out."""

    id: str
    citation_key: str = ""
    type: str = ""
    title: str = ""
    author: list[dict[str, str]] = []
    issued: dict[str, Any] | None = None
    abstract: str = ""
    doi: str = ""
    url: str = ""
    number: str = ""
    publisher: str = ""
    source: str = ""
    note: str = ""
    keyword: str = ""
    accessed: dict[str, Any] | None = None
    collection_title: str = ""
    container_title: str = ""
    container_title_short: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""
    issn: str = ""


def render(entry: Entry, options: CslOptions) -> str:
    return _ENCODE(item(entry, options)).decode()


def item(entry: Entry, options: CslOptions) -> Item:
    venue, arxiv_id = entry.venue, _line(entry.id)
    text, name_of = (_text, _name) if options.for_ == "zotero" else (_rich, _parted_name)
    arxiv = ArxivId(arxiv_id, entry.version) if arxiv_id else None
    key = _line(entry.key)
    made = Item(
        id=key or arxiv_id,
        citation_key=key,
        type="article",
        title=text(entry.title),
        author=[name_of(name) for name in entry.authors],
        issued=_issued(reference_date(entry, latest=options.date == "latest")),
        abstract=text(entry.abstract) if options.abstract else "",
        doi=_line(entry.doi[0]) if entry.doi else arxiv.doi if arxiv and not venue else "",
        keyword=_keywords(entry.categories),
        note="\n".join(_notes(entry, arxiv)),
        accessed=_issued(str(options.accessed)) if options.accessed else None,
    )
    if arxiv:
        made.url = arxiv.url
        made.source = "arXiv.org"
    if venue:
        made.type = venue.kind if venue.kind in TYPES else "document"
        said = (venue.publisher, venue.volume, venue.issue, venue.pages, venue.issn)
        if not "".join(said).isprintable():
            said = tuple(map(printable, said))  # type: ignore[assignment]
        made.publisher, made.volume, made.issue, made.page, made.issn = said
        made.container_title_short = _text(venue.container_short)
        if venue.kind == "book":
            made.collection_title = text(venue.container)
        elif venue.kind in OF_INSTITUTIONS and not venue.publisher:
            made.publisher = text(venue.container)
        else:
            made.container_title = text(venue.container)
    elif arxiv:
        made.number = f"arXiv:{arxiv_id}"
        made.publisher = "arXiv"
    return made


@lru_cache(1 << 10)
def _keywords(categories: tuple[str, ...]) -> str:
    return printable(", ".join(category_names(categories)))


def _line(text: str) -> str:
    return text if text.isprintable() else printable(text)


def _text(text: str) -> str:
    return plain(text, math=True)


def _rich(text: str) -> str:
    return html(text, math=False)


_remark = remembered(1 << 10)(_text)
_name_text = lru_cache(1 << 12)(_text)


def _name(name: Name) -> dict[str, str]:
    """Zotero knows family and given names alone: particles stand in front of the one, a suffix behind the other."""
    if name.literal:
        return {"literal": _text(name.literal)}
    family = name.family if name.family.isascii() and name.family.isalpha() else _name_text(name.family)
    given = f"{name.given}, {name.suffix}" if name.suffix else name.given
    return {"family": family, "given": _name_text(given)} if given else {"family": family}


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


@lru_cache(1 << 10)
def _issued(date: str) -> dict[str, Any] | None:
    """The date in parts and as text, which Zotero reads; what is no date as text alone."""
    if not date:
        return None
    parts = date.split("-")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        return {"literal": printable(date)}
    return {"date-parts": [list(map(int, parts))], "raw": date}


def _notes(entry: Entry, arxiv: ArxivId | None) -> Iterator[str]:
    """Lines that Zotero keeps in Extra, none in a form that it would take for a field."""
    if arxiv and entry.venue:
        yield arxiv.citation(entry.primary_category)
    for label, text in remarks(entry):
        yield _remark(text) if label == "Comment" else f"{label}: {_remark(text)}"
