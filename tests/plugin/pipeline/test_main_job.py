"""The main job: the user's dump goes in, three files come out, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.shared import shared

from refmill.cli import main

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"


@pytest.fixture
def seed_items(tmp_path: Path) -> dict[str, dict[str, object]]:
    """CSL items by id, made of the user's own dump."""
    dump, facts = shared("seeds/000_874518a5937e156b.txt"), shared("seeds/records.jsonl")
    out = tmp_path / "refs.json"
    assert main(["convert", str(dump), "--snapshot", str(facts), "--offline", "-o", str(out), "-q"]) == 0
    return {item["URL"].rpartition("/")[2]: item for item in json.loads(out.read_text())}


def test_no_entry_of_the_users_dump_is_lost(seed_items: dict[str, dict[str, object]]) -> None:
    assert list(seed_items) == [
        *("2507.20534", "2507.04611", "2506.06913", "2505.24227", "2505.22492"),
        *("2504.18425", "2503.00369", "2502.05417", "2501.05326", "2411.10701"),
    ]


def test_a_shifted_author_line_gives_way_to_the_real_authors(seed_items: dict[str, dict[str, object]]) -> None:
    authors = seed_items["2507.20534"]["author"]
    assert isinstance(authors, list)
    assert len(authors) == 169
    assert authors[0] == {"literal": "Kimi Team"}
    assert authors[1] == {"family": "Bai", "given": "Yifan"}
    assert authors[-1] == {"family": "Zu", "given": "Xinxing"}


def test_the_journal_reference_stays_verbatim(seed_items: dict[str, dict[str, object]]) -> None:
    reference = "Proceedings of the 38th Conference on Neural Information Processing Systems (NeurIPS 2024)"
    assert reference in str(seed_items["2411.10701"])


def test_citation_commands_become_their_keys_in_brackets(seed_items: dict[str, dict[str, object]]) -> None:
    assert "[lacker2019mean]" in str(seed_items["2507.04611"]["abstract"])


@pytest.mark.parametrize("name", ["refs.bib", "refs.biblatex", "refs.rdf", "refs.json"])
def test_the_samples_give_the_golden_files(name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    arguments = ["--snapshot", str(SAMPLES / "arxiv-snapshot.jsonl"), "--offline", "-o", str(out), "-q"]
    assert main(["convert", str(SAMPLES / "arxiv-abstracts.txt"), *arguments]) == 0
    assert out.read_text() == (SAMPLES / "goldens" / name).read_text()
