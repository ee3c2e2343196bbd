"""Checks of a plugin, each in words: what it does wrong."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec

from refmill_hooks.entry import Entry
from refmill_hooks.roles import (
    Answer,
    Enricher,
    Exporter,
    Missing,
    Reader,
    ReadError,
    ServiceError,
    SkipRecord,
    Transform,
)
from refmill_hooks.source import Source
from refmill_hooks.testing.entries import hard_entries

__all__ = ["FakeNet", "check_enricher", "check_exporter", "check_reader", "check_transform"]

_NONSENSE: Final = (b"", b"\n", b"\x00\xff\xfe" * 50, b"Once upon a time there was no arXiv.\n" * 20, b"{}", b"<a/>")
_STREAMED: Final = 3000
"""Entries that a transform is given to see whether it holds them all."""

_ENCODE = msgspec.json.Encoder().encode


class FakeNet:
    """A network that answers from a function of URL and form: bytes, or an Answer for other than status 200.

    `asked` lists the requests as `(url, form)`.
    """

    def __init__(self, answer: Callable[[str, Mapping[str, str] | None], bytes | Answer]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, Mapping[str, str] | None]] = []

    def ask(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        usable: Callable[[Answer], str | None] | None = None,
        follow: Collection[str] = (),
    ) -> Answer:
        """The answer of the function. Raises ServiceError where `usable` refuses it."""
        self.asked.append((url, form))
        given = self._answer(url, form)
        answer = given if isinstance(given, Answer) else Answer(status=200, headers={}, body=given)
        if usable and (refused := usable(answer)):
            raise ServiceError(refused)
        return answer

    def say(self, text: str) -> None:
        """Nobody listens."""


def check_exporter(exporter: Exporter[Any], options: Any = None, entries: Iterable[Entry] | None = None) -> str:
    """Writes hard entries (or `entries`) twice; returns what was written.

    Raises AssertionError where the exporter changes an entry, returns no text or text that is not UTF-8, loses an entry
    without a ValueError, raises anything else, or writes something else the second time.
    """
    given = list(hard_entries() if entries is None else entries)
    chosen = exporter.options() if options is None else options
    write = _written if exporter.write else _rendered
    first, second = (write(exporter, chosen, given) for _ in range(2))
    _require(first == second, f"exporter {exporter.name}: is not deterministic: a second run wrote something else")
    return first


def _rendered(exporter: Exporter[Any], options: Any, entries: list[Entry]) -> str:
    assert exporter.render
    who = f"exporter {exporter.name}"
    parts: list[str] = []
    for entry in entries:
        before = _ENCODE(entry)
        try:
            text = exporter.render(entry, options)
        except ValueError:
            continue
        except Exception as error:
            raise AssertionError(
                f"{who}: raises {_said(error)} for {_called(entry)}; raise ValueError for what it cannot write"
            ) from error
        _require(_ENCODE(entry) == before, f"{who}: changes its input: {_called(entry)}")
        _require(isinstance(text, str), f"{who}: returns no text but {type(text).__name__} for {_called(entry)}")
        _require(bool(text), f"{who}: loses {_called(entry)}: it returns nothing; raise ValueError to leave it out")
        parts.append(text)
    around = [_around(who, part, getattr(exporter, part), options) for part in ("opening", "between", "closing")]
    return _encodable(who, around[0] + around[1].join(parts) + around[2])


def _around(who: str, what: str, text: Any, options: Any) -> str:
    made = text(options) if callable(text) else text
    _require(isinstance(made, str), f"{who}: its {what} is no text but {type(made).__name__}")
    return str(made)


def _written(exporter: Exporter[Any], options: Any, entries: list[Entry]) -> str:
    assert exporter.write
    who = f"exporter {exporter.name}"
    out = io.StringIO()
    before = [_ENCODE(entry) for entry in entries]
    left = iter(entries)
    try:
        exporter.write(left, out, options)
    except Exception as error:
        raise AssertionError(f"{who}: raises {_said(error)}; leave out an entry that it cannot write") from error
    lost = next(left, None)
    _require(lost is None, f"{who}: loses entries: it stopped before {_called(lost or Entry())}")
    for entry, was in zip(entries, before, strict=True):
        _require(_ENCODE(entry) == was, f"{who}: changes its input: {_called(entry)}")
    return _encodable(who, out.getvalue())


def _encodable(who: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise AssertionError(f"{who}: returns text that cannot be written as UTF-8: {error}") from error
    return text


def check_reader(reader: Reader[Any], sample: bytes, entries: int | None = None) -> list[Entry]:
    """Reads a sample of the format, whole, in crumbs and cut off; returns its entries.

    - `entries`: how many the sample holds.

    Raises AssertionError where the reader does not know its sample or knows nonsense, yields records that cannot be
    pickled, forgets `source.line`, raises anything but ReadError and SkipRecord from `entry`, reads the sample
    otherwise when it comes in crumbs (or, with a `boundary`, by the lines of each record), or holds a long input whole
    before it yields the first record.
    """
    who = f"reader {reader.name}"
    _require(_sniffs(reader, sample[:65536]), f"{who}: sniff does not know the sample")
    for nonsense in _NONSENSE:
        _require(not _sniffs(reader, nonsense), f"{who}: sniff takes {nonsense[:30]!r} for its format")
    whole = _read(reader, sample, len(sample) or 1)
    _require(whole == _read(reader, sample, 7), f"{who}: reads otherwise when the input comes in small blocks")
    _require(
        entries is None or len(whole) == entries, f"{who}: finds {len(whole)} entries where there are {entries or 0}"
    )
    if reader.boundary:
        cut = sample[: reader.boundary(sample)]
        _require(
            _read_apart(reader, cut) == _read(reader, cut, len(cut) or 1),
            f"{who}: reads otherwise when it is given the lines of one record alone",
        )
    for end in {len(sample) // 2, max(len(sample) - 3, 0)}:
        _read(reader, sample[:end], 4096)
    for nonsense in _NONSENSE:
        _read(reader, nonsense, 4096)
    if len(whole) > 2 and len(sample) > 65536:
        crumbs = _Crumbs(sample, 4096)
        next(iter(reader.records(Source(crumbs, "sample"))))  # type: ignore[arg-type]
        _require(not crumbs.is_read, f"{who}: does not stream: it holds the whole input before the first record")
    return whole


def _read_apart(reader: Reader[Any], sample: bytes) -> list[Entry]:
    """The first entry of each piece of a sample cut where `source.line` says that records begin."""
    source = Source(io.BytesIO(sample), "sample")
    begins = [source.line - 1 for _ in reader.records(source)]
    lines = io.BytesIO(sample).readlines()
    return [
        entry
        for begin, end in pairwise([*begins, len(lines)])
        for entry in _read(reader, b"".join(lines[begin:end]), len(sample), is_piece=True)[:1]
    ]


def _sniffs(reader: Reader[Any], head: bytes) -> bool:
    try:
        return bool(reader.sniff(head))
    except Exception as error:
        raise AssertionError(f"reader {reader.name}: sniff raises {_said(error)} for {head[:30]!r}") from error


def _read(reader: Reader[Any], sample: bytes, crumb: int, *, is_piece: bool = False) -> list[Entry]:
    who = f"reader {reader.name}"
    source = Source(_Crumbs(sample, crumb), "sample", is_piece=is_piece)  # type: ignore[arg-type]
    found: list[Entry] = []
    try:
        for record in reader.records(source):
            _require(source.line > 0, f"{who}: does not set source.line before it yields a record")
            _picklable(who, record)
            entry = _understood(reader, record)
            if entry is not None:
                found.append(entry)
            _require(isinstance(reader.raw(record), str), f"{who}: raw returns no text")
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(
            f"{who}: records raises {_said(error)}; yield what cannot be cut, and let entry refuse it"
        ) from error
    return found


def _picklable(who: str, record: Any) -> None:
    try:
        pickle.dumps(record)
    except Exception as error:
        raise AssertionError(f"{who}: yields a record that cannot be pickled: {_said(error)}") from error


def _understood(reader: Reader[Any], record: Any) -> Entry | None:
    who = f"reader {reader.name}"
    try:
        entry = reader.entry(record)
    except (ReadError, SkipRecord):
        return None
    except Exception as error:
        raise AssertionError(f"{who}: entry raises {_said(error)}; raise ReadError for a bad record") from error
    _require(isinstance(entry, Entry), f"{who}: entry returns {type(entry).__name__}, not an Entry")
    _require(bool(entry.source), f"{who}: makes an entry without its source")
    return entry


class _Crumbs:
    """A stream that gives a few bytes at a time, and tells when it was read to its end."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size
        self.is_read = False

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(self._size if size < 0 else min(size, self._size))
        self.is_read = not data
        return data


def check_enricher(
    enricher: Enricher[Any], entry: Entry, net: FakeNet | None = None, options: Any = None
) -> Entry | Missing:
    """Asks about one entry that the enricher can help; returns what it answers.

    - `net`: a FakeNet with an answer; None for an enricher that reads files.

    Raises AssertionError where it has no key for the entry, raises for one it cannot help, answers a key that was not
    asked for, raises anything but ServiceError, yields what is neither bytes nor Missing, or understands an answer in
    two ways.
    """
    who = f"enricher {enricher.name}"
    for stranger in (Entry(), *hard_entries()):
        try:
            enricher.key(stranger)
        except Exception as error:
            raise AssertionError(
                f"{who}: key raises {_said(error)} for {_called(stranger)}; return None where it cannot help"
            ) from error
    key = enricher.key(entry)
    if key is None:
        raise AssertionError(f"{who}: has no key for {_called(entry)}")
    asked = net or FakeNet(_refused)
    try:
        pairs = list(enricher.fetch([key], asked, enricher.options() if options is None else options))
    except ServiceError as error:
        raise AssertionError(f"{who}: could not be answered: {error}") from error
    except Exception as error:
        raise AssertionError(f"{who}: fetch raises {_said(error)}; raise ServiceError where it cannot ask") from error
    for answered, _ in pairs:
        _require(answered == key, f"{who}: answers {answered!r}, which was not asked for")
    _require(len(pairs) == 1, f"{who}: gives {len(pairs)} answers for one key")
    raw = pairs[0][1]
    if isinstance(raw, Missing):
        return raw
    _require(isinstance(raw, bytes), f"{who}: yields {type(raw).__name__}, neither bytes nor Missing")
    first, second = (enricher.entry(raw) for _ in range(2))
    _require(isinstance(first, Entry), f"{who}: entry returns {type(first).__name__}, not an Entry")
    _require(first == second, f"{who}: is not deterministic: it understands one answer in two ways")
    for nonsense in _NONSENSE:
        try:
            enricher.entry(nonsense)
        except ReadError:
            continue
        except Exception as error:
            raise AssertionError(f"{who}: entry raises {_said(error)} for nonsense; raise ReadError") from error
    return first


def _refused(url: str, form: Mapping[str, str] | None) -> bytes:
    raise AssertionError(f"the network was asked for {url}: give check_enricher a FakeNet with an answer")


def check_transform(transform: Transform[Any], options: Any = None, *, holds_all: bool = False) -> list[Entry]:
    """Sends hard entries through it, twice; returns what came out.

    - `holds_all`: whether it may hold all entries, as one that sorts them must.

    Raises AssertionError where it changes its input, raises, yields what is no Entry, does otherwise the second time,
    or holds all entries before it yields the first.
    """
    chosen = transform.options() if options is None else options
    who = f"transform {transform.name}"
    first, second = (_transformed(who, transform, hard_entries(), chosen) for _ in range(2))
    _require(first == second, f"{who}: is not deterministic: the second run gave something else")
    if transform.stream and first and not holds_all:
        taken = [0]
        next(transform.stream(_counted(taken), chosen), None)
        _require(taken[0] < _STREAMED, f"{who}: does not stream: it holds all entries before it yields the first")
    return first


def _transformed(who: str, transform: Transform[Any], entries: list[Entry], options: Any) -> list[Entry]:
    before = [_ENCODE(entry) for entry in entries]
    found: list[Entry] = []
    try:
        if transform.stream:
            changed: Iterable[Entry | None] = transform.stream(iter(entries), options)
        else:
            assert transform.apply
            apply = transform.apply
            changed = (apply(entry, options) for entry in entries)
        for entry in changed:
            if entry is None and transform.apply:
                continue
            _require(isinstance(entry, Entry), f"{who}: yields {type(entry).__name__}, not an Entry")
            found += [entry] if entry else []
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"{who}: raises {_said(error)}; let pass what it cannot work on") from error
    for entry, was in zip(entries, before, strict=True):
        _require(_ENCODE(entry) == was, f"{who}: changes its input: {_called(entry)}")
    return found


def _counted(taken: list[int]) -> Iterator[Entry]:
    hard = hard_entries()
    for number in range(_STREAMED):
        taken[0] = number + 1
        yield hard[number % len(hard)].replace(id=f"{2400 + number % 12 + 1}.{number:05}")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def _called(entry: Entry) -> str:
    return f"the entry {entry.versioned_id or entry.title[:40] or '(empty)'}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__} ({error})"
