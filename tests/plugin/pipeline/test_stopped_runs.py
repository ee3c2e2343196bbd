"""A run of several processes ends when it is told to, at any moment, and leaves nothing behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.benchmarks.rows import written

PATIENCE = 5.0

if not Path("/proc/self/task").exists():
    pytest.skip("tells the children of a process by /proc", allow_module_level=True)


class Run:
    """A run at work, in a process group of its own."""

    def __init__(self, dump: Path, folder: Path, before: str = "") -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "refmill.cli", "convert", dump, "--enrich", "none", "--jobs", "2", "-q"]
        code = "import os, sys; from signal import *; " + before
        code += "os.execv(sys.argv[1], sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words), "-o", str(folder / "refs.bib")],
            env=os.environ | {"TMPDIR": str(self.temporary)},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while len(found := children.read_text().split()) < 2 and self.process.poll() is None:
            time.sleep(0.005)
        self.workers = [int(worker) for worker in found]

    def ended(self) -> int:
        """The exit status; nothing is left."""
        _, told = self.process.communicate(timeout=PATIENCE)
        assert b"Traceback" not in told
        assert [worker for worker in self.workers if Path(f"/proc/{worker}").exists()] == []
        assert list(self.temporary.iterdir()) == []
        assert list(self.temporary.parent.glob("*part*")) == []
        return self.process.returncode


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dump") / "rows.jsonl"
    path.write_bytes(written(6000) * 5)  # duplicates are read and left out
    return path


@pytest.fixture
def moments() -> Iterator[float]:
    dice = random.Random(5)
    return iter([dice.random() * 0.4 for _ in range(3)])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_it(
    number: signal.Signals, status: int, dump: Path, tmp_path: Path, moments: Iterator[float]
) -> None:
    statuses = []
    for moment in moments:
        run = Run(dump, tmp_path)
        time.sleep(moment)
        run.process.send_signal(number)
        statuses.append(run.ended())
    assert status in statuses
    assert set(statuses) <= {status, 0}  # 0: it had just come to its end


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_signal_to_all_its_processes_ends_it(
    number: signal.Signals, status: int, dump: Path, tmp_path: Path, moments: Iterator[float]
) -> None:
    for moment in [*moments][:2]:
        run = Run(dump, tmp_path)
        time.sleep(moment)
        os.killpg(run.process.pid, number)
        assert run.ended() == status


def test_a_worker_that_is_killed_ends_it(dump: Path, tmp_path: Path, moments: Iterator[float]) -> None:
    for moment in moments:
        run = Run(dump, tmp_path)
        time.sleep(moment / 2)
        os.kill(run.workers[0], signal.SIGKILL)
        assert run.ended() == 2


def test_a_second_signal_does_not_interrupt_the_end(dump: Path, tmp_path: Path) -> None:
    run = Run(dump, tmp_path)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        run.process.send_signal(number)
        time.sleep(0.01)
    assert run.ended() == 143


def test_a_reader_of_stdout_that_leaves_ends_it(dump: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "refmill.cli", "convert", dump, "--enrich", "none", "--jobs", "2", "-q"]
    run = subprocess.Popen(
        [*map(str, words), "--to", "bibtex", "-o", "-"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with run:
        assert run.stdout
        run.stdout.read(1)
        run.stdout.close()
        assert run.wait(PATIENCE) in (2, 141)
    assert list(tmp_path.iterdir()) == []


def test_a_hangup_that_is_ignored_from_the_start_stays_ignored(dump: Path, tmp_path: Path) -> None:
    run = Run(dump, tmp_path, "signal(SIGHUP, SIG_IGN); ")
    os.killpg(run.process.pid, signal.SIGHUP)
    time.sleep(0.05)
    assert run.process.poll() is None
    run.process.send_signal(signal.SIGTERM)
    assert run.ended() == 143
