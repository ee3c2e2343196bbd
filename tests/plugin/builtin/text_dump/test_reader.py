"""The plain text dump, in every layout that is met (notes: the layouts of text dumps)."""

from __future__ import annotations

import datetime
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.blocks import Blocks
from tests.shared import shared

from refmill.builtin.text_dump import reader as text
from refmill.builtin.text_dump.records import Paragraphs, _cut, _pieces
from refmill_hooks import PRINTED_ID, PROBLEM, SUSPECT, Entry, ReadError, SkipRecord, Source
from refmill_hooks.names import display_name
from refmill_hooks.text import squeeze

RECORD = """\
A Study of Things
Ann Bee, Carl van Dee

We study things.

12 pages, 3 figures

arXiv:2403.01234 - J. Things 7, 12
Created: 2024-03-02 Updated: 2024-05-17
"""


def read(dump: str | bytes) -> list[Entry]:
    """All entries of a dump; what is none is left out."""
    data = dump.encode() if isinstance(dump, str) else dump
    entries = []
    for piece in text.records(Source(io.BytesIO(data))):
        try:
            entries.append(text.entry(piece))
        except (SkipRecord, ReadError):
            continue
    return entries


def test_every_part_of_a_full_record_is_read() -> None:
    (entry,) = read(RECORD)
    assert entry.title == "A Study of Things"
    assert [display_name(name) for name in entry.authors] == ["Ann Bee", "Carl van Dee"]
    assert entry.abstract == "We study things."
    assert entry.comments == "12 pages, 3 figures"
    assert entry.id == "2403.01234"
    assert entry.journal_ref == "J. Things 7, 12"
    assert entry.created == datetime.date(2024, 3, 2)
    assert entry.updated == datetime.date(2024, 5, 17)


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("We study things.\n\narXiv:2403.01234\nCreated: 2024-03-02\n", {"abstract": "We study things.", "title": ""}),
        ("We study.\n\n5 pages\n\narXiv:2403.01234\nCreated: 2024-03-02\n", {"comments": "5 pages"}),
        ("One.\n\nTwo is a paragraph too.\n\narXiv:2403.01234\nCreated: 2024-03-02\n", {"comments": ""}),
        ("We study.\n\narXiv:hep-th/9901001\nCreated: 1999-01-01\n", {"id": "hep-th/9901001"}),
        ("We study.\n\narXiv:math.GT/0309136\nCreated: 2003-09-08\n", {"id": "math/0309136"}),
        (
            "We study.\n\narXiv:2403.01234 - Proc. A - B, 12 - 14\nCreated: 2024-03-02\n",
            {"journal_ref": "Proc. A - B, 12 - 14"},
        ),
        ("\ufeffWe study.\n\narXiv:2403.01234\nCreated: 2024-03-02\n", {"abstract": "We study."}),
        (RECORD.replace("\n", "\r\n"), {"title": "A Study of Things", "journal_ref": "J. Things 7, 12"}),
        ("We study.\narXiv:2403.01234\nCreated: 2024-03-02", {"abstract": "We study."}),
        ("We study.\n\narXiv:2403.01234v2\nCreated: 2024-03-02\n", {"id": "2403.01234", "version": 2}),
    ],
    ids=[
        *("no-title", "comments", "two-paragraphs", "old-id", "subject-class", "dashes-in-reference", "bom", "crlf"),
        *("no-blank-line", "version"),
    ],
)
def test_every_layout_is_understood(layout: str, expected: dict[str, object]) -> None:
    (entry,) = read(layout)
    assert {name: getattr(entry, name) for name in expected} == expected


def test_records_without_a_blank_line_between_them_are_cut_apart() -> None:
    assert [entry.id for entry in read(RECORD + RECORD.replace("01234", "01235"))] == ["2403.01234", "2403.01235"]


@pytest.mark.parametrize("end", ["\n", ""])
def test_dumps_that_were_joined_bring_no_byte_order_mark_along(end: str) -> None:
    assert read(f"\ufeff{RECORD.rstrip()}{end}" * 3) == read(RECORD) * 3


def test_form_feeds_and_nuls_belong_to_no_text() -> None:
    assert read("\f" + RECORD.replace("things", "\0th\fings\0")) == read(RECORD)


def test_text_in_utf_16_is_not_recognised() -> None:
    assert not text.sniff(RECORD.encode("utf-16-le"))


def test_text_before_the_first_record_is_no_entry() -> None:
    banner = "# arXiv dump of 2024-06-01\n# 2 records\n\n"
    assert [entry.title for entry in read(banner + RECORD)] == ["A Study of Things"]


def test_a_cut_off_last_record_is_refused_and_the_others_are_read() -> None:
    pieces = list(text.records(Source(io.BytesIO((RECORD + "\nWe begin to stu").encode()))))
    assert text.entry(pieces[0]).id == "2403.01234"
    with pytest.raises(ReadError, match="cut off"):
        text.entry(pieces[-1])


def test_shifted_forenames_are_kept_as_printed_and_marked() -> None:
    (entry,) = read(RECORD.replace("Ann Bee, Carl van Dee", "Yifan Kimi Team, Yiping Bai, Guanduo Bao"))
    assert "shifted" in entry.extra[SUSPECT]
    assert display_name(entry.authors[1]) == "Yiping Bai"


def test_a_damaged_id_is_reported_and_never_guessed() -> None:
    (entry,) = read(RECORD.replace("2403.01234 ", "712.0171 "))
    assert entry.id == ""
    assert entry.extra[PRINTED_ID] == "712.0171"
    assert "0712.0171" in entry.extra[PROBLEM]


def test_the_line_of_each_record_is_known() -> None:
    source = Source(io.BytesIO((RECORD + "\n" + RECORD).encode()))
    assert [source.line for _ in text.records(source)] == [1, 11]


@given(
    st.lists(
        st.sampled_from([*RECORD.split("\n"), "", "arXiv:", "Created:", "Created: 2024-13-41", "x" * 50]), max_size=30
    )
)
def test_no_order_of_lines_is_more_than_refused(lines: list[str]) -> None:
    dump = "\n".join(lines)
    pieces = list(text.records(Source(io.BytesIO(dump.encode()))))
    kept = [line for piece in pieces for line in piece.lines if line.strip()]
    assert kept == [line for line in lines if line.strip()]
    read(dump)


PARAGRAPHS = st.sampled_from(
    [
        "A Study of Things\nAnn Bee, Carl van Dee",
        "We study things.\nThey are many: two.",
        "We study  things.\n  They are indented.",
        "Nach Müller\u00a0und\n\u00a0\nSöhne.",
        "12 pages",
        "see arXiv:2401.00001\narXiv:2401.00002",
        "arXiv:2403.01234 - J. Things 7, 12\nCreated: 2024-03-02 Updated: 2024-05-17",
        "arXiv:hep-th/9901001\nCreated: 1999-01-01",
        "arXiv:2403.01234\nJ. Things\nCreated: 2024-03-02",
        "Created: 2024-03-02",
        "Updated: 2024-05-17",
        "arXiv:2403.01234",
        " ",
        "",
    ]
)


@given(st.lists(PARAGRAPHS, max_size=12), st.sampled_from(["\n\n", "\n\n\n"]), st.integers(1, 200))
def test_paragraphs_tell_what_the_lines_tell(paragraphs: list[str], blank: str, size: int) -> None:
    dump = blank.join(["We begin.", *paragraphs]) + "\n"
    found = list(_cut(Source(Blocks(dump.encode(), size))))
    expected = list(_pieces(dump.split("\n"), 1))
    assert [line for line, _ in found] == [line for line, _ in expected]
    assert [understood(record) for _, record in found] == [understood(piece) for _, piece in expected]


def understood(record: text.Piece | Paragraphs) -> Entry | str:
    try:
        return text.entry(record)
    except ReadError as error:
        return str(error)


def test_a_dump_without_plain_ends_is_read_as_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refmill.builtin.text_dump.records._HELD", 1000)
    dump = RECORD.replace("arXiv:", " arXiv:") * 300
    stream = Blocks(dump.encode(), 500)
    first = next(text.records(Source(stream)))
    assert stream.tell() < len(dump) // 10
    assert text.entry(first).id == "2403.01234"


def test_real_records_give_the_fields_they_were_laid_out_from() -> None:
    dump = shared("data/textdump/records_a.txt").read_bytes()
    truths = [json.loads(line) for line in shared("data/textdump/records_a.truth.jsonl").read_text().splitlines()]
    entries = {entry.id: entry for entry in read(dump)}
    assert len(entries) == len(truths)
    wrong = [
        truth["id"]
        for truth in truths
        if (entry := entries.get(truth["id"])) is None
        or str(entry.created) != truth["created"]
        or entry.journal_ref != squeeze(truth["jref"] or "")
    ]
    assert wrong == []
