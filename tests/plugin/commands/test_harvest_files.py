"""A harvest writes one file, whatever ends it and whoever else writes there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.fakes.oai_pmh import EXPIRED, GONE, OaiPmh

from refmill.cli import main
from refmill.commands.harvest_files import Files

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
        part, state = sorted(out.parent.iterdir())
        assert state.name == "list.xml.harvest"
        with part.open("ab") as half:
            half.write(b"<record><half a page")
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
    error = capsys.readouterr().err
    assert f"another query is under way: metadataPrefix=arXiv, of {server.url}" in error
    (part,) = out.parent.glob(".refmill-*")
    assert f"delete the file and {part}, which holds what was fetched" in error


def test_what_was_fetched_and_is_gone_is_told(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        (part,) = out.parent.glob(".refmill-*")
        part.unlink()
        assert harvested(server, out, monkeypatch) == 2
    assert "list.xml.harvest to begin anew" in capsys.readouterr().err


def test_a_state_that_makes_no_sense_is_told(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (out.parent / "list.xml.harvest").write_text('{"url": "", "query": {}, "size": -5}')
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch) == 2
    assert "delete it to begin anew, and with it the file .refmill-… in" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["replace", "unlink"])
def test_a_harvest_that_is_ended_while_its_file_gets_its_name_asks_for_nothing_again(
    step: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(Path, step)

    def ended(path: Path, *arguments: object, **named: object) -> object:
        if out in arguments or (step == "unlink" and path.name == "list.xml.harvest"):
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
        (".", "it is a folder"),
        ("list/", "it is a folder"),
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


def test_a_harvest_to_stdout_is_the_document_that_a_file_would_be(
    out: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch) == 0
        assert harvested(server, "-", monkeypatch, "-q") == 0
    assert capfdbinary.readouterr().out == out.read_bytes()


def test_a_harvest_to_stdout_that_breaks_off_says_that_it_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with OaiPmh(RECORDS, faults={3: GONE}) as server:
        assert harvested(server, "-", monkeypatch) == 3
    assert "what went to - is not whole" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_harvest_to_stdout_whose_list_is_to_be_asked_for_again_as_a_whole_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unsorted = [RECORDS[number] for number in (7, 4, 1, 8, 5, 2, 9, 6, 3, 0)]
    with OaiPmh(unsorted, faults={2: EXPIRED}) as server:
        assert harvested(server, "-", monkeypatch) == 3
    assert "-o FILE" in capsys.readouterr().err


@pytest.mark.parametrize("end", [".part", ".harvest.new", ".harvest~"])
def test_files_of_the_user_beside_a_harvest_stay_as_they_are(
    end: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = out.with_name(out.name + end)
    mine.write_bytes(b"mine")
    with OaiPmh(RECORDS, faults={3: GONE}) as server:
        assert [harvested(server, out, monkeypatch) for _ in range(2)] == [3, 0]
    assert mine.read_bytes() == b"mine"
    assert names_beside(out) == sorted(["list.xml", mine.name])


def test_a_state_that_names_a_file_of_the_user_is_refused(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = out.with_name("mine.bib")
    mine.write_bytes(b"mine")
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        state = out.with_name("list.xml.harvest")
        state.write_text(re.sub(r"\.refmill-[0-9a-f]+", "mine.bib", state.read_text()))
        assert harvested(server, out, monkeypatch) == 2
    assert "delete it to begin anew" in capsys.readouterr().err
    assert mine.read_bytes() == b"mine"


def test_a_harvest_that_was_killed_before_its_first_page_is_begun_again(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS) as server:
        killed = Files(str(out))
        killed.__enter__()
        killed.begun(server.url, {"metadataPrefix": "arXiv"})
        killed._lock.release()
        assert harvested(server, out, monkeypatch) == 0
    assert names_beside(out) == ["list.xml"]


def test_two_harvests_do_not_write_one_file_once_the_state_was_replaced(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OaiPmh(RECORDS) as server:
        with Files(str(out)) as files:
            files.begun(server.url, {"metadataPrefix": "arXiv"})
            assert harvested(server, out, monkeypatch) == 2
        assert names_beside(out) == []


def test_a_state_behind_a_symbolic_link_is_kept_where_it_is(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = out.parent / "elsewhere" / "mine.txt"
    mine.parent.mkdir()
    state = out.with_name("list.xml.harvest")
    state.symlink_to(mine)
    with OaiPmh(RECORDS, faults={2: GONE}) as server:
        assert harvested(server, out, monkeypatch) == 3
        assert state.is_symlink()
        assert mine.exists()
        assert harvested(server, out, monkeypatch) == 0
        assert len(server.requests) == 5
    assert written(out) == len(RECORDS)


def test_a_harvest_that_was_killed_with_an_empty_state_is_begun_again(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.with_name("list.xml.harvest").touch()
    with OaiPmh(RECORDS) as server:
        assert harvested(server, out, monkeypatch) == 0
    assert written(out) == len(RECORDS)
    assert names_beside(out) == ["list.xml"]
