"""The tables of the store, how older ones are brought up to date, and the statements on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "KEYS_AT_ONCE",
    "Count",
    "Pushes",
    "Stats",
    "clear",
    "counts",
    "create",
    "foreign",
    "insert",
    "migrate",
    "pushed",
]

_APPLICATION: Final = 0x7265666D
"""What marks a SQLite file as ours, so that no other program's is touched."""

_SCHEMA: Final = 2
_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS answers (
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    raw BLOB,        -- zstd; NULL where the service does not know the key
    reason TEXT,     -- why not
    fetched_at REAL NOT NULL,
    PRIMARY KEY (service, key)
)""",
    """
CREATE TABLE IF NOT EXISTS pushed (
    library TEXT NOT NULL,
    name TEXT NOT NULL,
    pushed_at REAL NOT NULL,
    PRIMARY KEY (library, name)
)""",
)
_MIGRATION: Final = (
    # Schema 1 had pushes among the answers. A file that is none yet has nothing to move.
    "INSERT OR IGNORE INTO pushed SELECT substr(service, 6), key, fetched_at FROM answers"
    " WHERE service GLOB 'push:*' AND raw IS NOT NULL",
    "DELETE FROM answers WHERE service GLOB 'push:*'",
)
KEYS_AT_ONCE: Final = 500


class Count(msgspec.Struct, frozen=True):
    """How many answers of one service are stored, how many keys it does not know, and the oldest and newest of both."""

    answers: int
    absent: int
    oldest: float
    newest: float


class Pushes(msgspec.Struct, frozen=True):
    """How many entries were pushed into a library, and when the first and the last of them."""

    entries: int
    oldest: float
    newest: float


class Stats(msgspec.Struct, frozen=True):
    """Where the store is, its bytes on disk (0 where there is none yet), answers by service, pushes by library."""

    path: Path
    size: int
    services: dict[str, Count]
    pushes: dict[str, Pushes]


def create(connection: sqlite3.Connection) -> None:
    """Make the tables that are not there."""
    for table in _TABLES:
        connection.execute(table)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a new or an older file to this schema, in one transaction."""
    if connection.execute("PRAGMA user_version").fetchone() == (_SCHEMA,):
        return
    with _transaction(connection):
        create(connection)
        for statement in _MIGRATION:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")


def foreign(connection: sqlite3.Connection) -> str:
    """Why this file must not be written to, or "": it is a store of this or an older refmill, or new."""
    # in one read, or it may see half of what another refmill makes of a new file
    application, schema, tables = connection.execute(
        "SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_master)"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
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


def insert(connection: sqlite3.Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert the rows in one transaction."""
    with _transaction(connection):
        connection.executemany(statement, rows)


def pushed(connection: sqlite3.Connection, library: str, names: list[str]) -> set[str]:
    """The names among these that are in the table of pushes."""
    found: set[str] = set()
    for at in range(0, len(names), KEYS_AT_ONCE):
        some = names[at : at + KEYS_AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = connection.execute(f"SELECT name FROM pushed WHERE library = ? AND name IN ({marks})", (library, *some))
        found.update(name for (name,) in rows)
    return found


def counts(connection: sqlite3.Connection) -> tuple[dict[str, Count], dict[str, Pushes]]:
    """What the tables hold: answers by service, pushes by library."""
    answers = connection.execute(
        "SELECT service, COUNT(raw), COUNT(*) - COUNT(raw), MIN(fetched_at), MAX(fetched_at) FROM answers"
        " GROUP BY service ORDER BY service"
    )
    services = {service: Count(*counted) for service, *counted in answers}
    pushes = connection.execute(
        "SELECT library, COUNT(*), MIN(pushed_at), MAX(pushed_at) FROM pushed GROUP BY library ORDER BY library"
    )
    return services, {library: Pushes(*counted) for library, *counted in pushes}


def clear(connection: sqlite3.Connection, statement: str, name: str | None) -> int:
    """Delete what the statement selects by name, None for all, and give the space back; return how many rows."""
    import sqlite3

    with _transaction(connection):
        forgotten = connection.execute(statement, (name,)).rowcount
    with contextlib.suppress(sqlite3.OperationalError):  # another refmill is reading: the space comes back later
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return forgotten
