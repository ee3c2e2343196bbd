"""Several processes read and render one big input; the flow itself stays one, in the order of the input.

The main process cuts the input into shards and decides what needs the whole: duplicates, keys, enrichment. Workers read
a shard and render each entry with the key it would have if it were alone. Only where the key turns out otherwise is an
entry rendered again, so the bytes are those of a single process.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from refmill.enrichment import lacks
from refmill.inputs import Opened, Rewound
from refmill.planning import KEYS, Job, Plan, planned
from refmill.reading import BATCH, identity, read_entries
from refmill.ready import Ready
from refmill.registry import Registry
from refmill.report import Report
from refmill_hooks import Entry, Reader, Source
from refmill_hooks.journal_refs import with_venue

__all__ = ["JOBS", "default_jobs", "is_parallel", "process_pool", "read_ready"]

JOBS: Final = 4
"""Processes by default, at most: the main process keeps no more busy."""

_WORTH_IT: Final = 64 << 20
"""Bytes of input from which several processes are worth their start."""

_SHARD: Final = 1 << 20
_LONGEST: Final = 64 << 20
"""Bytes without a boundary, after which a shard is cut anyway."""

_ENCODE = msgspec.msgpack.Encoder().encode


class Problem(msgspec.Struct, gc=False):
    """A record that could not be read, or not in full."""

    line: int
    reason: str
    raw: str
    is_incomplete: bool


class Shard(msgspec.Struct, gc=False):
    """What a worker made of its shard. An entry that asks for enrichment comes without texts."""

    entries: list[Ready]
    problems: list[Problem]
    skipped: int
    notes: list[str]
    lines: int


_decode_shard = msgspec.msgpack.Decoder(Shard).decode


def default_jobs(inputs: Sequence[str], least: int = 1) -> int:
    """As many processes as there are processors, up to JOBS, where the inputs are big; else `least`."""
    size = sum(Path(name).stat().st_size for name in inputs if Path(name).is_file())
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, JOBS) if size >= _WORTH_IT else least


def process_pool(jobs: int) -> Executor:
    """Processes that start as copies of this one, or afresh where a copy could catch a thread at work."""
    import multiprocessing
    import threading
    from concurrent.futures import ProcessPoolExecutor

    can_copy = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork" if can_copy else "spawn"))


def is_parallel(job: Job, plan: Plan) -> bool:
    """Whether workers can render for this job: nothing in it must see entries as they were read."""
    streams = all(output.exporter.render for output in plan.outputs)
    is_page = str(job.report or "").lower().endswith((".html", ".htm"))  # it shows every entry
    return streams and not plan.transforms and not job.refresh and not is_page and bool(plan.outputs)


def read_ready(
    opened: Iterator[Opened], job: Job, registry: Registry, report: Report, executor: Executor, jobs: int
) -> Iterator[Entry]:
    """The entries of all sources in their order, those of formats that can be cut read by the executor's workers."""
    work = pickle.dumps((job, registry.files))
    for source, reader in opened:
        pieces = _pieces(source, reader)
        if pieces is None:
            yield from read_entries([(source, reader)], registry, report)
            continue
        read_shard = partial(_read_shard, work, source.name, reader.name)
        lines = 0
        for data, result in _in_order(pieces, read_shard, executor, jobs):
            shard = _decode_shard(result)
            reread = partial(_reread, data, source.name, reader, registry)
            yield from _received(shard, source.name, lines, report, reread)
            lines += shard.lines


def _in_order(
    pieces: Iterator[bytes], work: Callable[[bytes], bytes], executor: Executor, jobs: int
) -> Iterator[tuple[bytes, bytes]]:
    """Each piece with what became of it; some are always at work ahead."""
    waiting: deque[tuple[bytes, Future[bytes]]] = deque()
    for piece in pieces:
        waiting.append((piece, executor.submit(work, piece)))
        if len(waiting) > 2 * jobs:
            piece, future = waiting.popleft()
            yield piece, future.result()
    for piece, future in waiting:
        yield piece, future.result()


def _reread(data: bytes, name: str, reader: Reader[Any], registry: Registry, begin: int, end: int) -> Entry:
    """The entry that stands there, once more; what is to be told of it was told the first time."""
    source = Source(BytesIO(data[begin:end]), name)
    return next(read_entries([(source, reader)], registry, _Told()))


def _received(
    shard: Shard, source: str, lines_before: int, report: Report, reread: Callable[[int, int], Entry]
) -> list[Entry]:
    report.summary.read += len(shard.entries)
    report.summary.skipped += shard.skipped
    for problem in shard.problems:
        tell = report.incomplete if problem.is_incomplete else report.unreadable
        tell(source, problem.line + lines_before, problem.reason, problem.raw)
    for note in shard.notes:
        report.note(note)
    for ready in shard.entries:
        msgspec.structs.force_setattr(ready, "reread", reread)
    return [ready if ready.texts else ready.whole() for ready in shard.entries]


def _pieces(source: Source, reader: Reader[Any]) -> Iterator[bytes] | None:
    """Bytes, each piece ending where a record ends; None for a format that cannot be cut so."""
    boundary = reader.boundary
    if boundary is None:
        return None
    head = source.stream.read(_SHARD)
    if not boundary(head):
        source.stream = cast(BinaryIO, Rewound(head, source.stream))
        return None
    return _cut(head, source.stream, boundary)


def _cut(data: bytes, stream: BinaryIO, boundary: Callable[[bytes], int]) -> Iterator[bytes]:
    while block := stream.read(_SHARD):
        end = boundary(data) or (len(data) if len(data) > _LONGEST else 0)
        if end:
            yield data[:end]
        data = data[end:] + block
    if data:
        yield data


@dataclass
class _Equipment:
    """What a worker makes of a job, once."""

    registry: Registry
    plan: Plan
    strips_versions: bool
    is_lacking: Callable[[Entry], bool]
    keys: Callable[[Iterator[Entry], Any], Iterator[Entry]] | None


@lru_cache(1)
def _equipment(work: bytes) -> _Equipment:
    job, files = pickle.loads(work)
    registry = Registry(files)
    plan = planned(job, registry)
    stream = registry.transform(KEYS).stream if KEYS in plan.options else None
    return _Equipment(registry, plan, job.versions == "strip", lacks(plan.enrichers), stream)


def _read_shard(work: bytes, name: str, reader: str, data: bytes) -> bytes:
    """A worker's work: a packed Shard."""
    worker = _equipment(work)
    registry = worker.registry
    told = _Told()
    source = Source(BytesIO(data), name)
    read = ((entry, source.line - 1) for entry in read_entries([(source, registry.reader(reader))], registry, told))
    starts = [0, *accumulate(len(line) + 1 for line in data.split(b"\n"))]
    ready: list[Ready] = []
    while placed := list(islice(read, BATCH)):
        ready += _rendered(placed, starts, worker)
    for one, following in pairwise(ready):
        msgspec.structs.force_setattr(one, "end", following.begin)
    notes = [f"plugin {plugin}: {fault}" for plugin in registry.faulty for fault in plugin.faults]
    return _ENCODE(Shard(ready, told.problems, told.summary.skipped, notes, data.count(b"\n")))


def _rendered(placed: list[tuple[Entry, int]], starts: list[int], worker: _Equipment) -> list[Ready]:
    """The entries with the texts they have alone; one stage after the other, as `pipeline` does it."""
    entries = [entry for entry, _ in placed]
    if worker.strips_versions:
        entries = [entry.replace(version=None) if entry.version else entry for entry in entries]
    complete = [not worker.is_lacking(entry) for entry in entries]
    found = [with_venue(entry) if full else entry for entry, full in zip(entries, complete, strict=True)]
    alone = [_keyed(entry, worker) if full else entry for entry, full in zip(found, complete, strict=True)]
    texts = [_texts(entry, worker) if full else () for entry, full in zip(alone, complete, strict=True)]
    return [
        Ready(
            id=entry.id,
            version=entry.version,
            created=entry.created,
            updated=entry.updated,
            extra=entry.extra,
            key=keyed.key,
            identity=identity(entry),
            texts=rendered,
            alone=keyed.key,
            begin=starts[line],
            end=starts[-1],
        )
        for entry, (_, line), keyed, rendered in zip(entries, placed, alone, texts, strict=True)
    ]


def _keyed(entry: Entry, worker: _Equipment) -> Entry:
    if entry.key or not worker.keys:
        return entry
    return next(worker.keys(iter((entry,)), worker.plan.options[KEYS]), entry)


def _texts(entry: Entry, worker: _Equipment) -> tuple[bytes, ...]:
    return tuple([_text(output.exporter.render, entry, output.options) for output in worker.plan.outputs])


def _text(render: Callable[[Entry, Any], str] | None, entry: Entry, options: Any) -> bytes:
    """What the exporter writes, b"" where it refuses: the main process hears that from it once more, and tells it."""
    assert render
    try:
        return render(entry, options).encode("utf-8", "replace")
    except Exception:
        return b""


class _Told(Report):
    """A report that only collects, for the main process to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []

    def unreadable(self, file: str, line: int, reason: str, raw: str) -> None:
        self.problems.append(Problem(line, reason, raw, is_incomplete=False))

    def incomplete(self, file: str, line: int, reason: str, raw: str) -> None:
        self.problems.append(Problem(line, reason, raw, is_incomplete=True))
