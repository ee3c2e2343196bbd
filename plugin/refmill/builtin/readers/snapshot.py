"""The snapshot of all arXiv metadata as Kaggle offers it: one JSON object a line, or a JSON array of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

import msgspec

from refmill.builtin.json_records import LONGEST, objects
from refmill_hooks import PRINTED_ID, PROBLEM, WITHDRAWN, Entry, Name, Reader, ReadError, Source, Version, hookimpl
from refmill_hooks.author_lists import authors_of_parts, split_authors
from refmill_hooks.identifiers import BadIdentifier, parse_id, split_dois
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
    authors_parsed: list[list[str]] | str | None = None
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


_BAD_JSON = (msgspec.MsgspecError, RecursionError)
_AROUND = b" \t\r\n,[]"
_NAN = re.compile(rb":(\s*)NaN\b")

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
        raw=raw,
        boundary=boundary,
    )


def raw(record: Row | bytes) -> str:
    return (record if isinstance(record, bytes) else msgspec.json.encode(record)).decode("utf-8", "replace")


def sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(b"[").lstrip()
    if not start.startswith(b"{") or b'"id"' not in start:
        return False
    return (
        any(key in start for key in (b'"authors_parsed"', b'"categories"', b'"update_date"'))
        and b'"type"' not in start[:2000]
    )


def records(source: Source) -> Iterator[Row | bytes]:
    """Rows, and as bytes what is none: one a line, with or without brackets and commas, else cut at braces."""
    blocks = source.blocks()
    head = b""
    while b"\n" not in head.lstrip(_AROUND) and len(head) < LONGEST and (block := next(blocks, b"")):
        head += block
    for source.line, row in (_of_lines if _is_by_line(head) else _of_braces)(chain((head,), blocks)):
        yield row


def boundary(block: bytes) -> int:
    """The end of the last line, where rows stand one a line."""
    return block.rfind(b"\n") + 1 if _is_by_line(block) else 0


def _is_by_line(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(_AROUND)
    end = start.find(b"\n")
    return end > 0 and start[:1] == b"{" and start[:end].rstrip(_AROUND).endswith(b"}")


def _of_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, Row | bytes]]:
    line = 1
    pending: list[bytes] = []
    for block in blocks:
        head, newline, rest = block.rpartition(b"\n")
        if not newline:
            pending.append(rest)
            continue
        pending.append(head)
        whole = b"".join(pending)
        pending = [rest]
        count = _count_lines(whole)
        try:
            rows = _ROW.decode_lines(whole)
        except _BAD_JSON:
            yield from _line_by_line(whole, line)
        else:
            # Where empty lines stand between the rows, the numbers of the lines are those of a second look.
            yield from enumerate(rows, line) if len(rows) == count else _line_by_line(whole, line)
        line += count
    yield from _line_by_line(b"".join(pending), line)


def _count_lines(data: bytes) -> int:
    """Of lines this long, `bytes.count` looks at each byte, and `find` at few."""
    count, at = 1, data.find(b"\n")
    while at >= 0:
        count, at = count + 1, data.find(b"\n", at + 1)
    return count


def _line_by_line(lines: bytes, first: int) -> Iterator[tuple[int, Row | bytes]]:
    for number, line in enumerate(lines.split(b"\n"), first):
        if row := line.strip(_AROUND):
            yield number, _row_or_bytes(row)


def _of_braces(blocks: Iterable[bytes]) -> Iterator[tuple[int, Row | bytes]]:
    return ((line, _row_or_bytes(row)) for line, row in objects(blocks))


def _row_or_bytes(row: bytes) -> Row | bytes:
    try:
        return _ROW.decode(row)
    except _BAD_JSON:
        return row


def entry(record: Row | bytes) -> Entry:
    """Raises ReadError for what is no row."""
    row = record if isinstance(record, Row) else _row_or_bytes(record)
    if isinstance(row, bytes):
        try:
            row = _ROW.decode(_NAN.sub(rb":\1null", row))
        except _BAD_JSON as error:
            raise ReadError(f"not a row of the snapshot: {error}") from error
    return entry_of_row(row, "snapshot")


def entry_of_row(row: Row, source: str) -> Entry:
    """What a row says, as an entry made by `source`. A wrong id is kept in extra[PRINTED_ID] alone."""
    extra: dict[str, str] = {}
    try:
        id = parse_id(str(row.id)).id
    except BadIdentifier as error:
        id = ""
        extra = {PRINTED_ID: str(row.id), PROBLEM: str(error)}
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
    if not versions:
        return (), _date(row.created, extra), _date(row.updated, extra)
    return tuple(versions), versions[0].created, versions[-1].created if len(versions) > 1 else None


@lru_cache(1 << 12)
def _version(number: int, name: str, created: str) -> Version:
    name = name.removeprefix("v")
    return Version(number=int(name) if name.isdecimal() else number, created=_read_date(created))


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
