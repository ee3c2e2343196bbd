"""Every test has a store of its own and no way out but loopback."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# Who starts the tests may ignore these, and then all that they start would: a shell ignores SIGINT for what it runs in
# the background, nohup SIGHUP.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=20_000, help="how many hostile values each door is tried with")
    parser.addoption("--whole", action="store_true", help="slow programs read all recorded entries, not each fifth")


@pytest.fixture(scope="session")
def cases(request: pytest.FixtureRequest) -> int:
    """How many hostile values a door is tried with."""
    count: int = request.config.getoption("--cases")
    return count


@pytest.fixture(autouse=True)
def _sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place: Path = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("REFMILL_STORE", str(place / "answers.sqlite"))
    monkeypatch.setenv("REFMILL_ARXIV_URL", "http://127.0.0.1:9/api/query")
    monkeypatch.setenv("REFMILL_OAI_URL", "http://127.0.0.1:9/oai")
    monkeypatch.setenv("REFMILL_DOI_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("REFMILL_ARXIV_PAUSE", "0.01")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    monkeypatch.delenv("REFMILL_CONTACT", raising=False)
