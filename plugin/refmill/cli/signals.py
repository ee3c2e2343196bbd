"""The signals that ask a run to end: it cleans up, and the exit status says which one it was."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Final

__all__ = ["Stop", "Stopped", "stopped_by_signals"]

_STATUSES: Final = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
"""128 and the number of the signal, as shells have it. Windows has no SIGHUP."""

_CLEANING: Final = 2.0
"""Seconds in which a run is not asked once more: it is cleaning up."""


class Stopped(KeyboardInterrupt):
    """A request to end. An exit would be taken for the fault of a plugin that is just loaded."""


class Stop:
    """The exit status that was asked for first, 0 while none was."""

    def __init__(self) -> None:
        self.status = 0


@contextlib.contextmanager
def stopped_by_signals(*, until_exit: bool) -> Iterator[Stop]:
    """Raise Stopped in the main thread where a signal asks the run to end.

    A signal that is ignored from the start, as `nohup` has it, stays ignored. `until_exit`: nothing is to be done after
    the context but to exit; a signal ends the process then, and none interrupts Python's own end.
    """
    stop = Stop()
    is_over = False
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    asked_at = float("-inf")

    def handle(number: int, _: object) -> None:
        nonlocal asked_at
        stop.status = stop.status or _STATUSES[signal.Signals(number).name]
        if is_over:
            os._exit(stop.status)
        now = time.monotonic()
        if now - asked_at >= _CLEANING:
            asked_at = now
            raise Stopped

    numbers = [getattr(signal, name) for name in _STATUSES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    handled = [number for number in numbers if before[number] not in (signal.SIG_IGN, None)]
    try:
        for number in handled:
            signal.signal(number, handle)
        yield stop
    finally:
        is_over = True
        for number in handled:
            if until_exit:
                atexit.register(signal.signal, number, signal.SIG_IGN)
            else:
                signal.signal(number, before[number])
