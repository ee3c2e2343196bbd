"""What a worker makes of a piece of the input: entries, each with its text as it would be if it were alone."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import msgspec

from refmill.io.ready import Piece, Problem, Ready, Shard
from refmill.pipeline.enrichment import lacks
from refmill.pipeline.job import KEYS, Plan, planned
from refmill.pipeline.keys import KeyOptions, alone
from refmill.pipeline.reading import BATCH, identity, read_entries
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Entry, Source
from refmill_hooks.journal_refs import with_venue

__all__ = ["Told", "read_shard"]

_ENCODE = msgspec.msgpack.Encoder().encode


@dataclass
class _Equipment:
    """What a worker makes of a job, once."""

    registry: Registry
    plan: Plan
    strips_versions: bool
    is_lacking: Callable[[Entry], bool]
    key_options: KeyOptions | None


@lru_cache(1)
def _equipment(work: bytes) -> _Equipment:
    job, files = pickle.loads(work)
    registry = Registry(files)
    plan = planned(job, registry)
    return _Equipment(registry, plan, job.versions == "strip", lacks(plan.enrichers), plan.options.get(KEYS))


def read_shard(work: bytes, folder: str, name: str, reader: str, piece: Piece) -> bytes:
    """A worker's work: a packed Shard, its texts in a file of the folder if there is one.

    To send megabytes through a pipe costs both sides time, and has one wait for the other.
    """
    worker = _equipment(work)
    registry, outputs = worker.registry, worker.plan.outputs
    told = Told()
    data = piece.read()
    source = Source(BytesIO(data), name, is_piece=True)
    starts = _line_starts(data)
    read = (
        (entry, starts[source.line - 1]) for entry in read_entries([(source, registry.reader(reader))], registry, told)
    )
    shard = Shard([], [], [[] for _ in outputs], [], len(starts) - 1, told.problems, 0, [])
    texts: list[list[bytes]] = [[] for _ in outputs]
    while placed := list(islice(read, BATCH)):
        shard.begins += [begin for _, begin in placed]
        shard.entries += _rendered([entry for entry, _ in placed], len(shard.entries), texts, worker)
    shard.begins.append(len(data))
    for output, rendered, ends in zip(outputs, texts, shard.ends, strict=True):
        between = output.exporter.between.encode("utf-8", "replace")
        ends += accumulate(len(text) + len(between) for text in rendered)
        shard.texts.append(memoryview(between.join([*rendered, b""])))
    shard.skipped, shard.left_out = told.summary.skipped, told.summary.left_out
    shard.latin1_lines = source.latin1_lines
    shard.notes = [f"plugin {plugin}: {fault}" for plugin in registry.faulty for fault in plugin.faults]
    if folder and any(map(len, shard.texts)):
        _set_aside(shard, folder)
    return _ENCODE(shard)


def _set_aside(shard: Shard, folder: str) -> None:
    """Puts the texts into a file of their own; where there is no room for it they stay in the shard."""
    try:
        handle, path = tempfile.mkstemp(dir=folder)
    except OSError:
        return
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle is no path
            file.writelines(shard.texts)
    except OSError:
        Path(path).unlink(missing_ok=True)
    else:
        shard.file, shard.texts = path, []


def _line_starts(data: bytes) -> list[int]:
    starts = [0]
    while end := data.find(b"\n", starts[-1]) + 1:
        starts.append(end)
    return starts


def _rendered(entries: list[Entry], first: int, texts: list[list[bytes]], worker: _Equipment) -> list[Ready]:
    """What is to be known of the entries, numbered from `first`, their texts added; one stage after the other."""
    if worker.strips_versions:
        entries = [entry.replace(version=None) if entry.version else entry for entry in entries]
    lacking = [worker.is_lacking(entry) for entry in entries]
    entries = [entry if less else with_venue(entry) for entry, less in zip(entries, lacking, strict=True)]
    keyed = entries
    if worker.key_options:
        keyed = [
            entry if less else alone(entry, worker.key_options) for entry, less in zip(entries, lacking, strict=True)
        ]
    for output, rendered in zip(worker.plan.outputs, texts, strict=True):
        render, options = output.exporter.render, output.options
        rendered += [b"" if less else _text(render, entry, options) for entry, less in zip(keyed, lacking, strict=True)]
    return [
        Ready(
            id=entry.id,
            version=entry.version,
            extra=entry.extra,
            key=own.key,
            identity=identity(entry) if entry.version or entry.key else "",
            is_lacking=less,
            at=at,
            rendered_key=own.key if all(rendered[at] for rendered in texts) else None,
        )
        for at, (entry, own, less) in enumerate(zip(entries, keyed, lacking, strict=True), first)
    ]


def _text(render: Callable[[Entry, Any], str] | None, entry: Entry, options: Any) -> bytes:
    """What the exporter writes, b"" where it refuses: the main process hears that from it once more, and tells it."""
    assert render
    try:
        return render(entry, options).encode("utf-8", "replace")
    except Exception:
        return b""


class Told(Report):
    """A report that only collects, for the main process to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []

    def unreadable(self, file: str, line: int, reason: str, raw: str) -> None:
        """Keep a problem of a record that gave no entry, as `Report.unreadable` does."""
        self.problems.append(Problem(self.summary.read, line, reason, raw, is_incomplete=False))

    def incomplete(self, file: str, line: int, reason: str, raw: str) -> None:
        """Keep a problem of the entry that was read last, as `Report.incomplete` does."""
        self.problems.append(Problem(self.summary.read - 1, line, reason, raw, is_incomplete=True))
