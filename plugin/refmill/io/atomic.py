"""The one place that creates or replaces a file of the user: whole or not at all.

What is written goes to a private temporary file in the folder of its target and takes its place when everything is
whole. So two runs on one target cannot mix, and whatever ends a run, the old file is there or the new one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from types import TracebackType
from typing import IO, Protocol

from refmill.errors import UsageError
from refmill.io.file_names import is_stdout, is_stream, open_descriptor, real_path, unwritable
from refmill.stopping import pass_last_step, signals_held
from refmill_hooks._private_file import PrivateFile

__all__ = ["Files", "Target", "close_quietly"]

_STDOUT_IS_WRITTEN = threading.Lock()
"""Held by the one run of this process that writes to stdout."""

_RENAMED_IN_TURN = threading.Lock()
"""Held by the run that puts its files in place, so that those of one run stand together."""


class SupportsClose(Protocol):
    """A stream of bytes or text."""

    def close(self) -> None: ...


class Files:
    """Files that are written together. As a context manager, it puts all in place, or after an error none.

    A signal that asks the run to end comes before the first of them is in place, or behind the last. Raises UsageError
    where one cannot be written.
    """

    def __init__(self) -> None:
        self._targets: list[Target] = []

    def open(self, path: str) -> Target:
        """Begin to write a file; `-` is stdout, and devices and pipes are written as they are."""
        target = Target(path)
        self._targets.append(target)  # first, so that an interrupt amid the next line finds what to remove
        target.open()
        return target

    def give_up(self, target: Target) -> None:
        """Leave one target as it was."""
        target.discard()
        self._targets.remove(target)

    def finish(self) -> None:
        """Bring everything to the disk, so that only new names are left to be given. Raises UsageError."""
        for target in self._targets:
            target.finish()

    def take(self, others: Files) -> None:
        """Take over what others have begun, to put it in place with these."""
        self._targets += others._targets
        others._targets = []

    def discard(self) -> None:
        """Leave all targets as they were."""
        for target in self._targets:
            target.discard()

    def commit(self) -> None:
        """Put all files in place; where that fails amid them, all are as they were. Raises UsageError."""
        self.finish()
        several = self._targets if len(self._targets) > 1 else []
        for target in several:
            target.hold_old()
        with signals_held(), _RENAMED_IN_TURN:
            try:
                for target in self._targets:
                    target.replace()
            except BaseException:
                with contextlib.ExitStack() as stack:  # each is put back, whatever becomes of the others
                    for target in several:
                        stack.callback(target.restore)
                raise
            if self._targets:
                pass_last_step()
        self.discard()
        self._targets = []

    def __enter__(self) -> Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            self.discard()


class Target:
    """A file that is being written; its errors are UsageErrors that name it as the user does."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._is_stdout = is_stdout(path)
        self._private: PrivateFile | None = None
        self._stream: IO[bytes] | None = None
        self._old: PrivateFile | None = None
        self._is_replacing = False
        self._holds_stdout = False

    def open(self) -> None:
        """Open the stream. Raises UsageError."""
        try:
            if self._is_stdout:
                if not _STDOUT_IS_WRITTEN.acquire(blocking=False):
                    raise UsageError(f"{self.path}: another thread writes to stdout; wait for its end")
                self._holds_stdout = True
                try:
                    self._stream = sys.stdout.buffer
                except AttributeError as error:
                    raise UsageError(f"{self.path}: stdout takes no bytes here; name a file") from error
                return
            if is_stream(self.path):
                number = open_descriptor(self.path)
                flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
                own = os.open(self.path, flags) if number is None else os.dup(number)
                self._stream = os.fdopen(own, "wb")
                return
            real = real_path(self.path)
            self._private = PrivateFile(real)
            self._is_replacing = real.exists()
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            self._stream = os.fdopen(self._private.open(), "wb")
        except OSError as error:
            where = f"no file can be made in {real.parent}"
            raise UsageError(f"{self.path}: cannot be written: {where}: {error.strerror or error}") from error

    def write(self, data: bytes | memoryview) -> None:
        """Write what comes next. Raises UsageError, and BrokenPipeError for stdout."""
        assert self._stream
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self) -> None:
        """Bring it to the disk, ready to be put in place. Raises UsageError, and BrokenPipeError for stdout."""
        stream = self._stream
        if stream is None:
            return
        try:
            stream.flush()
            if self._is_replacing:
                os.fsync(stream.fileno())  # the old file is given up for what is surely there
            if not self._is_stdout:
                self._stream = None
                stream.close()
            if self._private:
                self._private.dress()
        except OSError as error:
            raise self._unwritable(error) from error

    def replace(self) -> None:
        """Put the file in place. Raises UsageError."""
        if self._private:
            try:
                self._private.replace()
            except OSError as error:
                raise self._unwritable(error) from error

    def hold_old(self) -> None:
        """Hold the file that is there, to be put back where another one of the run cannot be put in place."""
        if self._private:
            self._old = PrivateFile(self._private.target)
            try:
                self._old.hold(self._private.target)
            except FileNotFoundError:
                self._old = None
            except OSError as error:
                raise self._unwritable(error) from error

    def restore(self) -> None:
        """Put back what was there before `replace`. Raises UsageError."""
        if not (self._private and self._private.is_in_place()):
            return
        if self._old is None:
            self._private.withdraw()
            return
        try:
            self._old.replace()
        except OSError as error:
            self._old.keep()
            raise UsageError(f"{self.path}: cannot be put back: {error.strerror}; it is in {self._old.path}") from error

    def discard(self) -> None:
        """Remove what is not in place."""
        if self._stream and not self._is_stdout:
            close_quietly(self._stream)
        self._stream = None
        if self._holds_stdout:
            self._holds_stdout = False
            _STDOUT_IS_WRITTEN.release()
        for private in (self._private, self._old):
            if private:
                private.discard()

    def _unwritable(self, error: OSError) -> Exception:
        if isinstance(error, BrokenPipeError) and self._is_stdout:
            return error
        return unwritable(self.path, error)


def close_quietly(stream: SupportsClose) -> None:
    """Close a temporary file; what of it cannot be written is of no use any more."""
    with contextlib.suppress(OSError):
        stream.close()
