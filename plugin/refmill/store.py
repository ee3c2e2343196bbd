"""The store of answers: one SQLite file in the user's cache folder, so that nothing is asked twice.

Made for being killed at any moment and for several refmills at once: the file is in WAL mode, each `put` is one short
transaction, whoever finds the file locked waits.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from refmill_hooks import Missing

if TYPE_CHECKING:
    import sqlite3

__all__ = ["ABSENT_AGE", "MAX_AGE", "Count", "Stats", "Store", "Stored"]

DAY: Final = 86400.0
MAX_AGE: Final = 7 * DAY
"""How long an answer that may change is believed, in seconds."""

ABSENT_AGE: Final = DAY
"""How long it is believed that a service does not know a key: arXiv's index changes once a day."""

_APPLICATION: Final = 0x7265666D
"""What marks a SQLite file as ours, so that no other program's is touched."""

_SCHEMA: Final = 1
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS answers (
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    raw BLOB,        -- zstd; NULL where the service does not know the key
    reason TEXT,     -- why not
    fetched_at REAL NOT NULL,
    PRIMARY KEY (service, key)
)"""
_KEYS_AT_ONCE: Final = 500
_LOCKED_FOR: Final = 10.0
"""Seconds to wait for another refmill to finish a transaction."""

T = TypeVar("T")


class Stored(msgspec.Struct, frozen=True):
    """An answer, raw as the service gave it or `Missing`, and when it was given (seconds since 1970)."""

    answer: bytes | Missing
    fetched_at: float


class Count(msgspec.Struct, frozen=True):
    """How many answers of one service are stored, how many keys it does not know, and the oldest and newest of both."""

    answers: int
    absent: int
    oldest: float
    newest: float


class Stats(msgspec.Struct, frozen=True):
    """Where the store is, its bytes on disk (0 where there is none yet), and what it holds, by service."""

    path: Path
    size: int
    services: dict[str, Count]


class Store:
    """Answers by service and key. Close it, or use it as a context manager.

    - `path`: by default REFMILL_STORE, else `answers.sqlite` in the user's cache folder. A folder stands for a file of
      that name in it. No file is made before something is put.
    - `say`: told in one line what is wrong with the file.

    A file that is damaged is set aside as `answers.sqlite.corrupt-1` and begun anew. Where the store cannot be used at
    all (made by a newer refmill, no permission, no space), answers are kept for this run only.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        say: Callable[[str], None] = lambda text: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path = _place(path)
        self._say = say
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._for_this_run = False
        self._lock = threading.Lock()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def get(self, service: str, keys: Iterable[str], max_age: float | None = MAX_AGE) -> dict[str, Stored]:
        """What is stored for these keys, at most `max_age` seconds old (None: however old); absent ones, a day."""
        wanted = list(keys)
        if not wanted or not self._exists():
            return {}
        return self._run(lambda connection: self._get(connection, service, wanted, max_age))

    def put(self, service: str, answers: Iterable[tuple[str, bytes | Missing]]) -> None:
        """Stores raw answers, or Missing, in one transaction."""
        import zstandard

        compress = zstandard.ZstdCompressor(write_checksum=True).compress
        now = self._now()
        rows = [
            (service, key, None, answer.reason, now)
            if isinstance(answer, Missing)
            else (service, key, compress(answer), None, now)
            for key, answer in answers
        ]
        if rows:
            self._run(lambda connection: _put(connection, rows))

    def stats(self) -> Stats:
        services = self._run(_counts) if self._exists() else {}
        files = [self.path, *_beside(self.path)]
        return Stats(self.path, sum(file.stat().st_size for file in files if file.is_file()), services)

    def clear(self, service: str | None = None) -> int:
        """Forgets all answers, or those of one service, and gives the space back; returns how many there were."""
        return self._run(lambda connection: _clear(connection, service)) if self._exists() else 0

    def _exists(self) -> bool:
        return self._for_this_run or self._connection is not None or self.path.exists()

    def _get(
        self, connection: sqlite3.Connection, service: str, keys: list[str], max_age: float | None
    ) -> dict[str, Stored]:
        import zstandard

        decompress = zstandard.ZstdDecompressor().decompress
        limit = math.inf if max_age is None else max_age
        now = self._now()
        found: dict[str, Stored] = {}
        for at in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[at : at + _KEYS_AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = connection.execute(
                f"SELECT key, raw, reason, fetched_at FROM answers WHERE service = ? AND key IN ({marks})",
                (service, *some),
            )
            for key, raw, reason, fetched_at in rows:
                age = abs(now - fetched_at)  # a clock that was put back makes an answer no fresher
                if raw is None and age <= min(limit, ABSENT_AGE):
                    found[key] = Stored(Missing(reason=reason), fetched_at)
                elif raw is not None and age <= limit:
                    with contextlib.suppress(zstandard.ZstdError):  # a damaged answer is one that is not there
                        found[key] = Stored(decompress(raw), fetched_at)
        return found

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does the work; where the file is at fault, once more on a new file, and at last on one of this run only."""
        import sqlite3

        with self._lock:
            for _ in range(2):
                try:
                    return work(self._connect())
                except sqlite3.DatabaseError as error:
                    if self._for_this_run:
                        raise
                    if not (_is_damage(error) and self._set_aside(error)):
                        self._give_up(str(error))
            return work(self._connect())

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self._for_this_run:
                self._open()
            if self._for_this_run:
                self._connection = _connection("")
                self._connection.execute(_TABLE)
        assert self._connection is not None
        return self._connection

    def _open(self) -> None:
        import sqlite3

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._give_up(error.strerror or str(error))
            return
        connection = _connection(self.path)
        try:
            if foreign := _foreign(connection):
                connection.close()
                self._give_up(foreign)
                return
            with contextlib.suppress(sqlite3.OperationalError):  # some file systems have none; then it goes without
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if connection.execute("PRAGMA user_version").fetchone() != (_SCHEMA,):
                with _transaction(connection):
                    connection.execute(_TABLE)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {_SCHEMA}")
        except BaseException:
            connection.close()
            raise
        finally:
            self._opened = _inode(self.path)
        self._connection = connection

    def _set_aside(self, error: Exception) -> bool:
        """Whether the damaged file is out of the way, set aside here or by another refmill."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if _inode(self.path) != self._opened:
            return True
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.corrupt-{number}")).exists():
            number += 1
        try:
            for file in _beside(self.path):
                file.unlink(missing_ok=True)
            self.path.rename(aside)
        except OSError:
            return False
        self._say(f"{self.path}: the store of answers is damaged ({error}); it is now {aside.name}, a new one is begun")
        return True

    def _give_up(self, reason: str) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._for_this_run = True
        self._say(f"{self.path}: answers are kept for this run only: {reason}")


def _place(path: str | Path | None) -> Path:
    named = path or os.environ.get("REFMILL_STORE")
    if not named:
        import platformdirs

        return platformdirs.user_cache_path("refmill") / "answers.sqlite"
    place = Path(os.path.expanduser(named))  # noqa: PTH111 - Path.expanduser raises where there is no such user
    return place / "answers.sqlite" if place.is_dir() else place


def _connection(path: str | Path) -> sqlite3.Connection:
    """In autocommit; "" is a database of its own on the system's temporary disk."""
    import sqlite3

    return sqlite3.connect(path, timeout=_LOCKED_FOR, isolation_level=None, check_same_thread=False)


def _foreign(connection: sqlite3.Connection) -> str:
    """Why this file must not be written to, or "": it is a store of this or an older refmill, or new."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if application == _APPLICATION:
        return "it was made by a newer refmill" if schema > _SCHEMA else ""
    return "it is a database of another program" if application or schema or tables else ""


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _put(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    with _transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", rows)


def _counts(connection: sqlite3.Connection) -> dict[str, Count]:
    rows = connection.execute(
        "SELECT service, COUNT(raw), COUNT(*) - COUNT(raw), MIN(fetched_at), MAX(fetched_at) FROM answers"
        " GROUP BY service ORDER BY service"
    )
    return {service: Count(*counted) for service, *counted in rows}


def _clear(connection: sqlite3.Connection, service: str | None) -> int:
    import sqlite3

    with _transaction(connection):
        forgotten = connection.execute("DELETE FROM answers WHERE service = coalesce(?, service)", (service,)).rowcount
    with contextlib.suppress(sqlite3.OperationalError):  # another refmill is reading: the space comes back later
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return forgotten


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    import sqlite3

    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
