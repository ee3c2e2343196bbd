"""An index beside a file of arXiv metadata: any record of millions by its id, without reading the file again.

A plain file of JSON lines is indexed by byte offsets. Of a compressed file, and of any other format that a reader
knows, the index holds the records themselves, in blocks compressed by zstd.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import re
import sqlite3
import time
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from refmill.builtin.cutting.zstd_frames import unpacked_zstd
from refmill.builtin.snapshot.lines import Joined, whole_lines
from refmill_hooks._private_file import PrivateFile

__all__ = ["SnapshotIndex", "places"]

Cut = Callable[[BinaryIO], Iterator[tuple[str, bytes]]]
"""Cuts a stream into records, each with its canonical id."""

_SUFFIX: Final = ".refmill-index"
_FORMAT: Final = "2"
_SMALL: Final = 1 << 20
"""Bytes of a file whose index is made anew each time, in memory: faster than a look at the disk."""
_USUAL: Final = 1 << 12
"""Bytes in which a row is usually whole."""
_BLOCK: Final = 1 << 18
"""Bytes of records from which on a block is full."""
_PLACES: Final = _BLOCK * 256
"""Of a block: more than it and the longest last record have bytes. The number of the block is counted in these."""
_AROUND: Final = b" \t\r\n,[]"
_ROWS_AT_ONCE: Final = 50_000
_KEYS_AT_ONCE: Final = 500
_TOLD_EVERY: Final = 5.0
"""Seconds between two lines about how far a build is."""

_ROW = re.compile(rb'[ \t\[,]*\{"id": ?"([0-9]{4}\.[0-9]{4,5}|[a-z-]+/[0-9]{7})"')
"""How a row begins whose id is canonical as it stands."""
_STAMP = re.compile(r"\d+ \d+ \d+")
_ID = re.compile(rb'"id"\s*:\s*"([^"]{1,64})"')
_BROKEN: Final = (OSError, EOFError, RuntimeError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What reading a file may raise that is damaged, or packed in a way that Python does not know."""

_SCHEMA: Final = """
CREATE TABLE ids (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, records BLOB NOT NULL);
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class SnapshotIndex:
    """Opens the index of `file`, building it first where there is none or the file has changed since.

    - `cut`: how to cut a file that begins so into records with their ids; None for JSON lines.
    - `canonical`: the canonical id of a text, "" for none.
    - `say`: told how far the build is.

    - `places`: where the index of a file that is not small may be, the best first. What lies there and is no index is
      left alone; where no place can be written to, the index is made for this run only.

    Raises OSError.
    """

    def __init__(
        self,
        file: str,
        *,
        cut: Callable[[bytes], Cut | None],
        canonical: Callable[[str], str],
        say: Callable[[str], None],
        places: Callable[[], list[Path]],
    ) -> None:
        self._file = file
        self._canonical = canonical
        self._say = say
        path = Path(file)
        status = path.stat()
        stamp = f"{_FORMAT} {status.st_size} {status.st_mtime_ns}"
        if status.st_size < _SMALL:
            self._hold(sqlite3.connect(":memory:", check_same_thread=False))
            self._holds_records = self._filled(self._connection, stamp, cut) == "records"
            return
        free: list[Path] = []
        for place in places():
            if not os.path.lexists(place):
                free.append(place)
                continue
            made_for = _stamp_of(place)
            if made_for == stamp:
                self._open(place)
                return
            if made_for:
                free.append(place)
            else:
                say(f"{place}: it is no index of refmill and stays as it is; the index of {file} is kept elsewhere")
        self._build(free, stamp, cut)

    def _hold(self, connection: sqlite3.Connection) -> None:
        """Takes the connection over; it is closed with the index, which lives as long as anybody may ask it."""
        self._connection = connection
        weakref.finalize(self, connection.close).atexit = False

    def find(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The records of those ids that the file has, each as it stands there; the last one where it has several."""
        places: list[tuple[int, str]] = []
        for at in range(0, len(ids), _KEYS_AT_ONCE):
            some = ids[at : at + _KEYS_AT_ONCE]
            marks = ",".join("?" * len(some))
            places += self._connection.execute(f"SELECT at, id FROM ids WHERE id IN ({marks})", some)
        places.sort()
        return self._in_blocks(places) if self._holds_records else self._in_file(places)

    def _in_file(self, places: list[tuple[int, str]]) -> Iterator[tuple[str, bytes]]:
        with Path(self._file).open("rb", buffering=0) as stream:
            for at, arxiv_id in places:
                stream.seek(at)
                row = b""
                while (end := row.find(b"\n")) < 0 and (more := stream.read(len(row) or _USUAL)):
                    row += more
                yield arxiv_id, row[: end if end >= 0 else None].strip(_AROUND)

    def _in_blocks(self, places: list[tuple[int, str]]) -> Iterator[tuple[str, bytes]]:
        import zstandard

        held, block = -1, b""
        for place, arxiv_id in places:
            number, at = divmod(place, _PLACES)
            if number != held:
                (packed,) = self._connection.execute(
                    "SELECT records FROM blocks WHERE number = ?", (number,)
                ).fetchone()
                held, block = number, zstandard.ZstdDecompressor().decompress(packed)
            length = int.from_bytes(block[at : at + 4], "big")
            yield arxiv_id, block[at + 4 : at + 4 + length]

    def _open(self, place: Path) -> None:
        connection = _connection(place)
        self._hold(connection)
        ((holds,),) = connection.execute("SELECT value FROM about WHERE name = 'holds'")
        self._holds_records = holds == "records"

    def _build(self, places: list[Path], stamp: str, cut: Callable[[bytes], Cut | None]) -> None:
        """Builds the index in the first place that can be written to, else in a file that is gone with this run."""
        failure: OSError | None = None
        for place in places:
            new = PrivateFile(Path(os.path.realpath(place)))
            try:
                try:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.close(new.open())
                except OSError as error:
                    failure = error
                    continue
                with contextlib.closing(sqlite3.connect(new.path)) as connection:
                    self._filled(connection, stamp, cut)
                new.dress()
                new.replace()
            except sqlite3.Error as error:
                raise OSError(5, f"its index {place} cannot be built: {error}", self._file) from error
            finally:
                new.discard()
            self._open(place)
            return
        if failure:
            self._say(f"{self._file}: its index is made for this run only: {failure.strerror}: {failure.filename}")
        self._hold(sqlite3.connect("", check_same_thread=False))
        self._holds_records = self._filled(self._connection, stamp, cut) == "records"

    def _filled(self, connection: sqlite3.Connection, stamp: str, cut: Callable[[bytes], Cut | None]) -> str:
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        try:
            holds = self._fill(connection, cut)
        except _BROKEN as error:
            if isinstance(error, OSError) and error.filename:
                raise
            raise OSError(5, f"it is damaged, or not whole ({error}); fetch it again", self._file) from error
        connection.executemany("INSERT INTO about VALUES (?, ?)", [("stamp", stamp), ("holds", holds)])
        connection.commit()
        return holds

    def _fill(self, connection: sqlite3.Connection, cut: Callable[[bytes], Cut | None]) -> str:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(Path(self._file).open("rb"))
            stream, is_packed = _unpacked(cast(BinaryIO, raw), stack)
            told = _Told(self._file, raw, self._say)
            head = stream.read(1 << 16)
            other = cut(head)
            if other is None and not is_packed:
                raw.seek(0)
                _insert(connection, told.watch((arxiv_id, at) for arxiv_id, at, _ in self._lines(raw)))
                return "offsets"
            whole = cast(BinaryIO, Joined(head, stream))
            records = other(whole) if other else ((found, line.strip(_AROUND)) for found, _, line in self._lines(whole))
            _insert(connection, told.watch(_packed(records, connection)))
            return "records"

    def _lines(self, stream: BinaryIO) -> Iterator[tuple[str, int, bytes]]:
        """Yield id, byte offset and text of each line that has an id; tell how many others there are."""
        unreadable = 0
        for base, data in whole_lines(stream):
            at = 0
            while end := data.find(b"\n", at) + 1:
                if arxiv_id := self._id_of(data, at, end):
                    yield arxiv_id, base + at, data[at:end]
                elif data[at:end].strip(_AROUND):
                    unreadable += 1
                at = end
        if unreadable:
            self._say(f"{self._file}: {unreadable:,} of its lines have no id and answer nothing")

    def _id_of(self, data: bytes, start: int, end: int) -> str:
        """The canonical id of the row that stands there, or ""."""
        if match := _ROW.match(data, start, end):
            return match[1].decode()
        odd = _ID.search(data, start, end)
        return self._canonical(odd[1].decode("utf-8", "replace")) if odd else ""


def _insert(connection: sqlite3.Connection, rows: Iterator[tuple[str, int]]) -> None:
    some: list[tuple[str, int]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS_AT_ONCE:
            connection.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?)", some)
            some.clear()
    connection.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?)", some)


def _packed(records: Iterable[tuple[str, bytes]], connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Writes the records in blocks; a place is the number of the block and the offset in it."""
    import zstandard

    compress = zstandard.ZstdCompressor(level=3).compress
    number, block = 0, bytearray()
    for arxiv_id, record in records:
        if len(block) > _BLOCK:
            connection.execute("INSERT INTO blocks VALUES (?, ?)", (number, compress(bytes(block))))
            number, block = number + 1, bytearray()
        yield arxiv_id, number * _PLACES + len(block)
        block += len(record).to_bytes(4, "big") + record
    connection.execute("INSERT INTO blocks VALUES (?, ?)", (number, compress(bytes(block))))


def places(file: Path, cache: Path) -> list[Path]:
    """Where the index of a file may be: beside it, or in the cache where the folder cannot be written to."""
    found = [file.with_name(file.name + _SUFFIX)]
    with contextlib.suppress(OSError):
        found.append(cache / f"{file.name}-{file.stat().st_ino}{_SUFFIX}")
    return found


def _connection(place: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def _stamp_of(place: Path) -> str:
    """Of which file an index was made, "" for what is no index."""
    try:
        with contextlib.closing(_connection(place)) as connection:
            about = dict(connection.execute("SELECT name, value FROM about"))
    except (sqlite3.Error, ValueError):
        return ""
    stamp = about.get("stamp", "")
    return stamp if isinstance(stamp, str) and _STAMP.fullmatch(stamp) and "holds" in about else ""


def _unpacked(raw: BinaryIO, stack: contextlib.ExitStack) -> tuple[BinaryIO, bool]:
    head = raw.read(6)
    raw.seek(0)
    stream: Any = None
    if head.startswith(b"\x1f\x8b"):
        stream = gzip.GzipFile(fileobj=raw)
    elif head.startswith(b"BZh"):
        stream = bz2.BZ2File(raw)
    elif head.startswith(b"\xfd7zXZ"):
        stream = lzma.LZMAFile(raw)
    elif head.startswith(b"PK\x03\x04"):
        archive = stack.enter_context(zipfile.ZipFile(raw))
        largest = max(archive.infolist(), key=lambda member: member.file_size)
        stream = archive.open(largest)
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        stream = unpacked_zstd(raw)
    return (raw, False) if stream is None else (stack.enter_context(stream), True)


class _Told:
    """Says now and then how far the build is."""

    def __init__(self, file: str, raw: BinaryIO, say: Callable[[str], None]) -> None:
        self._file = file
        self._raw = raw
        self._say = say

    def watch(self, rows: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        size = max(os.fstat(self._raw.fileno()).st_size, 1)
        due = time.monotonic() + _TOLD_EVERY
        told = False
        number = 0
        for number, row in enumerate(rows, 1):
            yield row
            if number % _ROWS_AT_ONCE == 0 and (now := time.monotonic()) >= due:
                due = now + _TOLD_EVERY
                told = True
                self._say(f"{self._file}: building its index, {100 * self._raw.tell() // size} %, {number:,} records")
        if told:
            self._say(f"{self._file}: index built, {number:,} records")
