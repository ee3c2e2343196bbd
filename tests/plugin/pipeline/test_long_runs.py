"""Enrichment can be left alone overnight: faults and kills leave no trace in the output."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.fakes.arxiv_api import ArxivApi, Fault, Paper

from refmill.cli import main

COUNT = 5000
BATCH = 100
PAPERS = {
    f"{2401 + number // 1000:04}.{number % 1000 + 1:05}": Paper(f"On subject {number}", (f"Ann B{number}", "Carl Dee"))
    for number in range(COUNT)
}
PAPERS["0704.0001"] = Paper("The witness")
PASSING = [
    Fault.THROTTLED,
    Fault.OVERLOADED,
    Fault.RESET,
    Fault.CUT_BODY,
    Fault.CUT_FEED,
    Fault.EMPTY_FEED,
    Fault.PARTIAL_FEED,
    Fault.HTML,
    Fault.WRONG_TYPE,
    Fault.ENTITY_BOMB,
    Fault.UNREADABLE_ENTRY,
    Fault.NAMELESS_ERROR,
    Fault.DUPLICATES,
    Fault.FOREIGN_ID,
]


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ids") / "ids.txt"
    path.write_text("\n".join(arxiv_id for arxiv_id in PAPERS if arxiv_id != "0704.0001"))
    return path


def converted(ids: Path, place: Path, api: ArxivApi, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    place.mkdir(exist_ok=True)
    monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
    monkeypatch.setenv("REFMILL_ARXIV_PAUSE", "0.001")
    monkeypatch.setenv("REFMILL_STORE", str(place / "store.sqlite"))
    status = main(["convert", str(ids), "-o", str(place / "refs.bib"), "-q"])
    return status, (place / "refs.bib").read_bytes()


def test_a_third_of_all_answers_faulty_gives_the_same_bytes(
    ids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivApi(PAPERS) as api:
        status, undisturbed = converted(ids, tmp_path / "calm", api, monkeypatch)
        assert status == 0
        assert len(api.requests) == COUNT // BATCH
        assert all(len(request.ids) <= BATCH for request in api.requests)
        assert undisturbed.count(b"@misc") == COUNT
    dice = random.Random(7)
    faults = [dice.choice(PASSING) if dice.random() < 0.3 else None for _ in range(400)]
    with ArxivApi(PAPERS, faults=faults) as api:
        assert converted(ids, tmp_path / "storm", api, monkeypatch) == (0, undisturbed)


def test_a_run_that_is_killed_again_and_again_goes_on_where_it_was(
    ids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "refs.bib"
    command = [sys.executable, "-m", "refmill.cli", "convert", str(ids), "-o", str(out), "-q"]
    dice = random.Random(11)
    kills = 0
    with ArxivApi(PAPERS) as api:
        environment = os.environ | {
            "REFMILL_ARXIV_URL": api.url,
            "REFMILL_ARXIV_PAUSE": "0.02",
            "REFMILL_STORE": str(tmp_path / "store.sqlite"),
        }
        for _ in range(10):
            run = subprocess.Popen(command, env=environment)
            before = len(api.requests)
            patience = dice.randint(1, 5)
            while run.poll() is None and len(api.requests) < before + patience:
                time.sleep(0.005)
            if run.poll() is None:
                run.kill()
                kills += 1
            run.wait()
            assert not out.exists() or run.returncode == 0
        assert subprocess.run(command, env=environment, check=False).returncode == 0
        assert kills == 10
        assert len(api.requests) <= COUNT // BATCH + kills
        asked_last = len(api.requests)
        assert subprocess.run(command, env=environment, check=False).returncode == 0
        assert len(api.requests) == asked_last
        assert converted(ids, tmp_path / "calm", api, monkeypatch) == (0, out.read_bytes())
