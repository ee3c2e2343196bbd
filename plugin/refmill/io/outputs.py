"""Writes entries to several outputs in one pass."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, TextIO, cast

from refmill.errors import UsageError
from refmill.io.atomic import Files, Target, close_quietly
from refmill.io.file_names import is_stdout
from refmill.io.ready import Ready, Shard
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Entry, Exporter
from refmill_hooks.spool import Spool

__all__ = ["Output", "Outputs"]

_BUFFERED: Final = 1 << 17
"""Bytes joined before they are written."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of temporary files that are no fault of the exporter which writes there."""


@dataclass(frozen=True)
class Output:
    """Where to write (`-`: stdout), in which format, with which options."""

    path: str
    exporter: Exporter[Any]
    options: Any


class Outputs:
    """The open outputs. Leaving the context without an error makes them whole; `files` then puts them in place.

    Raises UsageError where a target cannot be written.
    """

    def __init__(self, outputs: Sequence[Output], registry: Registry, report: Report, files: Files) -> None:
        self._report = report
        self._files = files
        self._stack = contextlib.ExitStack()
        self._outputs = outputs
        self._registry = registry
        self._writers: list[_Rendered | _Whole] = []

    def __enter__(self) -> Outputs:
        try:
            for number, output in enumerate(self._outputs):
                stream = self._files.open(output.path)
                kind = _Rendered if output.exporter.render else _Whole
                self._writers.append(kind(number, output, stream, self._registry, self._report))
            if any(is_stdout(output.path) for output in self._outputs):
                # What a plugin prints must not end up in the output.
                self._stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        except BaseException as error:
            self._stack.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if error is None:
                for writer in self._writers:
                    writer.finish()
                    path = writer.output.path
                    if writer.refused and not writer.count:
                        self._files.give_up(writer.target)
                        self._report.note(f"{path}: left as it was, for none of the entries could be written")
                    else:
                        self._report.summary.written[path] = writer.count
                self._files.finish()

    def write(self, entries: Iterable[Entry]) -> None:
        """Writes them all, in their order."""
        adds = [writer.add for writer in self._writers]
        for entry in entries:
            if isinstance(entry, Ready) and entry.key != entry.rendered_key:
                entry = entry.whole()
            for add in adds:
                add(entry)


class _Writer:
    """An open output. `count`: entries that were written; `refused`: those that the exporter could not write."""

    def __init__(self, number: int, output: Output, target: Target, registry: Registry, report: Report) -> None:
        self.output = output
        self.target = target
        self.count = 0
        self.refused = 0
        self._number = number
        self._registry = registry
        self._report = report

    def _failed(self, error: Exception) -> UsageError:
        """Note the fault of the exporter; what to raise where the output cannot go on without it."""
        exporter = self.output.exporter
        self._registry.fault(exporter, error)
        return UsageError(f"{self.output.path}: the exporter {exporter.name} failed: {error}")


class _Rendered(_Writer):
    """An output whose exporter renders one entry after the other."""

    def __init__(self, number: int, output: Output, target: Target, registry: Registry, report: Report) -> None:
        super().__init__(number, output, target, registry, report)
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
        self._write(self._around(output.exporter.opening))

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
        self.refused += 1
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
        self.target.write(data)

    def finish(self) -> None:
        self._put_run()
        if self._parts:
            self._flush()
        self._write(self._around(self.output.exporter.closing))

    def _around(self, text: Any) -> bytes:
        """What stands in front of all entries or behind them. Raises UsageError where the exporter fails."""
        try:
            return str(text(self._options) if callable(text) else text).encode("utf-8", "replace")
        except Exception as error:
            raise self._failed(error) from error


class _Whole(_Writer):
    """An output whose exporter must see all entries: they wait in a temporary file."""

    def __init__(self, number: int, output: Output, target: Target, registry: Registry, report: Report) -> None:
        super().__init__(number, output, target, registry, report)
        self._spool = Spool()

    def add(self, entry: Entry) -> None:
        try:
            self._spool.add(entry)
        except OSError as error:
            raise self._no_room(error) from error

    def finish(self) -> None:
        exporter = self.output.exporter
        assert exporter.write
        with self._spool, contextlib.ExitStack() as stack:
            try:
                text = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="\n")
                stack.callback(close_quietly, text)
                exporter.write(self._replayed(), cast(TextIO, text), self.output.options)
                text.flush()
            except Exception as error:
                if isinstance(error, OSError) and error.errno in _NO_ROOM:
                    raise self._no_room(error) from error
                raise self._failed(error) from error
            text.seek(0)
            while block := text.buffer.read(_BUFFERED):
                self.target.write(memoryview(block))

    def _no_room(self, error: OSError) -> UsageError:
        folder = tempfile.gettempdir()
        reason = f"a temporary file in {folder} cannot be written: {os.strerror(error.errno or 0)}"
        return UsageError(f"{self.output.path}: {reason}")

    def _replayed(self) -> Iterator[Entry]:
        for entry in self._spool:
            self.count += 1
            yield entry
