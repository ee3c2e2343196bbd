"""What a harvest keeps on the disk: the part of the output that is fetched, and beside it how far it is.

Both are there from the first page until the output is whole, and whatever ends a run, the next one goes on from the
last page of which both tell.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from refmill.errors import UsageError

if sys.platform != "win32":
    import fcntl

__all__ = ["Files", "Harvested"]

_Count = Annotated[int, msgspec.Meta(ge=0)]


class Harvested(msgspec.Struct):
    """How far a harvest is.

    - `url`, `query`: whom it asks for what.
    - `token`: of the next page; "" where the list is asked for from the day `since` on, or from its beginning.
    - `is_whole`: nothing is left to ask for.
    - `size`: bytes of the part file.
    - `records`, `deleted`: how many there are, the deleted ones among them, and how many those are.
    - `day`, `seen`: the newest date stamp, and the records that bear it, which no second answer may add again.
    - `is_sorted`: no date stamp was older than one before it.
    - `refused_at`, `refusals`: the newest date stamp when a token was refused, and how often that was in a row
      without a newer one.
    """

    url: str
    query: dict[str, str]
    token: str = ""
    is_whole: bool = False
    size: _Count = 0
    pages: _Count = 0
    records: _Count = 0
    deleted: _Count = 0
    day: str = ""
    seen: set[str] = msgspec.field(default_factory=set)
    is_sorted: bool = True
    refused_at: str = ""
    refusals: _Count = 0

    @property
    def since(self) -> str:
        """The day from which on a list is asked for that was asked for before, "" where no part of it is sure."""
        return self.refused_at if self.is_sorted else ""


class Files:
    """The files of a harvest into `path`. As a context manager, it keeps other harvests off and removes empty ones.

    Raises UsageError where the path cannot be written, and where another harvest is writing it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._output = _file(path)
        self._part, self._state = (self._output.with_name(self._output.name + end) for end in (".part", ".harvest"))
        self._is_renamed = False  # and what bears the part's name now is another harvest's
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Files:
        try:
            self._stack.enter_context(_locked(self._part))
        except BlockingIOError as error:
            raise UsageError(f"{self._path}: another harvest is writing it; wait for its end") from error
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(self, *exception: object) -> None:
        with self._stack, contextlib.suppress(OSError):
            if not self._is_renamed and not self._state.exists():
                self._part.unlink(missing_ok=True)

    def begun(self, url: str, query: Mapping[str, str]) -> Harvested:
        """How far a harvest of this is. Raises UsageError where another one was begun, or its files do not fit."""
        try:
            done = msgspec.json.decode(self._state.read_bytes(), type=Harvested)
        except FileNotFoundError:
            return Harvested(url, dict(query))
        except (OSError, msgspec.MsgspecError) as error:
            raise UsageError(f"{self._state}: cannot be read ({error}); delete it to begin anew") from error
        if (done.url, done.query) != (url, query):
            asked = " ".join(f"{name}={value}" for name, value in done.query.items())
            raise UsageError(
                f"{self._state}: another query is under way: {asked}, of {done.url}; finish it, or delete the file"
            )
        was_renamed = done.is_whole and not _size(self._part) and _size(self._output) == done.size
        if _size(self._part) < done.size and not was_renamed:
            raise UsageError(f"{self._part}: what was fetched before is gone; delete {self._state} to begin anew")
        return done

    def add(self, text: bytes, done: Harvested) -> None:
        """Writes what comes next in the output, and keeps how far the harvest is with it."""
        try:
            with self._part.open("ab") as stream:
                stream.truncate(done.size)
                stream.write(gzip.compress(text, mtime=0) if self._output.suffix == ".gz" else text)
                stream.flush()
                os.fsync(stream.fileno())
                done.size = stream.tell()
        except OSError as error:
            raise self._unwritable(error) from error
        self.keep(done)

    def keep(self, done: Harvested) -> None:
        new = self._state.with_name(self._state.name + ".new")
        try:
            new.write_bytes(msgspec.json.encode(done, order="deterministic"))
            new.replace(self._state)
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self, done: Harvested) -> None:
        """Gives the part its name; where a run was ended amid this, the next one comes here too."""
        try:
            if _size(self._part):
                os.truncate(self._part, done.size)
                if self._output.exists():
                    shutil.copymode(self._output, self._part)
                self._part.replace(self._output)
                self._is_renamed = True
            self._state.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path}: cannot be written: {error.strerror or error}")


def _file(path: str) -> Path:
    """The file that a path leads to, over all symbolic links."""
    if path == "-":
        raise UsageError("-o -: a harvest goes on in its file when it was interrupted; name a file")
    try:
        file = Path(path).resolve()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise UsageError(f"{path}: cannot be written: {error}") from error
    if file.is_dir():
        raise UsageError(f"{path}: cannot be written: it is a folder; name a file in it")
    if file.exists() and not file.is_file():
        raise UsageError(f"{path}: cannot be written: it is a device; name a file")
    return file


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the file, made where there is none. Raises BlockingIOError where another process does."""
    if sys.platform == "win32":  # which renames no file that is open
        path.touch()
        yield
        return
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if _is_held(handle, path):
                yield
                return
        finally:
            os.close(handle)


def _is_held(handle: int, path: Path) -> bool:
    """Whether the lock is on the file that bears the name: who held it before may have renamed or removed that."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return True  # a file system without locks
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
