"""Entries that wait in a temporary file, for what must see the last of them before it hands on the first."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

import msgspec

from refmill_hooks import Entry

__all__ = ["Spool"]

_LENGTH = 4
"""Bytes that say how long the packed entry behind them is."""


class Spool:
    """Holds entries in their order. All are added before one is taken out; iterating empties nothing."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()
        self._size = 0
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Entry).decode

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):  # what cannot be written any more is needed no more
            self._file.close()

    def add(self, entry: Entry) -> int:
        """Where the entry stands, for `at`. Raises OSError with the folder of temporary files."""
        packed = self._encode(entry)
        place = self._size
        try:
            self._size += self._file.write(len(packed).to_bytes(_LENGTH, "big") + packed)
        except OSError as error:
            raise _no_room(error) from error
        return place

    def at(self, place: int) -> Entry:
        """The entry at a place that `add` returned."""
        self._seek(place)
        return self._next()

    def __iter__(self) -> Iterator[Entry]:
        self._seek(0)
        while self._file.tell() < self._size:
            yield self._next()

    def _seek(self, place: int) -> None:
        try:
            self._file.seek(place)  # which writes what was held back
        except OSError as error:
            raise _no_room(error) from error

    def _next(self) -> Entry:
        length = int.from_bytes(self._file.read(_LENGTH), "big")
        return self._decode(self._file.read(length))


def _no_room(error: OSError) -> OSError:
    """The same error, naming the folder of temporary files."""
    return OSError(error.errno, f"a temporary file cannot be written: {error.strerror}", tempfile.gettempdir())
