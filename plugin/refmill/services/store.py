"""The store: one SQLite file in the user's cache folder with the answers of services, so that nothing is asked twice.

Beside them it remembers what was pushed into a library: not an answer that can be had again, so it does not go when
the answers are cleared.

Made for being killed at any moment and for several refmills at once: the file is in WAL mode, each `put` is one short
transaction, whoever finds the file locked waits.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from refmill.services import store_tables
from refmill.services.store_tables import Count, Pushes, Stats
from refmill_hooks import Missing

if TYPE_CHECKING:
    import sqlite3

__all__ = ["ABSENT_AGE", "MAX_AGE", "Count", "Pushes", "Stats", "Store", "Stored"]

DAY: Final = 86400.0
MAX_AGE: Final = 7 * DAY
"""How long an answer that may change is believed, in seconds."""

ABSENT_AGE: Final = DAY
"""How long it is believed that a service does not know a key: arXiv's index changes once a day."""

_LOCKED_FOR: Final = 10.0
"""Seconds to wait for another refmill to finish a transaction."""

T = TypeVar("T")


class Stored(msgspec.Struct, frozen=True):
    """An answer, raw as the service gave it or `Missing`, and when it was given (seconds since 1970)."""

    answer: bytes | Missing
    fetched_at: float


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
        """Close the database; the next question opens it again."""
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
            statement = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)"
            self._run(lambda connection: store_tables.insert(connection, statement, rows))

    def stats(self) -> Stats:
        """What is kept, by service, and the bytes it takes; a store that is not there is not made."""
        services, pushes = self._run(store_tables.counts) if self._exists() else ({}, {})
        files = [self.path, *_beside(self.path)]
        return Stats(self.path, sum(file.stat().st_size for file in files if file.is_file()), services, pushes)

    def clear(self, service: str | None = None) -> int:
        """Forgets all answers, or those of one service, and gives the space back; returns how many there were."""
        statement = "DELETE FROM answers WHERE service = coalesce(?, service)"
        return self._run(lambda connection: store_tables.clear(connection, statement, service)) if self._exists() else 0

    def pushed(self, library: str, names: Iterable[str]) -> set[str]:
        """Those of the names that were pushed into the library."""
        wanted = list(names)
        if not self._exists():
            return set()
        return self._run(lambda connection: store_tables.pushed(connection, library, wanted))

    def remember_pushed(self, library: str, names: Iterable[str]) -> None:
        """Remembers, in one transaction, what was pushed into a library."""
        rows = [(library, name, self._now()) for name in names]
        if rows:
            statement = "INSERT OR REPLACE INTO pushed VALUES (?, ?, ?)"
            self._run(lambda connection: store_tables.insert(connection, statement, rows))

    def forget_pushed(self, library: str | None = None) -> int:
        """Forgets what was pushed into all libraries, or into one; returns how many entries these were."""
        statement = "DELETE FROM pushed WHERE library = coalesce(?, library)"
        return self._run(lambda connection: store_tables.clear(connection, statement, library)) if self._exists() else 0

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
        for at in range(0, len(keys), store_tables.KEYS_AT_ONCE):
            some = keys[at : at + store_tables.KEYS_AT_ONCE]
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
                store_tables.create(self._connection)
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
            if reason := store_tables.foreign(connection):
                connection.close()
                self._give_up(reason)
                return
            with contextlib.suppress(sqlite3.OperationalError):  # some file systems have none; then it goes without
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            store_tables.migrate(connection)
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
        what = "the store of answers and of what was pushed is damaged"
        self._say(f"{self.path}: {what} ({error}); it is now {aside.name}, a new one is begun")
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
