"""A stream of lines, some megabytes of them at a time, however long one of them is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from refmill.builtin.cutting.json_records import LONGEST

__all__ = ["Joined", "whole_lines"]

_CHUNK: Final = 4 << 20


def whole_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines in chunks, each with its byte offset; of a line longer than LONGEST only its end.

    Each chunk ends with a line feed, the last one too.
    """
    offset = 0
    rest = b""
    while chunk := stream.read(_CHUNK):
        data = rest + chunk
        end = data.rfind(b"\n") + 1
        if end:
            yield offset, data[:end]
        elif len(data) > LONGEST:
            end = len(data)
        rest = data[end:]
        offset += end
    if rest:
        yield offset, rest + b"\n"


class Joined:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """The whole head at first, whatever the size; then what follows it."""
        head, self._head = self._head, b""
        return head or self._rest.read(size)
