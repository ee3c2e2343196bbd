"""How entries flow: read, once each, enriched, transformed, keyed, written. Nothing is held but windows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from refmill.enrichment import Asking, enrich
from refmill.errors import UsageError
from refmill.inputs import open_inputs
from refmill.options import distribute, fill
from refmill.outputs import Output, Outputs
from refmill.progress import Progress
from refmill.reading import drop_duplicates, read_entries
from refmill.registry import Registry
from refmill.report import Report, Summary
from refmill.store import MAX_AGE, Store
from refmill_hooks import Enricher, Entry, Exporter, Net, Transform
from refmill_hooks.journal_refs import venue_of

__all__ = ["DEFAULT_ENRICHERS", "Job", "entries_of", "run"]

DEFAULT_ENRICHERS: Final = ("arxiv",)
KEYS: Final = "keys"
SNAPSHOT: Final = "snapshot"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a user asked for. `outputs` are paths, with `to` the format of the only one; `options` are `name=value`.

    `snapshots` are files asked before the network; `versions` is `keep` or `strip`; `max_age` is in seconds.
    """

    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    to: str | None = None
    format: str | None = None
    options: Sequence[str] = ()
    snapshots: Sequence[str] = ()
    enrichers: Sequence[str] = DEFAULT_ENRICHERS
    transforms: Sequence[str] = ()
    offline: bool = False
    refresh: bool = False
    versions: str = "keep"
    max_age: float | None = MAX_AGE
    problems: str | Path | None = None
    report: str | Path | None = None


@dataclass
class _Plan:
    """The plugins of a job with their options, named and checked before anything is read."""

    outputs: list[Output]
    enrichers: list[Enricher[Any]]
    transforms: list[Transform[Any]]
    options: dict[str, Any] = field(default_factory=dict)


def run(
    job: Job,
    registry: Registry,
    *,
    entries: Iterable[Entry] | None = None,
    progress: Progress | None = None,
    net: Callable[[Callable[[str], None]], contextlib.AbstractContextManager[Net]] | None = None,
) -> Summary:
    """Does the job; given `entries`, these are written instead of what is read from the inputs.

    Raises UsageError where something named cannot be had, PluginError if the registry is strict.
    """
    plan = _planned(job, registry)
    progress = progress or Progress.silent()
    with Report(job.problems, job.report, progress.say) as report, contextlib.ExitStack() as stack:
        flow = _flow(job, plan, registry, report, stack, entries, net)
        # The first record is read before an output is touched: a bad input leaves everything as it was.
        flow = _begun(flow)
        with Outputs(plan.outputs, registry, report) as outputs, progress:
            outputs.write(progress.watch(flow, report.summary))
        _tell_faults(registry, report)
    return report.summary


@contextlib.contextmanager
def entries_of(
    job: Job,
    registry: Registry,
    *,
    entries: Iterable[Entry] | None = None,
    progress: Progress | None = None,
    keys: bool = True,
    only: frozenset[str] | None = None,
) -> Iterator[tuple[Iterator[Entry], Report]]:
    """The entries of a job that has no outputs, and its report; with `only`, those of these ids."""
    plan = _planned(job, registry)
    progress = progress or Progress.silent()
    with Report(job.problems, job.report, progress.say) as report, contextlib.ExitStack() as stack:
        yield _flow(job, plan, registry, report, stack, entries, None, keys=keys, only=only), report
        _tell_faults(registry, report)


def _planned(job: Job, registry: Registry) -> _Plan:
    if job.to and len(job.outputs) != 1:
        raise UsageError("--to goes with exactly one -o; let the suffixes of several outputs choose their formats")
    places = [Path(path).absolute() for path in job.outputs]
    if doubled := next(
        (path for path, place in zip(job.outputs, places, strict=True) if places.count(place) > 1), None
    ):
        raise UsageError(f"-o {doubled}: given twice")
    exporters = [registry.exporter(job.to) if job.to else _exporter_for(path, registry) for path in job.outputs]
    names = [name for name in job.enrichers if name != SNAPSHOT]
    enrichers = [registry.enricher(name) for name in names]
    if job.snapshots:
        enrichers.insert(0, registry.enricher(SNAPSHOT))
        for file in job.snapshots:
            if not Path(file).is_file():
                raise UsageError(f"--snapshot {file}: there is no such file")
    transforms = [registry.transform(name) for name in job.transforms]
    plugins: list[Exporter[Any] | Enricher[Any] | Transform[Any]] = [*exporters, *enrichers, *transforms]
    if KEYS in registry.transforms:
        plugins.append(registry.transform(KEYS))
    dealt = distribute(job.options, {plugin.name: plugin.options for plugin in plugins})
    if job.snapshots:
        dealt[SNAPSHOT]["files"] = ",".join(job.snapshots)
    options = {plugin.name: fill(plugin.options, dealt[plugin.name], plugin.name) for plugin in plugins}
    outputs = [
        Output(path, exporter, options[exporter.name]) for path, exporter in zip(job.outputs, exporters, strict=True)
    ]
    return _Plan(outputs, enrichers, transforms, options)


def _exporter_for(path: str, registry: Registry) -> Exporter[Any]:
    if path == "-":
        raise UsageError("-o -: stdout has no suffix: choose the format by --to")
    return registry.exporter_for(path)


def _flow(
    job: Job,
    plan: _Plan,
    registry: Registry,
    report: Report,
    stack: contextlib.ExitStack,
    entries: Iterable[Entry] | None,
    net: Callable[[Callable[[str], None]], contextlib.AbstractContextManager[Net]] | None,
    *,
    keys: bool = True,
    only: frozenset[str] | None = None,
) -> Iterator[Entry]:
    if entries is None:
        opened = open_inputs(job.inputs, registry, format=job.format, note=report.note)
        entries = read_entries(opened, registry, report)
    if only is not None:
        entries = (entry for entry in entries if entry.id in only)
    if job.versions == "strip":
        entries = (entry.replace(version=None) if entry.version else entry for entry in entries)
    flow = drop_duplicates(entries, report)
    if plan.enrichers:
        remote = any(not enricher.local for enricher in plan.enrichers)
        report.summary.offline = job.offline or not remote
        asking = Asking(
            registry=registry,
            report=report,
            store=stack.enter_context(Store(say=report.say)),
            net=None if job.offline or not remote else _network(stack, report, net),
            options=plan.options,
            refresh=job.refresh,
            max_age=job.max_age,
        )
        flow = enrich(flow, plan.enrichers, asking)
    flow = _with_venues(flow)
    for transform in plan.transforms:
        flow = _transformed(flow, transform, plan.options[transform.name], registry, report)
    if keys and KEYS in plan.options:
        flow = _transformed(flow, registry.transform(KEYS), plan.options[KEYS], registry, report)
    return _finished(flow, report)


def _network(
    stack: contextlib.ExitStack,
    report: Report,
    net: Callable[[Callable[[str], None]], contextlib.AbstractContextManager[Net]] | None,
) -> Callable[[], Net]:
    opened: list[Net] = []

    def open_once() -> Net:
        if not opened:
            if net is None:
                from refmill.net import HttpNet

                try:
                    opened.append(stack.enter_context(HttpNet(say=report.say)))
                except ValueError as error:
                    raise UsageError(str(error)) from error
            else:
                opened.append(stack.enter_context(net(report.say)))
        return opened[0]

    return open_once


def _transformed(
    entries: Iterator[Entry], transform: Transform[Any], options: Any, registry: Registry, report: Report
) -> Iterator[Entry]:
    if transform.stream:
        return _streamed(entries, transform, options, registry, report)
    return _applied(entries, transform, options, registry, report)


def _applied(
    entries: Iterator[Entry], transform: Transform[Any], options: Any, registry: Registry, report: Report
) -> Iterator[Entry]:
    """An entry that the transform fails on goes on as it was."""
    assert transform.apply
    for entry in entries:
        try:
            changed = transform.apply(entry, options)
            if changed is not None and not isinstance(changed, Entry):
                raise TypeError(f"it returned {type(changed).__name__}, not an Entry or None")
        except Exception as error:
            _blame(transform, error, entry, registry, report)
            changed = entry
        if changed is None:
            report.summary.dropped += 1
        else:
            yield changed


def _streamed(
    entries: Iterator[Entry], transform: Transform[Any], options: Any, registry: Registry, report: Report
) -> Iterator[Entry]:
    """Where the transform fails, the entry it had at hand and all after it go on as they were."""
    assert transform.stream
    last: list[Entry] = []
    before: list[Exception] = []  # what the flow in front of the transform raised, which is no fault of its own
    taken = given = 0

    def handed_over() -> Iterator[Entry]:
        nonlocal taken
        try:
            for entry in entries:
                last[:] = [entry]
                taken += 1
                yield entry
        except Exception as error:
            before.append(error)
            raise

    changed = transform.stream(handed_over(), options)
    while True:
        try:
            entry = next(changed)
        except StopIteration:
            report.summary.dropped += max(taken - given, 0)
            return
        except Exception as error:
            if before or not last:
                raise
            _blame(transform, error, last[0], registry, report)
            yield last[0]
            yield from entries
            return
        given += 1
        yield entry


def _blame(transform: Transform[Any], error: Exception, entry: Entry, registry: Registry, report: Report) -> None:
    registry.fault(transform, error)
    report.unwritten(f"transform {transform.name}", entry, f"left as it was: {type(error).__name__}: {error}")


def _with_venues(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Where no source told the venue, it is what the journal reference certainly says."""
    for entry in entries:
        if entry.journal_ref and not entry.venue and (venue := venue_of(entry.journal_ref, entry.doi)):
            yield entry.replace(venue=venue)
        else:
            yield entry


def _finished(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    for entry in entries:
        if entry.extra:
            report.finished(entry)
        yield entry


def _begun(entries: Iterator[Entry]) -> Iterator[Entry]:
    for first in entries:
        return _with_first(first, entries)
    return iter(())


def _with_first(first: Entry, rest: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from rest


def _tell_faults(registry: Registry, report: Report) -> None:
    for plugin in registry.faulty:
        for fault in plugin.faults:
            report.note(f"plugin {plugin}: {fault}")
