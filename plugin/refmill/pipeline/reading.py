"""From opened sources to entries: a bad record costs itself, a repeated one is dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from refmill.io.inputs import Opened
from refmill.io.ready import Ready
from refmill.io.unpacking import BROKEN
from refmill.pipeline.checking import checked
from refmill.pipeline.compact import IdSet
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import PROBLEM, UNVERIFIED, Entry, Reader, ReadError, SkipRecord, Source

__all__ = ["BATCH", "drop_duplicates", "identity", "in_batches", "read_entries", "tell_latin1"]

BATCH: Final = 128
"""Entries that one stage takes in a row: its code and data stay in the processor's caches."""

_AT_HAND: Final = 256
"""Entries held back, so that a newer record of the same paper can still take the place of an older one."""

_replace = msgspec.structs.replace


def read_entries(opened: Iterable[Opened], registry: Registry, report: Report) -> Iterator[Entry]:
    """Every entry of every source; fields that the reader calls weak are marked as unverified."""
    for source, reader in opened:
        try:
            yield from _entries(source, reader, registry, report)
        except BROKEN as error:
            report.unreadable(source.name, source.line, f"broken off here: {error}", "")
        tell_latin1(source, report)


def tell_latin1(source: Source, report: Report) -> None:
    """Tell of the lines that were not UTF-8."""
    if source.latin1_lines:
        report.note(f"{source.name}: {source.latin1_lines:,} lines are not UTF-8 and were read as Latin-1")


def _entries(source: Source, reader: Reader[Any], registry: Registry, report: Report) -> Iterator[Entry]:
    summary = report.summary
    understand, weak = reader.entry, reader.weak
    is_strange = not registry.owner(reader).built_in
    if is_strange:

        def understand(record: Any) -> Entry:
            return registry.checked(reader, reader.entry(record))

    records: Iterator[Any] | None = None
    while True:
        try:
            if records is None:
                records = iter(reader.records(source))
            record = next(records)
        except StopIteration:
            return
        except BROKEN:
            raise
        except Exception as error:
            registry.fault(reader, error)
            reason = f"the reader {reader.name} of plugin {registry.owner(reader)} failed here: {error}"
            report.unreadable(source.name, source.line, reason, "")
            return
        try:
            entry, problems = checked(understand(record), checks_id=is_strange)
        except SkipRecord as skipped:
            summary.skip(skipped.content)
            continue
        except ReadError as error:
            report.unreadable(source.name, source.line, str(error), _raw(reader, record))
            continue
        except Exception as error:
            registry.fault(reader, error)
            reason = f"plugin {registry.owner(reader)}: {type(error).__name__}: {error}"
            report.unreadable(source.name, source.line, reason, _raw(reader, record))
            continue
        summary.read += 1
        if problems or (entry.extra and PROBLEM in entry.extra):
            extra = dict(entry.extra)
            told = [extra.pop(PROBLEM)] if PROBLEM in extra else []
            report.incomplete(source.name, source.line, "; ".join([*told, *problems]), _raw(reader, record))
            entry = _replace(entry, extra=extra)
        if weak and (spoilt := sorted(name for name in weak if getattr(entry, name))):
            entry = _replace(entry, extra={**entry.extra, UNVERIFIED: " ".join(spoilt)})
        yield entry


def in_batches(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same entries, taken from their source some at a time."""
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        yield from batch


def _raw(reader: Reader[Any], record: Any) -> str:
    try:
        return reader.raw(record)
    except Exception:
        return repr(record)


def identity(entry: Entry) -> str:
    """What tells an entry from others, "" where nothing does.

    A library may cite a paper under two keys; to drop one would break its texts. Without an arXiv id and a DOI only
    entries that are equal in all are surely the same.
    """
    if isinstance(entry, Ready):
        return entry.identity or entry.id
    if entry.id:
        return f"{entry.versioned_id} {entry.key}" if entry.key else entry.versioned_id
    if not entry.key:
        return ""
    return f"{entry.doi[0].lower()} {entry.key}" if entry.doi else repr(entry)


def drop_duplicates(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    """One entry of each identity, in the place of the first, the last updated of those at hand; all that have none."""
    seen = IdSet()
    held: OrderedDict[str, Entry] = OrderedDict()
    nameless = 0
    for entry in entries:
        name = identity(entry)
        if not name:
            nameless += 1
            held[f"#{nameless}"] = entry
        elif seen.add(name):
            held[name] = entry
        else:
            report.duplicate(entry.versioned_id or entry.key)
            rival = held.get(name)
            if rival is not None and _day(entry) > _day(rival):
                held[name] = entry
            continue
        if len(held) > _AT_HAND:
            yield held.popitem(last=False)[1]
    yield from held.values()


def _day(entry: Entry) -> str:
    if isinstance(entry, Ready):
        entry = entry.whole()
    return str(entry.updated or entry.created or "")
