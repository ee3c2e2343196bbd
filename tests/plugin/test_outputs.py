"""An output is whole or it is the old one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from refmill.cli import main

DUMP = "".join(
    f"We study.\n\narXiv:{2401 + n // 9000}.{n % 9000 + 1:05}\nCreated: 2024-03-02\n\n" for n in range(60_000)
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_leaves_the_old_file_as_it_was(how: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP)
    out = tmp_path / "refs.bib"
    out.write_text("old")
    words = ["convert", "dump.txt", "--enrich", "none", "-o", "refs.bib", "-q"]
    run = subprocess.Popen([sys.executable, "-m", "refmill.cli", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while len(list(tmp_path.iterdir())) < 3 and run.poll() is None:
        time.sleep(0.005)
    time.sleep(0.1)
    run.send_signal(how)
    assert run.wait(30) != 0
    assert out.read_text() == "old"


def test_a_request_to_end_is_no_fault_of_the_plugin_that_is_loaded_just_then(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP[:200])
    (tmp_path / "mine.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    words = ["convert", "dump.txt", "--enrich", "none", "--plugin", "mine.py", "-o", "refs.bib"]
    done = subprocess.run([sys.executable, "-m", "refmill.cli", *words], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (143, "")
    assert not (tmp_path / "refs.bib").exists()


def test_permissions_of_a_new_file_are_those_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP[:200])
    old = os.umask(0o022)
    try:
        main(["convert", str(tmp_path / "dump.txt"), "--enrich", "none", "-o", str(tmp_path / "refs.bib"), "-q"])
    finally:
        os.umask(old)
    assert (tmp_path / "refs.bib").stat().st_mode & 0o777 == 0o644


def test_a_reader_of_stdout_that_goes_away_ends_the_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP)
    command = f"{sys.executable} -m refmill.cli convert dump.txt --enrich none --to bibtex -o - -q | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("@misc")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_is_told_with_the_name_of_the_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dump.txt").write_text(DUMP[:200])
    words = ["convert", str(tmp_path / "dump.txt"), "--enrich", "none", "--to", "bibtex", "-o", "/dev/full", "-q"]
    assert main(words) == 2
    assert "/dev/full: cannot be written: No space left on device" in capsys.readouterr().err
