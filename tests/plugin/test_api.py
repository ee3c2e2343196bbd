"""The four verbs of the Python API."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.fakes.arxiv_api import ArxivApi, Paper

import refmill

DUMP = "We study things.\n\narXiv:2403.01234\nCreated: 2024-03-02\n"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.txt"
    path.write_text(DUMP)
    return path


def test_read_yields_entries_with_real_dates(dump: Path) -> None:
    with refmill.read(dump) as entries:
        (entry,) = entries
    assert entry.created == datetime.date(2024, 3, 2)


def test_enrich_fills_what_is_missing(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArxivApi({"2403.01234": Paper("A Study")}) as api, refmill.read(dump) as entries:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        (entry,) = refmill.enrich(entries, "arxiv")
    assert entry.title == "A Study"
    assert entry.origin["title"] == "arxiv"


def test_export_writes_a_file_with_options(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "refs.bib"
    with refmill.read(dump) as entries:
        summary = refmill.export(entries, out, abstract=False)
    assert summary.written == {str(out): 1}
    assert "abstract" not in out.read_text()


def test_convert_returns_the_summary(dump: Path, tmp_path: Path) -> None:
    summary = refmill.convert(dump, tmp_path / "refs.rdf", offline=True)
    assert (summary.read, summary.unknown.count, summary.exit_code) == (1, 1, 0)


def test_a_wrong_name_raises_one_error_that_users_can_read(dump: Path) -> None:
    with pytest.raises(refmill.UsageError, match="did you mean 'bibtex'"):
        refmill.convert(dump, "refs.bib", to="bibtxe")
