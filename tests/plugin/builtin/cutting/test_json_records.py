"""A damage in JSON costs the objects that it touches; the others are read, and what is lost is told with its line."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refmill.builtin.csl_json import reader as csl
from refmill.builtin.cutting import json_records
from refmill.builtin.cutting.json_records import Lost, objects
from refmill.builtin.snapshot import reader as snapshot
from refmill_hooks import PROBLEM, ReadError, Source

COUNT, HURT = 40, 20
IDS = [f"i{number}" for number in range(COUNT)]
INTACT = [name for name in IDS if name != f"i{HURT}"]

ITEMS: list[dict[str, Any]] = [
    {
        "id": name,
        "type": "article",
        "title": f"T {{x}} of {name}",
        "author": [{"family": "A", "given": "B"}, {"family": "C", "given": "D"}],
        "issued": {"date-parts": [[2020, 1, 2]]},
        "note": 'says "that"},\n {"id": y',
    }
    for name in IDS
]

LAYOUTS: dict[str, str] = {
    "an item a line": "[" + ",\n".join(map(json.dumps, ITEMS)) + "]",
    "all on one line": json.dumps(ITEMS),
    "no blanks": json.dumps(ITEMS, separators=(",", ":")),
    "indented by nothing": json.dumps(ITEMS, indent=0),
    "indented": json.dumps(ITEMS, indent=2),
    "no array": "\n".join(map(json.dumps, ITEMS)),
}


def behind(word: str, old: str, new: str) -> Callable[[str], str]:
    """Replace the first of these signs behind a word."""

    def hurt(item: str) -> str:
        at = item.index(word)
        return item[:at] + item[at:].replace(old, new, 1)

    return hurt


def last(old: str, new: str) -> Callable[[str], str]:
    def hurt(item: str) -> str:
        head, _, tail = item.rpartition(old)
        return head + new + tail

    return hurt


DAMAGES: dict[str, Callable[[str], str]] = {
    "the quote that ends a title is missing": behind("T {x}", '"', ""),
    "the quote that begins a title is missing": lambda item: item.replace('"T {x}', "T {x}"),
    "the quote that begins a name is missing": lambda item: item.replace('"title', "title"),
    "two quotes stand in a title": lambda item: item.replace("{x}", '"{x"'),
    "one quote stands in a title": lambda item: item.replace("{x}", '"{x'),
    "a title holds a line end": lambda item: item.replace("{x}", "{x}\n"),
    "a title holds a NUL": lambda item: item.replace("{x}", "\0"),
    "a colon is missing": behind("title", ":", ""),
    "the comma behind a value is missing": behind('"article"', ",", ""),
    "the last brace is missing": last("}", ""),
    "the brace of an author is missing": behind("family", "}", ""),
    "an author begins without a brace": behind("author", "{", ""),
    "the list of authors has no end": behind("author", "]", ""),
    "the list of authors has no beginning": behind("author", "[", ""),
    "there is a bracket too many": behind("author", "]", "]]"),
    "it is cut off in a name": lambda item: item[: item.index("family") + 4],
    "it is cut off in a list": lambda item: item[: item.index("given")],
    "it is cut off in its date": lambda item: item[: item.index("2020") + 3],
    "it has no beginning": lambda item: item[item.index("title") :],
    "it is no object": lambda item: "\x00\x7f{[" + item[9:],
}


def hurt(text: str, damage: Callable[[str], str]) -> tuple[str, int]:
    """The text with one item damaged, and the line on which that begins."""
    name = text.index(f'"i{HURT}"')
    start, end = text.rindex("{", 0, name), text.rindex("}", 0, text.index(f'"i{HURT + 1}"')) + 1
    damaged = damage(text[start:end])
    assert damaged != text[start:end]
    return text[:start] + damaged + text[end:], text.count("\n", 0, start) + 1


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, size: int = 1000) -> tuple[list[str], list[int]]:
    """The ids of the items that are read, and the lines of what is not."""
    good, bad = [], []
    for line, record in objects(blocks(data, size)):
        try:
            good.append(csl.entry(record).key)
        except ReadError:
            bad.append(line)
    return good, bad


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_whole_file_is_read_whole(layout: str) -> None:
    assert read(LAYOUTS[layout].encode()) == (IDS, [])


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_damage_costs_the_item_that_it_touches(layout: str, damage: str) -> None:
    text, line = hurt(LAYOUTS[layout], DAMAGES[damage])
    for size in (7, 1000, 1 << 16):
        assert read(text.encode(), size) == (INTACT, [line])


@pytest.mark.parametrize("between", ["}]\n", "}] [", "}},\n", "}\n\ufeff"])
def test_signs_too_many_between_items_cost_nothing(between: str) -> None:
    text = LAYOUTS["an item a line"].replace("},\n", between, 1)
    assert read(text.encode()) == (IDS, [])


def test_a_missing_comma_between_items_costs_nothing() -> None:
    assert read(LAYOUTS["an item a line"].replace("},\n", "}\n").encode()) == (IDS, [])


def test_what_stands_between_items_and_is_none_is_told() -> None:
    text = LAYOUTS["an item a line"].replace("},\n", "},\n\x01\x02 garbage } \x03,\n", 1)
    assert read(text.encode()) == (IDS, [2])


def test_a_truncated_last_item_is_told() -> None:
    text = LAYOUTS["indented"]
    assert read(text[: text.rindex("family")].encode()) == (IDS[:-1], [text[: text.rindex('"id"')].count("\n")])


def test_every_item_may_be_damaged() -> None:
    text = LAYOUTS["an item a line"].replace("of i", '" of i')
    good, bad = read(text.encode())
    assert (good, bad) == ([], list(range(1, COUNT + 1)))


def test_items_may_begin_with_any_name_that_the_first_one_begins_with() -> None:
    items = [{"odd": 1, **item} for item in ITEMS]
    text = json.dumps(items, indent=1).replace("{x} of i20", '" {x of i20')
    assert read(text.encode())[0] == INTACT


def test_objects_inside_of_an_item_are_no_items() -> None:
    items = [{**item, "custom": [{"id": "a", "title": "b"}, {"id": "c", "title": "d"}]} for item in ITEMS]
    assert read(json.dumps(items).encode()) == (IDS, [])
    text = json.dumps(items).replace("T {x} of i20", '" {x of i20')
    assert read(text.encode())[0][:HURT] == INTACT[:HURT]
    assert read(json.dumps(items, indent=2).replace("T {x} of i20", '" {x of i20').encode())[0] == INTACT


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LONGEST", 100_000)
    monkeypatch.setattr(json_records, "_SUSPECT", 10_000)
    monkeypatch.setattr(json_records, "_HELD", 20_000)


LONG = {
    "a long title": '{"id":"l","type":"article","title":"%s"}' % ("x" * 300_000),
    "a long list": '{"id":"l","type":"article","author":[' + '{"family":"x"},' * 20_000 + '{"family":"x"}]}',
    "a long number": '{"id":"l","type":"article","volume":%s}' % ("1" * 300_000),
    "a long way down": '{"id":"l","type":"article","x":' + '{"a":' * 40_000 + "1" + "}" * 40_001,
    "blanks": '{"id":"l","type":"article","x":%s1}' % (" " * 300_000),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", LONG)
def test_an_item_that_is_too_long_is_told_by_its_beginning(name: str) -> None:
    text = LAYOUTS["an item a line"].replace(json.dumps(ITEMS[HURT]), LONG[name])
    pieces = list(objects(blocks(text.encode(), 4096)))
    ((line, lost),) = ((line, piece) for line, piece in pieces if isinstance(piece, Lost))
    assert (len(pieces), line, lost.beginning[:10]) == (
        COUNT,
        HURT + 1,
        b'{"id":"l",',
    )
    assert len(lost.beginning) <= 1000
    with pytest.raises(ReadError, match="given up"):
        csl.entry(lost)


@pytest.mark.usefixtures("small")
def test_lines_are_counted_behind_a_stretch_that_was_let_go() -> None:
    text = '[{"id":"a",\n"title":"%s"},\n{"id":"b","title":"x"},\n{"id":"c","title:"x"}]' % ("\n" * 300_000)
    lines = [line for line, _ in objects(blocks(text.encode(), 4096))]
    assert lines == [1, 300_003, 300_004]


def test_no_damage_takes_more_than_linear_time() -> None:
    for piece in (
        b'{"x":1},{"id":2,"a":[',
        b'{"id":"a","t":"',
        b'{"id":',
        b'{"id":"a","t":"b"',
        b'{"id":NaN,',
        b'{"a":[',
    ):
        times = []
        for count in (100_000, 400_000):
            start = time.process_time()
            for _ in objects(blocks(piece * (count // len(piece)), 1 << 16)):
                pass
            times.append(time.process_time() - start)
        assert times[1] < 0.2 or times[1] < 9 * times[0], f"{piece!r} took {times}"


@given(st.lists(st.sampled_from([*'{}[]",:\\ \n', '"id":', '{"id":"a","title":"b"}', "family", "\ud7ff", "NaN"])))
@settings(max_examples=2000, deadline=None)
def test_the_size_of_the_blocks_changes_nothing_and_nothing_is_raised(parts: list[str]) -> None:
    data = "".join(parts).encode()
    whole = list(objects(iter([data])))
    assert list(objects(blocks(data, 1))) == whole
    assert list(objects(blocks(data, 3))) == whole


ROWS = [{"id": f"2401.{number:05}", "title": "T {x}", "categories": "hep-th"} for number in range(1, COUNT)]


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("T {x}", "T\n {x}\n", 1),
        ('"T {x}"', '"T {x}', 1),
        ("}\n", "}", 0),
        ("T {x}", "T \x00", 1),
        ('"title"', '\n"title"', 0),
    ],
)
def test_a_damaged_line_of_a_snapshot_costs_its_row(old: str, new: str, lost: int) -> None:
    text = "\n".join(map(json.dumps, ROWS)) + "\n"
    at = text.index(old, len(text) // 2)
    text = text[:at] + new + text[at + len(old) :]
    good, bad = 0, []
    source = Source(io.BytesIO(text.encode()))
    for record in snapshot.records(source):
        try:
            good += snapshot.entry(record).id != ""
        except ReadError:
            bad.append(source.line)
    assert (good, bad) == (len(ROWS) - lost, [text.count("\n", 0, at) + 1] * lost)


def test_a_line_that_is_too_long_is_told_and_those_behind_it_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refmill.builtin.snapshot.rows.LONGEST", 1 << 17)
    lines = [json.dumps(row) for row in ROWS]
    lines[5] = '{"id":"2401.00006","title":"%s"}' % ("x" * (1 << 18))
    source = Source(io.BytesIO("\n".join(lines).encode()))
    read = [(source.line, record) for record in snapshot.records(source)]
    assert [line for line, _ in read] == list(range(1, COUNT))
    ((line, lost),) = ((line, record) for line, record in read if isinstance(record, Lost))
    assert (line, lost.beginning[:20]) == (6, b'{"id":"2401.00006","')
    assert "longer than" in lost.reason


ODD_NAMES = "editor archive annote call-number edition event custom genre shortTitle _id @id schema unheardOf".split()


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("layout", [None, (",", ":"), 0, 2])
def test_a_missing_quote_costs_no_item_behind_it_whatever_that_begins_with(name: str, layout: Any) -> None:
    items = [
        {"id": f"i{at}", "type": "book", "title": "T", "author": [{"family": "A"}, {"literal": "B"}]} for at in "ab"
    ]
    items.append({name: [{"family": "X"}], "id": "ic", "type": "book", "title": "T"})
    how = {"separators": layout} if isinstance(layout, tuple) else {"indent": layout}
    text = json.dumps(items, **how)
    at = text.index('"T"', text.index("ib"))
    assert read((text[: at + 2] + text[at + 3 :]).encode()) == (
        ["ia", "ic"],
        [text.count("\n", 0, text.index('"ib"')) + 1 - (layout in (0, 2))],
    )


@pytest.mark.parametrize("sign", [":", "; ", "", " : ["])
def test_another_sign_in_the_place_of_a_comma_hides_no_item(sign: str) -> None:
    text = json.dumps(ITEMS, separators=(",", ":")).replace('},{"id":"i20"', f'}}{sign}{{"id":"i20"')
    assert read(text.encode())[0] == IDS


@pytest.mark.parametrize("first", ["(", ":", "x", "\x00", "{"])
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_another_sign_in_the_place_of_the_first_hides_no_item(first: str, indent: int | None) -> None:
    text = first + json.dumps(ITEMS, indent=indent)[1:]
    assert read(text.encode())[0] == IDS


@pytest.mark.parametrize("junk", ["(", "x", "x[", "\x00\x01["])
def test_a_dump_is_known_behind_a_few_bytes_of_junk(junk: str) -> None:
    assert csl.sniff((junk + json.dumps(ITEMS)[1:]).encode())
    assert snapshot.sniff((junk + json.dumps(ROWS, indent=2)[1:]).encode())


@pytest.mark.parametrize("names", ["id", "title"])
def test_two_items_that_damage_joined_are_told(names: str) -> None:
    item = csl.entry(
        b'{"%b":"a","type":"book","title":"A","%b":"b","type":"book","title":"A"}' % ((names.encode(),) * 2)
    )
    assert f"{names} stands there twice; left out: 'a'" in item.extra[PROBLEM]


def test_a_name_that_also_stands_inside_is_not_told() -> None:
    item = csl.entry(b'{"id":"a","type":"book","title":"A","custom":{"id":"b","title":"C"}}')
    assert PROBLEM not in item.extra


@pytest.mark.parametrize("layout", ["lines", "array"])
def test_two_rows_that_damage_joined_are_told(layout: str) -> None:
    lines = [json.dumps(row) for row in ROWS]
    lines[4:6] = [lines[4][:-1] + "," + lines[5][1:]]
    text = "\n".join(lines) if layout == "lines" else "[" + ",".join(lines) + "]"
    entries = [snapshot.entry(record) for record in snapshot.records(Source(io.BytesIO(text.encode())))]
    told = [(entry.id, entry.extra[PROBLEM]) for entry in entries if PROBLEM in entry.extra]
    assert told == [("2401.00006", "id stands there twice; left out: '2401.00005'")]
    assert len(entries) == len(ROWS) - 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("indent", [None, 2])
def test_an_item_that_is_too_long_is_one_loss_whatever_its_authors_begin_with(indent: int | None) -> None:
    items = [dict(item) for item in ITEMS]
    items[HURT]["author"] = [{"id": "x", "family": "Y"}] * 20_000
    good, bad = read(json.dumps(items, indent=indent).encode(), 4096)
    assert (good, len(bad)) == (INTACT, 1)


@pytest.mark.usefixtures("small")
def test_behind_an_item_that_is_too_long_and_damaged_late_the_others_are_read() -> None:
    for layout in ("all on one line", "an item a line", "indented"):
        text = LAYOUTS[layout].replace("of i20", "x" * 300_000)
        for damaged in (text, text.replace('xxx"', 'xxx" y'), text.replace('xxx"', "xxx")):
            for size in (4096, 4099):
                good, bad = read(damaged.encode(), size)
                assert (good, len(bad)) == (INTACT, 1)
