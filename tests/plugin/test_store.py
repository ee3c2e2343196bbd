"""The store keeps what was answered, whatever happens to the process or the file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from refmill.cli import main
from refmill.store import Store
from refmill_hooks import Missing

RAW = [("2403.01234", b"<entry/>"), ("2403.05678", Missing(reason="nobody knows it"))]


def test_what_was_put_is_got_again(tmp_path: Path) -> None:
    with Store(tmp_path / "a.sqlite") as store:
        store.put("arxiv", RAW)
    with Store(tmp_path / "a.sqlite") as store:
        found = store.get("arxiv", [key for key, _ in RAW] + ["2403.99999"])
    assert {key: each.answer for key, each in found.items()} == dict(RAW)


def test_services_do_not_see_each_others_answers(tmp_path: Path) -> None:
    with Store(tmp_path / "a.sqlite") as store:
        store.put("arxiv", RAW)
        assert store.get("doi", ["2403.01234"]) == {}


def test_an_answer_that_is_too_old_is_not_given(tmp_path: Path) -> None:
    with Store(tmp_path / "a.sqlite") as store:
        store.put("arxiv", RAW)
        time.sleep(0.02)
        assert store.get("arxiv", ["2403.01234"], 0.01) == {}
        assert "2403.01234" in store.get("arxiv", ["2403.01234"], None)


def test_a_store_that_is_no_database_is_set_aside_and_built_anew(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    place.write_bytes(b"once upon a time " * 500)
    said: list[str] = []
    with Store(place, say=said.append) as store:
        store.put("arxiv", RAW)
        assert "2403.01234" in store.get("arxiv", ["2403.01234"])
    assert any("is damaged" in line for line in said)
    assert any(path.read_bytes().startswith(b"once upon") for path in tmp_path.iterdir())


def test_a_store_damaged_in_the_middle_costs_no_run(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    with Store(place) as store:
        store.put("arxiv", [(f"2403.{n:05}", b"x" * 500) for n in range(1, 2000)])
    data = bytearray(place.read_bytes())
    data[4096:40960] = bytes(36864)
    place.write_bytes(data)
    with Store(place) as store:
        store.put("arxiv", RAW)
        assert "2403.01234" in store.get("arxiv", ["2403.01234"])


def test_a_store_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    said: list[str] = []
    with Store(tmp_path / "file" / "a.sqlite", say=said.append) as store:
        (tmp_path / "file").write_text("in the way")
        store.put("arxiv", RAW)
        assert store.get("arxiv", ["2403.99999"]) == {}
    assert said


WRITER = """
import sys
from refmill.store import Store
with Store(sys.argv[1]) as store:
    for n in range(100):
        store.put("arxiv", [(f"{sys.argv[2]}.{n:05}", b"x" * 1000)])
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, place, month]) for month in ("2401", "2402", "2403")]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with Store(place) as store:
        assert store.stats().services["arxiv"].answers == 300


def test_a_killed_process_leaves_a_whole_store(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    for month in range(1, 5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER.replace("100", "100000"), place, f"24{month:02}"])
        while not place.exists() or time.sleep(0.15 * month):
            time.sleep(0.01)
        writer.kill()
        writer.wait()
    said: list[str] = []
    with Store(place, say=said.append) as store:
        assert "2401.00000" in store.get("arxiv", ["2401.00000"])
    assert said == []


def test_the_command_shows_and_clears(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                      tmp_path: Path) -> None:  # fmt: skip
    monkeypatch.setenv("REFMILL_STORE", str(tmp_path / "a.sqlite"))
    with Store() as store:
        store.put("arxiv", RAW)
    assert main(["store"]) == 0
    shown = capsys.readouterr().out
    assert str(tmp_path / "a.sqlite") in shown
    assert "1 answers, 1 absent" in shown
    assert main(["store", "--clear", "doi"]) == 0
    assert "0 answers forgotten" in capsys.readouterr().out
    assert main(["store", "--clear"]) == 0
    assert "2 answers forgotten" in capsys.readouterr().out
