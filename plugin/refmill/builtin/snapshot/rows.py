"""Cuts a snapshot of arXiv metadata into rows: one a line, with or without brackets and commas, else cut at braces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

import msgspec

from refmill.builtin.cutting.json_names import may_repeat, repeated
from refmill.builtin.cutting.json_records import AROUND, LONGEST, Lost, objects
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
_HELD: Final = 1 << 20
"""Bytes of damaged lines that are looked at together."""

_SHOWN: Final = 1000
_NAME = re.compile(rb'"[\w-]{2,40}"(?=\s*+:)')
_FIRST_NAMES: Final = 3
"""Names with which a row begins, among which damage hardly ever falls."""

_ROW = msgspec.json.Decoder(Row)


def row_of(data: bytes) -> Row | bytes:
    """The row, or the data as they are where they are none."""
    try:
        return _ROW.decode(data)
    except _BAD_JSON:
        return data


def records(source: Source) -> Iterator[Row | bytes | Lost]:
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
    if not _is_by_line(head):
        return 0
    row = block.rfind(b"\n{")  # a damaged row may stand on several lines
    return (row if row >= 0 else block.rfind(b"\n")) + 1


def _with_a_line(blocks: Iterator[bytes]) -> bytes:
    """So many blocks that a line with something on it is whole, if it is no longer than LONGEST."""
    head: list[bytes] = []
    is_begun = False
    for block in islice(blocks, LONGEST // BLOCK):
        head.append(block)
        line = block if is_begun else block.lstrip(AROUND)
        is_begun = is_begun or bool(line)
        if b"\n" in line:
            break
    return b"".join(head)


def _is_by_line(head: bytes) -> bool:
    """Whether a row is whole on one of the lines: the first ones may be damaged."""
    start = len(head) - len(head.lstrip(AROUND))
    while end := head.find(b"\n", start) + 1:
        line = head[start:end].strip(AROUND)
        if line.endswith(b"}") and isinstance(row_of(line), Row):
            return True
        start = end
    return False


def _of_lines(blocks: Iterable[bytes], source: Source) -> Iterator[tuple[int, Row | bytes | Lost]]:
    line = 1
    pending: list[bytes] = []
    damaged = _DamagedLines(source)
    name = b""
    for block in _without_endless_lines(blocks):
        if isinstance(block, Lost):
            pending = []
            yield from damaged.rows()
            yield line, block
            continue
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
            yield from _line_by_line(whole, line, damaged)
        else:
            yield from damaged.rows()
            name = name or _telling_name(whole)
            # Where empty lines stand between the rows, the numbers of the lines are those of a second look.
            is_clear = len(found) == count and whole.count(name) <= count
            yield from enumerate(found, line) if is_clear else _line_by_line(whole, line, damaged)
        line += count
    yield from _line_by_line(b"".join(pending), line, damaged)
    yield from damaged.rows()


def _without_endless_lines(blocks: Iterable[bytes]) -> Iterator[bytes | Lost]:
    """Yield the same blocks, and where a line is longer than LONGEST, what becomes of it in front of its line end."""
    length = 0
    beginning = b""
    for block in blocks:
        newline = block.find(b"\n")
        length += len(block) if newline < 0 else newline
        beginning = beginning or block.lstrip(AROUND)[:_SHOWN]
        if length <= LONGEST:
            yield block
        elif newline >= 0:
            yield Lost(beginning, f"the line is longer than {LONGEST >> 20} MiB")
            yield block[newline:]
        if newline >= 0:
            last = block[block.rfind(b"\n") + 1 :]
            length, beginning = len(last), last.lstrip(AROUND)[:_SHOWN]
    if length > LONGEST:
        yield Lost(beginning, f"the line is longer than {LONGEST >> 20} MiB")


def _telling_name(rows: bytes) -> bytes:
    """Return the longest of the first names of a row: two of them on one line are two rows that damage joined.

    The longer a name, the faster it is looked for.
    """
    names = _NAME.findall(rows, 0, rows.find(b"\n") + 1 or len(rows))[:_FIRST_NAMES]
    return max(names, key=len, default=b'"id"')


def _count_lines(data: bytes) -> int:
    """Of lines this long, `bytes.count` looks at each byte, and `find` at few."""
    count, at = 1, data.find(b"\n")
    while at >= 0:
        count, at = count + 1, data.find(b"\n", at + 1)
    return count


def _line_by_line(lines: bytes, first: int, damaged: _DamagedLines) -> Iterator[tuple[int, Row | bytes | Lost]]:
    for number, line in enumerate(lines.split(b"\n"), first):
        data = line.strip(AROUND)
        row = row_of(data) if data else data
        if isinstance(row, Row) and may_repeat(data) and repeated(data):
            yield from damaged.rows()
            yield number, data
            continue
        if isinstance(row, Row) or len(damaged) > _HELD:
            yield from damaged.rows()
        if isinstance(row, Row):
            yield number, row
        else:
            damaged.add(number, line)


class _DamagedLines:
    """Lines in a row that are no rows each for itself: several may make a row, and one several rows."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines: list[bytes] = []
        self._first = self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, number: int, line: bytes) -> None:
        if not self._lines:
            self._first = number
        self._lines.append(line)
        self._length += len(line)

    def rows(self) -> Iterator[tuple[int, Row | bytes | Lost]]:
        """Yield what they make, and forget them."""
        lines, self._lines, self._length = self._lines, [], 0
        if lines:
            for at, data in objects((b"\n".join(lines),)):
                row = data if isinstance(data, Lost) else _row_in_any_encoding(data, self._source)
                yield self._first + at - 1, row


def _of_braces(blocks: Iterable[bytes], source: Source) -> Iterator[tuple[int, Row | bytes | Lost]]:
    head, tail = b"", b""

    def watched() -> Iterator[bytes]:
        nonlocal head, tail
        for block in blocks:
            head = head or block.lstrip()[:1]
            tail = block.rstrip()[-1:] or tail
            yield block

    row: Row | bytes | Lost = b""
    for line, data in objects(watched()):
        row = data if isinstance(data, Lost) else _row_in_any_encoding(data, source)
        yield line, row
    if head == b"[" and tail != b"]" and isinstance(row, Row):
        raise EOFError("the array is not closed")


def _row_in_any_encoding(data: bytes, source: Source) -> Row | bytes:
    """The row; lines that are not UTF-8 are read as Latin-1, as those of any source, and counted."""
    row = row_of(data)
    if isinstance(row, Row):
        return data if may_repeat(data) and repeated(data) else row
    before = source.latin1_lines
    text = source.decoded(data)
    return row_of(text.encode()) if source.latin1_lines > before else row
