"""From one opened file to the dumps in it: decompressed, and taken out of archives."""

from __future__ import annotations

import bz2
import contextlib
import copy
import gzip
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, BinaryIO, Final, Self, cast

from refmill.builtin.cutting.zstd_frames import unpacked_zstd
from refmill_hooks import Source
from refmill_hooks.source import BLOCK

__all__ = ["BROKEN", "PlainFile", "Rewound", "sources_in"]

BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
"""What reading a source may raise, for its file or its compression is damaged."""

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""How archives begin, those without a member too."""


_DEEPEST: Final = 16
"""Archives and compressions in one another: a file that holds itself has no end."""

_LONGEST_NAME: Final = 1 << 20
_NAME_TYPES: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


_ENCRYPTED: Final = 1
"""The bit of a member's flags."""


class PlainFile(Source):
    """A file as it lies on the disk, neither packed nor compressed; its name is its path."""


def sources_in(raw: BinaryIO, name: str, kind: type[Source] = Source, depth: int = 0) -> Iterator[Source]:
    """The file itself, decompressed; or each member of an archive, as `archive.zip!member`, one after the other.

    `kind` is that of a source that is neither; a PlainFile can be read again from its start. `depth`: in how many
    others it lies. Raises what is in BROKEN.
    """
    if depth > _DEEPEST:
        raise OSError(f"more than {_DEEPEST} archives and compressions lie in one another; unpack it first")
    head = raw.read(BLOCK)
    stream = cast(BinaryIO, Rewound(head, raw))
    for magic, unpack in _COMPRESSIONS.items():
        if head.startswith(magic):
            with _damage():
                unpacked = unpack(stream)
            yield from sources_in(cast(BinaryIO, _Salvaged(unpacked)), name, depth=depth + 1)
            return
    if head.startswith(_ZIP):
        yield from _zip_members(stream, name, raw if kind is PlainFile else None, depth)
    elif head[257:262] == b"ustar":
        yield from _tar_members(stream, name, depth)
    else:
        yield kind(stream, name)


def _zip_members(stream: BinaryIO, name: str, whole: BinaryIO | None, depth: int) -> Iterator[Source]:
    """An archive that cannot be opened raises; a damaged member costs itself."""
    with contextlib.ExitStack() as stack:
        if whole is None:
            whole = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))
            shutil.copyfileobj(stream, whole)
        with _damage():
            archive = stack.enter_context(zipfile.ZipFile(whole))
        for member in archive.infolist():
            if not member.is_dir() and not _hidden(member.filename):
                yield from _member(partial(_opened, archive, member), f"{name}!{member.filename}", depth, _step(member))


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """The member unpacked; for bzip2 not by zipfile, which unpacks as much at once as a few bytes can grow to."""
    if member.compress_type != zipfile.ZIP_BZIP2 or member.flag_bits & _ENCRYPTED:
        return archive.open(member)
    stored = copy.copy(member)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, member.compress_size
    del stored.CRC  # that of what is unpacked; bzip2 has its own
    return bz2.BZ2File(archive.open(stored))


def _step(member: zipfile.ZipInfo) -> int:
    """How much to read at a time: of some methods so many compressed bytes are unpacked, whatever they grow to."""
    return BLOCK if member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) else BLOCK >> 4


def _tar_members(stream: BinaryIO, name: str, depth: int) -> Iterator[Source]:
    with _damage():
        archive = tarfile.open(fileobj=stream, mode="r|", tarinfo=_TarInfo)
    with archive:
        while True:
            with _damage():
                member = archive.next()
            if member is None:
                return
            if member.isfile() and not _hidden(member.name):
                yield from _member(partial(archive.extractfile, member), f"{name}!{member.name}", depth, BLOCK)


class _TarInfo(tarfile.TarInfo):
    """A header that refuses a name which is not to be held in memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size > _LONGEST_NAME and header.type in _NAME_TYPES:
            raise tarfile.ReadError(f"a name in it has {header.size:,} bytes")
        return header


def _member(unpack: Callable[[], IO[bytes] | None], name: str, depth: int, step: int) -> Iterator[Source]:
    """The sources in a member; where it is damaged, one that raises when it is read."""
    try:
        with _damage():
            unpacked = unpack()
        if unpacked is not None:
            with unpacked:
                yield from sources_in(cast(BinaryIO, _Salvaged(unpacked, step)), name, depth=depth + 1)
    except BROKEN as error:
        yield Source(cast(BinaryIO, _Damaged(error)), name)


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Raises what is in BROKEN for whatever a library raises of damaged data; zipfile has no end of errors for it."""
    try:
        yield
    except BROKEN:
        raise
    except RuntimeError as error:  # encrypted, or compressed in a way that Python does not know
        raise zipfile.BadZipFile(f"{error}; unpack it first") from error
    except Exception as error:
        raise OSError(f"it is damaged ({type(error).__name__}: {error})") from error


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

    def __init__(self, stream: Any, step: int = BLOCK) -> None:
        self._read1 = stream.read1
        self._step = step
        self._held = b""
        self._damage: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._held], len(self._held)
        while (size is None or size < 0 or length < size) and self._damage is None:
            try:
                with _damage():
                    part = self._read1(self._step)
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
        """Always, as `io.RawIOBase` asks."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The bytes of the head, at most `size`; those of the stream when it is used up."""
        if not self._head:
            return self._rest.read(size)
        if size is None or size < 0:
            head, self._head = self._head, b""
            return head + self._rest.read()
        head, self._head = self._head[:size], self._head[size:]
        return head

    def readinto(self, buffer: Any) -> int:
        """As `read`, into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
