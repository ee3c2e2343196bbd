"""A harvest writes one file, whatever ends it and whoever else writes there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fakes.oai_pmh import GONE, OaiPmh

from refmill.cli import main
from refmill.harvest_files import Files

RECORDS = [(f"2401.{number:05}", f"2024-01-{number:02}") for number in range(1, 11)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "list.xml"


def harvested(server: OaiPmh, out: Path | str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("REFMILL_OAI_URL", server.url)
    return main(["harvest", "-o", str(out), *words])


def written(out: Path) -> int:
    return out.read_text().count("<record>")


def names_beside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir())


def test_an_interrupted_harvest_goes_on_where_it_was(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OaiPmh(RECORDS, faults={3: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert names_beside(out) == ["list.xml.harvest", "list.xml.part"]
        with (out.parent / "list.xml.part").open("ab") as part:
            part.write(b"<record><half a page")
        assert harvested(server, out, monkeypatch) == 0
        assert len(server.requests) == 5
    assert written(out) == len(RECORDS)


def test_another_query_does_not_go_on_in_the_same_file(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert harvested(server, out, monkeypatch, "--set", "math") == 2
    assert "another query is under way" in capsys.readouterr().err


def test_another_service_does_not_go_on_in_the_same_file(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={2: GONE}) as server, OaiPmh(RECORDS) as other:
        assert harvested(server, out, monkeypatch) == 3
        assert harvested(other, out, monkeypatch) == 2
        assert other.requests == []
    assert f"another query is under way: metadataPrefix=arXiv, of {server.url}" in capsys.readouterr().err


def test_what_was_fetched_and_is_gone_is_told(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        (out.parent / "list.xml.part").unlink()
        assert harvested(server, out, monkeypatch) == 2
    assert "list.xml.harvest to begin anew" in capsys.readouterr().err


def test_a_state_that_makes_no_sense_is_told(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (out.parent / "list.xml.harvest").write_text('{"url": "", "query": {}, "size": -5}')
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch) == 2
    assert "delete it to begin anew" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["replace", "unlink"])
def test_a_harvest_that_is_ended_while_its_file_gets_its_name_asks_for_nothing_again(
    step: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(Path, step)

    def ended(path: Path, *arguments: object, **named: object) -> object:
        if path.name == {"replace": "list.xml.part", "unlink": "list.xml.harvest"}[step]:
            raise KeyboardInterrupt
        return real(path, *arguments, **named)

    with OaiPmh(RECORDS) as server:
        with monkeypatch.context() as patched:
            patched.setattr(Path, step, ended)
            assert harvested(server, out, patched) == 130
        assert out.exists() == (step == "unlink")
        asked = len(server.requests)
        assert harvested(server, out, monkeypatch) == 0
        assert len(server.requests) == asked
    assert names_beside(out) == ["list.xml"]
    assert written(out) == len(RECORDS)


def test_two_harvests_do_not_write_one_file(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS) as server:
        with Files(str(out)):
            assert harvested(server, out, monkeypatch) == 2
        assert server.requests == []
        assert "another harvest is writing it" in capsys.readouterr().err
        assert harvested(server, out, monkeypatch) == 0


def test_a_file_is_replaced_with_its_permissions_once_the_new_one_is_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.write_text("old")
    out.chmod(0o640)
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert out.read_text() == "old"
        assert harvested(server, out, monkeypatch) == 0
    assert written(out) == len(RECORDS)
    assert out.stat().st_mode & 0o777 == 0o640


def test_a_symbolic_link_stays_one_and_its_file_is_written(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out.parent / "real.xml").write_text("old")
    out.symlink_to("real.xml")
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert out.is_symlink()
    assert written(out.parent / "real.xml") == len(RECORDS)
    assert names_beside(out) == ["list.xml", "real.xml"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("-", "name a file"),
        (".", "it is a folder"),
        (os.devnull, "it is a device"),
        ("missing/list.xml", "No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_asked_for(
    path: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with OaiPmh(RECORDS) as server:
        assert harvested(server, path, monkeypatch) == 2
        assert server.requests == []
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
