"""`refmill harvest` fetches whole lists, whatever happens on the way."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from tests.fakes.oai_pmh import BUSY, CUT, EXPIRED, GONE, OaiPmh, document, record

from refmill.cli import main

RECORDS = [(f"2401.{number:05}", f"2024-01-{number:02}") for number in range(1, 11)]
IDS = [arxiv_id for arxiv_id, _ in RECORDS]
OTHER = record("2401.00099", "2024-01-31")
NONE = document('<error code="noRecordsMatch">none</error>')


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "list.xml"


def harvested(server: OaiPmh, out: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("REFMILL_OAI_URL", server.url)
    return main(["harvest", "-o", str(out), *words])


def ids_in(dump: Path, status: int = 0) -> list[str]:
    out = dump.with_name("ids.json")
    assert main(["convert", str(dump), "--enrich", "none", "-o", str(out), "-q"]) == status
    return [item["number"].removeprefix("arXiv:") for item in json.loads(out.read_text())]


def listed_in(dump: Path) -> list[str]:
    """The ids as they stand there: `convert` makes one entry of records that are the same."""
    identifiers = etree.parse(dump).iterfind("{*}ListRecords/{*}record/{*}header/{*}identifier")
    return [str(each.text).removeprefix("oai:arXiv.org:") for each in identifiers]


def test_a_list_of_several_pages_is_fetched_into_a_dump(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch, "--set", "cs", "--from", "2024-01-01") == 0
    assert server.requests[0] == {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": "cs", "from": "2024-01-01"}
    assert [set(request) for request in server.requests[1:]] == [{"verb", "resumptionToken"}] * 3
    assert ids_in(out) == IDS
    assert sorted(path.name for path in out.parent.iterdir()) == ["ids.json", "list.xml"]


@pytest.mark.parametrize("name", ["list.xml", "list.xml.gz"])
def test_a_dump_is_one_well_formed_document_however_often_it_was_interrupted(
    name: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = out.with_name(name)
    with OaiPmh(RECORDS, faults={2: GONE, 4: GONE}) as server:
        assert [harvested(server, dump, monkeypatch) for _ in range(3)] == [3, 3, 0]
    written = gzip.decompress(dump.read_bytes()) if dump.suffix == ".gz" else dump.read_bytes()
    (listed,) = etree.fromstring(written).iterfind("{*}ListRecords")
    assert len(listed) == len(RECORDS)
    assert ids_in(dump) == IDS


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        CUT,
        pytest.param(document("")[:70], id="cut in the tag of the root"),
        pytest.param(document(""), id="neither a list nor an error"),
        pytest.param(document("<Identify><repositoryName>arXiv</repositoryName></Identify>"), id="of another verb"),
        pytest.param(document("<error>something</error>"), id="an error without a code"),
        pytest.param(NONE, id="no records, amid the list"),
        pytest.param(
            document(f"<ListRecords>{OTHER}<resumptionToken>start=3&amp;from=</resumptionToken></ListRecords>"),
            id="the same token again",
        ),
        pytest.param(document(f"<ListRecords>{OTHER[:-9]}{OTHER}</ListRecords>"), id="a record without its end"),
        pytest.param(document(f"<ListRecords>{OTHER}"), id="a list without its end"),
        pytest.param(b"<html><body>Down for maintenance</body></html>", id="a page for people"),
    ],
)
def test_a_passing_fault_is_asked_again(fault: str | bytes, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS, faults={2: fault}) as server:
        assert harvested(server, out, monkeypatch) == 0
        assert server.requests[2] == server.requests[1]
    assert ids_in(out) == IDS


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda token: f"<![CDATA[{token}]]>", id="CDATA"),
        pytest.param(lambda token: "\n  " + token.replace("&", "&#38;") + "\n", id="characters by number"),
        pytest.param(lambda token: "<!-- old -->" + token.replace("&", "&amp;"), id="comment"),
    ],
)
def test_a_token_is_sent_back_as_it_is_meant_however_it_is_written(
    spell: Callable[[str], str], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS, spell=spell) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert [request.get("resumptionToken") for request in server.requests[:2]] == [None, "start=3&from="]
    assert ids_in(out) == IDS


def test_an_expired_token_is_replaced_by_a_query_from_the_last_date(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={3: EXPIRED}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert server.requests[3]["from"] == "2024-01-06"
    assert "expired" in capsys.readouterr().err
    assert listed_in(out) == IDS


def test_records_of_the_day_that_is_asked_for_twice_are_written_and_counted_once(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [(arxiv_id, "2024-01-01" if arxiv_id < IDS[4] else "2024-01-02") for arxiv_id in IDS]
    with OaiPmh(days, faults={4: EXPIRED}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "records    10" in capsys.readouterr().err
    assert listed_in(out) == IDS


def test_no_records_from_a_day_on_that_had_some_is_asked_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS, faults={3: EXPIRED, 4: NONE}) as server:
        assert harvested(server, out, monkeypatch) == 0
        assert server.requests[4] == server.requests[3]
    assert listed_in(out) == IDS


def test_records_that_left_the_days_asked_for_leave_an_end_without_any(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS, faults={3: EXPIRED, 4: NONE}) as server:
        assert harvested(server, out, monkeypatch, "--until", "2024-01-08") == 0
        assert len(server.requests) == 4
    assert listed_in(out) == IDS[:6]


def test_a_service_that_lists_more_than_the_days_asked_for_adds_nothing_twice(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS, faults={3: EXPIRED}, ignores_from=True) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert listed_in(out) == IDS


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([8, 5, 2, 9, 6, 3, 10, 7, 4, 1], id="seen before the token expired"),
        pytest.param([1, 3, 4, 2, 8, 5, 10, 6, 7, 9], id="seen after it"),
    ],
)
def test_a_list_that_is_not_sorted_by_date_is_asked_for_again_as_a_whole(
    order: list[int], out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [RECORDS[number - 1] for number in order]
    with OaiPmh(records, faults={2: EXPIRED}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "asking for all of it again; fewer days at once (--from, --until)" in capsys.readouterr().err
    assert listed_in(out) == [arxiv_id for arxiv_id, _ in records]


def test_a_service_that_refuses_its_tokens_is_asked_again_as_long_as_that_brings_newer_days(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS, refuses_tokens=True) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert listed_in(out) == IDS


def test_a_service_that_refuses_its_tokens_and_brings_nothing_newer_is_left_alone(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one_day = [(arxiv_id, "2024-01-01") for arxiv_id in IDS]
    with OaiPmh(one_day, refuses_tokens=True) as server:
        assert harvested(server, out, monkeypatch) == 3
    assert len(server.requests) == 8
    assert "refuses its own resumption tokens" in capsys.readouterr().err


def test_a_service_that_is_mended_is_asked_for_the_rest(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_day = [(arxiv_id, "2024-01-01") for arxiv_id in IDS]
    with OaiPmh(one_day, faults=dict.fromkeys((2, 4, 6, 8), EXPIRED)) as server:
        assert [harvested(server, out, monkeypatch) for _ in range(2)] == [3, 0]
        assert server.requests[8]["from"] == "2024-01-01"
    assert listed_in(out) == IDS


def test_a_malformed_record_costs_itself_alone(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [record(*RECORDS[0]), record(*RECORDS[1], title="<b & so on"), record(*RECORDS[2])]
    page = document(f"<ListRecords>{''.join(records)}<resumptionToken/></ListRecords>")
    with OaiPmh([], faults={1: page}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "3 records in 1 pages, up to 2024-01-03" in capsys.readouterr().err
    assert ids_in(out, status=1) == [IDS[0], IDS[2]]


def test_names_may_bear_a_prefix(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = '<o:OAI-PMH xmlns:o="http://www.openarchives.org/OAI/2.0/">{}</o:OAI-PMH>'
    listed = "<o:record><o:header><o:identifier>oai:arXiv.org:2401.00001</o:identifier></o:header></o:record>"
    token = "<o:resumptionToken>start=3</o:resumptionToken>"
    first = root.format(f"<o:ListRecords>{listed}{token}</o:ListRecords>").encode()
    refused = root.format('<o:error code="badResumptionToken"/>').encode()
    none = root.format('<o:error code="noRecordsMatch"/>').encode()
    with OaiPmh(RECORDS, faults={1: first, 3: refused}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert server.requests[1]["resumptionToken"] == "start=3"
    with OaiPmh([], faults={1: none}) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "records    0" in capsys.readouterr().err


def test_deleted_records_are_counted(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh([*RECORDS, ("-2401.00011", "2024-01-11")]) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "deleted    1" in capsys.readouterr().err
    assert ids_in(out) == IDS


def test_an_empty_list_is_no_failure(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh([]) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert "records    0" in capsys.readouterr().err
    assert ids_in(out) == []


@pytest.mark.parametrize("code", ["badArgument", "cannotDisseminateFormat", "noSetHierarchy"])
def test_a_query_that_the_service_refuses_is_wrong_usage_and_leaves_nothing(
    code: str, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh([], faults={1: document(f'<error code="{code}">no such thing</error>')}) as server:
        assert harvested(server, out, monkeypatch, "--set", "nonsense") == 2
    error = capsys.readouterr().err
    assert f"{code}: no such thing; check --set" in error
    assert "run again" not in error
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("day", ["May 2024", "2024-02-31", "20240101", "٢٠٢٤-٠١-٠١"])
def test_a_day_that_is_none_is_told(day: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["harvest", "-o", str(out), "--from", day]) == 2
    assert f"--from {day} is no day; write it as YYYY-MM-DD" in capsys.readouterr().err


def test_an_end_before_the_beginning_is_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["harvest", "-o", str(out), "--from", "2024-05-02", "--until", "2024-05-01"]) == 2
    assert "--from 2024-05-02 is after --until 2024-05-01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("REFMILL_ARXIV_PAUSE", "abc", "a number of seconds"),
        ("REFMILL_OAI_URL", "127.0.0.1/oai", "http:// or https://"),
        ("REFMILL_OAI_URL", "http://127.0.0.1:port/oai", "http:// or https://"),
    ],
)
def test_a_setting_that_makes_no_sense_is_wrong_usage(
    name: str,
    value: str,
    advice: str,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["harvest", "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert f"{name} is {value!r}" in error
    assert advice in error
    assert "fault of refmill" not in error


def test_an_address_may_have_a_query_of_its_own(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS) as server:
        monkeypatch.setenv("REFMILL_OAI_URL", f"{server.url}?key=5")
        assert main(["harvest", "-o", str(out)]) == 0
    assert server.requests[0] == {"key": "5", "verb": "ListRecords", "metadataPrefix": "arXiv"}
    assert server.requests[1]["key"] == "5"
