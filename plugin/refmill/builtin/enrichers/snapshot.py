"""A local snapshot file as a source of metadata: asked by arXiv id, without a network and without loading the file."""

from __future__ import annotations

import gzip
import os
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from refmill.builtin.readers.snapshot import Row, entry_of_row
from refmill_hooks import Enricher, Entry, Missing, Net, ReadError, hookimpl
from refmill_hooks.identifiers import BadIdentifier, parse_id

_ID = re.compile(rb'"id"\s*:\s*"([^"]+)"')
_ROW = msgspec.json.Decoder(Row)


@dataclass(frozen=True, kw_only=True)
class SnapshotOptions:
    files: tuple[str, ...] = field(default=(), metadata={"help": "snapshots: JSON lines, plain, .gz or .zst"})


@hookimpl
def refmill_enrichers() -> Iterator[Enricher[SnapshotOptions]]:
    yield Enricher(
        name="snapshot",
        title="a local file of arXiv metadata (--snapshot FILE)",
        asks="arxiv",
        key=lambda entry: entry.id or None,
        fetch=fetch,
        entry=entry,
        batch=1000,
        local=True,
        options=SnapshotOptions,
    )


def fetch(keys: Sequence[str], net: Net, options: SnapshotOptions) -> Iterable[tuple[str, bytes | Missing]]:
    """The rows of these ids; what the file does not hold is left to other sources.

    Raises OSError where the file cannot be read.
    """
    for file in options.files:
        index = _index(file)
        for key in keys:
            if row := index.row(key):
                yield key, row


def entry(raw: bytes) -> Entry:
    """Raises ReadError."""
    try:
        return entry_of_row(_ROW.decode(raw.replace(b": NaN", b": null")), "snapshot")
    except msgspec.MsgspecError as error:
        raise ReadError(f"not a row of the snapshot: {error}") from error


class Index:
    """Where each id's row begins in a snapshot file: hashes of the ids, sorted, beside the offsets of their rows."""

    def __init__(self, path: str) -> None:
        self._path = path
        hashes: list[tuple[int, int]] = []
        with _opened(path) as stream:
            offset = 0
            for line in stream:
                if match := _ID.search(line):
                    hashes.append((_hash(_canonical(match[1].decode())), offset))
                offset += len(line)
        hashes.sort()
        self._hashes = array("q", (hash for hash, _ in hashes))
        self._offsets = array("q", (offset for _, offset in hashes))

    def row(self, id: str) -> bytes | None:
        """The row of an id, the last one where the file has several."""
        wanted = _hash(id)
        at = bisect_left(self._hashes, wanted)
        found = None
        while at < len(self._hashes) and self._hashes[at] == wanted:
            with _opened(self._path) as stream:
                stream.seek(self._offsets[at])
                line = stream.readline().strip().removesuffix(b",")
            match = _ID.search(line)
            if match and _canonical(match[1].decode()) == id:
                found = line.removeprefix(b"[").strip()
            at += 1
        return found


_indices: dict[tuple[str, int, int], Index] = {}


def _index(path: str) -> Index:
    status = os.stat(path)  # noqa: PTH116 - the error names the file as the user wrote it
    key = (path, status.st_size, status.st_mtime_ns)
    if key not in _indices:
        _indices.clear()
        _indices[key] = Index(path)
    return _indices[key]


def _hash(id: str) -> int:
    return hash(id)


def _canonical(id: str) -> str:
    try:
        return parse_id(id).id
    except BadIdentifier:
        return ""


def _opened(path: str) -> BinaryIO:
    stream = Path(path).open("rb")  # noqa: SIM115 - the caller closes it
    head = stream.read(4)
    stream.seek(0)
    if head[:2] == b"\x1f\x8b":
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if head == b"\x28\xb5\x2f\xfd":
        import zstandard

        return cast(BinaryIO, zstandard.open(stream, "rb"))
    return stream
