"""Feeds of arXiv: answers of its query API, old and new, and the daily announcements of rss.arxiv.org, Atom or RSS 2.0.

The fields: info.arxiv.org/help/api/user-manual.html and arXiv/arxiv-feed: feed/serializers.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from refmill.builtin.cutting.xml_records import content_of, local_name, parsed, records
from refmill_hooks import PROBLEM, WITHDRAWN, Entry, Name, Reader, ReadError, Version, hookimpl
from refmill_hooks.author_lists import repair_authors, split_authors
from refmill_hooks.categories import category_name
from refmill_hooks.identifiers import ArxivId, BadIdentifier, parse_id, split_dois
from refmill_hooks.text import paragraphs, squeeze
from refmill_hooks.withdrawn import withdrawn

if TYPE_CHECKING:
    from lxml.etree import _Element

    Fields = dict[str, list[_Element]]
    """Child elements by name without namespace: the API changed some of its namespaces' spellings over time."""

__all__ = ["ErrorEntry", "entry_of_feed", "fields_of_feed", "identity"]

_FEED = re.compile(rb"<(?:[\w.-]+:)?feed\s")
_EMPTY = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?<(?P<name>(?:[\w.-]+:)?feed)\s[^<>]*http://www\.w3\.org/2005/Atom[^<>]*"
    rb"(?:/>|>\s*</(?P=name)>)\s*"
)
"""A feed with nothing in it, which need not name arXiv."""
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z][A-Za-z-]+)?")
_MSC = re.compile(r"\b\d\d[A-Z-][\dX]?[\dX]?\b")
_ACM = re.compile(r"\b[A-K]\.[\dm]")
_ANNOUNCED = re.compile(r"\s*(?:arXiv:\S+\s+Announce Type:\s*[a-z-]+\s*)?(?:Abstract:\s*)?")


class ErrorEntry(ReadError):
    """An error that the API puts in the place of a paper; `said` is what it says."""

    @property
    def said(self) -> str:
        """The words of the API."""
        return str(self.args[0])

    def __str__(self) -> str:
        return f"an error of arXiv's API in the place of a paper: {self.said}"


_MOST_AFFILIATIONS = 10_000
"""Of all names in one element, for each is given those of the element."""


@hookimpl
def refmill_readers() -> Iterator[Reader[bytes]]:
    yield Reader(
        name="atom",
        title="feeds of arXiv's API and of rss.arxiv.org, Atom or RSS",
        suffixes=(".atom", ".xml"),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=lambda record: record.decode("utf-8", "replace"),
    )


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _EMPTY.fullmatch(start):
        return True
    if not start.startswith((b"<", b"HTTP/")) or b"arxiv" not in start.lower():
        return False
    return b"<rss" in start or (b"http://www.w3.org/2005/Atom" in start and _FEED.search(start) is not None)


def entry(record: bytes) -> Entry:
    """Raises ReadError for what is cut off, is no arXiv entry, or is an error that the API puts into a feed."""
    return entry_of_feed(fields_of_feed(record), "atom")


def fields_of_feed(record: bytes) -> Fields:
    """The parsed `<entry>` or `<item>`. Raises ReadError where it is neither."""
    root = parsed(record)
    kind = local_name(root)
    if kind not in ("entry", "item"):
        raise ReadError(f"<{kind}> is no entry of a feed: what is of another kind needs a file of its own")
    fields: Fields = {}
    for child in root:
        fields.setdefault(local_name(child), []).append(child)
    return fields


def identity(fields: Fields) -> ArxivId:
    """The id with the version that the entry is about. Raises ReadError, for an error in a paper's place ErrorEntry."""
    named = _text(fields, "id") or _text(fields, "guid")
    link = next((link.text or link.get("href") or "" for link in fields.get("link", ())), "")
    try:
        arxiv_id = parse_id(named or link)
    except BadIdentifier as problem:
        if "/api/errors" in named or _text(fields, "title") == "Error":
            fragment = named.partition("#")[2].replace("_", " ")
            raise ErrorEntry(squeeze(_text(fields, "summary")) or fragment or "no reason is given") from problem
        raise ReadError(str(problem)) from problem
    if arxiv_id.version is None:
        for other in (link, _text(fields, "description")[:40].partition(" ")[0]):
            try:
                candidate = parse_id(other)
            except BadIdentifier:
                continue
            if candidate.id == arxiv_id.id and candidate.version:
                return candidate
    return arxiv_id


def entry_of_feed(fields: Fields, source: str) -> Entry:
    """What an entry says, as an Entry made by `source`. Raises ReadError.

    Its own version stands in `versions`: a feed holds the newest version of a paper unless it was asked for another.
    """
    arxiv_id = identity(fields)
    problems: list[str] = []
    categories, msc_class, acm_class = _categories(fields, problems)
    abstract = _text(fields, "summary") or _text(fields, "description")
    comments = squeeze(_text(fields, "comment"))
    created = updated = None
    if "announce_type" in fields or "pubDate" in fields:  # its dates are those of the announcement
        abstract = abstract[_ANNOUNCED.match(abstract).end() :]  # type: ignore[union-attr]
    else:
        created, updated = _day(fields, "published", problems), _day(fields, "updated", problems)
    versions = (Version(number=arxiv_id.version, created=updated),) if arxiv_id.version else ()
    abstract = paragraphs(abstract)
    dois = _dois(fields, problems)
    extra = {PROBLEM: "; ".join(problems)} if problems else {}
    if sentence := withdrawn(comments, abstract):
        extra[WITHDRAWN] = sentence
    return Entry(
        id=arxiv_id.id,
        title=squeeze(_text(fields, "title")),
        authors=_authors(fields),
        abstract=abstract,
        categories=categories,
        versions=versions,
        created=created,
        updated=updated if arxiv_id.version != 1 and updated != created else None,
        doi=dois,
        journal_ref=squeeze(_text(fields, "journal_ref") or _text(fields, "journal_reference")),
        comments=comments,
        msc_class=msc_class,
        acm_class=acm_class,
        license=_text(fields, "rights"),
        extra=extra,
        source=source,
    )


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name)
    return content_of(found[0]) if found else ""


def _authors(fields: Fields) -> tuple[Name, ...]:
    """From one element an author, or from one list of all of them."""
    names: list[Name] = []
    for author in fields.get("author", ()):
        parts: dict[str, list[str]] = {"name": [], "affiliation": []}
        for child in author:
            parts.setdefault(local_name(child), []).append(squeeze(content_of(child)))
        here = [name for text in parts["name"] for name in split_authors(text)]
        if told := tuple(parts["affiliation"][: _MOST_AFFILIATIONS // max(len(here), 1)]):
            here = [msgspec.structs.replace(name, affiliations=name.affiliations + told) for name in here]
        names += here
    for creator in fields.get("creator", ()):
        names += split_authors(content_of(creator))
    return repair_authors(names)


def _categories(fields: Fields, problems: list[str]) -> tuple[tuple[str, ...], str, str]:
    """arXiv's codes with the primary one first, and the MSC and ACM classes that old feeds list among them."""
    codes: dict[str, None] = {}
    classes: dict[re.Pattern[str], list[str]] = {_MSC: [], _ACM: []}
    for element in (*fields.get("primary_category", ()), *fields.get("category", ())):
        term = squeeze(element.get("term") or element.text or "")
        if category_name(term) or _CODE.fullmatch(term):
            codes[term] = None
        elif kind := next((kind for kind in classes if kind.search(term)), None):
            classes[kind].append(term)
        elif term:
            problems.append(f"{term!r} is no category")
    return tuple(codes), "; ".join(classes[_MSC]), "; ".join(classes[_ACM])


def _dois(fields: Fields, problems: list[str]) -> tuple[str, ...]:
    dois: dict[str, None] = {}
    for element in (*fields.get("doi", ()), *fields.get("DOI", ())):
        text = content_of(element)
        found = split_dois(text)
        dois.update(dict.fromkeys(found))
        if not found and text.strip() and "10.48550" not in text:
            problems.append(f"{squeeze(text)!r} is no DOI")
    return tuple(dois)


def _day(fields: Fields, name: str, problems: list[str]) -> datetime.date | None:
    """The day in Greenwich, as arXiv counts them, of `2017-07-27T08:18:33Z` or `2003-07-07T13:46:39-04:00`."""
    text = _text(fields, name).strip()
    try:
        if text.endswith("Z") or len(text) == 10:
            return datetime.date.fromisoformat(text[:10])
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        if text:
            problems.append(f"{text!r} is no date")
        return None
    return (moment.astimezone(datetime.UTC) if moment.tzinfo else moment).date()
