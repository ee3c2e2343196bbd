"""Entries as items of Zotero's web API, for its local API.

The fields of each type: api.zotero.org/schema.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from refmill_hooks import Entry, Name
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.remarks import remarks
from refmill_hooks.text import plain

__all__ = ["note_of", "zotero_item"]

_TYPES: Final = {
    "article-journal": ("journalArticle", "publicationTitle"),
    "paper-conference": ("conferencePaper", "proceedingsTitle"),
    "chapter": ("bookSection", "bookTitle"),
    "report": ("report", "institution"),
    "thesis": ("thesis", "university"),
    "book": ("book", "series"),
}
"""CSL type of the venue -> Zotero's item type and its field for the container."""

_FIELDS: Final = {
    "journalArticle": ("journalAbbreviation", "volume", "issue", "ISSN", "pages"),
    "conferencePaper": ("volume", "pages", "publisher"),
    "bookSection": ("volume", "pages", "publisher"),
    "book": ("volume", "publisher"),
    "report": ("pages",),
}
"""Zotero's item type -> the other fields of a venue that it has."""


def zotero_item(entry: Entry, collections: list[str]) -> dict[str, Any]:
    """The item, without empty fields; its tags are manual ones."""
    arxiv = ArxivId(entry.id, entry.version) if entry.id else None
    venue = entry.venue
    values: dict[str, Any] = {
        "itemType": "preprint",
        "title": plain(entry.title, math=True),
        "creators": [_creator(name) for name in entry.authors],
        "abstractNote": plain(entry.abstract, math=True),
        "date": reference_date(entry),
        "DOI": entry.doi[0] if entry.doi else arxiv.doi if arxiv and not venue else "",
        "url": arxiv.url if arxiv else "",
        "rights": entry.license,
        "libraryCatalog": "arXiv.org" if arxiv else "",
        "citationKey": entry.key,
        "extra": ArxivId(entry.id).citation(entry.primary_category) if arxiv else "",
        "tags": [{"tag": name} for name in category_names(entry.categories)],
        "collections": collections,
    }
    if venue:
        kind, container = _TYPES.get(venue.kind, _TYPES["article-journal"])
        said = {
            "journalAbbreviation": plain(venue.container_short),
            "volume": venue.volume,
            "issue": venue.issue,
            "ISSN": venue.issn,
            "pages": venue.pages,
            "publisher": plain(venue.publisher),
        }
        values |= {"itemType": kind, container: plain(venue.container)}
        values |= {name: said[name] for name in _FIELDS.get(kind, ())}
    elif arxiv:
        values |= {"repository": "arXiv", "archiveID": f"arXiv:{entry.id}"}
    return {name: value for name, value in values.items() if value or name in ("itemType", "title", "creators")}


def note_of(entry: Entry) -> str:
    """The remarks on an entry as the HTML of a child note, "" where there are none."""
    told = (
        f"<p>{escape(f'{label}: {plain(text, math=True)}')}</p>" for label, text in remarks(entry) if label != "License"
    )
    return "".join(told)


def _creator(name: Name) -> dict[str, str]:
    if name.literal or not (name.given or name.suffix):
        return {"creatorType": "author", "name": plain(name.literal or name.family)}
    given = f"{name.given}, {name.suffix}" if name.suffix else name.given
    return {"creatorType": "author", "lastName": plain(name.family), "firstName": plain(given)}
