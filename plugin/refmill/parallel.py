"""Several processes read and render one big input; the flow itself stays one, in the order of the input.

The main process cuts the input into pieces and decides what needs the whole: duplicates, keys, enrichment. Workers read
a piece and render each entry with the key it would have if it were alone. Only where the key turns out otherwise is an
entry rendered again, so the bytes are those of a single process.
"""

from __future__ import annotations

import contextlib
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from refmill.enrichment import lacks
from refmill.errors import UsageError
from refmill.inputs import Opened, size_of
from refmill.planning import KEYS, Job, Plan, planned
from refmill.reading import BATCH, identity, read_entries, tell_latin1
from refmill.ready import Problem, Ready, Shard
from refmill.registry import Registry
from refmill.report import Report
from refmill.unpacking import BROKEN, PlainFile, Rewound
from refmill_hooks import Entry, Reader, Source
from refmill_hooks.journal_refs import with_venue
from refmill_hooks.source import BLOCK

__all__ = ["JOBS", "default_jobs", "is_parallel", "process_pool", "read_ready"]

JOBS: Final = 4
"""Processes by default, at most: the main process keeps no more busy."""

_WORTH_IT: Final = 64 << 20
"""Bytes of input from which several processes are worth their start."""

_SHARD: Final = 1 << 20
_LONGEST: Final = 64 << 20
"""Bytes without a boundary, after which a shard is cut anyway."""


class Piece(msgspec.Struct, gc=False):
    """Bytes of an input; where these are in a file of this machine, `path`, `start` and `size` say where instead."""

    data: bytes = b""
    path: str = ""
    start: int = 0
    size: int = 0

    def read(self, begin: int = 0, end: int | None = None) -> bytes:
        """The bytes from begin to end, all by default."""
        if not self.path:
            return self.data[begin:end]
        with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path would be made for each piece
            file.seek(self.start + begin)
            return file.read((self.size if end is None else end) - begin)


_ENCODE = msgspec.msgpack.Encoder().encode
_decode_shard = msgspec.msgpack.Decoder(Shard).decode


def default_jobs(inputs: Sequence[str], least: int = 1) -> int:
    """As many processes as there are processors, up to JOBS, where the inputs are big; else `least`."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, JOBS) if size_of(inputs) >= _WORTH_IT else least


@contextlib.contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """Processes that start as copies of this one, or afresh where a copy could catch a thread at work.

    None of them outlives the context, or this process: an error or an interrupt ends them at once.
    """
    import multiprocessing
    import threading

    can_copy = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if can_copy else "spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_ended_by_parent)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _ended_by_parent() -> None:
    """Leaves it to the parent what an interrupt means, and ends this worker once the parent is gone."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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
    here = isinstance(executor, ProcessPoolExecutor)
    for source, reader in opened:
        broken: list[Exception] = []
        pieces = _pieces(source, reader, here, broken)
        if pieces is None:
            yield from read_entries([(source, reader)], registry, report)
            continue
        read_shard = partial(_read_shard, work, source.name, reader.name)
        lines = 0
        try:
            for piece, result in _in_order(pieces, read_shard, executor, jobs):
                shard = _decode_shard(result)
                shard.reread = partial(_reread, piece, shard.begins, source.name, reader, registry)
                yield from _received(shard, source.name, lines, report)
                lines += shard.lines
                source.latin1_lines += shard.latin1_lines
        except BROKEN as error:
            broken.append(error)
        except BrokenExecutor as error:
            reason = f"a worker process ended by itself, perhaps for lack of memory; --jobs 1 needs none ({error})"
            raise UsageError(f"{source.name}: {reason}") from error
        for damage in broken:
            report.unreadable(source.name, lines, f"broken off here: {damage}", "")
        tell_latin1(source, report)


def _in_order(
    pieces: Iterator[Piece], work: Callable[[Piece], bytes], executor: Executor, jobs: int
) -> Iterator[tuple[Piece, bytes]]:
    """Each piece with what became of it; some are always at work ahead."""
    waiting: deque[tuple[Piece, Future[bytes]]] = deque()
    for piece in pieces:
        waiting.append((piece, executor.submit(work, piece)))
        if len(waiting) > 2 * jobs:
            piece, future = waiting.popleft()
            yield piece, future.result()
    for piece, future in waiting:
        yield piece, future.result()


def _reread(piece: Piece, begins: list[int], name: str, reader: Reader[Any], registry: Registry, at: int) -> Entry:
    """The entry of that number, once more; what is to be told of it was told the first time."""
    data = piece.read(begins[at], begins[at + 1])
    return next(read_entries([(Source(BytesIO(data), name), reader)], registry, _Told()))


def _received(shard: Shard, source: str, lines_before: int, report: Report) -> Iterator[Entry]:
    report.summary.read += len(shard.entries)
    report.summary.skipped += shard.skipped
    for problem in shard.problems:
        tell = report.incomplete if problem.is_incomplete else report.unreadable
        tell(source, problem.line + lines_before, problem.reason, problem.raw)
    for note in shard.notes:
        report.note(note)
    # Entries hold their shard. Were they held by it too, neither would ever be freed: the collector sees no struct.
    entries, shard.entries = shard.entries, []
    for at, ready in enumerate(entries):
        _set(ready, "shard", shard)
        _set(ready, "at", at)
        _set(ready, "rendered_key", ready.key)
        yield ready.whole() if ready.is_lacking else ready


_set = msgspec.structs.force_setattr
"""Entries are frozen; these are nobody else's yet, and a copy of each would be made for every one."""


def _pieces(source: Source, reader: Reader[Any], here: bool, broken: list[Exception]) -> Iterator[Piece] | None:
    """Pieces of the input, each ending where a record ends; None for a format that cannot be cut so.

    - `here`: whether workers run on this machine, and can read a file themselves.
    - `broken` is given what reading the input raised; the pieces end with the last record before.
    """
    boundary = reader.boundary
    if boundary is None:
        return None
    head = _read(source.stream, broken)
    if not boundary(head):
        source.stream = cast(BinaryIO, Rewound(head, source.stream))
        return None
    pieces = _cut(head, source.stream, boundary, broken)
    if not here or not isinstance(source, PlainFile):
        return map(Piece, pieces)
    return _places(pieces, str(Path(source.name).absolute()))  # workers may have been started in another folder


def _read(stream: BinaryIO, broken: list[Exception]) -> bytes:
    """So many bytes as make a shard, in blocks as a reader takes them: nothing is lost that stands before a damage."""
    blocks: list[bytes] = []
    try:
        while len(blocks) * BLOCK < _SHARD and not broken and (block := stream.read(min(BLOCK, _SHARD))):
            blocks.append(block)
    except BROKEN as error:
        broken.append(error)
    return b"".join(blocks)


def _places(pieces: Iterator[bytes], path: str) -> Iterator[Piece]:
    start = 0
    for data in pieces:
        yield Piece(path=path, start=start, size=len(data))
        start += len(data)


def _cut(data: bytes, stream: BinaryIO, boundary: Callable[[bytes], int], broken: list[Exception]) -> Iterator[bytes]:
    while block := _read(stream, broken):
        end = boundary(data)
        if not end and len(data) > _LONGEST:
            end = len(data)
        if end:
            yield data[:end]
        data = data[end:] + block
    if broken:
        data = data[: boundary(data)]
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


def _read_shard(work: bytes, name: str, reader: str, piece: Piece) -> bytes:
    """A worker's work: a packed Shard."""
    worker = _equipment(work)
    registry, outputs = worker.registry, worker.plan.outputs
    told = _Told()
    data = piece.read()
    source = Source(BytesIO(data), name)
    starts = _line_starts(data)
    read = (
        (entry, starts[source.line - 1]) for entry in read_entries([(source, registry.reader(reader))], registry, told)
    )
    shard = Shard([], [], [[] for _ in outputs], [], len(starts) - 1, told.problems, 0, [])
    texts: list[list[bytes]] = [[] for _ in outputs]
    while placed := list(islice(read, BATCH)):
        shard.begins += [begin for _, begin in placed]
        shard.entries += _rendered([entry for entry, _ in placed], texts, worker)
    shard.begins.append(len(data))
    for output, rendered, ends in zip(outputs, texts, shard.ends, strict=True):
        between = output.exporter.between.encode("utf-8", "replace")
        ends += accumulate(len(text) + len(between) for text in rendered)
        shard.texts.append(between.join([*rendered, b""]))
    shard.skipped = told.summary.skipped
    shard.latin1_lines = source.latin1_lines
    shard.notes = [f"plugin {plugin}: {fault}" for plugin in registry.faulty for fault in plugin.faults]
    return _ENCODE(shard)


def _line_starts(data: bytes) -> list[int]:
    starts = [0]
    while end := data.find(b"\n", starts[-1]) + 1:
        starts.append(end)
    return starts


def _rendered(entries: list[Entry], texts: list[list[bytes]], worker: _Equipment) -> list[Ready]:
    """What is to be known of the entries, their texts added; one stage after the other, as `pipeline` does it."""
    if worker.strips_versions:
        entries = [entry.replace(version=None) if entry.version else entry for entry in entries]
    lacking = [worker.is_lacking(entry) for entry in entries]
    entries = [entry if less else with_venue(entry) for entry, less in zip(entries, lacking, strict=True)]
    alone = [entry if less else _keyed(entry, worker) for entry, less in zip(entries, lacking, strict=True)]
    refused: set[int] = set()
    for output, rendered in zip(worker.plan.outputs, texts, strict=True):
        for at, (entry, less) in enumerate(zip(alone, lacking, strict=True)):
            text = b"" if less else _text(output.exporter.render, entry, output.options)
            rendered.append(text)
            if not text:
                refused.add(at)
    return [
        Ready(
            id=entry.id,
            version=entry.version,
            extra=entry.extra,
            key=keyed.key,
            identity=identity(entry) if entry.version or entry.key else "",
            is_lacking=less,
            is_refused=at in refused,
        )
        for at, (entry, keyed, less) in enumerate(zip(entries, alone, lacking, strict=True))
    ]


def _keyed(entry: Entry, worker: _Equipment) -> Entry:
    if entry.key or not worker.keys:
        return entry
    return next(worker.keys(iter((entry,)), worker.plan.options[KEYS]), entry)


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
