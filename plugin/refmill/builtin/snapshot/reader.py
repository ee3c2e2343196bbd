"""The snapshot of all arXiv metadata as Kaggle offers it: one JSON object a line, or a JSON array of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

import msgspec

from refmill.builtin.cutting.json_names import JUNK, repeated
from refmill.builtin.cutting.json_records import Lost
from refmill.builtin.snapshot.rows import Row, boundary, records, row_of
from refmill_hooks import PRINTED_ID, PROBLEM, WITHDRAWN, Entry, Name, Reader, ReadError, Version, hookimpl
from refmill_hooks.author_lists import authors_of_parts, split_authors
from refmill_hooks.identifiers import BadIdentifier, is_arxiv_doi, parse_id, split_dois
from refmill_hooks.text import paragraphs, squeeze
from refmill_hooks.withdrawn import withdrawn

__all__ = ["boundary", "entry", "entry_of_row", "raw", "records", "sniff"]

_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_NAN = re.compile(rb'("(?:[^"\\]|\\.)*+")|\bNaN\b', re.DOTALL)
_KEYS = (b'"authors_parsed"', b'"categories"', b'"update_date"', b'"submitter"')
"""Keys by which a row is told from other objects with an id; long lists of authors may stand in front of some."""


@hookimpl
def refmill_readers() -> Iterator[Reader[Row | bytes | Lost]]:
    yield Reader(
        name="snapshot",
        title="Kaggle's snapshot of arXiv metadata: JSON lines or a JSON array",
        suffixes=(".json", ".jsonl", ".ndjson"),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=raw,
        boundary=boundary,
    )


def raw(record: Row | bytes | Lost) -> str:
    if isinstance(record, Lost):
        record = record.beginning
    return (record if isinstance(record, bytes) else msgspec.json.encode(record)).decode("utf-8", "replace")


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    junk = JUNK.match(start)
    start = start[junk.end() :].removeprefix(b"[").lstrip() if junk else start
    if not start.startswith(b"{"):
        start = start[start.find(b"\n{") + 1 :] if boundary(head) else b""  # the first line is cut off
    return b'"id"' in start and any(key in start for key in _KEYS) and b'"type"' not in start[:2000]


def entry(record: Row | bytes | Lost) -> Entry:
    """Raises ReadError for what is no row."""
    if isinstance(record, Row):
        return entry_of_row(record, "snapshot")
    if isinstance(record, Lost):
        raise ReadError(record.reason)
    row = row_of(record)
    if isinstance(row, bytes):
        row = row_of(_NAN.sub(lambda found: found[1] or b"null", row))
    if isinstance(row, bytes):
        raise ReadError(f"not a row of the snapshot: {_fault(row)}")
    read = entry_of_row(row, "snapshot")
    if twice := repeated(record):
        told = read.extra.get(PROBLEM)
        read = read.replace(extra={**read.extra, PROBLEM: f"{twice}; {told}" if told else twice})
    return read


def _fault(data: bytes) -> str:
    try:
        msgspec.json.decode(data, type=Row)
    except Exception as error:
        return str(error)
    return ""


def entry_of_row(row: Row, source: str) -> Entry:
    """What a row says, as an entry made by `source`. A wrong id is kept in extra[PRINTED_ID] alone."""
    extra: dict[str, str] = {}
    try:
        arxiv_id = parse_id(str(row.id)).id
    except BadIdentifier as error:
        arxiv_id = ""
        extra = {PRINTED_ID: str(row.id), PROBLEM: str(error)}
    versions, created, updated = _versions(row, extra)
    abstract = paragraphs(row.abstract) if row.abstract else ""
    comments = squeeze(row.comments) if row.comments else ""
    if sentence := withdrawn(comments, abstract):
        extra[WITHDRAWN] = sentence
    doi = split_dois(row.doi) if row.doi else ()
    if row.doi and not doi and not is_arxiv_doi(row.doi.strip()):
        extra.setdefault(PROBLEM, f"{row.doi!r} is no DOI")
    categories = row.categories or ""
    return Entry(
        id=arxiv_id,
        title=squeeze(row.title) if row.title else "",
        authors=_authors(row),
        abstract=abstract,
        categories=tuple(categories.split() if isinstance(categories, str) else " ".join(categories).split()),
        versions=versions,
        created=created,
        updated=updated,
        doi=doi,
        journal_ref=squeeze(row.journal_ref) if row.journal_ref else "",
        comments=comments,
        report_no=squeeze(row.report_no) if row.report_no else "",
        license=row.license or "",
        submitter=row.submitter or "",
        extra=extra,
        source=source,
    )


def _authors(row: Row) -> tuple[Name, ...]:
    if row.authors_parsed and not isinstance(row.authors_parsed, str):
        return authors_of_parts(row.authors_parsed)
    return split_authors(row.authors) if row.authors else ()


def _versions(
    row: Row, extra: dict[str, str]
) -> tuple[tuple[Version, ...], datetime.date | None, datetime.date | None]:
    versions: list[Version] = []
    for number, listed in enumerate(row.versions or (), 1):
        name, created = (listed, "") if isinstance(listed, str) else (listed.version, listed.created or "")
        version = _version(number, name, created[:_DAY])
        if created and version.created is None:
            _no_date(created, extra)
        versions.append(version)
    if len(versions) > 1:
        versions.sort(key=_NUMBER)
    if not versions:
        return (), _date(row.created, extra), _date(row.updated, extra)
    return tuple(versions), versions[0].created, versions[-1].created if len(versions) > 1 else None


@lru_cache(1 << 12)
def _version(number: int, name: str, created: str) -> Version:
    name = name.removeprefix("v")
    return Version(number=int(name) if name.isdecimal() and len(name) < 5 else number, created=_read_date(created))


_NUMBER = attrgetter("number")
_DAY = len("Mon, 12 Apr 2007")
"""The characters of a date that tell the day: the rest differs from paper to paper."""


def _date(text: str | None, extra: dict[str, str]) -> datetime.date | None:
    date = _read_date(text[:_DAY]) if text else None
    if text and not date:
        _no_date(text, extra)
    return date


def _no_date(text: str, extra: dict[str, str]) -> None:
    extra.setdefault(PROBLEM, f"{text!r} is no date")


def _read_date(text: str) -> datetime.date | None:
    """`Mon, 2 Apr 2007` or `2007-04-02`, whatever stands behind."""
    try:
        if text[:4].isdecimal():
            return datetime.date.fromisoformat(text[:10])
        _, day, month, year, *_ = text.split()
        return datetime.date(int(year), _MONTHS[month], int(day))
    except (ValueError, KeyError):
        return None
