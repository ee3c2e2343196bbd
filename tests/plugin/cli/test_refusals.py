"""Why a service gave no answer is told on stderr with its host, and to run again only where that can help."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.doi_org import DoiOrg
from tests.fakes.raw_server import RawServer, answer

from refmill.cli import main
from refmill.services import net

COMMANDS = {
    "convert": ["convert", "2403.00001", "-o", "refs.bib"],
    "convert quietly": ["convert", "2403.00001", "-o", "refs.bib", "-q"],
    "show": ["show", "2403.00001"],
    "cite": ["cite", "2403.00001", "--style", "plain"],
    "update": ["update", "library.bib"],
    "harvest": ["harvest", "--set", "cs", "-o", "cs.xml"],
}
PAGE = b"<!DOCTYPE html><html>Log in</html>"
DTD = b'<?xml version="1.0"?>\n<!DOCTYPE feed [<!ENTITY a "b">]><feed><entry>&a;</entry></feed>'
HTML = "Content-Type: text/html"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(net, "TRIES", 2)
    (tmp_path / "library.bib").write_text("@misc{a, title={T}, eprint={2403.00001}, doi={10.1000/x}}\n")


def told(words: list[str], url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a run says that cannot ask; its lines about waiting left out."""
    for name in ("ARXIV", "OAI", "DOI"):
        monkeypatch.setenv(f"REFMILL_{name}_URL", url)
    assert main(words) == 3
    lines = capsys.readouterr().err.splitlines()
    return "\n".join(line for line in lines if "next try" not in line)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(answer(PAGE, HTML, status="400 Bad Request"), "HTTP 400", id="400"),
        pytest.param(answer(PAGE, HTML, status="403 Forbidden"), "denies access (403)", id="403"),
        pytest.param(answer(PAGE, HTML, status="404 Not Found"), "HTTP 404", id="404"),
        pytest.param(answer(PAGE, HTML, status="410 Gone"), "HTTP 410", id="410"),
        pytest.param(
            answer(PAGE, "Location: http://login.example/\x1b[2J", status="302 Found"),
            "points to http://login.example/",
            id="a redirection to another host",
        ),
        pytest.param(answer(PAGE, "Location: http://[::1", status="302 Found"), "no address", id="no address"),
        pytest.param(answer(PAGE, HTML), "this may be a page to log in at", id="a page"),
        pytest.param(answer(b"x", "Content-Encoding: br"), "packed as br", id="packed in an unknown way"),
        pytest.param(answer(b'{"a": 1}', "Content-Type: application/json"), "application/json", id="JSON"),
        pytest.param(answer(DTD, "Content-Type: text/xml"), "text/xml", id="a document with a DTD"),
        pytest.param(answer(b"", "X-Long: " + "x" * 100_000), "header line", id="an endless header"),
        pytest.param(b"no HTTP at all\r\n\r\n", "it begins with no HTTP at all", id="no HTTP"),
    ],
)
def test_a_refusal_for_good_is_told_without_advice_to_run_again(
    reply: bytes, reason: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(lambda: [reply]) as server:
        text = told(words, server.url, monkeypatch, capsys)
    assert reason in text
    assert server.url.removeprefix("http://") in text
    assert "run again" not in text
    assert "\x1b" not in text
    assert "Error(" not in text
    assert "Line(" not in text


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9", "Connection refused"), ("", "is busy or out of order (503)")],
    ids=["nobody listens", "busy"],
)
def test_what_may_pass_is_told_with_the_advice_to_run_again(
    url: str, reason: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(lambda: [answer(b"", status="503 Busy")]) as server:
        text = told(words, url or server.url, monkeypatch, capsys)
    assert reason in text
    assert "127.0.0.1:" in text
    assert "run again to go on" in text


@pytest.mark.parametrize("url", ["nonsense", "http://[::1", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"])
def test_an_address_that_is_none_is_told_and_not_asked_again(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(COMMANDS["convert"], url, monkeypatch, capsys)
    assert "is not the address of a service" in text
    assert "run again" not in text


def test_a_refusal_of_one_doi_is_none_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"DOI": "10.1000/b", "type": "journal-article", "container-title": "Journal of Dees"}
    with DoiOrg({"10.1000/a": "<html>a landing page</html>", "10.1000/b": record}) as server:
        monkeypatch.setenv("REFMILL_DOI_URL", server.url)
        (tmp_path / "d.bib").write_text(
            "@misc{a, title={T}, doi={10.1000/a}}\n@misc{b, title={U}, doi={10.1000/b}}\n@misc{c, doi={10.1000/c}}\n"
        )
        assert main(["convert", "d.bib", "--enrich", "doi", "-o", "refs.bib"]) == 3
    text = capsys.readouterr().err
    assert "missing    1 (10.1000/c)" in text
    assert "unknown    1 (10.1000/a)" in text
    assert "no CSL-JSON of this DOI" in text
    assert "Journal of Dees" in (tmp_path / "refs.bib").read_text()


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_doi_that_nobody_knows_is_missing_not_unknown(
    status: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(lambda: [answer(PAGE, HTML, status=status)]) as server:
        monkeypatch.setenv("REFMILL_DOI_URL", server.url)
        assert main(["convert", "library.bib", "--enrich", "doi", "-o", "refs.bib"]) == 1
    text = capsys.readouterr().err
    assert "missing    1 (10.1000/x)" in text
    assert f"{server.url.removeprefix('http://')}: it " in text
    assert f"this DOI{' no more' if status[:3] == '410' else ''} (HTTP {status[:3]})" in text
