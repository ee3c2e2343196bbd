"""Several processes read and render one big input; the flow itself stays one, in the order of the input.

The main process cuts the input into pieces and decides what needs the whole: duplicates, keys, enrichment. Workers read
a piece and render each entry with the key it would have if it were alone. Only where the key turns out otherwise is an
entry rendered again, so the bytes are those of a single process.
"""

from __future__ import annotations

import os
import pickle
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import msgspec

from refmill.errors import UsageError
from refmill.io.inputs import Opened, size_of
from refmill.io.ready import Piece, Problem, Shard
from refmill.io.unpacking import BROKEN, PlainFile, Rewound
from refmill.pipeline.job import Job, Plan
from refmill.pipeline.reading import read_entries, tell_latin1
from refmill.pipeline.worker import Told, read_shard
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Entry, Reader, Source
from refmill_hooks.source import BLOCK

if TYPE_CHECKING:
    from refmill.pipeline.process_pool import ProcessPool

__all__ = ["JOBS", "default_jobs", "is_parallel", "process_pool", "read_ready"]

JOBS: Final = 4
"""Processes by default, at most: the main process keeps no more busy."""

_WORTH_IT: Final = 64 << 20
"""Bytes of input from which several processes are worth their start."""

_SHARD: Final = 1 << 20
_LONGEST: Final = 64 << 20
"""Bytes without a boundary, after which a shard is cut anyway."""


_decode_shard = msgspec.msgpack.Decoder(Shard).decode


def default_jobs(inputs: Sequence[str], least: int = 1) -> int:
    """As many processes as there are processors, up to JOBS, where the inputs are big; else `least`."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, JOBS) if size_of(inputs) >= _WORTH_IT else least


def process_pool(jobs: int) -> ProcessPool:
    """Processes of this machine; none outlives the context, or this process. Raises UsageError."""
    from refmill.pipeline.process_pool import ProcessPool

    try:
        return ProcessPool(jobs)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"several processes cannot be started; --jobs 1 needs none ({reason})") from error


def is_parallel(job: Job, plan: Plan) -> bool:
    """Whether workers can render for this job: nothing in it must see entries as they were read."""
    streams = all(output.exporter.render for output in plan.outputs)
    is_page = str(job.report or "").lower().endswith((".html", ".htm"))  # it shows every entry
    return streams and not plan.transforms and not job.refresh and not is_page and bool(plan.outputs)


def read_ready(
    opened: Iterator[Opened], job: Job, registry: Registry, report: Report, executor: Executor, jobs: int
) -> Iterator[Entry]:
    """The entries of all sources in their order, those of formats that can be cut read by the executor's workers."""
    from refmill.pipeline.process_pool import ProcessPool

    work = pickle.dumps((job, registry.files))
    here = isinstance(executor, ProcessPool)
    folder = executor.folder if isinstance(executor, ProcessPool) else ""
    for source, reader in opened:
        broken: list[Exception] = []
        pieces = _pieces(source, reader, here, broken)
        if pieces is None:
            yield from read_entries([(source, reader)], registry, report)
            continue
        task = partial(read_shard, work, folder, source.name, reader.name)
        lines = 0
        try:
            for piece, result in _in_order(pieces, task, executor, jobs):
                shard = _decode_shard(result)
                shard.claim()
                shard.reread = partial(_reread, piece, shard.begins, source.name, reader, registry)
                yield from _received(shard, source.name, lines, report)
                lines += shard.lines
                source.latin1_lines += shard.latin1_lines
        except BrokenExecutor as error:
            reason = f"a worker process ended by itself, perhaps for lack of memory; --jobs 1 needs none ({error})"
            raise UsageError(f"{source.name}: {reason}") from error
        except OSError as error:
            raise UsageError(f"{source.name}: several processes cannot read it; --jobs 1 may ({error})") from error
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
    """The entry of that number, once more; what is to be told of it was told the first time.

    Several may stand on one line, where they begin at the same place. Raises UsageError where it is there no more.
    """
    first = bisect_left(begins, begins[at])
    try:
        data = piece.read(begins[at], begins[bisect_right(begins, begins[at])])
    except OSError as error:
        raise UsageError(f"{name}: cannot be read once more: {error.strerror}") from error
    found = read_entries([(Source(BytesIO(data), name, is_piece=True), reader)], registry, Told())
    for entry in islice(found, at - first, None):
        return entry
    raise UsageError(f"{name}: it was changed while it was read")


def _received(shard: Shard, source: str, lines_before: int, report: Report) -> Iterator[Entry]:
    """The entries of a shard; its problems are told where a single process would tell them."""
    report.summary.read += len(shard.entries)
    report.summary.skipped += shard.skipped
    for content, count in shard.left_out.items():
        report.summary.left_out[content] = report.summary.left_out.get(content, 0) + count
    for note in shard.notes:
        report.note(note)
    # Entries hold their shard. Were they held by it too, neither would ever be freed: the collector sees no struct.
    entries, shard.entries = shard.entries, []
    problems = deque(shard.problems)

    def tell(problem: Problem) -> None:
        told = report.incomplete if problem.is_incomplete else report.unreadable
        told(source, problem.line + lines_before, problem.reason, problem.raw)

    for ready in entries:
        while problems and problems[0].before <= ready.at:
            tell(problems.popleft())
        _set(ready, "shard", shard)
        yield ready.whole() if ready.is_lacking else ready
    for problem in problems:
        tell(problem)


_set = msgspec.structs.force_setattr
"""Entries are frozen; these are nobody else's yet, and a copy would be made of every one."""


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
    if here and isinstance(source, PlainFile):
        broken.clear()  # it is read again
        return _places(Path(source.name).absolute(), boundary, broken)  # workers may work in another folder
    return map(Piece, _cut(head, source.stream, boundary, broken))


def _read(stream: BinaryIO, broken: list[Exception], size: int = 0) -> bytes:
    """So many bytes as make a shard, in blocks as a reader takes them: nothing is lost that stands before a damage."""
    blocks: list[bytes] = []
    left = size or _SHARD
    try:
        while left and not broken and (block := stream.read(min(BLOCK, left))):
            blocks.append(block)
            left -= len(block)
    except BROKEN as error:
        broken.append(error)
    return b"".join(blocks)


def _places(path: Path, boundary: Callable[[bytes], int], broken: list[Exception]) -> Iterator[Piece]:
    """Where in the file the pieces are: it is read here to see where they end, and by who takes one."""
    start, size = 0, _SHARD
    with path.open("rb", buffering=0) as file:
        place = partial(Piece, path=str(path), inode=os.fstat(file.fileno()).st_ino)
        while True:
            file.seek(start)
            data = _read(cast(BinaryIO, file), broken, size)
            if len(data) < size:
                if end := boundary(data) if broken else len(data):
                    yield place(start=start, size=end)
                return
            end = boundary(data)
            if end or size >= _LONGEST:
                yield place(start=start, size=end or size)
                start, size = start + (end or size), _SHARD
            else:
                size *= 2  # a record may be longer


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
