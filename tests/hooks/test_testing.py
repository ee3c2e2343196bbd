"""The checks for plugins' own tests say in words what a plugin does wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

import pytest

from refmill_hooks import Enricher, Entry, Exporter, Missing, Net, NoOptions, Reader, ReadError, Source, Transform
from refmill_hooks.testing import FakeNet, check_enricher, check_exporter, check_reader, check_transform, hard_entries


def line_of(entry: Entry, options: NoOptions) -> str:
    return f"{entry.id}\n"


def exporter(render: Callable[..., Any] = line_of, **fields: Any) -> Exporter[Any]:
    return Exporter(name="mine", title="mine", render=render, **fields)


def test_a_good_exporter_passes_and_its_text_is_returned() -> None:
    assert check_exporter(exporter(opening="# refs\n")).startswith("# refs\n2402.00001\n")


def raises_key_error(entry: Entry, options: NoOptions) -> str:
    return str({"2402.00001": 1}[entry.id])


def changes_its_input(entry: Entry, options: NoOptions) -> str:
    entry.extra["mine:seen"] = "yes"
    return "x"


def never_the_same(entry: Entry, options: NoOptions, seen: list[int] = []) -> str:  # noqa: B006 - that is the fault
    seen.append(1)
    return str(len(seen))


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (exporter(raises_key_error), "raises KeyError"),
        (exporter(changes_its_input), "changes its input"),
        (exporter(never_the_same), "is not deterministic"),
        (exporter(lambda entry, options: None), "returns no text but NoneType"),
        (exporter(lambda entry, options: ""), "loses the entry"),
        (exporter(lambda entry, options: "\ud800"), "cannot be written as UTF-8"),
        (exporter(opening=lambda options: 1), "its opening is no text"),
    ],
)
def test_a_faulty_exporter_is_told_its_fault(faulty: Exporter[Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_exporter(faulty)


def test_an_exporter_may_refuse_an_entry_by_a_value_error() -> None:
    def render(entry: Entry, options: NoOptions) -> str:
        if not entry.title:
            raise ValueError("it has no title")
        return "x"

    assert len(check_exporter(exporter(render))) < len(hard_entries())


def test_an_exporter_that_stops_early_is_told_what_it_lost() -> None:
    def write(entries: Iterable[Entry], out: TextIO, options: NoOptions) -> None:
        out.write(next(iter(entries)).id)

    with pytest.raises(AssertionError, match="loses entries"):
        check_exporter(Exporter(name="mine", title="mine", write=write))


def lines(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.lines(), 1):
        source.line = number
        yield line


def entry_of_line(record: str) -> Entry:
    if not record.startswith("id "):
        raise ReadError("no id")
    return Entry(id=record[3:], source="mine")


def reader(**fields: Any) -> Reader[Any]:
    good: dict[str, Any] = {"sniff": lambda head: head.startswith(b"id "), "records": lines, "entry": entry_of_line}
    return Reader(name="mine", title="mine", **(good | fields))


SAMPLE = b"id 2402.00001\nid 2402.00002\n"


def test_a_good_reader_passes_and_its_entries_are_returned() -> None:
    assert [entry.id for entry in check_reader(reader(), SAMPLE, 2)] == ["2402.00001", "2402.00002"]


def forgets_the_line(source: Source) -> Iterator[str]:
    yield from source.lines()


def reads_blocks(source: Source) -> Iterator[str]:
    for number, block in enumerate(source.blocks(), 1):
        source.line = number
        yield block.decode("latin-1")


def counts_wrongly(source: Source) -> Iterator[str]:
    for line in source.lines():
        source.line = 1
        yield line


def reads_all(source: Source) -> Iterator[str]:
    source.line = 1
    yield from list(source.lines())


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (reader(sniff=lambda head: False), "does not know the sample"),
        (reader(sniff=lambda head: True), "for its format"),
        (reader(sniff=lambda head: head[0] == 105), "sniff raises IndexError"),
        (reader(records=forgets_the_line), "source.line"),
        (reader(records=reads_blocks), "small blocks"),
        (reader(records=counts_wrongly, boundary=len), "lines of one record alone"),
        (reader(entry=lambda record: Entry(id=record.split()[1], source="mine")), "raise ReadError"),
        (reader(entry=lambda record: Entry(id=record)), "without its source"),
        (reader(entry=str), "not an Entry"),
        (reader(raw=len), "raw returns no text"),
    ],
)
def test_a_faulty_reader_is_told_its_fault(faulty: Reader[Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_reader(faulty, SAMPLE)


def test_a_reader_that_finds_too_few_is_told_so() -> None:
    with pytest.raises(AssertionError, match="finds 2 entries where there are 3"):
        check_reader(reader(), SAMPLE, 3)


def test_a_reader_that_holds_the_whole_input_is_told_so() -> None:
    with pytest.raises(AssertionError, match="does not stream"):
        check_reader(reader(records=reads_all), SAMPLE * 5000)


def ask(keys: Iterable[str], net: Net, options: NoOptions) -> Iterator[tuple[str, bytes | Missing]]:
    for key in keys:
        yield key, net.ask(f"http://127.0.0.1/{key}").body


def understand(raw: bytes) -> Entry:
    if not raw.startswith(b"title "):
        raise ReadError("no title")
    return Entry(title=raw[6:].decode(), source="mine")


def enricher(**fields: Any) -> Enricher[Any]:
    good: dict[str, Any] = {"key": lambda entry: entry.id or None, "fetch": ask, "entry": understand}
    return Enricher(name="mine", title="mine", asks="arxiv", **(good | fields))


def test_a_good_enricher_passes_and_its_answer_is_returned() -> None:
    net = FakeNet(lambda url, form: b"title Of things")
    answer = check_enricher(enricher(), Entry(id="2402.00001"), net)
    assert isinstance(answer, Entry)
    assert answer.title == "Of things"
    assert net.asked == [("http://127.0.0.1/2402.00001", None)]


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (enricher(key=lambda entry: entry.doi[0]), "key raises IndexError"),
        (enricher(key=lambda entry: None), "has no key"),
        (enricher(fetch=lambda keys, net, options: [("2402.00002", b"")]), "was not asked for"),
        (enricher(fetch=lambda keys, net, options: []), "0 answers for one key"),
        (enricher(fetch=lambda keys, net, options: [(keys[0], "text")]), "neither bytes nor Missing"),
        (enricher(fetch=lambda keys, net, options: 1 // 0), "fetch raises ZeroDivisionError"),
        (enricher(entry=lambda raw: Entry(title=raw[6:].decode(), source="mine")), "raise ReadError"),
        (enricher(entry=lambda raw: raw), "not an Entry"),
    ],
)
def test_a_faulty_enricher_is_told_its_fault(faulty: Enricher[Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_enricher(faulty, Entry(id="2402.00001"), FakeNet(lambda url, form: b"title x"))


def transform(**fields: Any) -> Transform[Any]:
    return Transform(name="mine", title="mine", **fields)


def test_a_good_transform_passes_and_what_comes_out_is_returned() -> None:
    titled = check_transform(transform(apply=lambda entry, options: entry if entry.title else None))
    assert 0 < len(titled) < len(hard_entries())


def holds_all(entries: Iterable[Entry], options: NoOptions) -> Iterator[Entry]:
    yield from list(entries)


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (transform(apply=lambda entry, options: entry if entry.doi[0] else None), "raises IndexError"),
        (transform(apply=lambda entry, options: entry.id), "yields str, not an Entry"),
        (transform(stream=lambda entries, options: (None for _ in entries)), "yields NoneType"),
        (transform(stream=holds_all), "does not stream"),
    ],
)
def test_a_faulty_transform_is_told_its_fault(faulty: Transform[Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_transform(faulty)


def test_a_transform_that_must_hold_all_entries_may() -> None:
    assert len(check_transform(transform(stream=holds_all), holds_all=True)) == len(hard_entries())
