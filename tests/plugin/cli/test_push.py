"""`refmill push` puts entries into Zotero and JabRef, once, and says clearly why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from tests.fakes.managers import JabRef, Zotero
from tests.fakes.raw_server import RawServer, answer, dripping, endless

from refmill.cli import main
from refmill.services import local_programs
from refmill.services.limits import Limits

DUMP = "".join(f"We study.\n\narXiv:2403.{number:05}\nCreated: 2024-03-02\n\n" for number in range(1, 121))


@pytest.fixture
def dump(tmp_path: Path) -> str:
    path = tmp_path / "dump.txt"
    path.write_text(DUMP)
    return str(path)


def pushed(dump: str, to: str, url: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv(f"REFMILL_{to.upper()}_URL", url)
    return main(["push", dump, "--to", to, "--enrich", "none", *words])


def test_zotero_takes_rdf_in_batches_each_in_a_session_of_its_own(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Zotero() as zotero:
        assert pushed(dump, "zotero", zotero.url, monkeypatch) == 0
    assert [text.count("<z:itemType>preprint") for text in zotero.taken] == [50, 50, 20]
    assert all(text.rstrip().endswith("</rdf:RDF>") for text in zotero.taken)
    assert len(zotero.sessions) == 3
    assert zotero.requests[0] == "GET /connector/ping"


def test_what_was_pushed_is_not_pushed_again(
    dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Zotero() as zotero:
        pushed(dump, "zotero", zotero.url, monkeypatch)
        assert pushed(dump, "zotero", zotero.url, monkeypatch) == 0
        assert len(zotero.taken) == 3
        assert "120 were pushed before" in capsys.readouterr().err
        assert pushed(dump, "zotero", zotero.url, monkeypatch, "--again") == 0
        assert len(zotero.taken) == 6


def test_entries_go_into_the_collection_that_is_named(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Zotero() as zotero:
        assert pushed(dump, "zotero", zotero.url, monkeypatch, "--collection", "To read") == 0
    assert set(zotero.moved.values()) == {"C23"}
    assert set(zotero.moved) == zotero.sessions


def test_a_session_that_exists_is_replaced(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Zotero(reused=1) as zotero:
        assert pushed(dump, "zotero", zotero.url, monkeypatch) == 0
    assert len(zotero.taken) == 3


def test_jabref_takes_bibtex_into_a_group(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with JabRef() as jabref:
        assert pushed(dump, "jabref", jabref.url, monkeypatch, "--collection", "Mine") == 0
    assert sum(text.count("@misc") for text in jabref.taken) == 120
    assert set(jabref.groups) == {"Mine"}


@pytest.mark.parametrize("to", ["zotero", "jabref"])
def test_a_program_that_is_not_running_is_told_and_costs_exit_code_3(
    to: str, dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pushed(dump, to, "http://127.0.0.1:9", monkeypatch) == 3
    assert "is not running" in capsys.readouterr().err


def test_the_wrong_program_on_the_port_is_told(
    dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Zotero() as zotero, JabRef() as jabref:
        assert pushed(dump, "zotero", jabref.url, monkeypatch) == 2
        assert "another program than Zotero" in capsys.readouterr().err
        assert pushed(dump, "jabref", zotero.url, monkeypatch) == 2
        assert "Zotero answers there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zotero", "words", "told"),
    [
        ({"editable": False}, (), "read-only"),
        ({"refuses": 500}, (), "read-only"),
        ({"refuses": 400}, (), "does not take the entries"),
        ({"refuses": 404}, (), "no import for connectors (HTTP 404)"),
        ({}, ("--collection", "Nothing"), "no collection 'Nothing'"),
    ],
)
def test_what_zotero_refuses_is_told(
    zotero: dict[str, bool | int], words: tuple[str, ...], told: str, dump: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with Zotero(**zotero) as server:  # type: ignore[arg-type]
        assert pushed(dump, "zotero", server.url, monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone", "500 Internal"])
def test_a_refusal_is_told_with_its_status(
    status: str, dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for to in ("zotero", "jabref"):
        with RawServer(lambda: [answer(b"no", "Connection: close", status=status)]) as server:
            assert pushed(dump, to, server.url, monkeypatch) == 2
        assert f"(HTTP {status[:3]})" in capsys.readouterr().err


def test_jabref_without_a_library_is_told(
    dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with JabRef(has_window=False) as jabref:
        assert pushed(dump, "jabref", jabref.url, monkeypatch) == 2
    assert "open its window" in capsys.readouterr().err


def test_zotero_10_takes_items_over_its_local_api_with_collection_and_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library.bib"
    library.write_text(
        "@misc{bee2024, author={Bee, Ann and {Kimi Team}}, title={T}, eprint={2403.00001}, primaryclass={cs.LG},"
        " note={Comment: 3 pages}}\n@article{dee, author={Dee, Carl}, title={U}, journal={Nature}, volume={5},"
        " eprint={2403.00002}}\n"
    )
    with Zotero(version="10.0.1") as zotero:
        assert pushed(str(library), "zotero", zotero.url, monkeypatch, "--collection", "New one") == 0
    assert zotero.taken == []
    preprint, article, note = zotero.items
    assert (preprint["itemType"], preprint["archiveID"], preprint["citationKey"]) == (
        "preprint",
        "arXiv:2403.00001",
        "bee2024",
    )
    assert preprint["creators"] == [
        {"creatorType": "author", "lastName": "Bee", "firstName": "Ann"},
        {"creatorType": "author", "name": "Kimi Team"},
    ]
    assert preprint["tags"] == [{"tag": "Computer Science - Machine Learning"}]
    assert preprint["collections"] == [zotero.collections["New one"]]
    assert (article["itemType"], article["publicationTitle"], article["volume"]) == ("journalArticle", "Nature", "5")
    assert note == {"itemType": "note", "parentItem": "K0", "note": "<p>Comment: 3 pages</p>"}


@pytest.mark.parametrize(("version", "allows"), [("9.0.1", True), ("10.0.1", False)])
def test_without_a_local_api_that_writes_the_connector_takes_the_entries(
    version: str, allows: bool, dump: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Zotero(version=version, allows=allows) as zotero:
        assert pushed(dump, "zotero", zotero.url, monkeypatch) == 0
    assert zotero.items == []
    assert len(zotero.taken) == 3


SELECTED, ALLOWED, ITEMS = (
    "POST /connector/getSelectedCollection",
    "POST /api/local/authorize",
    "POST /api/users/0/items",
)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(SELECTED, b"<html>", id="no JSON"),
        pytest.param(SELECTED, b"[1, 2]", id="a list for an object"),
        pytest.param(SELECTED, b"null", id="null"),
        pytest.param(SELECTED, b'{"libraryID": {"a": 1}}', id="an object for a number"),
        pytest.param(SELECTED, b'{"targets": [5]}', id="numbers for targets"),
        pytest.param(SELECTED, b"{1: 2}", id="a number for a name"),
        pytest.param(SELECTED, b'{"libraryName": "\xff"}', id="no UTF-8"),
        pytest.param(SELECTED, b'{"x": ' + b"[" * 100_000, id="deep"),
        pytest.param(SELECTED, b"", id="nothing"),
        pytest.param(ALLOWED, b"[]", id="a list for a permission"),
        pytest.param(ALLOWED, b'{"key": {}}', id="an object for a key"),
        pytest.param(ITEMS, b"[]", id="a list of what was written"),
        pytest.param(ITEMS, b"{}", id="nothing of what was written"),
        pytest.param(ITEMS, b'{"successful": {"0": {}}}', id="no key"),
        pytest.param(ITEMS, b'{"successful": {"0": null}}', id="null for an item"),
        pytest.param(ITEMS, b'{"failed": {"0": "no"}}', id="a text for a failure"),
        pytest.param("GET /api/users/0/collections", b'{"a": 1}', id="an object for collections"),
        pytest.param("POST /api/users/0/collections", b'{"successful": {}}', id="no collection"),
    ],
)
def test_an_odd_answer_of_zotero_is_told_in_a_line(
    path: str, body: bytes, dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Zotero(version="10.0" if "/api/" in path else "7.0") as zotero:
        zotero.replies[path] = answer(body, "Connection: close")
        assert pushed(dump, "zotero", zotero.url, monkeypatch, "--collection", "To read") == 2
    (told,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("refmill:")]
    assert "Zotero" in told
    assert "fault" not in told


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b"[[[[1]]]]", b"null", b"\xff", b"[" * 100_000], ids=lambda body: repr(body[:8])
)
def test_an_odd_answer_of_jabref_is_told_in_a_line(
    body: bytes, dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with JabRef() as jabref:
        jabref.replies["GET /libraries"] = answer(body, "Connection: close")
        assert pushed(dump, "jabref", jabref.url, monkeypatch) == 2
    assert "another program than JabRef" in capsys.readouterr().err


@pytest.mark.parametrize("to", ["zotero", "jabref"])
def test_no_redirection_is_followed(
    to: str, dump: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = answer(b"", "Location: http://127.0.0.1:9/\x1b[31m", "Connection: close", status="307 Temporary Redirect")
    with RawServer(lambda: [moved]) as server:
        assert pushed(dump, to, server.url, monkeypatch) == 2
        assert len(server.requests) == 1
    told = capsys.readouterr().err
    assert "which is not followed" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(lambda: dripping(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000), id="a header that drips in"),
        pytest.param(lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), id="answers to come"),
        pytest.param(lambda: [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 40], id="a body without end"),
    ],
)
def test_an_answer_without_end_is_not_waited_for(
    chunks: Callable[[], Iterable[bytes]], dump: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(local_programs, "_LIMITS", Limits(body=0.3, size=1 << 20))
    with RawServer(chunks) as server:
        assert pushed(dump, "zotero", server.url, monkeypatch) == 2
    told = capsys.readouterr().err
    assert "not complete" in told or "larger than" in told


def test_proxies_of_the_environment_are_not_asked(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Zotero() as zotero:
        assert pushed(dump, "zotero", zotero.url, monkeypatch) == 0


def test_clearing_the_store_does_not_push_anew(dump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Zotero() as zotero:
        pushed(dump, "zotero", zotero.url, monkeypatch)
        assert main(["store", "--clear"]) == 0
        pushed(dump, "zotero", zotero.url, monkeypatch)
        assert len(zotero.taken) == 3
        assert main(["store", "--clear", "pushed"]) == 0
        pushed(dump, "zotero", zotero.url, monkeypatch)
        assert len(zotero.taken) == 6


def test_two_entries_with_one_doi_are_both_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library.bib"
    library.write_text(
        "@book{one, author={Bee, Ann}, title={Title one}, doi={10.1000/x}}\n"
        "@inbook{two, author={Bee, Ann}, title={Title two}, doi={10.1000/x}}\n"
    )
    with Zotero() as zotero:
        assert pushed(str(library), "zotero", zotero.url, monkeypatch) == 0
        assert "Title one" in zotero.taken[0]
        assert "Title two" in zotero.taken[0]
        pushed(str(library), "zotero", zotero.url, monkeypatch)
        assert len(zotero.taken) == 1
