"""The registry of a DOI tells where a paper was published; the eprint stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.doi_org import DoiOrg

from refmill.builtin import doi
from refmill.cli import main
from refmill.plugins.registry import Registry
from refmill_hooks import Entry, ReadError, Venue
from refmill_hooks.testing import FakeNet, check_enricher

DOI = "10.1103/PhysRevD.76.013009"
CROSSREF: dict[str, Any] = {
    "DOI": DOI.lower(),
    "type": "journal-article",
    "title": ["Calculation of prompt diphoton production cross sections"],
    "container-title": "Physical Review D &amp; <i>Particles</i>",
    "short-container-title": ["Phys. Rev. D"],
    "volume": "76",
    "issue": "1",
    "page": "013009",
    "ISSN": ["1550-7998", "1550-2368"],
    "publisher": "American Physical Society (APS)",
    "issued": {"date-parts": [[2007, 7, 24]]},
}


def test_it_keeps_to_the_contract_of_enrichers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFMILL_DOI_URL")
    net = FakeNet(lambda url, form: json.dumps(CROSSREF).encode())
    check_enricher(Registry().enrichers["doi"], Entry(id="0704.0001", doi=(DOI,)), net)
    assert net.asked[0][0] == f"https://doi.org/{DOI}"


def test_a_record_of_the_registry_is_a_venue() -> None:
    assert doi.entry(json.dumps(CROSSREF).encode()).venue == Venue(
        container="Physical Review D & Particles",
        container_short="Phys. Rev. D",
        volume="76",
        issue="1",
        pages="013009",
        year=2007,
        date="2007-07-24",
        publisher="American Physical Society (APS)",
        issn="1550-7998",
    )


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        ({"type": "report", "container-title": [], "publisher": "CERN"}, "container", "CERN"),
        ({"type": "proceedings-article"}, "kind", "paper-conference"),
        ({"type": "article-journal", "container-title": ["Nature"]}, "container", "Nature"),
        ({"page": None, "article-number": "013009"}, "pages", "013009"),
        ({"issued": {"date-parts": [[2007]]}}, "date", "2007"),
        ({"issued": {"date-parts": [[None]]}}, "date", ""),
        ({"issued": {"date-parts": [[2007, 7]]}, "published-print": {"date-parts": [[2007, 8]]}}, "date", "2007-08"),
        ({"volume": 76}, "volume", "76"),
        ({"issued": "2007"}, "year", None),
    ],
)
def test_registries_write_in_several_ways(change: dict[str, Any], name: str, expected: object) -> None:
    venue = doi.entry(json.dumps(CROSSREF | change).encode()).venue
    assert getattr(venue, name) == expected


@pytest.mark.parametrize("kind", ["posted-content", "dataset", "article", None])
def test_what_is_no_publication_is_no_venue(kind: str | None) -> None:
    assert doi.entry(json.dumps(CROSSREF | {"type": kind}).encode()).venue is None


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"{}", b'{"DOI": {}}', b"\xff"])
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises(ReadError):
        doi.entry(raw)


def test_publication_data_go_into_the_output_and_the_eprint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = tmp_path / "rows.jsonl"
    rows = [
        {
            "id": "0704.0001",
            "title": "Diphotons",
            "categories": "hep-ph",
            "authors_parsed": [["Bee", "A.", ""]],
            "doi": d,
        }
        for d in (DOI, "10.1000/nobody", "10.1000/nonsense")
    ]
    dump.write_text("".join(json.dumps(row | {"id": f"0704.000{n}"}) + "\n" for n, row in enumerate(rows, 1)))
    report, out = tmp_path / "report.json", tmp_path / "refs.bib"
    with DoiOrg({DOI: CROSSREF, "10.1000/nonsense": "<html>"}) as server:
        monkeypatch.setenv("REFMILL_DOI_URL", server.url)
        words = ["convert", str(dump), "--enrich", "doi", "-o", str(out), "--report", str(report), "-q"]
        assert main(words) == 3
        assert main(words) == 3
        assert server.asked == [DOI, "10.1000/nonsense", "10.1000/nonsense"]
    assert "@article" in out.read_text()
    assert "eprint        = {0704.0001}" in out.read_text()
    states = {each["id"]: each["state"] for each in json.loads(report.read_text())["ids"]}
    assert states == {DOI: "found", "10.1000/nobody": "missing", "10.1000/nonsense": "unknown"}
