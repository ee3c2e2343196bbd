"""The input that a reader is handed: a byte stream with a name, read as lines of text or as blocks of bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["BLOCK", "Source"]

BLOCK = 1 << 16
"""Bytes read at a time: 64 KiB."""

LONGEST_LINE = 16 << 20
"""Bytes of a line; what is longer is no text of people, and may have no end."""

_SPACED_BY_NULS = re.compile(rb"(?:[^\0]\0{1,3}){16}")
"""UTF-16 or UTF-32: to leave its NULs out would make other letters of those that are not ASCII."""
_BROUGHT_ALONG = re.compile(r"^\ufeff+", re.MULTILINE)
"""Byte order marks of files that were joined: each stands at the beginning of a line."""


class Source:
    """One opened input, already decompressed.

    - `name`: how the input is called in messages: a path, `archive.zip!member`, `<stdin>`.
    - `stream`: the bytes, read once from front to back.
    - `line`: where the record begins that the reader yielded last: a line number from 1 (or the number of the record in
      formats without lines). A reader sets it before each `yield`; messages and the problems file quote it.
    - `is_piece`: whether this is but a piece of an input, cut by the reader's `boundary`, which has seen its beginning.
    - `latin1_lines`: how many lines were not UTF-8 and were read as Latin-1; the summary tells it.
    """

    __slots__ = ("is_piece", "latin1_lines", "line", "name", "stream")

    def __init__(self, stream: BinaryIO, name: str = "<stream>", *, is_piece: bool = False) -> None:
        self.stream = stream
        self.name = name
        self.is_piece = is_piece
        self.line = 0
        self.latin1_lines = 0

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The bytes in blocks of at most `size`, a UTF-8 byte order mark left out."""
        first = True
        while block := self.stream.read(size):
            if first:
                first = False
                block = block.removeprefix(codecs.BOM_UTF8)
            yield block

    def lines(self) -> Iterator[str]:
        """The lines without their ends (LF, CRLF or CR), as UTF-8; a line that is not UTF-8 is read as Latin-1.

        NULs are left out, and byte order marks in front of a line. Only the longest line is ever held in memory, and of
        one that is longer than LONGEST_LINE a part, as a line of its own.
        Raises OSError where every other byte is NUL, as in UTF-16.
        """
        for text in self.texts():
            yield from text.split("\n")

    def texts(self) -> Iterator[str]:
        """The same lines, many at a time: with a line feed between two, and none behind the last."""
        pending: list[bytes] = []
        length = 0
        after_cr = False
        for block in self._blocks_without_nuls():
            if after_cr and block.startswith(b"\n"):
                block = block[1:]
            after_cr = block.endswith(b"\r")
            if b"\r" in block:
                block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            head, newline, rest = block.rpartition(b"\n")
            if newline:
                yield _without_marks(self.decoded(b"".join((*pending, head))))
                pending.clear()
                length = 0
            if rest:
                pending.append(rest)
                length += len(rest)
            if length > LONGEST_LINE:
                line = b"".join(pending)
                end = _end_of_characters(line)
                yield _without_marks(self.decoded(line[:end]))
                pending[:] = [line[end:]]
                length = len(pending[0])
        if pending:
            yield _without_marks(self.decoded(b"".join(pending)))

    def _blocks_without_nuls(self) -> Iterator[bytes]:
        for block in self.blocks():
            if b"\0" in block:
                if _SPACED_BY_NULS.search(block):
                    raise OSError("every other byte is NUL, so this may be UTF-16; convert it to UTF-8 first")
                block = block.translate(None, b"\0")
            if block:
                yield block

    def decoded(self, lines: bytes) -> str:
        """These lines as UTF-8; each that is not UTF-8 as Latin-1, and counted."""
        try:
            return lines.decode()
        except UnicodeDecodeError:
            return "\n".join([self._decoded_line(line) for line in lines.split(b"\n")])

    def _decoded_line(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.latin1_lines += 1
            return line.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _end_of_characters(line: bytes) -> int:
    """Where the last character ends that is whole in UTF-8."""
    for end in range(len(line) - 1, len(line) - 4, -1):
        if line[end] & 0xC0 != 0x80:
            return end
    return len(line)


def _without_marks(lines: str) -> str:
    return _BROUGHT_ALONG.sub("", lines) if "\ufeff" in lines else lines
