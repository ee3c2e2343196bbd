"""The signals that ask a run to end, and how they wait where half a step must not be left."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

__all__ = ["RUNS", "STOPS", "Stop", "pass_last_step", "signals_held"]

STOPS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The signals that end a run. Windows has no SIGHUP."""


class Stop:
    """How a run of the command line was asked to end.

    - `status`: the exit status that was asked for first, 0 while none was.
    - `is_too_late`: all files are in place, and nothing is left to do but to tell of it.
    """

    def __init__(self) -> None:
        self.status = 0
        self.is_too_late = False


RUNS: Final[list[Stop]] = []
"""The runs of the command line that are at work in this process."""


def pass_last_step() -> None:
    """Note that all files are in place: a run of the command line that is asked to end now does so with its status."""
    for run in RUNS:
        run.is_too_late = True


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Put off the signals that end a run until the context is left.

    They are blocked, which processes that are started inherit. Where other threads may take them, their handlers would
    still run in the main thread, and wait too.
    """
    came: dict[int, None] = {}
    handlers: dict[int, Any] = {}

    def note(number: int, _: FrameType | None) -> None:
        came[number] = None

    can_block = hasattr(signal, "pthread_sigmask")
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS) if can_block else set()
    try:
        if threading.current_thread() is threading.main_thread():
            for number in STOPS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    handlers[number] = signal.signal(number, note)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
        if can_block:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
