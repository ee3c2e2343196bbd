"""Workers end with their pool, whatever befalls them; none leaves the main process waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
from tests.benchmarks.rows import written

from refmill.pipeline.process_pool import ProcessPool


def test_results_come_in_the_order_in_which_they_are_asked_for() -> None:
    with ProcessPool(2) as pool:
        futures = [pool.submit(pow, 2, number) for number in range(50)]
        assert [future.result() for future in reversed(futures)] == [2**number for number in reversed(range(50))]


def test_tasks_and_results_larger_than_a_pipe_do_not_wait_for_each_other() -> None:
    with ProcessPool(2) as pool:
        futures = [pool.submit(bytes.upper, b"x" * 3_000_000) for _ in range(8)]
        assert all(future.result() == b"X" * 3_000_000 for future in futures)


def test_an_error_in_a_worker_is_raised_with_its_place_there() -> None:
    with ProcessPool(1) as pool:
        failing = pool.submit(divmod, 1, 0)
        assert pool.submit(int).result() == 0
        with pytest.raises(ZeroDivisionError) as caught:
            failing.result()
    assert "in a worker process" in caught.value.__notes__[0]


def test_a_worker_that_is_killed_amid_its_result_is_told() -> None:
    def ended() -> None:
        with ProcessPool(1) as pool:
            victim = pool.submit(os.getpid).result()
            result = pool.submit(bytes, 50_000_000)  # nobody reads it yet
            time.sleep(0.3)
            os.kill(victim, signal.SIGKILL)
            result.result()

    with pytest.raises(BrokenExecutor, match="signal 9"):
        ended()


def test_a_worker_that_is_killed_at_rest_is_told() -> None:
    def ended() -> None:
        with ProcessPool(1) as pool:
            os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
            time.sleep(0.1)
            pool.submit(int).result()

    with pytest.raises(BrokenExecutor, match="signal 9"):
        ended()


def test_no_worker_and_no_folder_is_left() -> None:
    with ProcessPool(2) as pool:
        folder = Path(pool.folder)
        assert folder.is_dir()
        workers = {pool.submit(os.getpid).result() for _ in range(9)}
    assert not folder.exists()
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_workers_start_afresh_where_threads_are_at_work() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with ProcessPool(2) as pool:
            assert pool.submit(pow, 2, 5).result() == 32
            assert pool.submit(threading.active_count).result() == 2  # its own two
    finally:
        done.set()
        thread.join()


SCRIPT = """
import sys, threading
import refmill

print("run", flush=True)
done = threading.Event()
threading.Thread(target=done.wait, daemon=True).start()
summary = refmill.convert(sys.argv[1], sys.argv[2], enrichers=(), jobs=2)
print(summary.read)
"""

NESTED = """
import multiprocessing, sys
import refmill

def converted(output):
    return refmill.convert(sys.argv[1], output, enrichers=(), jobs=2).read

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print("run", *pool.map(converted, [sys.argv[2]]), sep="\\n")
"""


@pytest.mark.parametrize("text", [SCRIPT, NESTED], ids=["without a guard", "in a worker of one's own"])
def test_a_script_converts_with_several_processes_while_it_is_run_once(text: str, tmp_path: Path) -> None:
    script, dump = tmp_path / "script.py", tmp_path / "rows.jsonl"
    script.write_text(text)
    dump.write_bytes(written(50))
    command = [sys.executable, "-W", "error", str(script), str(dump), str(tmp_path / "refs.bib")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout.split(), done.stderr) == (["run", "50"], "")
    assert (tmp_path / "refs.bib").read_text().count("@") >= 50
