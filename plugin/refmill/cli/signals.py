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

from refmill.stopping import RUNS, STOPS, Stop

__all__ = ["Stopped", "stopped_by_signals"]

_STATUS: Final = 128
"""What shells add to the number of the signal."""

_CLEANING: Final = 2.0
"""Seconds in which a run is not asked once more: it is cleaning up."""


class Stopped(KeyboardInterrupt):
    """A request to end. An exit would be taken for the fault of a plugin that is just loaded."""


@contextlib.contextmanager
def stopped_by_signals(*, until_exit: bool) -> Iterator[Stop]:
    """Raise Stopped in the main thread where a signal asks the run to end.

    A signal that is ignored from the start, as `nohup` has it, stays ignored. `until_exit`: nothing is to be done after
    the context but to exit; a signal ends the process then, and none interrupts Python's own end. A run whose files are
    all in place is let tell of it; where that takes long, as on a terminal that is stopped, a second signal ends it.
    """
    stop = Stop()
    is_over = False
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    asked_at: float | None = None

    def handle(number: int, _: object) -> None:
        nonlocal asked_at
        now = time.monotonic()
        if stop.is_too_late and (is_over or asked_at is None):
            asked_at = now
            return
        if asked_at is not None and now - asked_at < _CLEANING and not is_over:
            return
        asked_at = now
        stop.status = stop.status or _STATUS + number
        if is_over:
            os._exit(stop.status)
        raise Stopped

    before = {number: signal.getsignal(number) for number in STOPS}
    handled = [number for number in STOPS if before[number] not in (signal.SIG_IGN, None)]
    RUNS.append(stop)
    try:
        for number in handled:
            signal.signal(number, handle)
        yield stop
    finally:
        is_over = True
        RUNS.remove(stop)
        for number in handled:
            if until_exit:
                atexit.register(signal.signal, number, signal.SIG_IGN)
            else:
                signal.signal(number, before[number])
