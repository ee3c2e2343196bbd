"""The snapshot of all arXiv metadata as Kaggle offers it: one JSON object a line, or a JSON array of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from refmill_hooks import PROBLEM, WITHDRAWN, Entry, Name, Reader, ReadError, Source, Version, hookimpl
from refmill_hooks.identifiers import BadIdentifier, parse_id, split_dois
from refmill_hooks.names import name_from_parts, repair_authors, split_authors
from refmill_hooks.text import paragraphs, squeeze
from refmill_hooks.withdrawn import withdrawn

__all__ = ["Row", "entry_of_row"]

_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


class RowVersion(msgspec.Struct, gc=False):
    """`created` is an RFC 822 date."""

    version: str = ""
    created: str | None = None


class Row(msgspec.Struct, gc=False, rename={"journal_ref": "journal-ref", "report_no": "report-no"}):
    """The fields of a row that make an entry; rows that people cut from the snapshot may lack any but the id.

    `id` is a number where a program that read ids as numbers wrote the row.
    """

    id: str | int | float
    title: str | None = None
    authors: str | None = None
    authors_parsed: list[list[str]] | None = None
    abstract: str | None = None
    categories: str | list[str] | None = None
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None
    report_no: str | None = None
    license: str | None = None
    submitter: str | None = None
    versions: list[RowVersion | str] | None = None
    created: str | None = None
    updated: str | None = None


_ROW = msgspec.json.Decoder(Row)


@hookimpl
def refmill_readers() -> Iterator[Reader[Row | bytes]]:
    yield Reader(
        name="snapshot",
        title="Kaggle's snapshot of arXiv metadata: JSON lines or a JSON array",
        suffixes=(".json", ".jsonl", ".ndjson"),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=lambda record: record.decode("utf-8", "replace") if isinstance(record, bytes) else repr(record),
    )


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(b"[").lstrip()
    if not start.startswith(b"{") or b'"id"' not in start:
        return False
    return (
        any(key in start for key in (b'"authors_parsed"', b'"categories"', b'"update_date"'))
        and b'"type"' not in start[:2000]
    )


def records(source: Source) -> Iterator[Row | bytes]:
    """Rows, and as bytes the lines that are none."""
    number = 0
    pending: list[bytes] = []
    for block in source.blocks():
        head, newline, rest = block.rpartition(b"\n")
        if not newline:
            pending.append(rest)
            continue
        lines = b"".join([*pending, head])
        pending = [rest]
        for number, row in _rows(lines, number):
            source.line = number
            yield row
    for number, row in _rows(b"".join(pending), number):
        source.line = number
        yield row


def _rows(lines: bytes, number: int) -> Iterator[tuple[int, Row | bytes]]:
    try:
        rows = _ROW.decode_lines(lines)
    except msgspec.MsgspecError:
        for number, line in enumerate(lines.split(b"\n"), number + 1):
            line = line.strip().removeprefix(b"[").removesuffix(b"]").strip().removesuffix(b",")
            if line:
                yield number, _row_or_line(line)
        return
    if len(rows) == lines.count(b"\n") + 1:
        yield from enumerate(rows, number + 1)
    else:  # empty lines between the rows
        for row in rows:
            number += 1
            yield number, row


def _row_or_line(line: bytes) -> Row | bytes:
    try:
        return _ROW.decode(line)
    except msgspec.MsgspecError:
        return line


def entry(record: Row | bytes) -> Entry:
    """Raises ReadError for a line that is no row and for an id that is none."""
    if isinstance(record, bytes):
        try:
            record = _ROW.decode(record.replace(b": NaN", b": null").replace(b":NaN", b":null"))
        except msgspec.MsgspecError as error:
            raise ReadError(f"not a row of the snapshot: {error}") from error
    return entry_of_row(record, "snapshot")


def entry_of_row(row: Row, source: str) -> Entry:
    """What a row says, as an entry made by `source`. Raises ReadError."""
    try:
        id = parse_id(str(row.id)).id
    except BadIdentifier as error:
        raise ReadError(str(error)) from error
    extra: dict[str, str] = {}
    versions, created, updated = _versions(row, extra)
    abstract = paragraphs(row.abstract) if row.abstract else ""
    comments = squeeze(row.comments) if row.comments else ""
    if sentence := withdrawn(comments, abstract):
        extra[WITHDRAWN] = sentence
    categories = row.categories or ""
    return Entry(
        id=id,
        title=squeeze(row.title) if row.title else "",
        authors=_authors(row),
        abstract=abstract,
        categories=tuple(categories.split() if isinstance(categories, str) else " ".join(categories).split()),
        versions=versions,
        created=created,
        updated=updated,
        doi=split_dois(row.doi) if row.doi else (),
        journal_ref=squeeze(row.journal_ref) if row.journal_ref else "",
        comments=comments,
        report_no=squeeze(row.report_no) if row.report_no else "",
        license=row.license or "",
        submitter=row.submitter or "",
        extra=extra,
        source=source,
    )


def _authors(row: Row) -> tuple[Name, ...]:
    if row.authors_parsed:
        return repair_authors([name_from_parts(*parts[:3], parts[3:]) for parts in row.authors_parsed if parts])
    return split_authors(row.authors) if row.authors else ()


def _versions(
    row: Row, extra: dict[str, str]
) -> tuple[tuple[Version, ...], datetime.date | None, datetime.date | None]:
    versions = []
    for number, listed in enumerate(row.versions or (), 1):
        version = RowVersion(listed) if isinstance(listed, str) else listed
        name = version.version.removeprefix("v")
        versions.append(
            Version(number=int(name) if name.isdecimal() else number, created=_date(version.created or "", extra))
        )
    if not versions:
        return (), _date(row.created or "", extra), _date(row.updated or "", extra)
    return tuple(versions), versions[0].created, versions[-1].created if len(versions) > 1 else None


@lru_cache(4096)
def _read_date(text: str) -> datetime.date | None:
    """`Mon, 2 Apr 2007 19:18:42 GMT` or `2007-04-02`."""
    try:
        if text[:4].isdecimal():
            return datetime.date.fromisoformat(text[:10])
        _, day, month, year, *_ = text.split()
        return datetime.date(int(year), _MONTHS[month], int(day))
    except (ValueError, KeyError):
        return None


def _date(text: str, extra: dict[str, str]) -> datetime.date | None:
    date = _read_date(text) if text else None
    if text and date is None:
        extra[PROBLEM] = f"{text!r} is no date"
    return date
