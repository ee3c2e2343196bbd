"""Who is believed: the same up to spelling, the better spelling; else the newer; weak values never; nothing is lost."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill.pipeline.reconcile import merge
from refmill_hooks import SUSPECT, UNVERIFIED, Entry, Name, Version

ANN = Name(family="Bee", given="Ann")
OORD = Name(family="van den Oord", given="Aaron")


def dump(**fields: object) -> Entry:
    return Entry(id="2401.00001", source="dump").replace(**fields)


def api(**fields: object) -> Entry:
    return Entry(id="2401.00001", source="arxiv").replace(**fields)


def test_what_was_empty_is_filled_and_its_origin_is_told() -> None:
    merged, disputes = merge(dump(title="A"), api(title="A", comments="3 pages"))
    assert merged.comments == "3 pages"
    assert merged.origin == {"comments": "arxiv"}
    assert disputes == []


@pytest.mark.parametrize(
    ("good", "damaged"),
    [
        ("A test of $\\omega$", "A test of $ω$"),
        ('Schr{\\"o}dinger', "Schr{ö}dinger"),
        ("Mar{\\'\\i}a", "Mar{\\'ı}a"),
    ],
)
def test_text_that_was_damaged_on_the_way_does_not_replace_a_whole_one(good: str, damaged: str) -> None:
    assert merge(dump(title=good), api(title=damaged))[0].title == good
    assert merge(dump(title=damaged), api(title=good))[0].title == good


def test_where_titles_truly_differ_the_newer_wins_and_the_other_is_told() -> None:
    old, new = (Version(number=n, created=datetime.date(2024, n, 1)) for n in (1, 2))
    merged, disputes = merge(dump(title="First", versions=(old,)), api(title="Second", versions=(old, new)))
    dispute = next(each for each in disputes if each.field == "title")
    assert merged.title == "Second"
    assert (dispute.kept, dispute.kept_from, dispute.other, dispute.other_from) == ("Second", "arxiv", "First", "dump")
    merged, disputes = merge(dump(title="Second", versions=(old, new)), api(title="First", versions=(old,)))
    dispute = next(each for each in disputes if each.field == "title")
    assert merged.title == "Second"
    assert dispute.other == "First"


def test_the_better_split_of_the_same_authors_stays() -> None:
    split_worse = (Name(family="Oord", given="Aaron van den"),)
    assert merge(dump(authors=(OORD,)), api(authors=(OORD,)))[0].authors == (OORD,)
    with_suffix = (Name(family="Steele", given="Guy L.", suffix="Jr."),)
    without = (Name(family="Steele", given="Guy L."),)
    assert merge(dump(authors=with_suffix), api(authors=without))[0].authors == with_suffix
    assert merge(dump(authors=without), api(authors=with_suffix))[0].authors == with_suffix
    assert merge(dump(authors=split_worse), api(authors=(OORD,)))[0].authors == (OORD,)


def test_unverified_authors_always_give_way_with_their_marks() -> None:
    shifted = dump(
        authors=(Name(family="Team", given="Yifan Kimi"),),
        extra={UNVERIFIED: "authors", SUSPECT: "shifted"},
        updated=datetime.date(2030, 1, 1),
    )
    merged, disputes = merge(shifted, api(authors=(ANN,), updated=datetime.date(2020, 1, 1)))
    assert merged.authors == (ANN,)
    assert UNVERIFIED not in merged.extra
    assert SUSPECT not in merged.extra
    assert "authors" in [dispute.field for dispute in disputes]


def test_unverified_authors_of_an_answer_fill_a_gap_with_their_marks_and_replace_nothing() -> None:
    answer = api(authors=(Name(family="Team"),), extra={UNVERIFIED: "authors", SUSPECT: "shifted"})
    merged, _ = merge(dump(), answer)
    assert merged.unverified == {"authors"}
    assert merged.extra[SUSPECT] == "shifted"
    merged, _ = merge(dump(authors=(ANN,)), answer)
    assert merged.authors == (ANN,)
    assert merged.extra == {}


def test_dois_of_both_are_kept() -> None:
    merged, _ = merge(dump(doi=("10.1/a", "10.1/B")), api(doi=("10.1/b", "10.1/c")))
    assert set(map(str.lower, merged.doi)) == {"10.1/a", "10.1/b", "10.1/c"}


def test_id_version_and_key_are_never_touched() -> None:
    merged, _ = merge(dump(key="mine", version=1), api(key="theirs", version=2, title="A"))
    assert (merged.id, merged.version, merged.key) == ("2401.00001", 1, "mine")


TEXTS = st.sampled_from(["", "One", "one.", "Two $\\alpha$", "Two $α$", "Three"])
FIRST = datetime.date(2020, 1, 1)
"""A paper has one first day, and revisions come after it."""
ENTRIES = st.builds(
    Entry,
    id=st.just("2401.00001"),
    source=st.sampled_from(["a", "b"]),
    title=TEXTS,
    abstract=TEXTS,
    comments=TEXTS,
    authors=st.sampled_from([(), (ANN,), (OORD,), (ANN, OORD)]),
    categories=st.sampled_from([(), ("cs.LG",), ("cs.LG", "stat.ML")]),
    created=st.sampled_from([None, FIRST]),
    updated=st.none() | st.dates(FIRST, FIRST + datetime.timedelta(days=4)),
    doi=st.sampled_from([(), ("10.1/a",), ("10.1/A", "10.1/b")]),
    extra=st.sampled_from([{}, {UNVERIFIED: "authors"}]),
)
TOLD = ("title", "abstract", "comments", "authors", "categories")


@given(ENTRIES, ENTRIES)
def test_merging_the_same_answer_twice_changes_nothing_more(mine: Entry, theirs: Entry) -> None:
    once, _ = merge(mine, theirs)
    twice, _ = merge(once, theirs)
    assert twice == once


@given(ENTRIES, ENTRIES)
def test_every_value_is_in_the_entry_or_in_the_report_up_to_spelling(mine: Entry, theirs: Entry) -> None:
    from refmill.pipeline.reconcile import _folded, _shown

    merged, disputes = merge(mine, theirs)
    told = {(each.field, text) for each in disputes for text in (each.kept, each.other)}
    for name in TOLD:
        for value in (getattr(mine, name), getattr(theirs, name)):
            same = _folded(getattr(merged, name)) == _folded(value)
            assert not value or same or (name, _shown(value)) in told


@given(ENTRIES, ENTRIES)
def test_nothing_known_becomes_unknown(mine: Entry, theirs: Entry) -> None:
    merged, _ = merge(mine, theirs)
    for name in (*TOLD, "created", "updated", "doi"):
        known = getattr(mine, name) or getattr(theirs, name)
        assert bool(getattr(merged, name)) == bool(known)
