"""From one opened file to the dumps in it: decompressed, and taken out of archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, Final, cast

from refmill.builtin.zstd_frames import unpacked_zstd
from refmill_hooks import Source
from refmill_hooks.source import BLOCK

__all__ = ["BROKEN", "PlainFile", "Rewound", "sources_in"]

BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
"""What reading a source may raise, for its file or its compression is damaged."""

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""How archives begin, those without a member too."""


class PlainFile(Source):
    """A file as it lies on the disk, neither packed nor compressed; its name is its path."""


def sources_in(raw: BinaryIO, name: str, kind: type[Source] = Source) -> Iterator[Source]:
    """The file itself, decompressed; or each member of an archive, as `archive.zip!member`, one after the other.

    `kind` is that of a source that is neither; a PlainFile can be read again from its start. Raises what is in BROKEN.
    """
    head = raw.read(BLOCK)
    stream = cast(BinaryIO, Rewound(head, raw))
    for magic, unpack in _COMPRESSIONS.items():
        if head.startswith(magic):
            yield from sources_in(cast(BinaryIO, _Salvaged(unpack(stream))), name)
            return
    if head.startswith(_ZIP):
        yield from _zip_members(stream, name, raw if kind is PlainFile else None)
    elif head[257:262] == b"ustar":
        yield from _tar_members(stream, name)
    else:
        yield kind(stream, name)


def _zip_members(stream: BinaryIO, name: str, whole: BinaryIO | None) -> Iterator[Source]:
    """A damaged member costs itself: it is a source that raises when it is read. An archive without any raises."""
    with tempfile.TemporaryFile() as copy:
        if whole is None:
            shutil.copyfileobj(stream, copy)
            whole = cast(BinaryIO, copy)
        with zipfile.ZipFile(whole) as archive:
            for member in archive.infolist():
                if member.is_dir() or _hidden(member.filename):
                    continue
                inner = f"{name}!{member.filename}"
                try:
                    with _opened(archive, member) as unpacked:
                        yield from sources_in(cast(BinaryIO, _Salvaged(unpacked)), inner)
                except BROKEN as error:
                    yield Source(cast(BinaryIO, _Damaged(error)), inner)


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
    except RuntimeError as error:  # encrypted, or compressed in a way that Python does not know
        raise zipfile.BadZipFile(f"{error}; unpack it first") from error


def _tar_members(stream: BinaryIO, name: str) -> Iterator[Source]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            unpacked = archive.extractfile(member) if member.isfile() and not _hidden(member.name) else None
            if unpacked is not None:
                yield from sources_in(cast(BinaryIO, _Salvaged(unpacked)), f"{name}!{member.name}")


def _hidden(member: str) -> bool:
    return any(part.startswith(".") and part != "." for part in member.split("/")) or member.startswith("__MACOSX/")


_COMPRESSIONS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": unpacked_zstd,
}


class _Salvaged(io.RawIOBase):
    """What can be read of a stream in front of a damage, which is raised behind it."""

    def __init__(self, stream: Any) -> None:
        self._read1 = stream.read1
        self._held = b""
        self._damage: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._held], len(self._held)
        while (size is None or size < 0 or length < size) and self._damage is None:
            try:
                part = self._read1(BLOCK)
            except BROKEN as error:
                self._damage = error
                break
            if not part:
                break
            parts.append(part)
            length += len(part)
        data = b"".join(parts)
        if not data and self._damage is not None:
            raise self._damage
        end = length if size is None or size < 0 else size
        self._held = data[end:]
        return data[:end]


class _Damaged(io.RawIOBase):
    """A stream of which nothing can be read."""

    def __init__(self, damage: Exception) -> None:
        self._damage = damage

    def read(self, size: int = -1) -> bytes:
        raise self._damage


class Rewound(io.RawIOBase):
    """A stream whose first bytes were already read, put back in front."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size is None or size < 0:
            head, self._head = self._head, b""
            return head + self._rest.read()
        head, self._head = self._head[:size], self._head[size:]
        return head

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
