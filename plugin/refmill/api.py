"""The four verbs of the Python API: read, enrich, export, convert."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any

from refmill.pipeline.clashes import Reading
from refmill.pipeline.run import DEFAULT_ENRICHERS, Job, entries_of, run, started
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill.reporting.summary import Summary
from refmill_hooks import Entry

__all__ = ["convert", "enrich", "export", "read"]

Path = str | os.PathLike[str]


@contextlib.contextmanager
def read(*inputs: Path, input_format: str | None = None, plugins: Sequence[Path] = ()) -> Iterator[Iterator[Entry]]:
    """`with refmill.read("dump.txt") as entries:` the entries of dumps, folders of dumps, or arXiv ids.

    - `input_format`: the reader's name where the content does not tell it.
    - `plugins`: Python files with plugins of your own.

    Records that cannot be read are left out. The iteration raises UsageError for an input that cannot be read, and
    where there are records and none of them can be. Until the context is left, nothing of this process
    writes to the inputs, unless `overwrite` allows it and they were read whole.
    """
    job = Job(inputs=_texts(inputs), input_format=input_format, enrichers=())
    flow = entries_of(job, Registry(_texts(plugins)), keys=False)
    with contextlib.closing(Reading(job.inputs)) as reading, flow as (entries, report):
        yield _read_to_the_end(entries, report, reading)


def _read_to_the_end(entries: Iterator[Entry], report: Report, reading: Reading) -> Iterator[Entry]:
    yield from started(entries, report)
    reading.end(report.summary)


def enrich(
    entries: Iterable[Entry],
    *enrichers: str,
    snapshot: Path | Sequence[Path] = (),
    offline: bool = False,
    refresh: bool = False,
    plugins: Sequence[Path] = (),
) -> Iterator[Entry]:
    """The entries in their order, with what `arxiv` (or the enrichers named) and the snapshots know of them.

    With `offline` no connection is opened; with `refresh` complete entries are asked for too. What no source could
    tell of is yielded as it was. As long as the iterator is there, nothing of this process writes to the snapshots.
    """
    job = Job(enrichers=enrichers or DEFAULT_ENRICHERS, snapshots=_several(snapshot), offline=offline, refresh=refresh)
    return _enriched(job, entries, plugins, Reading(snapshots=job.snapshots))


def _enriched(job: Job, entries: Iterable[Entry], plugins: Sequence[Path], reading: Reading) -> Iterator[Entry]:
    """Yield the entries, `reading` held until then: it begins before the iteration does."""
    with (
        contextlib.closing(reading),
        entries_of(job, Registry(_texts(plugins)), entries=entries, keys=False) as (enriched, _),
    ):
        yield from enriched


def export(
    entries: Iterable[Entry],
    path: Path,
    *,
    to: str | None = None,
    overwrite: bool = False,
    plugins: Sequence[Path] = (),
    **options: Any,
) -> Summary:
    """Writes the entries to a file in the format of its suffix, or the one named; keys are given where they lack.

    `options` are those of the exporter (`abstract=False`). Raises UsageError, also for a file that an open `read` or
    `enrich` reads; with `overwrite`, one of `read` is replaced where it was read to its end and nothing of it is lost.
    """
    job = Job(outputs=[os.fspath(path)], to=to, options=_assignments(options), enrichers=(), overwrite=overwrite)
    return run(job, Registry(_texts(plugins)), entries=entries)


def convert(
    inputs: Path | Sequence[Path],
    outputs: Path | Sequence[Path],
    *,
    to: str | None = None,
    input_format: str | None = None,
    enrichers: Sequence[str] = DEFAULT_ENRICHERS,
    snapshot: Path | Sequence[Path] = (),
    transforms: Sequence[str] = (),
    offline: bool = False,
    refresh: bool = False,
    problems: Path | None = None,
    report: Path | None = None,
    overwrite: bool = False,
    plugins: Sequence[Path] = (),
    strict: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    **options: Any,
) -> Summary:
    """Reads the inputs, enriches what they lack, and writes all outputs in one pass; returns the counts.

    The arguments are those of `refmill convert`; with `overwrite`, an output may be an input. `executor` (of
    concurrent.futures, or a Dask client's) runs the workers of a big conversion elsewhere, where refmill and the
    plugins are installed too. Raises UsageError, and PluginError if `strict`.
    """
    job = Job(
        inputs=_several(inputs),
        outputs=_several(outputs),
        to=to,
        input_format=input_format,
        options=_assignments(options),
        snapshots=_several(snapshot),
        enrichers=enrichers,
        transforms=transforms,
        offline=offline,
        refresh=refresh,
        problems=None if problems is None else os.fspath(problems),
        report=None if report is None else os.fspath(report),
        overwrite=overwrite,
    )
    return run(job, Registry(_texts(plugins), strict=strict), jobs=jobs, executor=executor)


def _several(paths: Path | Sequence[Path]) -> list[str]:
    return [os.fspath(paths)] if isinstance(paths, str | os.PathLike) else _texts(paths)


def _texts(paths: Iterable[Path]) -> list[str]:
    return [os.fspath(path) for path in paths]


def _assignments(options: dict[str, Any]) -> list[str]:
    return [f"{name.rstrip('_')}={_assigned(value)}" for name, value in options.items() if value is not None]


def _assigned(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
