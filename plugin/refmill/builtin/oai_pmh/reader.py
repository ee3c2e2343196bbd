"""Answers of arXiv's OAI-PMH service, in its formats arXiv, arXivRaw and arXivOld, and in Dublin Core.

The formats: info.arxiv.org/help/oa, arXiv/arxiv-oaipmh: oaipmh/templates/record_formats.xml.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from refmill.builtin.cutting.xml_records import content_of, local_name, parsed, records
from refmill_hooks import (
    PROBLEM,
    WITHDRAWN,
    Entry,
    Name,
    Reader,
    ReadError,
    SkipRecord,
    Version,
    hookimpl,
)
from refmill_hooks.author_lists import repair_authors, split_authors
from refmill_hooks.categories import category_code
from refmill_hooks.identifiers import BadIdentifier, bare_doi, parse_id, split_dois
from refmill_hooks.names import name_from_parts, parse_name
from refmill_hooks.text import paragraphs, squeeze
from refmill_hooks.withdrawn import withdrawn

if TYPE_CHECKING:
    from lxml.etree import _Element

    Fields = dict[str, list[_Element]]
    """Elements of one level by name: old and new servers order them differently."""

__all__ = ["entry", "records", "sniff"]

_KNOWN_BY = (b"oai:arxiv.org:", b"arxiv.org/oai", b"arxiv.org/oai2")
_CARRIERS = re.compile(rb"<(?:[\w.-]+:)?(?:record|header|error)[\s/>]")
_RECORD = re.compile(rb"<(?:[\w.-]+:)?(?:record|header)[\s/>]")
_FOREIGN = re.compile(rb"<(?:[\w.-]+:)?(?:feed|rss|collection)[\s>]")
_EMPTY = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?<(?P<prefix>(?:[\w.-]+:)?)OAI-PMH\s[^>]*http://www\.openarchives\.org/OAI/2\.0/(?P<middle>.*)"
    rb"</(?P=prefix)OAI-PMH>\s*",
    re.DOTALL,
)
_NO_RECORDS = re.compile(
    rb"<(?P<list>(?:[\w.-]+:)?ListRecords)(?:\s*/>|\s*>\s*</(?P=list)>)"
    rb"|<(?:[\w.-]+:)?error\s[^>]*code\s*=\s*[\"']noRecordsMatch[\"']"
)
_NOTHING_THERE = frozenset({"noRecordsMatch", "idDoesNotExist"})
_SUBJECT_CLASSES = {
    "msc_class": re.compile(r"\b\d\d[A-Z-][\dXx]{2}\b"),
    "acm_class": re.compile(r"\b[A-K]\.[\dm]"),
}


@hookimpl
def refmill_readers() -> Iterator[Reader[bytes]]:
    yield Reader(
        name="oai",
        title="answers of arXiv's OAI-PMH service: arXiv, arXivRaw, arXivOld, oai_dc",
        suffixes=(".xml", ".oai"),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=lambda record: record.decode("utf-8", "replace"),
    )


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"<", b"HTTP/")) or _FOREIGN.search(start):
        return False
    if _is_empty(start):
        return True
    known = start.lower()
    return _CARRIERS.search(start) is not None and any(sign in known for sign in _KNOWN_BY)


def _is_empty(answer: bytes) -> bool:
    """Whether it is a whole answer of a list without records, which need not name arXiv."""
    found = _EMPTY.fullmatch(answer)
    return bool(found and _NO_RECORDS.search(found["middle"]) and not _RECORD.search(found["middle"]))


def entry(record: bytes) -> Entry:
    """Raises ReadError for what is cut off or is an error of the service, SkipRecord for deleted records."""
    root = parsed(record)
    kind = local_name(root)
    if kind == "error":
        said = squeeze(content_of(root)) or "no reason is given"
        code = root.get("code") or "error"
        raise (SkipRecord if code in _NOTHING_THERE else ReadError)(f"the service answered {code}: {said}")
    if kind == "header":
        return Entry(id=_identifier(root), source="oai")
    if kind != "record":
        raise ReadError(f"<{kind}> is no record of an OAI-PMH answer: what is of another kind needs a file of its own")
    parts = _fields(root)
    for header in parts.get("header", ()):
        if header.get("status") == "deleted":
            raise SkipRecord(f"{_text(_fields(header), 'identifier')} was deleted")
    metadata = parts.get("metadata")
    if not metadata:
        raise ReadError("the record has no metadata")
    carrier = metadata[0]
    if len(carrier) == 1 and len(carrier[0]):
        carrier = carrier[0]
    fields = _fields(carrier)
    if "id" in fields:
        return _entry_of_arxiv(fields)
    return _entry_of_dublin_core(fields, [_text(_fields(header), "identifier") for header in parts.get("header", ())])


def _entry_of_arxiv(fields: Fields) -> Entry:
    problems: list[str] = []
    versions = _versions(fields, problems)
    created = versions[0].created if versions else _day(_text(fields, "created"), problems)
    updated = (versions[-1].created if len(versions) > 1 else None) if versions else None
    msc_class, acm_class = (squeeze(_text(fields, name)) for name in ("msc-class", "acm-class"))
    return _finished(
        Entry(
            id=_id(_text(fields, "id")),
            title=squeeze(_text(fields, "title")),
            authors=_authors(fields),
            abstract=paragraphs(_text(fields, "abstract")),
            categories=tuple(_text(fields, "categories").split()),
            versions=versions,
            created=created,
            updated=updated if versions else _day(_text(fields, "updated"), problems),
            doi=split_dois(_text(fields, "doi")),
            journal_ref=squeeze(_text(fields, "journal-ref")),
            comments=squeeze(_text(fields, "comments")),
            report_no=squeeze(_text(fields, "report-no")),
            msc_class=msc_class,
            acm_class="" if acm_class == msc_class else acm_class,  # the server prints the one in the other's place
            license=_text(fields, "license").strip(),
            submitter=squeeze(_text(fields, "submitter")),
            source="oai",
        ),
        problems,
    )


def _entry_of_dublin_core(fields: Fields, identifiers: list[str]) -> Entry:
    problems: list[str] = []
    told = [squeeze(content_of(element)) for element in fields.get("identifier", ())]
    dois = [doi for text in told if (doi := bare_doi(text)) and "10.48550" not in doi]
    pages = [text for text in told if "arxiv.org/" in text.lower() and bare_doi(text) is None]
    references = [text for text in told if text not in pages and bare_doi(text) is None]
    dates = sorted(day for element in fields.get("date", ()) if (day := _day(content_of(element), problems)))
    abstract, *comments = [content_of(element) for element in fields.get("description", ())] or [""]
    subjects = [squeeze(content_of(element)) for element in fields.get("subject", ())]
    codes = {text: category_code(text) for text in subjects}
    classes = {
        name: "; ".join(text for text in subjects if not codes[text] and pattern.search(text))
        for name, pattern in _SUBJECT_CLASSES.items()
    }
    return _finished(
        Entry(
            id=_id(*pages, *identifiers),
            title=squeeze(_text(fields, "title")),
            authors=repair_authors([parse_name(squeeze(content_of(each))) for each in fields.get("creator", ())]),
            abstract=paragraphs(abstract),
            categories=tuple(dict.fromkeys(code for code in codes.values() if code)),
            created=dates[0] if dates else None,
            updated=dates[-1] if len(dates) > 1 else None,
            doi=tuple(dict.fromkeys(dois)),
            journal_ref="; ".join(references),
            comments=squeeze(" ".join(comments)).removeprefix("Comment: "),
            license=squeeze(_text(fields, "rights")),
            msc_class=classes["msc_class"],
            acm_class=classes["acm_class"],
            source="oai",
        ),
        problems,
    )


def _finished(entry: Entry, problems: list[str]) -> Entry:
    extra = {PROBLEM: "; ".join(problems)} if problems else {}
    if sentence := withdrawn(entry.comments, entry.abstract):
        extra[WITHDRAWN] = sentence
    return entry.replace(extra=extra) if extra else entry


def _fields(element: _Element) -> Fields:
    fields: Fields = {}
    for child in element:
        fields.setdefault(local_name(child), []).append(child)
    return fields


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name)
    return content_of(found[0]) if found else ""


def _identifier(header: _Element) -> str:
    identifier = _text(_fields(header), "identifier")
    if header.get("status") == "deleted":
        raise SkipRecord(f"{identifier} was deleted")
    return _id(identifier)


def _id(*texts: str) -> str:
    """The first id among these. Raises ReadError where there is none."""
    failure = "the record has no id"
    for text in texts:
        try:
            return parse_id(text).id
        except BadIdentifier as error:
            failure = str(error)
    raise ReadError(failure)


def _authors(fields: Fields) -> tuple[Name, ...]:
    """From an element an author, or from the one string of arXivRaw and arXivOld."""
    names: list[Name] = []
    for authors in fields.get("authors", ()):
        if not len(authors):
            names += split_authors(squeeze(content_of(authors)))
        for author in authors:
            family = given = suffix = ""
            affiliations: list[str] = []
            for part in author:
                text = squeeze(part.text or "")
                match local_name(part):
                    case "keyname":
                        family = text
                    case "forenames":
                        given = text
                    case "suffix":
                        suffix = text
                    case "affiliation":
                        affiliations.append(text)
            names.append(name_from_parts(family, given, suffix, affiliations))
    return repair_authors(names)


def _versions(fields: Fields, problems: list[str]) -> tuple[Version, ...]:
    versions = []
    for number, element in enumerate(fields.get("version", ()), 1):
        name = (element.get("version") or "").removeprefix("v")
        date = _day(_text(_fields(element), "date"), problems)
        versions.append(Version(number=int(name) if name.isdecimal() and len(name) < 5 else number, created=date))
    return tuple(sorted(versions, key=lambda version: version.number))


def _day(text: str, problems: list[str]) -> datetime.date | None:
    """`2007-04-02`, `2007-04-02T19:18:42Z` or `Mon, 2 Apr 2007 19:18:42 GMT`."""
    text = text.strip()
    if not text:
        return None
    try:
        if text[:4].isdecimal():
            return datetime.date.fromisoformat(text[:10])
        return parsedate_to_datetime(text).date()
    except (ValueError, OverflowError):
        problems.append(f"{text!r} is no date")
        return None
