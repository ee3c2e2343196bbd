"""Duplicates become one, wishes select, keys are unique, stable and ASCII."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill.cli import main
from refmill.plugins.registry import Registry
from refmill_hooks import DATE, MERGED, Entry, Name, Venue
from refmill_hooks.testing import check_transform, hard_entries

REGISTRY = Registry()


def through(name: str, *entries: Entry, **options: Any) -> list[Entry]:
    transform = REGISTRY.transforms[name]
    chosen = transform.options(**options)
    if transform.stream:
        return list(transform.stream(iter(entries), chosen))
    assert transform.apply
    return [changed for entry in entries if (changed := transform.apply(entry, chosen))]


def keys(*entries: Entry, **options: Any) -> list[str]:
    return [entry.key for entry in through("keys", *entries, **options)]


@pytest.mark.parametrize("name", ["dedupe", "select", "keys"])
def test_they_keep_to_the_contract(name: str) -> None:
    assert len(check_transform(REGISTRY.transforms[name], holds_all=name == "dedupe")) == len(hard_entries())


def test_versions_of_one_paper_become_one_entry_with_the_first_key() -> None:
    old = Entry(id="2401.00001", version=1, title="Old", comments="3 pages", key="bee2024old")
    new = Entry(id="2401.00001", version=2, title="New", key="bee2024new")
    (one,) = through("dedupe", old, new)
    assert (one.key, one.title, one.version, one.comments) == ("bee2024old", "New", 2, "3 pages")
    assert one.extra[MERGED] == "2401.00001v2 (bee2024new)"


def test_the_same_doi_is_the_same_paper_and_joins_its_ids() -> None:
    published = Entry(doi=("10.1/A",), venue=Venue(container="Nature"), key="a")
    preprint = Entry(id="2401.00001", title="T", key="b")
    bridge = Entry(id="2401.00001", doi=("10.1/a",), key="c")
    (one,) = through("dedupe", published, preprint, bridge)
    assert (one.id, one.key, one.title) == ("2401.00001", "a", "T")
    assert one.venue == Venue(container="Nature")
    assert one.extra[MERGED] == "2401.00001 (b), 2401.00001 (c)"


def test_other_papers_stay_as_they_are_in_their_order() -> None:
    entries = [Entry(id=f"2401.0000{number}") for number in (3, 1, 2)] + [Entry(title="A"), Entry(title="A")]
    assert through("dedupe", *entries) == entries


PAPER = Entry(
    id="2401.00001",
    title="Deep $\\alpha$ learning",
    abstract="About robots.",
    authors=(Name(family='M{\\"u}ller', given="Ann"),),
    categories=("cs.LG", "math.PR"),
    created=datetime.date(2024, 3, 5),
)


@pytest.mark.parametrize(
    ("options", "is_kept"),
    [
        ({}, True),
        ({"categories": ("cs.LG",)}, True),
        ({"categories": ("math",)}, True),
        ({"categories": ("ma",)}, False),
        ({"since": datetime.date(2024, 3, 5), "until": datetime.date(2024, 3, 5)}, True),
        ({"since": datetime.date(2024, 3, 6)}, False),
        ({"until": datetime.date(2024, 3, 4)}, False),
        ({"authors": ("müller",)}, True),
        ({"authors": ("Meyer",)}, False),
        ({"words": ("learning", "robots")}, True),
        ({"words": ("learning", "cats")}, False),
    ],
)
def test_wishes_select(options: dict[str, Any], is_kept: bool) -> None:
    assert bool(through("select", PAPER, **options)) is is_kept


def test_a_date_known_in_part_counts_as_far_as_it_goes() -> None:
    partly = PAPER.replace(created=None, extra={DATE: "2024"})
    assert through("select", partly, since=datetime.date(2024, 3, 5))
    assert not through("select", partly, since=datetime.date(2025, 1, 1))
    assert not through("select", PAPER.replace(created=None), since=datetime.date(2024, 1, 1))


def test_of_equal_keys_the_first_is_never_renamed() -> None:
    same = [PAPER.replace(id=f"2401.{number:05}") for number in range(1, 30)]
    found = keys(*same)
    assert found[:3] == ["muller2024deepalpha", "muller2024deepalphaa", "muller2024deepalphab"]
    assert len(set(found)) == 29
    assert found[27] == found[0] + "aa"
    assert found == keys(*same)


def test_a_key_that_is_there_stays() -> None:
    assert keys(PAPER.replace(key="mine"), PAPER.replace(key="mine")) == ["mine", "minea"]


def test_keys_that_differ_in_case_alone_are_equal() -> None:
    assert keys(PAPER.replace(key="Bee"), PAPER.replace(key="bee"), PAPER.replace(key="BEE")) == ["Bee", "beea", "BEEb"]


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{auth}{year}", "muller2024"),
        ("{auth}{shortyear}{veryshorttitle}", "muller24deep"),
        ("{auth}{shorttitle}", "mullerdeepalphalearning"),
        ("{eprint}", "2401_00001"),
        ("{auth}_{eprint}", "muller_2401_00001"),
    ],
)
def test_a_template_makes_the_key(template: str, key: str) -> None:
    assert keys(PAPER, template=template) == [key]


@pytest.mark.parametrize("family", ["王", "Иванов", "O'Neil", "Łukasiewicz", "van den Bosch", "日本", "Ørsted"])
def test_names_of_every_script_give_an_ascii_key(family: str) -> None:
    (key,) = keys(PAPER.replace(authors=(Name(family=family, given="A."),)))
    assert key.isascii()
    assert key.replace("_", "").isalnum()


@given(st.lists(st.sampled_from(["a", "b", "aa", "ab", "", "a2"]), max_size=12))
def test_keys_are_unique_whatever_stands_there(given_keys: list[str]) -> None:
    found = keys(*(PAPER.replace(key=key) for key in given_keys))
    assert len(set(found)) == len(found)


def test_what_was_merged_is_told_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "library.bib"
    library.write_text("@misc{a, title={T}, eprint={2401.00001}}\n@misc{b, title={T}, eprint={2401.00001}}\n")
    report = tmp_path / "report.json"
    words = ["convert", str(library), "--with", "dedupe", "--enrich", "none", "-o", str(tmp_path / "out.bib")]
    assert main([*words, "--report", str(report)]) == 0
    assert "merged     1 (2401.00001)" in capsys.readouterr().err
    assert json.loads(report.read_text())["merged"] == [{"id": "2401.00001", "key": "a", "merged": "2401.00001 (b)"}]
