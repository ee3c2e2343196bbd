"""The store keeps what was answered, whatever happens to the process or the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zstandard

from refmill.cli import main
from refmill.services.store import Store
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
from refmill.services.store import Store
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


def test_what_was_pushed_is_not_forgotten_with_the_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("REFMILL_STORE", str(tmp_path / "a.sqlite"))
    with Store() as store:
        store.put("arxiv", RAW)
        store.remember_pushed("zotero:1", ["2403.01234", "doi:10.1/x"])
        store.remember_pushed("jabref:current", ["2403.01234"])
    assert main(["store"]) == 0
    shown = capsys.readouterr().out
    assert "arxiv        1 answers" in shown
    assert "pushed:zotero:1  2 entries" in shown
    assert main(["store", "--clear"]) == 0
    with Store() as store:
        assert store.pushed("zotero:1", ["2403.01234", "2403.05678"]) == {"2403.01234"}
    assert main(["store", "--clear", "pushed:zotero:1"]) == 0
    assert main(["store", "--clear", "pushed"]) == 0
    told = capsys.readouterr().out
    assert "2 pushed entries forgotten" in told
    assert "1 pushed entries forgotten" in told
    with Store() as store:
        assert store.pushed("jabref:current", ["2403.01234"]) == set()


def old_store(place: Path, pushes: int = 2) -> None:
    """A file as refmill 0.1 made it, with pushes among the answers."""
    connection = sqlite3.connect(place)
    connection.execute(
        "CREATE TABLE answers (service TEXT NOT NULL, key TEXT NOT NULL, raw BLOB, reason TEXT,"
        " fetched_at REAL NOT NULL, PRIMARY KEY (service, key))"
    )
    rows = [("push:zotero:1", f"2403.{number:05}", zstandard.compress(b"1"), None, 5.0) for number in range(pushes)]
    rows += [("arxiv", "2403.01234", zstandard.compress(b"<entry/>"), None, time.time())]
    connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", rows)
    connection.execute(f"PRAGMA application_id = {0x7265666D}")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


def test_the_pushes_of_an_old_store_are_kept_apart_and_nothing_is_lost(tmp_path: Path) -> None:
    old_store(tmp_path / "a.sqlite")
    for _ in range(2):
        with Store(tmp_path / "a.sqlite") as store:
            assert store.get("arxiv", ["2403.01234"])["2403.01234"].answer == b"<entry/>"
            assert store.pushed("zotero:1", ["2403.00000", "2403.00001", "2403.00002"]) == {"2403.00000", "2403.00001"}
            assert list(store.stats().services) == ["arxiv"]
            assert store.stats().pushes["zotero:1"].oldest == 5.0


def test_an_old_store_whose_migration_is_killed_is_migrated_by_the_next_run(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    old_store(place, 100_000)
    command = [
        sys.executable,
        "-c",
        "import sys; from refmill.services.store import Store; Store(sys.argv[1]).stats()",
        place,
    ]
    for patience in (0.02, 0.1, 0.2, 0.4):
        run = subprocess.Popen(command)
        while run.poll() is None and not place.with_name("a.sqlite-wal").exists():
            time.sleep(0.001)
        time.sleep(patience)
        run.kill()
        run.wait()
    with Store(place) as store:
        assert store.stats().pushes["zotero:1"].entries == 100_000
        assert store.stats().services["arxiv"].answers == 1


def test_two_runs_that_find_an_old_store_migrate_it_once(tmp_path: Path) -> None:
    old_store(tmp_path / "a.sqlite", 1000)
    command = [sys.executable, "-c", "import sys; from refmill.services.store import Store; Store(sys.argv[1]).stats()"]
    runs = [subprocess.Popen([*command, tmp_path / "a.sqlite"]) for _ in range(2)]
    assert [run.wait(30) for run in runs] == [0, 0]
    with Store(tmp_path / "a.sqlite") as store:
        assert store.stats().pushes["zotero:1"].entries == 1000


def test_the_store_of_a_newer_refmill_is_not_touched(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    old_store(place)
    connection = sqlite3.connect(place)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = place.read_bytes()
    said: list[str] = []
    with Store(place, say=said.append) as store:
        store.remember_pushed("zotero:1", ["x"])
        assert store.pushed("zotero:1", ["x", "2403.00001"]) == {"x"}
    assert "newer refmill" in said[0]
    assert place.read_bytes() == before
