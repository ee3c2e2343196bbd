"""Local files of arXiv metadata as a source: asked by arXiv id, without a network and without loading them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO, Final

from refmill.builtin.arxiv_api import reader as atom
from refmill.builtin.oai_pmh import reader as oai
from refmill.builtin.snapshot import reader as snapshot
from refmill_hooks import Enricher, Entry, Missing, Net, ReadError, SkipRecord, Source, hookimpl
from refmill_hooks.identifiers import ArxivId, BadIdentifier, parse_id

if TYPE_CHECKING:
    from refmill.builtin.snapshot.index import Cut, SnapshotIndex

_READERS: Final[dict[bytes, ModuleType]] = {b"O": oai, b"A": atom, b"J": snapshot}
"""The formats that are cut by their readers; the mark stands in front of each record in the index."""

_ROWS = re.compile(rb"(?:\xef\xbb\xbf)?[\s\[]*\{[^\n]*\}[ \t,]*\r?(?:\n|$)")


@dataclass(frozen=True, kw_only=True)
class SnapshotOptions:
    files: tuple[str, ...] = field(
        default=(), metadata={"help": "snapshots, OAI-PMH or Atom files, plain or compressed; asked in this order"}
    )


@hookimpl
def refmill_enrichers() -> Iterator[Enricher[SnapshotOptions]]:
    yield Enricher(
        name="snapshot",
        title="local files of arXiv metadata (--snapshot FILE)",
        asks="arxiv",
        key=lambda entry: entry.versioned_id or None,
        fetch=fetch,
        entry=entry,
        batch=1000,
        local=True,
        options=SnapshotOptions,
    )


def fetch(keys: Sequence[str], net: Net, options: SnapshotOptions) -> Iterable[tuple[str, bytes | Missing]]:
    """The records of these ids; what no file holds is left to other sources. Raises OSError for an unreadable file.

    A file knows the newest version alone: an id with a version is answered only where it is that one.
    """
    wanted = [(key, arxiv) for key in keys if (arxiv := _parsed(key))]
    for file in options.files:
        found = dict(_index(file, net.say).find([arxiv.id for _, arxiv in wanted]))
        rest: list[tuple[str, ArxivId]] = []
        for key, arxiv in wanted:
            record = found.get(arxiv.id)
            if record is not None and _is_of_version(record, arxiv.version):
                yield key, record
            else:
                rest.append((key, arxiv))
        wanted = rest


def entry(raw: bytes) -> Entry:
    """Raises ReadError."""
    reader = _READERS.get(raw[:1])
    try:
        made: Entry = reader.entry(raw[1:]) if reader else snapshot.entry(raw)
    except SkipRecord as skipped:
        raise ReadError(str(skipped)) from skipped
    return made.replace(source="snapshot")


def _is_of_version(record: bytes, version: int | None) -> bool:
    if version is None:
        return True
    try:
        made = entry(record)
    except ReadError:
        return False
    return version == (made.versions[-1].number if made.versions else made.version)


def index_places(file: str) -> list[Path]:
    """Where the index of a file is, or would be made."""
    from refmill.builtin.snapshot.index import places

    return places(Path(file), _cache())


_indices: dict[tuple[str, int, int], SnapshotIndex] = {}


def _index(file: str, say: Callable[[str], None]) -> SnapshotIndex:
    from refmill.builtin.snapshot.index import SnapshotIndex

    def cut(head: bytes) -> Cut | None:
        return _cut(head, lambda text: say(f"{file}: {text}"))

    status = Path(file).stat()
    key = (file, status.st_size, status.st_mtime_ns)
    if key not in _indices:
        _indices[key] = SnapshotIndex(file, cut=cut, canonical=_canonical, say=say, places=lambda: index_places(file))
    return _indices[key]


def _cut(head: bytes, say: Callable[[str], None]) -> Cut | None:
    """How to cut a file that begins so; None for JSON lines. Raises OSError for what is no arXiv metadata."""
    for mark, reader in _READERS.items():
        if reader.sniff(head):
            return None if reader is snapshot and _ROWS.match(head) else _cutter(mark, reader, say)
    raise OSError(22, "no arXiv metadata: neither a snapshot nor an OAI-PMH or Atom file")


def _cutter(mark: bytes, reader: ModuleType, say: Callable[[str], None]) -> Cut:
    def cut(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
        unreadable, first = 0, ""
        for record in reader.records(Source(stream)):
            try:
                arxiv_id = reader.entry(record).id
            except SkipRecord:
                continue
            except ReadError as error:
                unreadable, first = unreadable + 1, first or str(error)
                continue
            if arxiv_id:
                yield arxiv_id, mark + (record if isinstance(record, bytes) else snapshot.raw(record).encode())
        if unreadable:
            say(f"{unreadable:,} of its records cannot be read and answer nothing; the first: {first}")

    return cut


def _parsed(text: str) -> ArxivId | None:
    try:
        return parse_id(text)
    except BadIdentifier:
        return None


def _canonical(text: str) -> str:
    arxiv = _parsed(text)
    return arxiv.id if arxiv else ""


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("refmill")
