"""Cuts a snapshot of arXiv metadata into rows: one a line, with or without brackets and commas, else cut at braces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

import msgspec

from refmill.builtin.json_records import LONGEST, objects
from refmill_hooks import Source
from refmill_hooks.source import BLOCK

__all__ = ["Row", "RowVersion", "boundary", "records", "row_of"]


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


_BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_AROUND = b" \t\r\n,[]\xef\xbb\xbf"
"""What stands around a row, the byte order marks of joined files among it."""
_BEGIN = re.compile(rb'^[ \t,\[]*\{\s*"id"\s*:', re.MULTILINE)
"""Where a row begins, whatever became of the one before."""

_ROW = msgspec.json.Decoder(Row)


def row_of(data: bytes) -> Row | bytes:
    """The row, or the data as they are where they are none."""
    try:
        return _ROW.decode(data)
    except _BAD_JSON:
        return data


def records(source: Source) -> Iterator[Row | bytes]:
    """Rows, and as bytes what is none. Raises EOFError behind the last row of an array that is not closed."""
    blocks = source.blocks()
    head = b"" if source.is_piece else _with_a_line(blocks)
    cut = _of_lines if source.is_piece or _is_by_line(head) else _of_braces
    for line, row in cut(chain((head,), blocks), source):
        source.line = line
        yield row


def boundary(block: bytes) -> int:
    """The end of the last line, where rows stand one a line, as `records` sees it."""
    head = _with_a_line(block[at : at + BLOCK] for at in range(0, len(block), BLOCK))
    return block.rfind(b"\n") + 1 if _is_by_line(head) else 0


def _with_a_line(blocks: Iterator[bytes]) -> bytes:
    """So many blocks that a line with something on it is whole, if it is no longer than LONGEST."""
    head: list[bytes] = []
    is_begun = False
    for block in islice(blocks, LONGEST // BLOCK):
        head.append(block)
        line = block if is_begun else block.lstrip(_AROUND)
        is_begun = is_begun or bool(line)
        if b"\n" in line:
            break
    return b"".join(head)


def _is_by_line(head: bytes) -> bool:
    """Whether a row is whole on one of the lines: the first ones may be damaged."""
    start = len(head) - len(head.lstrip(_AROUND))
    while end := head.find(b"\n", start) + 1:
        line = head[start:end].strip(_AROUND)
        if line.endswith(b"}") and isinstance(row_of(line), Row):
            return True
        start = end
    return False


def _of_lines(blocks: Iterable[bytes], source: Source) -> Iterator[tuple[int, Row | bytes]]:
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
            found = _ROW.decode_lines(whole)
        except _BAD_JSON:
            yield from _line_by_line(whole, line, source)
        else:
            # Where empty lines stand between the rows, the numbers of the lines are those of a second look.
            yield from enumerate(found, line) if len(found) == count else _line_by_line(whole, line, source)
        line += count
    yield from _line_by_line(b"".join(pending), line, source)


def _count_lines(data: bytes) -> int:
    """Of lines this long, `bytes.count` looks at each byte, and `find` at few."""
    count, at = 1, data.find(b"\n")
    while at >= 0:
        count, at = count + 1, data.find(b"\n", at + 1)
    return count


def _line_by_line(lines: bytes, first: int, source: Source) -> Iterator[tuple[int, Row | bytes]]:
    for number, line in enumerate(lines.split(b"\n"), first):
        if not (data := line.strip(_AROUND)):
            continue
        row = _row_in_any_encoding(data, source)
        several = [data for _, data in objects((row,))] if isinstance(row, bytes) else ()
        if len(several) > 1:
            yield from ((number, row_of(data)) for data in several)
        else:
            yield number, row


def _of_braces(blocks: Iterable[bytes], source: Source) -> Iterator[tuple[int, Row | bytes]]:
    head, tail = b"", b""

    def watched() -> Iterator[bytes]:
        nonlocal head, tail
        for block in blocks:
            head = head or block.lstrip()[:1]
            tail = block.rstrip()[-1:] or tail
            yield block

    row: Row | bytes = b""
    for line, data in objects(watched(), _BEGIN):
        for at, piece in _parted(data):
            row = _row_in_any_encoding(piece, source)
            yield line + at, row
    if head == b"[" and tail != b"]" and isinstance(row, Row):
        raise EOFError("the array is not closed")


def _parted(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The object; or where it is none but holds the beginnings of several, these, each with its line from 0 on."""
    if isinstance(row_of(data), Row):
        return iter(((0, data),))
    starts = [0, *(found.start() for found in _BEGIN.finditer(data, 1)), len(data)]
    pieces = ((start, data[start:end].strip(_AROUND)) for start, end in pairwise(starts))
    return ((data.count(b"\n", 0, start), piece) for start, piece in pieces)


def _row_in_any_encoding(data: bytes, source: Source) -> Row | bytes:
    """The row; lines that are not UTF-8 are read as Latin-1, as those of any source, and counted."""
    row = row_of(data)
    if isinstance(row, Row):
        return row
    before = source.latin1_lines
    text = source.decoded(data)
    return row_of(text.encode()) if source.latin1_lines > before else row
