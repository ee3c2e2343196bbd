"""Tells on stderr how far a run is: a line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TextIO

from refmill.reporting.summary import Summary
from refmill.reporting.terminal import error_stream, terminal_text, write_line
from refmill_hooks import Entry

__all__ = ["Progress"]

_EVERY: Final = 256
"""Entries between two looks at the clock."""

_PLAIN_PAUSE: Final = 10.0
_MOVING_PAUSE: Final = 0.2
"""Seconds between two lines of progress."""


class Progress:
    """Use it as a context manager around the work; `say` prints a line that stays, at any time."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._moving = stream is not None and stream.isatty()
        self._status: Any = None
        self._begun = time.monotonic()

    @classmethod
    def on_stderr(cls, *, quiet: bool = False) -> Progress:
        """Progress and messages on stderr, nothing with `quiet`."""
        return cls(None if quiet else error_stream())

    @classmethod
    def silent(cls) -> Progress:
        """Neither progress nor messages."""
        return cls(None)

    def __enter__(self) -> Progress:
        self._begun = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def say(self, text: str) -> None:
        """Write a message above the line of progress."""
        if self._stream is None:
            return
        if self._status is not None:
            line = terminal_text(text)
            self._status.console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
        else:
            write_line(self._stream, text)

    def watch(self, entries: Iterator[Entry], summary: Summary) -> Iterator[Entry]:
        """The entries as they come, telling now and then how many they were."""
        if self._stream is None:
            yield from entries
            return
        pause = _MOVING_PAUSE if self._moving else _PLAIN_PAUSE
        due = self._begun + pause
        for number, entry in enumerate(entries, 1):
            yield entry
            if number % _EVERY == 0 or summary.found:
                now = time.monotonic()
                if now >= due:
                    due = now + pause
                    self._tell(number, summary, now)

    def _tell(self, number: int, summary: Summary, now: float) -> None:
        text = f"{number:,} entries, {number / max(now - self._begun, 0.001):,.0f} a second"
        if summary.found or summary.unknown.count:
            text += f"; {summary.found:,} ids answered"
        if not self._moving:
            self.say(text)
            return
        if self._status is None:
            from rich.console import Console

            self._status = Console(file=self._stream).status(text)
            self._status.start()
        self._status.update(text)
