"""From what a user names to opened sources, each with its reader: files, folders, globs, archives, stdin, ids."""

from __future__ import annotations

import bz2
import contextlib
import glob
import gzip
import io
import lzma
import shutil
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from refmill.errors import UsageError
from refmill.registry import Registry
from refmill_hooks import Reader, Source
from refmill_hooks.identifiers import BadIdentifier, parse_id
from refmill_hooks.source import BLOCK

__all__ = ["BROKEN", "Opened", "PlainFile", "Rewound", "open_inputs"]

STDIN = "-"
IDS = "ids"
"""The reader of ids that stand on the command line."""

Opened = tuple[Source, Reader[Any]]

BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
"""What reading a source may raise, for its file or its compression is damaged."""


class PlainFile(Source):
    """A file as it lies on the disk, neither packed nor compressed; its name is its path."""


def open_inputs(
    inputs: Iterable[str],
    registry: Registry,
    *,
    format: str | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[Opened]:
    """Opens one source after the other, with the reader that recognises it (or the one called `format`).

    An input is a path, a folder (read recursively, hidden files left out), a glob, `-` for stdin, or an arXiv id in any
    spelling. What lies in a folder or an archive and is no dump is left out and told through `note`. Raises UsageError
    for an input that was named and cannot be read.
    """
    named = list(inputs)
    ids = [text for text in named if _is_id(text)]
    files = [found for text in named if text not in ids for found in _files(text)]
    if not files and not ids:
        raise UsageError("nothing to read: name a dump, a folder of dumps, - for stdin, or arXiv ids")
    if ids:
        listed = io.BytesIO("\n".join(ids).encode())
        yield Source(listed, "command line"), registry.reader(IDS)
    opened = 0
    for path, was_named in files:
        for source in _sources(path):
            try:
                reader = _recognise(source, registry, format)
            except UsageError as error:
                if was_named and "!" not in source.name:
                    raise
                note(f"left out: {error}")
                continue
            opened += 1
            yield source, reader
    if files and not opened and not ids:
        raise UsageError(f"{', '.join(named)}: there is no dump in it that refmill can read")


def _is_id(text: str) -> bool:
    if text == STDIN or Path(text).exists():
        return False
    try:
        parse_id(text)
    except BadIdentifier as error:
        if type(error) is not BadIdentifier:
            raise UsageError(f"{text}: {error}") from error
        return False
    return True


def _files(text: str) -> Iterator[tuple[str, bool]]:
    """The files an input stands for, and whether each was named by the user itself."""
    path = Path(text)
    if text == STDIN or path.is_file() or path.is_fifo() or path.is_char_device():
        yield text, True
    elif path.is_dir():
        yield from ((str(found), False) for found in _visible_files(path))
    elif matches := sorted(glob.glob(text, recursive=True)):  # noqa: PTH207 - Path.glob refuses absolute patterns
        yield from ((match, False) for match in matches if Path(match).is_file())
    else:
        raise UsageError(f"{text}: no such file or folder, and no arXiv id")


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _sources(path: str) -> Iterator[Source]:
    """The file itself, unpacked; or each member of an archive, as `archive.zip!member`."""
    name = "<stdin>" if path == STDIN else path
    try:
        with contextlib.ExitStack() as stack:
            raw = sys.stdin.buffer if path == STDIN else stack.enter_context(open(path, "rb"))  # noqa: PTH123
            kind = PlainFile if path != STDIN and Path(path).is_file() else Source
            yield from _unpacked(cast(BinaryIO, raw), name, kind)
    except BROKEN as error:
        raise UsageError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _unpacked(raw: BinaryIO, name: str, kind: type[Source] = Source) -> Iterator[Source]:
    head = raw.read(BLOCK)
    stream = cast(BinaryIO, Rewound(head, raw))
    for magic, unpack in _COMPRESSIONS.items():
        if head.startswith(magic):
            yield from _unpacked(unpack(stream), name)
            return
    if head.startswith(b"PK\x03\x04"):
        yield from _zip_members(stream, name)
    elif head[257:262] == b"ustar":
        yield from _tar_members(stream, name)
    else:
        yield kind(stream, name)


def _zip_members(stream: BinaryIO, name: str) -> Iterator[Source]:
    with tempfile.TemporaryFile() as copy:
        if not isinstance(stream, Rewound) or (whole := stream.seekable_whole()) is None:
            shutil.copyfileobj(stream, copy)
            whole = cast(BinaryIO, copy)
        with zipfile.ZipFile(whole) as archive:
            for member in archive.infolist():
                if not member.is_dir() and not _hidden(member.filename):
                    with archive.open(member) as unpacked:
                        yield from _unpacked(cast(BinaryIO, unpacked), f"{name}!{member.filename}")


def _tar_members(stream: BinaryIO, name: str) -> Iterator[Source]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            unpacked = archive.extractfile(member) if member.isfile() and not _hidden(member.name) else None
            if unpacked is not None:
                yield from _unpacked(cast(BinaryIO, unpacked), f"{name}!{member.name}")


def _hidden(member: str) -> bool:
    return any(part.startswith(".") and part != "." for part in member.split("/")) or member.startswith("__MACOSX/")


def _unzstd(stream: BinaryIO) -> BinaryIO:
    import zstandard

    return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True))


_COMPRESSIONS: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream)),
    b"BZh": lambda stream: cast(BinaryIO, bz2.BZ2File(stream)),
    b"\xfd7zXZ\x00": lambda stream: cast(BinaryIO, lzma.LZMAFile(stream)),
    b"\x28\xb5\x2f\xfd": _unzstd,
}


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

    def seekable_whole(self) -> BinaryIO | None:
        """The whole stream from its start, where it can go back there."""
        if not self._rest.seekable():
            return None
        self._rest.seek(0)
        return self._rest


def _recognise(source: Source, registry: Registry, format: str | None) -> Reader[Any]:
    head = source.stream.read(BLOCK)
    source.stream = cast(BinaryIO, Rewound(head, source.stream))
    if not head.strip(b" \t\r\n\f\xef\xbb\xbf"):
        raise UsageError(f"{source.name}: nothing to read, it is empty")
    if format is not None:
        return registry.reader(format)
    claims = [reader for reader in registry.readers.values() if _sniffs(reader, head)]
    if len(claims) > 1:
        suffixes = [suffix.lower() for suffix in Path(source.name).suffixes]
        claims = [reader for reader in claims if any(suffix in suffixes for suffix in reader.suffixes)] or claims
    if len(claims) > 1:
        claims = [reader for reader in claims if registry.owner(reader).built_in] or claims
    if not claims:
        kind = "it is a binary file" if b"\x00" in head else "no reader knows this format"
        raise UsageError(f"{source.name}: {kind}; `refmill formats` lists what can be read, --from NAME chooses one")
    return claims[0]


def _sniffs(reader: Reader[Any], head: bytes) -> bool:
    try:
        return reader.sniff(head)
    except Exception:
        return False  # a reader that stumbles over a file does not know it
