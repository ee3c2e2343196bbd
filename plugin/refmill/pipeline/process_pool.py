"""Worker processes of this machine, as an executor that no signal and no dead worker leaves waiting.

`ProcessPoolExecutor` has all workers write into one pipe, under one lock, and a thread read from it: a worker that is
killed amid a result leaves the thread waiting for the rest, and the exit of the interpreter waiting for the thread.
Here each worker has pipes of its own, of which nobody else holds the far ends, and the process that waits for a result
reads them itself: a dead worker is the end of its pipe, and a signal interrupts the wait.
"""

from __future__ import annotations

import contextlib
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from refmill.pipeline.process_worker import serve
from refmill.stopping import signals_held

__all__ = ["ProcessPool"]

P = ParamSpec("P")
T = TypeVar("T")

_AHEAD: Final = 2
"""Tasks that a worker has at once, so that it need not wait for the next one while the main process is busy."""

_PIPE_SIZE: Final = 1 << 20
"""Bytes that a worker can send before somebody reads them, where the system allows it."""

_PATIENCE: Final = 5.0
"""Seconds for a worker to end."""

_MAIN: Final = (
    "import sys; sys.path[:] = sys.argv[4:]; from refmill.pipeline.process_worker import main; main(*sys.argv[1:4])"
)
"""What a worker runs that starts afresh. It does not import the user's script, as `multiprocessing` would."""


class _Process(Protocol):
    @property
    def pid(self) -> int | None: ...

    def kill(self) -> None: ...


@dataclass(eq=False)
class _Worker:
    """A process, the near ends of its pipes, and the tasks that it has, the oldest first."""

    process: _Process
    tasks: Connection
    results: Connection
    futures: deque[Future[Any]] = field(default_factory=deque)

    def wait(self, seconds: float) -> int | None:
        """Return the exit status, None where the process has not ended in time."""
        if isinstance(self.process, subprocess.Popen):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            return self.process.returncode
        self.process.join(seconds)  # type: ignore[attr-defined]
        status: int | None = self.process.exitcode  # type: ignore[attr-defined]
        return status

    def close(self) -> None:
        self.tasks.close()
        self.results.close()


class ProcessPool(Executor):
    """As many workers as asked for. Use it as a context manager: an error or an interrupt ends them at once.

    Not for several threads. `folder` is a temporary folder for what workers leave there, "" where none can be made; it
    is removed when the last of them has ended. Raises OSError where processes cannot be started. A result raises
    BrokenExecutor where a worker ended by itself.
    """

    def __init__(self, workers: int) -> None:
        self.folder = _temporary_folder()
        self._workers: list[_Worker] = []
        self._queue: deque[tuple[bytes, Future[Any]]] = deque()
        try:
            with signals_held():  # none meets a worker before it knows what to do, none a half-started one
                for _ in range(workers):
                    self._workers.append(_started(self.folder, self._workers))
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.kill()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The outcome to come of `fn`, which is called in a process that is free."""
        future: Future[T] = _Awaited(self)
        self._queue.append((pickle.dumps((fn, args, kwargs)), future))
        self._receive(timeout=0)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, each after the tasks that it has; what is queued is cancelled."""
        try:
            for worker in self._workers:
                with contextlib.suppress(OSError):
                    worker.tasks.send_bytes(b"")
            while any(worker.futures for worker in self._workers):
                self._receive(dispatch=False)
            for worker in self._workers:
                worker.wait(_PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the workers at once, and remove what they left."""
        try:
            for worker in self._workers:
                worker.process.kill()
            for worker in self._workers:
                worker.wait(_PATIENCE)
        finally:
            for worker in self._workers:
                worker.close()
            self._workers.clear()
            for _, future in self._queue:
                future.cancel()
            self._queue.clear()
            if self.folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _receive(self, timeout: float | None = None, *, dispatch: bool = True) -> None:
        """Take the results that have come, waiting for the first of them, and hand out tasks for them."""
        from multiprocessing.connection import wait

        if dispatch:
            self._dispatch()
        ready = wait([worker.results for worker in self._workers if worker.futures], timeout)
        for worker in self._workers:
            if worker.results not in ready:
                continue
            try:
                done, result = pickle.loads(worker.results.recv_bytes())
            except (EOFError, OSError) as error:
                raise _broken(worker) from error
            future = worker.futures.popleft()
            if done:
                future.set_result(result)
            else:
                future.set_exception(result)
        if dispatch and ready:
            self._dispatch()

    def _dispatch(self) -> None:
        while self._queue:
            worker = min(self._workers, key=lambda each: len(each.futures))
            if len(worker.futures) >= _AHEAD:
                return
            task, future = self._queue.popleft()
            worker.futures.append(future)
            try:
                worker.tasks.send_bytes(task)
            except OSError as error:
                raise _broken(worker) from error


class _Awaited(Future[T]):
    """A result whose pool is at work while it is waited for."""

    def __init__(self, pool: ProcessPool) -> None:
        super().__init__()
        self._pool = pool

    def result(self, timeout: float | None = None) -> T:
        while not self.done():
            self._pool._receive(timeout)
            if timeout is not None:
                break
        return super().result(0)


def _broken(worker: _Worker) -> BrokenExecutor:
    status = worker.wait(_PATIENCE)
    how = "" if status is None else f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
    return BrokenExecutor(how or "its pipe is closed")


def _started(folder: str, others: list[_Worker]) -> _Worker:
    """Start a worker: as a copy of this process, or afresh where a copy could catch a thread at work."""
    import multiprocessing
    import threading

    context: Any = multiprocessing.get_context()
    task_reader, tasks = context.Pipe(duplex=False)
    results, result_writer = context.Pipe(duplex=False)
    _widen(results)
    process: Any
    try:
        is_daemon = multiprocessing.current_process().daemon  # multiprocessing lets none have children
        can_copy = "fork" in multiprocessing.get_all_start_methods()
        if can_copy and threading.active_count() == 1 and not is_daemon:
            near_ends = [end for other in others for end in (other.tasks, other.results)]
            arguments = (task_reader, result_writer, folder, [*near_ends, tasks, results])
            process = multiprocessing.get_context("fork").Process(target=serve, args=arguments)
            process.start()
        elif can_copy:
            handles = task_reader.fileno(), result_writer.fileno()
            process = subprocess.Popen(_command(*handles, folder), pass_fds=handles, stdin=subprocess.DEVNULL)
        else:
            arguments = (task_reader, result_writer, folder, [])
            process = multiprocessing.get_context("spawn").Process(target=serve, args=arguments)
            process.start()
    except BaseException:
        tasks.close()
        results.close()
        raise
    finally:
        task_reader.close()
        result_writer.close()
    return _Worker(process, tasks, results)


def _command(tasks: int, results: int, folder: str) -> list[str]:
    path = [entry for entry in sys.path if isinstance(entry, str)]
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *flags, "-c", _MAIN, str(tasks), str(results), folder, *path]


def _widen(pipe: Connection) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_SIZE)


def _temporary_folder() -> str:
    try:
        return tempfile.mkdtemp(prefix="refmill-")
    except OSError:
        return ""
