"""The snapshot of arXiv metadata, in the layouts in which people hand it on, whole and damaged."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill.builtin.cutting import json_records
from refmill.builtin.snapshot import reader as snapshot
from refmill_hooks import PROBLEM, Entry, ReadError, Source
from refmill_hooks.source import BLOCK


def row(number: int, **fields: Any) -> dict[str, Any]:
    """A row with what else is wanted; values hold what is told from markup of JSON with care alone."""
    return {
        "id": f"0704.{number:04}",
        "title": f'Sets {{a, b}} and "quotes" \\ {number}',
        "categories": "math.CO",
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
    } | fields


def read(data: bytes) -> tuple[list[Entry], list[tuple[int, bytes]]]:
    """The entries; and each record that is none, with its line."""
    source = Source(io.BytesIO(data))
    entries, bad = [], []
    for record in snapshot.records(source):
        try:
            entries.append(snapshot.entry(record))
        except ReadError:
            assert isinstance(record, bytes)
            bad.append((source.line, record))
    return entries, bad


def numbers(data: bytes) -> list[int]:
    entries, bad = read(data)
    assert not bad
    return [int(entry.id[5:]) for entry in entries]


ROWS = [row(number) for number in range(1, 6)]
LAYOUTS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "one a line": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    "one a line, without a last line feed": lambda rows: "\n".join(map(json.dumps, rows)),
    "one a line, with CR LF": lambda rows: "".join(json.dumps(row) + "\r\n" for row in rows),
    "one a line, with empty lines": lambda rows: "\n\n".join(map(json.dumps, rows)),
    "one a line, in brackets": lambda rows: "[" + ",\n".join(map(json.dumps, rows)) + "]\n",
    "one a line, between brackets": lambda rows: "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n",
    "an array on one line": lambda rows: json.dumps(rows),
    "an array on one line with a line feed": lambda rows: json.dumps(rows) + "\n",
    "two arrays on one line": lambda rows: json.dumps(rows[:2]) + json.dumps(rows[2:]) + "\n",
    "all on one line": lambda rows: "".join(map(json.dumps, rows)) + "\n",
    "two a line": lambda rows: "\n".join(json.dumps(rows[at : at + 2])[1:-1] for at in range(0, len(rows), 2)),
    "a pretty array": lambda rows: json.dumps(rows, indent=2),
    "pretty rows": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    "a pretty array without indentation": lambda rows: json.dumps(rows, indent=0),
    "joined files with byte order marks": lambda rows: "".join("\ufeff" + json.dumps(row) + "\n" for row in rows),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_row_is_read_in_any_layout(layout: str) -> None:
    data = LAYOUTS[layout](ROWS).encode()
    assert snapshot.sniff(data)
    assert numbers(data) == [1, 2, 3, 4, 5]


@given(st.lists(st.dictionaries(st.sampled_from(["title", "abstract", "comments"]), st.text()), min_size=1, max_size=4))
def test_every_row_is_read_in_any_layout_whatever_its_values_hold(values: list[dict[str, str]]) -> None:
    rows = [row(number, **fields) for number, fields in enumerate(values, 1)]
    for layout in LAYOUTS.values():
        assert numbers(layout(rows).encode("utf-8", "replace")) == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("layout", ["one a line", "one a line, between brackets"])
@pytest.mark.parametrize("damaged", range(5))
def test_a_damaged_line_costs_itself_wherever_it_stands(damaged: int, layout: str) -> None:
    lines = LAYOUTS[layout](ROWS).splitlines(keepends=True)
    at = damaged + layout.endswith("between brackets")
    lines[at] = lines[at][:30] + "\n"
    entries, bad = read("".join(lines).encode())
    assert [int(entry.id[5:]) for entry in entries] == [number for number in range(1, 6) if number != damaged + 1]
    assert bad == [(at + 1, lines[at].strip().encode())]


@pytest.mark.parametrize("layout", ["a pretty array", "pretty rows", "a pretty array without indentation"])
@pytest.mark.parametrize("lost", ["\n}", '"title": "', '"'])
def test_a_row_of_a_pretty_dump_that_does_not_end_costs_itself(lost: str, layout: str) -> None:
    rows = [row(number, comments="a\nb", versions=None) for number in range(1, 40)]
    text = LAYOUTS[layout](rows)
    begin = text.index("0704.0003")
    at = text.index(lost.replace("\n}", "\n  }" if layout == "a pretty array" else "\n}"), begin)
    damaged = text[:at] + text[at:].replace(lost.strip("\n"), "", 1)
    entries, bad = read(damaged.encode())
    assert {int(entry.id[5:]) for entry in entries} >= set(range(1, 40)) - {3}
    assert len(bad) == 1


def test_several_rows_on_one_line_among_others_are_read() -> None:
    one, two, three, four = map(json.dumps, ROWS[:4])
    assert numbers(f"{one}\n{two}, {three}\n{four}\n".encode()) == [1, 2, 3, 4]


def test_of_a_big_dump_no_more_is_lost_than_the_row_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "_SUSPECT", 100_000)
    monkeypatch.setattr(json_records, "LONGEST", 1_000_000)
    rows = [row(number, abstract="We study. " * 100) for number in range(1, 4000)]
    text = json.dumps(rows, indent=1)
    at = text.index("\n }", text.index("0704.0010"))
    entries, bad = read((text[:at] + text[at + 3 :]).encode())
    assert len(entries) == 3998
    assert len(bad) == 1


def test_the_lines_of_pretty_rows_are_those_on_which_they_begin() -> None:
    source = Source(io.BytesIO(LAYOUTS["pretty rows"](ROWS).encode()))
    height = len(json.dumps(ROWS[0], indent=1).splitlines())
    assert [source.line for _ in snapshot.records(source)] == [1 + height * at for at in range(5)]


def test_an_array_that_is_not_closed_is_told_though_its_last_row_is_whole() -> None:
    source = Source(io.BytesIO(json.dumps(ROWS, indent=1).removesuffix("\n]").encode()))
    records = snapshot.records(source)
    assert [next(records) for _ in ROWS]
    with pytest.raises(EOFError, match="not closed"):
        next(records)


@pytest.mark.parametrize("layout", ["one a line", "a pretty array", "an array on one line with a line feed"])
def test_a_line_that_is_not_utf_8_is_read_as_latin_1_and_counted(layout: str) -> None:
    rows = [row(1), row(2, title="Schrödinger"), row(3, title="Erdős")]
    kept = LAYOUTS[layout]([r | {"title": r["title"].replace("ö", "@@")} for r in rows])
    kept = kept.replace("\\u0151", "o")
    source = Source(io.BytesIO(kept.encode().replace(b"@@", b"\xf6")))
    assert [snapshot.entry(record).title for record in snapshot.records(source)][1] == "Schrödinger"
    assert source.latin1_lines == 1


def test_nan_is_nothing_but_inside_of_strings() -> None:
    ((entry,), bad) = read(b'{"id":"1706.03762","title":"On loss: NaN, x:NaN \\"NaN","comments":NaN,"doi": NaN}\n')
    assert not bad
    assert entry.title == 'On loss: NaN, x:NaN "NaN'
    assert entry.comments == ""


def test_versions_are_ordered_by_their_numbers() -> None:
    listed = [{"version": f"v{n}", "created": f"Mon, {n} Apr 2007 19:18:42 GMT"} for n in (3, 1, 2)]
    ((entry,), _) = read(json.dumps(row(1, versions=listed)).encode() + b"\n")
    assert [version.number for version in entry.versions] == [1, 2, 3]
    assert entry.created
    assert entry.updated
    assert (entry.created.day, entry.updated.day) == (1, 3)


@pytest.mark.parametrize("doi", ["see the journal", "10.1103 /PhysRevD.1"])
def test_a_doi_that_is_none_is_a_problem(doi: str) -> None:
    ((entry,), _) = read(json.dumps(row(1, doi=doi)).encode() + b"\n")
    assert entry.doi == ()
    assert doi in entry.extra[PROBLEM]


def test_a_dump_whose_first_row_lists_thousands_of_authors_is_known() -> None:
    first = {"id": "0704.0001", "submitter": "A. Bee", "authors": "A. Bee, " * 9000, "categories": "hep-ex"}
    assert snapshot.sniff(json.dumps(first).encode()[: 1 << 16])


def test_the_tail_of_a_dump_is_known_by_its_second_line() -> None:
    data = LAYOUTS["one a line"](ROWS).encode()
    assert snapshot.sniff(data[40:])
    entries, bad = read(data[40:])
    assert [entry.id for entry in entries] == ["0704.0002", "0704.0003", "0704.0004", "0704.0005"]
    assert [line for line, _ in bad] == [1]


def test_a_boundary_is_seen_where_records_sees_rows_one_a_line() -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    indented = "".join(json.dumps(row, indent=1) + "\n" for row in ROWS).encode()
    assert snapshot.boundary(lines + b'{"id": "0704.9') == len(lines)
    assert snapshot.boundary(indented * 100 + lines) == 0
    assert len(indented) * 100 > BLOCK
