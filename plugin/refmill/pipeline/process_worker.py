"""What a worker process does: one task after the other, until its parent wants no more or is gone."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection

from refmill.stopping import STOPS

__all__ = ["main", "serve"]


def serve(tasks: Connection, results: Connection, folder: str, inherited: Sequence[Connection]) -> None:
    """Do the tasks, each a pickled call, and send what comes of each: whether it was done, and the result or the error.

    An empty task is the end. `folder` is removed if the parent ends without it; `inherited` are ends of pipes that
    belong to the parent alone.
    """
    for end in inherited:
        end.close()
    _leave_signals_to_the_parent()
    sys.stdout = sys.stderr  # what a plugin prints must not end up in the output
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def receive() -> None:
        try:
            while task := tasks.recv_bytes():
                inbox.put(task)
        except (EOFError, OSError):
            _end_as_orphan(folder)
        inbox.put(b"")

    threading.Thread(target=receive, daemon=True).start()
    while task := inbox.get():
        outcome = _outcome(task)
        try:
            results.send_bytes(outcome)
        except OSError:
            _end_as_orphan(folder)


def main(tasks: str, results: str, folder: str) -> None:
    """Serve as a process that was started afresh, given the numbers of the pipes' handles."""
    serve(Connection(int(tasks), writable=False), Connection(int(results), readable=False), folder, ())
    sys.stderr.flush()
    os._exit(0)


def _leave_signals_to_the_parent() -> None:
    """Ignore what ends a run: the terminal sends it to all processes, and the parent knows what it means."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _outcome(task: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(task)
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        error.add_note("in a worker process:\n" + "".join(traceback.format_exception(error)))
        try:
            return pickle.dumps((False, error))
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_as_orphan(folder: str) -> None:
    for _ in range(2):  # the other workers may put a file there meanwhile
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(Exception):
        sys.stderr.flush()
    os._exit(1)
