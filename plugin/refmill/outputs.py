"""Writes entries to several outputs in one pass: to a part file beside the target, renamed when it is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, TextIO, cast

from refmill.builtin.spool import Spool
from refmill.errors import UsageError
from refmill.ready import Ready, Shard
from refmill.registry import Registry
from refmill.report import Report
from refmill_hooks import Entry, Exporter

__all__ = ["STDOUT", "Output", "Outputs"]

STDOUT: Final = "-"
_BUFFERED: Final = 1 << 17
"""Bytes joined before they are written."""


@dataclass(frozen=True)
class Output:
    """Where to write (`-`: stdout), in which format, with which options."""

    path: str
    exporter: Exporter[Any]
    options: Any


class Outputs:
    """The open outputs. Leaving the context without an error renames the part files; an error leaves all as it was.

    Raises UsageError where a target cannot be written.
    """

    def __init__(self, outputs: Sequence[Output], registry: Registry, report: Report) -> None:
        self._report = report
        self._stack = contextlib.ExitStack()
        self._outputs = outputs
        self._registry = registry
        self._writers: list[_Rendered | _Whole] = []

    def __enter__(self) -> Outputs:
        try:
            for number, output in enumerate(self._outputs):
                stream = self._stack.enter_context(_target(output.path))
                kind = _Rendered if output.exporter.render else _Whole
                self._writers.append(kind(number, output, stream, self._registry, self._report))
            if any(output.path == STDOUT for output in self._outputs):
                # What a plugin prints must not end up in the output.
                self._stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        except BaseException as error:
            self._stack.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        try:
            for writer in self._writers:
                writer.finish()
                self._report.summary.written[writer.output.path] = writer.count
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._stack.close()

    def write(self, entries: Iterable[Entry]) -> None:
        """Writes them all, in their order."""
        adds = [writer.add for writer in self._writers]
        for entry in entries:
            if isinstance(entry, Ready) and entry.key != entry.rendered_key:
                entry = entry.whole()
            for add in adds:
                add(entry)


class _Rendered:
    """An output whose exporter renders one entry after the other."""

    def __init__(self, number: int, output: Output, stream: BinaryIO, registry: Registry, report: Report) -> None:
        self.output = output
        self._number = number
        self.count = 0
        self._stream = stream
        self._registry = registry
        self._report = report
        assert output.exporter.render
        self._render = output.exporter.render
        self._options = output.options
        self._between = output.exporter.between.encode("utf-8", "replace")
        self._lead = b""
        """What parts the next entry from what is written."""
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self._shard: Shard | None = None  # of which entries begin to end are still to be put
        self._begin = self._end = 0
        self._write(_around(output.exporter.opening, output.options).encode("utf-8", "replace"))

    def add(self, entry: Entry) -> None:
        if isinstance(entry, Ready):
            # Its text is good; those that follow each other in their shard are taken over at one go.
            if entry.at != self._end or entry.shard is not self._shard:
                self._put_run()
                self._shard, self._begin = entry.shard, entry.at
            self._end = entry.at + 1
            return
        try:
            text = self._render(entry, self._options).encode("utf-8", "replace")
        except Exception as error:
            self._refuse(entry, error)
            return
        self._put(text)
        self.count += 1

    def _put_run(self) -> None:
        if self._shard is not None:
            shard, self._shard = self._shard, None
            self.count += self._end - self._begin
            ends = shard.ends[self._number]
            start = ends[self._begin - 1] if self._begin else 0
            self._put(shard.texts[self._number][start : ends[self._end - 1] - len(self._between)])

    def _put(self, text: bytes | memoryview) -> None:
        if self._shard is not None:
            self._put_run()
        if self._parts and self._size + len(text) > _BUFFERED:
            self._flush()
        self._parts.append(text)
        self._size += len(text)

    def _refuse(self, entry: Entry, error: Exception) -> None:
        exporter = self.output.exporter
        if not isinstance(error, ValueError):
            self._registry.fault(exporter, error)
        self._report.unwritten(self.output.path, entry, f"the exporter {exporter.name} cannot write it: {error}")

    def _flush(self) -> None:
        self._write(self._lead)
        self._write(self._parts[0] if len(self._parts) == 1 else self._between.join(self._parts))
        self._lead = self._between
        self._parts = []
        self._size = 0

    def _write(self, data: bytes | memoryview) -> None:
        try:
            self._stream.write(data)
        except OSError as error:
            raise _unwritable(self.output.path, error) from error

    def finish(self) -> None:
        self._put_run()
        if self._parts:
            self._flush()
        self._write(_around(self.output.exporter.closing, self._options).encode("utf-8", "replace"))


class _Whole:
    """An output whose exporter must see all entries: they wait in a temporary file."""

    def __init__(self, number: int, output: Output, stream: BinaryIO, registry: Registry, report: Report) -> None:
        self.output = output
        self._number = number
        self.count = 0
        self._stream = stream
        self._registry = registry
        self._report = report
        self._spool = Spool()

    def add(self, entry: Entry) -> None:
        self._spool.add(entry)

    def finish(self) -> None:
        exporter = self.output.exporter
        assert exporter.write
        text = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="\n")
        with self._spool, text:
            try:
                exporter.write(self._replayed(), cast(TextIO, text), self.output.options)
            except Exception as error:
                self._registry.fault(exporter, error)
                raise UsageError(f"{self.output.path}: the exporter {exporter.name} failed: {error}") from error
            text.flush()
            text.seek(0)
            try:
                shutil.copyfileobj(cast(IO[bytes], text.buffer), cast(IO[bytes], self._stream))
            except OSError as error:
                raise _unwritable(self.output.path, error) from error

    def _replayed(self) -> Iterator[Entry]:
        for entry in self._spool:
            self.count += 1
            yield entry


def _around(text: Any, options: Any) -> str:
    return str(text(options)) if callable(text) else str(text)


@contextlib.contextmanager
def _target(path: str) -> Iterator[BinaryIO]:
    """A stream to the part file of a path, renamed at the end; to stdout or a device as it is."""
    if path == STDOUT:
        stream = sys.stdout.buffer
        try:
            yield cast(BinaryIO, stream)
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush at exit
        return
    target = Path(path).resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        with _closed(path, target.open("wb")) as device:
            yield device
        return
    part = target.with_name(target.name + ".part")
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        stream_ = part.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with _closed(path, stream_) as whole:
            yield whole
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _closed(path: str, stream: IO[bytes]) -> Iterator[BinaryIO]:
    """The last bytes are written when it is closed: that they cannot be is told like what cannot be written before."""
    try:
        yield cast(BinaryIO, stream)
    except BaseException:
        with contextlib.suppress(OSError):
            stream.close()
        raise
    try:
        stream.close()
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> UsageError:
    if isinstance(error, BrokenPipeError):
        raise error
    return UsageError(f"{path}: cannot be written: {error.strerror or error}")
