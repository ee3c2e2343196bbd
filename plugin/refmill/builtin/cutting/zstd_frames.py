"""Frames of zstd, one behind the other, as a stream. The library's own takes one that is cut off for a whole one."""

from __future__ import annotations

import errno
import io
from typing import Any, BinaryIO, Final

from refmill_hooks.source import BLOCK

__all__ = ["unpacked_zstd"]


def unpacked_zstd(stream: BinaryIO) -> io.BufferedReader:
    """What the frames hold. Reading raises EOFError where the last one has no end, OSError where one is damaged."""
    return io.BufferedReader(_Frames(stream), BLOCK)


_STEP: Final = 1 << 10
"""Bytes that are unpacked at a time: each may grow to 32 kB."""


class _Frames(io.RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._new_frame = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._frame = self._new_frame()
        self._is_begun = False
        self._stream = stream
        self._packed = memoryview(b"")
        self._data = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._data:
            self._data = memoryview(self._more())
        taken = self._data[: len(buffer)]
        buffer[: len(taken)] = taken
        self._data = self._data[len(taken) :]
        return len(taken)

    def _more(self) -> bytes:
        """What comes next, b"" at the end."""
        while packed := self._packed or memoryview(self._stream.read(BLOCK)):
            some = packed[:_STEP]
            try:
                data = self._frame.decompress(some)
            except self._error as error:
                raise OSError(errno.EIO, str(error)) from error
            self._is_begun = not self._frame.eof
            self._packed = packed[len(some) - len(self._frame.unused_data) :]
            if self._frame.eof:
                self._frame = self._new_frame()
            if data:
                return data
        if self._is_begun:
            raise EOFError("compressed file ended before its end was reached")
        return b""
