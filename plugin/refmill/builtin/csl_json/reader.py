"""CSL-JSON, as refmill, Zotero, Better BibTeX and pandoc write it.

The format: citeproc-js.readthedocs.io/en/latest/csl-json/markup.html.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from refmill.builtin.csl_json.dates import date_of
from refmill.builtin.csl_json.names import authors_of
from refmill.builtin.cutting.json_names import JUNK, may_repeat, repeated
from refmill.builtin.cutting.json_records import Lost, objects
from refmill_hooks import (
    DATE,
    OF_INSTITUTIONS,
    PROBLEM,
    UNVERIFIED,
    Entry,
    Reader,
    ReadError,
    SkipRecord,
    Source,
    Venue,
    hookimpl,
)
from refmill_hooks.categories import categories_in
from refmill_hooks.identifiers import ArxivId, BadIdentifier, find_ids, is_arxiv_doi, parse_id, split_dois
from refmill_hooks.remarks import fields_of_remarks, split_remarks
from refmill_hooks.text import squeeze

__all__ = ["entry", "records", "sniff"]

KEPT: Final = "csl:"
"""Prefix of keys of `Entry.extra`: a variable that an entry has no place for."""

_TYPE = re.compile(
    rb'"type"\s*:\s*"(?:article|article-[a-z]+|paper-conference|book|chapter|report|thesis|manuscript|webpage|document'
    rb"|post|post-weblog|dataset|software|preprint|entry|entry-[a-z]+|speech|standard|patent|posted-content"
    rb'|journal-article|proceedings-article|bill|legislation|map|graphic|broadcast|motion_picture|song|interview)"'
)
_NO_ITEMS = re.compile(rb"(?:\[\s*\]\s*)+|\{\s*\"items\"\s*:\s*\[\s*\]\s*\}\s*")
_SHOWN: Final = 100
_VENUES: Final = frozenset({"article-journal", "paper-conference", "chapter", "book", "report", "thesis"})
_CITATION = re.compile(r"arXiv:\s?\S+(?: \[[A-Za-z.-]+\])?")
_READ: Final = frozenset(
    """id citation-key type title author issued abstract DOI URL number publisher source note keyword accessed
    container-title container-title-short volume issue page ISSN""".split()
)


@hookimpl
def refmill_readers() -> Iterator[Reader[bytes | Lost]]:
    yield Reader(
        name="csl",
        title="CSL-JSON of refmill, Zotero and pandoc",
        suffixes=(".json",),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=lambda record: (record.beginning if isinstance(record, Lost) else record).decode("utf-8", "replace"),
    )


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _NO_ITEMS.fullmatch(start):
        return True
    return JUNK.match(start) is not None and _TYPE.search(start) is not None and b'"authors_parsed"' not in start


def records(source: Source) -> Iterator[bytes | Lost]:
    for line, item in objects(source.blocks()):
        source.line = line
        yield item


def entry(record: bytes | Lost) -> Entry:
    """Raises ReadError for what is no item, SkipRecord for an empty list of them."""
    if isinstance(record, Lost):
        raise ReadError(record.reason)
    try:
        item = msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(f"not JSON: {error}") from error
    if item == {"items": []}:
        raise SkipRecord("a list without items")
    if not isinstance(item, dict) or not (item.get("type") or item.get("title")):
        raise ReadError("not an item of CSL-JSON: it has neither type nor title")
    arxiv, primary = _arxiv(item)
    noted, extra, loose = _noted(item, arxiv)
    problems: list[str] = [twice] if may_repeat(record) and (twice := repeated(record)) else []
    written, is_whole = date_of(item.get("issued"))
    if not is_whole:
        extra[KEPT + "issued"] = _json(item["issued"])
        problems.append(f"not all of the date is understood: {_json(item['issued'])[:_SHOWN]}")
    authors, are_sure, no_names = authors_of(item.get("author"))
    if not are_sure:
        extra[UNVERIFIED] = "authors"
    if no_names:
        extra[KEPT + "author"] = _json(item["author"])
        problems.append(f"no author: {_json(no_names)[:_SHOWN]}")
    if problems:
        extra[PROBLEM] = "; ".join(problems)
    venue = _venue(item, written)
    day = None if venue or len(written) < 10 else datetime.date.fromisoformat(written)
    if written and not venue and not day:
        extra[DATE] = written
    if loose and "comments" not in noted:
        noted["comments"] = loose
    named, other_keywords = categories_in(_text(item.get("keyword")))
    codes = dict.fromkeys([*([primary] if primary else []), *named])
    if other_keywords:
        extra[KEPT + "keyword"] = ", ".join(other_keywords)
    extra |= {
        KEPT + name: value if isinstance(value, str) else _json(value)
        for name, value in item.items()
        if name not in _READ and not (name == "collection-title" and venue and venue.kind == "book")
    }
    dois = tuple(doi for doi in split_dois(_text(item.get("DOI"))) if not is_arxiv_doi(doi))
    return Entry(
        id=arxiv.id if arxiv else "",
        version=arxiv.version if arxiv else None,
        title=squeeze(_text(item.get("title"))),
        authors=authors,
        abstract=_text(item.get("abstract")),
        categories=tuple(codes),
        created=day,
        venue=venue,
        key=_key(item),
        source="csl",
        **(noted | {"doi": dois + noted.get("doi", ()), "extra": extra}),
    )


def _key(item: dict[str, Any]) -> str:
    """The citation key, else the id, "" for none. The URI of an item in somebody's library, as in Zotero, is no key."""
    key = _text(item.get("citation-key")) or _text(item.get("id"))
    return "" if "://" in key else key


def _arxiv(item: dict[str, Any]) -> tuple[ArxivId | None, str]:
    """The id by what names it, and the primary category that stands behind it in a note."""
    primary = ""
    if noted := re.search(r"arXiv:\s?\S{1,60} \[([A-Za-z.-]+)\]", _text(item.get("note"))):
        primary = noted[1]
    found: ArxivId | None = None
    said = " ".join(_text(item.get(name)) for name in ("publisher", "container-title", "archive", "source")).lower()
    for name in ("number", "archive_location", "DOI", "URL", "id"):
        text = _text(item.get(name))
        marked = "arxiv" in text.lower() or "arxiv" in said
        if text and marked:
            try:
                arxiv_id = parse_id(text)
            except BadIdentifier:
                continue
            if found is None or (found.id == arxiv_id.id and arxiv_id.version):
                found = arxiv_id
    if found is None and (noted := re.match(r"arXiv:\s?\S+", _text(item.get("note")))):
        found = next(find_ids(noted[0]), None)
    return found, primary


def _noted(item: dict[str, Any], arxiv: ArxivId | None) -> tuple[dict[str, Any], dict[str, str], str]:
    """What the lines of the note say: fields, extra, and the rest, which is arXiv's comment."""
    note = _text(item.get("note"))
    if arxiv and (head := _CITATION.match(note)):
        note = note[head.end() :].lstrip("\n")
    pairs = list(split_remarks(note))
    fields, extra = fields_of_remarks(pairs)
    return fields, extra, " ".join(text for label, text in pairs if not label)


def _venue(item: dict[str, Any], written: str) -> Venue | None:
    kind = _text(item.get("type"))
    series = _text(item.get("collection-title")) if kind == "book" else ""
    container = squeeze(series or _text(item.get("container-title")))
    publisher = _text(item.get("publisher"))
    is_arxiv = container.lower().startswith(("arxiv", "corr")) or (kind == "report" and publisher.lower() == "arxiv")
    if (
        kind not in _VENUES
        or is_arxiv
        or (kind in ("article-journal", "paper-conference", "chapter") and not container)
    ):
        return None
    if kind in OF_INSTITUTIONS and not container:
        container, publisher = publisher, ""
    return Venue(
        kind=kind,
        container=container,
        container_short=squeeze(_text(item.get("container-title-short") or item.get("journalAbbreviation"))),
        volume=_text(item.get("volume")),
        issue=_text(item.get("issue")),
        pages=_text(item.get("page")).replace("–", "-"),
        year=int(written[:4]) if written else None,
        date=written,
        publisher=publisher,
        issn=_text(item.get("ISSN")),
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
