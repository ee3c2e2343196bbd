"""An output is whole or it is the old one."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from refmill.cli import main

RECORDS = [f"We study.\n\narXiv:{2401 + n // 9000}.{n % 9000 + 1:05}\nCreated: 2024-03-02\n\n" for n in range(60_000)]
DUMP = "".join(RECORDS)


SIGNALS = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM]
COMMANDS = [
    "convert dump.txt --enrich none -o refs.bib -o refs.json --problems p.jsonl --report r.html -q",
    "convert dump.txt --enrich none -o refs.bib -o refs.json --problems p.jsonl -q --jobs 2",
    "cite dump.txt --enrich none --style plain -o refs.bib",
    "merge many.bib -o refs.bib -q",
]
NEIGHBOURS = ("refs.bib.part", "refs.bib.tmp", "refs.bib~", "refs.bib.new", "refs.json.part", "p.jsonl.part")


@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_is_ended_leaves_every_file_as_it_was(command: str, how: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP)
    (tmp_path / "many.bib").write_text("".join(f"@misc{{k{n}, title = {{T}}}}\n" for n in range(9000)))
    for name in ("refs.bib", "refs.json", "p.jsonl", "r.html", *NEIGHBOURS):
        (tmp_path / name).write_text(f"old {name}")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = subprocess.Popen(
        [sys.executable, "-m", "refmill.cli", *command.split()], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    while len(list(tmp_path.iterdir())) == len(before) and run.poll() is None:
        time.sleep(0.001)
    time.sleep(0 if "merge" in command else random.random() / 10)
    run.send_signal(how)
    assert run.wait(30) != 0
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    if how == signal.SIGKILL:
        after = {name: data for name, data in after.items() if not name.startswith(".refmill-")}
    assert after == before


def test_processes_that_write_one_file_each_write_it_whole(tmp_path: Path) -> None:
    runs = []
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("".join(RECORDS[:4000]).replace("We study.", f"We study {number}."))
        words = ["convert", f"{number}.txt", "--enrich", "none", "-o", "refs.bib", "-q"]
        runs.append(subprocess.Popen([sys.executable, "-m", "refmill.cli", *words], cwd=tmp_path))
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    text = (tmp_path / "refs.bib").read_text()
    assert len(set(re.findall(r"We study \d", text))) == 1
    assert text.rstrip().endswith("}")
    assert not list(tmp_path.glob(".*"))


def test_neighbours_of_an_output_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(RECORDS[0])
    for name in NEIGHBOURS:
        (tmp_path / name).write_bytes(b"mine")
    for words in ("convert dump.txt -o refs.bib -o refs.json --problems p.jsonl -q", "cite dump.txt -o refs.bib"):
        done = subprocess.run(
            [sys.executable, "-m", "refmill.cli", *words.split(), "--enrich", "none"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0
    assert {(tmp_path / name).read_bytes() for name in NEIGHBOURS} == {b"mine"}


def test_a_disk_that_gets_full_is_told_with_the_output_and_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_text(DUMP)
    (tmp_path / "refs.bib").write_text("old")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    words = ["convert", "dump.txt", "--enrich", "none", "-o", "refs.bib", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "refmill.cli", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "refmill: refs.bib: cannot be written: File too large\n")
    assert (tmp_path / "refs.bib").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dump.txt", "refs.bib"]


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
@pytest.mark.parametrize("command", ["convert", "merge"])
def test_stdout_is_an_output_of_every_command(command: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "x.bib").write_text("@misc{bee, title = {T}}\n")
    words = [command, "x.bib", "-o", name, "--to", "bibtex", "-q", *(["--offline"] if command == "convert" else [])]
    done = subprocess.run([sys.executable, "-m", "refmill.cli", *words], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"@misc{bee,")


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
