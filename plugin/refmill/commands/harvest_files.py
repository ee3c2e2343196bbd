"""What a harvest keeps on the disk: the part of the output that is fetched, and beside it how far it is.

Both are there from the first page until the output is whole, and whatever ends a run, the next one goes on from the
last page of which both tell. The part has a name that nobody else's file has; the state, `OUTPUT.harvest`, tells it.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from refmill.errors import UsageError
from refmill.io.file_names import real_path
from refmill.stopping import pass_last_step, signals_held
from refmill_hooks._private_file import PrivateFile

if sys.platform != "win32":
    import fcntl

__all__ = ["Files", "Harvested"]

_Count = Annotated[int, msgspec.Meta(ge=0)]
_PartName = Annotated[str, msgspec.Meta(pattern=r"^(\.refmill-[0-9a-f]{16})?$")]


class Harvested(msgspec.Struct):
    """How far a harvest is.

    - `url`, `query`: whom it asks for what.
    - `part`: the name of the part file.
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
    part: _PartName = ""
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
        self._output = real_path(path)
        self._state = real_path(self._output.with_name(self._output.name + ".harvest"))
        self._lock = _Lock(self._state)
        self._private = PrivateFile(self._output)
        self._is_empty = False

    def __enter__(self) -> Files:
        try:
            self._lock.take()
        except BlockingIOError as error:
            self._lock.release()
            raise UsageError(f"{self._path}: another harvest is writing it; wait for its end") from error
        except OSError as error:
            self._lock.release()
            raise self._unwritable(error) from error
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            if self._lock.is_new or self._is_empty:
                self._state.unlink()
                self._private.path.unlink(missing_ok=True)
        self._lock.release()

    def begun(self, url: str, query: Mapping[str, str]) -> Harvested:
        """How far a harvest of this is. Raises UsageError where another one was begun, or its files do not fit."""
        if self._lock.is_new or not _size(self._state):  # empty: a run was killed at its beginning
            try:
                os.close(self._private.open())
                self._private.dress()
            except OSError as error:
                raise self._unwritable(error) from error
            done = Harvested(url, dict(query), self._private.path.name)
            self.keep(done)
            self._private.keep()
            self._is_empty = True
            return done
        try:
            done = msgspec.json.decode(self._state.read_bytes(), type=Harvested)
            if not done.part:
                raise msgspec.ValidationError("it names no part file")
        except (OSError, msgspec.MsgspecError) as error:
            raise UsageError(
                f"{self._state}: cannot be read ({error}); delete it to begin anew, and with it the file "
                f".refmill-… in {self._output.parent} that holds what was fetched"
            ) from error
        part = self._part(done)
        if (done.url, done.query) != (url, query):
            asked = " ".join(f"{name}={value}" for name, value in done.query.items())
            raise UsageError(
                f"{self._state}: another query is under way: {asked}, of {done.url}; finish it, or delete the file "
                f"and {part}, which holds what was fetched"
            )
        was_renamed = done.is_whole and not _size(part) and _size(self._output) == done.size
        if _size(part) < done.size and not was_renamed:
            raise UsageError(f"{part}: what was fetched before is gone; delete {self._state} to begin anew")
        return done

    def add(self, text: bytes, done: Harvested) -> None:
        """Writes what comes next in the output, and keeps how far the harvest is with it."""
        try:
            with self._part(done).open("ab") as stream:
                stream.truncate(done.size)
                stream.write(gzip.compress(text, mtime=0) if self._output.suffix == ".gz" else text)
                stream.flush()
                os.fsync(stream.fileno())
                done.size = stream.tell()
        except OSError as error:
            raise self._unwritable(error) from error
        self.keep(done)

    def keep(self, done: Harvested) -> None:
        """Keeps how far the harvest is. Raises UsageError."""
        try:
            self._lock.replace(msgspec.json.encode(done, order="deterministic"))
        except OSError as error:
            raise self._unwritable(error) from error
        self._is_empty = False

    def finish(self, done: Harvested) -> None:
        """Gives the part its name; where a run was ended amid this, the next one comes here too."""
        part = self._part(done)
        try:
            if _size(part):
                os.truncate(part, done.size)
                if self._output.exists():
                    shutil.copymode(self._output, part)
            with signals_held():
                if _size(part):
                    part.replace(self._output)
                self._state.unlink(missing_ok=True)
                pass_last_step()
        except OSError as error:
            raise self._unwritable(error) from error

    def _part(self, done: Harvested) -> Path:
        return self._output.with_name(done.part)

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path}: cannot be written: {error.strerror or error}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class _Lock:
    """Holds the state file of a harvest, made where there is none; who holds it may replace it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self.is_new = False
        """Whether the file was made here and holds nothing yet."""

    def take(self) -> None:
        """Raises BlockingIOError where another process holds it, OSError."""
        while True:
            self._open()
            if sys.platform == "win32" or self._is_held():
                return
            self.release()

    def _open(self) -> None:
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            self.is_new = True
        except FileExistsError:
            self.is_new = False
            with contextlib.suppress(FileNotFoundError):  # removed since
                self._handle = os.open(self._path, os.O_RDWR)

    def replace(self, content: bytes) -> None:
        """Replaces the file that is held by a new one with this content, and holds that. Raises OSError."""
        new = PrivateFile(self._path)
        try:
            handle = new.open()
            try:
                with os.fdopen(handle, "wb", closefd=False) as stream:
                    stream.write(content)
                new.dress()
                if sys.platform == "win32":  # which replaces no file that is open
                    os.close(handle)
                    self.release()
                    handle = -1
                else:
                    with contextlib.suppress(OSError):  # a file system without locks
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                new.replace()
                handle, self._handle = self._handle, handle
                self.is_new = False
            finally:
                if handle >= 0:
                    os.close(handle)
        finally:
            new.discard()

    def release(self) -> None:
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            os.close(handle)

    def _is_held(self) -> bool:
        """Whether the lock is on the file that bears the name: who held it before may have replaced or removed that."""
        if self._handle < 0:
            return False
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return True  # a file system without locks
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False
