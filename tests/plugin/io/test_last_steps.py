"""The files of a run are put in place together, and what comes then does not change how the run ends."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from tests.fakes.oai_pmh import OaiPmh

from refmill.cli import main
from refmill.errors import UsageError
from refmill.io.atomic import Files, Target
from refmill.reporting import terminal
from refmill.stopping import STOPS, signals_held
from refmill_hooks._private_file import PrivateFile

ROW = '{"id": "2401.00001", "categories": "cs.LG", "authors_parsed": [["Bee", "Ann", ""]], "title": "Paper"}\n'
WORDS = "convert dump.json --offline -o x.bib -o y.json --report r.json --problems p.jsonl".split()
FILES = ("x.bib", "y.json", "r.json", "p.jsonl")


@pytest.fixture(autouse=True)
def _old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dump.json").write_text(ROW)
    for name in FILES:
        Path(name).write_text("old")


def contents() -> set[str]:
    return {Path(name).read_text() for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_where_one_file_cannot_be_put_in_place_all_are_as_they_were(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Target.replace

    def fails(self: Target) -> None:
        if self.path == name:
            raise UsageError(f"{name}: cannot be written")
        replace(self)

    monkeypatch.setattr(Target, "replace", fails)
    assert main(WORDS) == 2
    assert contents() == {"old"}
    assert len(list(tmp_path.iterdir())) == len(FILES) + 1


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_between_two_files_lets_the_run_end_with_its_status(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace = Target.replace

    def stopped(self: Target) -> None:
        replace(self)
        signal.raise_signal(number)

    monkeypatch.setattr(Target, "replace", stopped)
    assert main(WORDS) == 0
    assert "old" not in contents()
    assert "written    1 to x.bib" in capsys.readouterr().err


def test_a_signal_in_front_of_the_last_steps_leaves_all_files_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = Files.finish

    def stopped(self: Files) -> None:
        finish(self)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Files, "finish", stopped)
    assert main(WORDS) == 143
    assert contents() == {"old"}


def test_a_signal_behind_the_last_step_lets_the_run_end_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    write_line = terminal.write_line

    def stopped(*arguments: object, **words: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        write_line(*arguments, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(terminal, "write_line", stopped)
    assert main(WORDS) == 0
    assert "old" not in contents()


def test_a_signal_amid_the_last_steps_of_an_update_lets_it_end_with_its_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("x.bib").write_text("@misc{a, eprint = {2401.00001}}\n")
    replace = PrivateFile.replace

    def stopped(self: PrivateFile) -> None:
        replace(self)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(PrivateFile, "replace", stopped)
    assert main("update x.bib --snapshot dump.json --offline --write".split()) == 0
    assert "Paper" in Path("x.bib").read_text()
    assert Path("x.bib.bak").exists()


def test_a_signal_when_a_harvest_gets_its_name_lets_it_end_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def stopped(self: Path, target: Path) -> Path:
        moved = replace(self, target)
        if target.name == "list.xml":
            signal.raise_signal(signal.SIGTERM)
        return moved

    monkeypatch.setattr(Path, "replace", stopped)
    with OaiPmh([("2401.00001", "2024-01-01")]) as server:
        monkeypatch.setenv("REFMILL_OAI_URL", server.url)
        assert main(["harvest", "-o", "list.xml"]) == 0
    assert not Path("list.xml.harvest").exists()


def test_signals_that_another_thread_takes_are_held_too() -> None:
    asked, came = threading.Event(), []
    thread = threading.Thread(target=asked.wait)
    thread.start()

    def work() -> None:
        with signals_held():
            assert thread.ident
            signal.pthread_kill(thread.ident, signal.SIGINT)
            time.sleep(0.05)
            came.append("the end of the step")
        came.append("more")

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        asked.set()
        thread.join()
    assert came == ["the end of the step"]


def test_signals_are_held_until_the_outermost_hold_is_left() -> None:
    came = []

    def work() -> None:
        with signals_held():
            with signals_held():
                signal.raise_signal(signal.SIGINT)
            came.append("the end of the outer step")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert came == ["the end of the outer step"]
