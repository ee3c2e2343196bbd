"""`refmill harvest` fetches whole lists, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.oai_pmh import BUSY, CUT, EXPIRED, GONE, OaiPmh

from refmill.cli import main

RECORDS = [(f"2401.{number:05}", f"2024-01-{number:02}") for number in range(1, 11)]
IDS = [id for id, _ in RECORDS]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "list.xml"


def harvested(server: OaiPmh, out: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("REFMILL_OAI_URL", server.url)
    return main(["harvest", "-o", str(out), *words])


def ids_in(dump: Path) -> list[str]:
    out = dump.with_name("ids.json")
    assert main(["convert", str(dump), "--enrich", "none", "-o", str(out), "-q"]) == 0
    return [item["number"].removeprefix("arXiv:") for item in json.loads(out.read_text())]


def test_a_list_of_several_pages_is_fetched_into_a_dump(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch, "--set", "cs", "--from", "2024-01-01") == 0
    assert server.requests[0] == {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": "cs", "from": "2024-01-01"}
    assert [set(request) for request in server.requests[1:]] == [{"verb", "resumptionToken"}] * 3
    assert ids_in(out) == IDS
    assert sorted(path.name for path in out.parent.iterdir()) == ["ids.json", "list.xml"]


def test_a_compressed_dump_is_read_as_well(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = out.with_name("list.xml.gz")
    with OaiPmh(RECORDS) as server:
        assert harvested(server, packed, monkeypatch) == 0
    assert ids_in(packed) == IDS


@pytest.mark.parametrize("fault", [BUSY, CUT])
def test_a_passing_fault_is_asked_again(fault: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS, faults={2: fault}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert ids_in(out) == IDS


def test_an_expired_token_is_replaced_by_a_query_from_the_last_date(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={3: EXPIRED}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert server.requests[3]["from"] == "2024-01-06"
    assert "expired" in capsys.readouterr().err
    assert ids_in(out) == IDS


def test_an_interrupted_harvest_goes_on_where_it_was(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS, faults={3: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert not out.exists()
        with (out.parent / "list.xml.part").open("ab") as part:
            part.write(b"<OAI-PMH><half a page")
        assert harvested(server, out, monkeypatch) == 0
        assert len(server.requests) == 5
    assert ids_in(out) == IDS


def test_another_query_does_not_go_on_in_the_same_file(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert harvested(server, out, monkeypatch, "--set", "math") == 2
    assert "another query is under way" in capsys.readouterr().err


def test_deleted_records_are_counted(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh([*RECORDS, ("-2401.00011", "2024-01-11")]) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "deleted    1" in capsys.readouterr().err
    assert ids_in(out) == IDS


def test_an_empty_list_is_no_failure(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh([]) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert out.exists()


def test_a_day_that_is_none_is_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["harvest", "-o", str(out), "--from", "May 2024"]) == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
