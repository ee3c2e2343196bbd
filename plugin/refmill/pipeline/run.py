"""How entries flow: read, once each, enriched, transformed, keyed, written. Nothing is held but windows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import chain
from typing import Any, Final

from refmill.errors import UsageError
from refmill.io.atomic import Files
from refmill.io.inputs import Opened, open_inputs
from refmill.io.outputs import Outputs
from refmill.pipeline.clashes import check_read_whole, check_targets
from refmill.pipeline.enrichment import Asking, enrich
from refmill.pipeline.job import DEFAULT_ENRICHERS, KEYS, Job, Plan, planned
from refmill.pipeline.parallel import default_jobs, is_parallel, process_pool, read_ready
from refmill.pipeline.reading import drop_duplicates, in_batches, read_entries
from refmill.plugins.registry import Registry
from refmill.reporting.progress import Progress
from refmill.reporting.report import Report
from refmill.reporting.summary import Summary
from refmill.services.store import Store
from refmill_hooks import Entry, Net, Transform
from refmill_hooks.journal_refs import with_venue

__all__ = ["DEFAULT_ENRICHERS", "Job", "entries_of", "run", "started", "write"]

_MOST_JOBS: Final = 1000


def run(
    job: Job,
    registry: Registry,
    *,
    entries: Iterable[Entry] | None = None,
    progress: Progress | None = None,
    net: Callable[[Callable[[str], None]], contextlib.AbstractContextManager[Net]] | None = None,
    jobs: int | None = None,
    executor: Executor | None = None,
) -> Summary:
    """Does the job; given `entries`, these are written instead of what is read from the inputs.

    - `jobs`: how many processes read and render; None: as the size of the inputs suggests.
    - `executor`: runs them elsewhere; they must find the inputs' plugins, not the inputs.

    Raises UsageError where something named cannot be had, PluginError if the registry is strict.
    """
    if not job.outputs:
        raise UsageError("there is no output: name a file to write")
    plan = planned(job, registry)
    check_targets(job, registry)
    progress = progress or Progress.silent()
    # All files are put in place last, when the report of them is whole too.
    with (
        Files() as files,
        Report(job.problems, job.report, progress.say, files) as report,
        contextlib.ExitStack() as stack,
    ):
        if entries is None and (workers := _workers(job, plan, registry, stack, jobs, executor)):
            opened = _opened(job, registry, report)
            entries = read_ready(opened, job, registry, report, *workers)
        flow = _flow(job, plan, registry, report, stack, entries, net)
        write(flow, plan, registry, report, progress, files)
        _tell_faults(registry, report)
        check_read_whole(job, job.outputs, report.summary)
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
    plan = planned(job, registry)
    check_targets(job, registry)
    progress = progress or Progress.silent()
    with Report(job.problems, job.report, progress.say) as report, contextlib.ExitStack() as stack:
        yield _flow(job, plan, registry, report, stack, entries, None, keys=keys, only=only), report
        _tell_faults(registry, report)


def write(
    entries: Iterator[Entry], plan: Plan, registry: Registry, report: Report, progress: Progress, files: Files
) -> None:
    """Writes all outputs; the first entry is taken before one is touched: a bad input leaves everything as it was.

    Raises UsageError.
    """
    begun = started(entries, report)
    with Outputs(plan.outputs, registry, report, files) as outputs, progress:
        outputs.write(progress.watch(begun, report.summary))


def started(entries: Iterator[Entry], report: Report) -> Iterator[Entry]:
    """The same entries, the first of them taken from its source. Raises NothingRead where no record could be read."""
    for first in entries:
        return chain((first,), entries)
    summary = report.summary
    if summary.unreadable and not summary.read:
        raise report.nothing_read()
    if summary.read and summary.dropped:
        report.note(f"no entry is left of {summary.read:,}: the transforms dropped them all")
    return iter(())


def _flow(
    job: Job,
    plan: Plan,
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
        opened = _opened(job, registry, report)
        entries = read_entries(opened, registry, report)
    if only is not None:
        entries = (entry for entry in entries if entry.id in only)
    if job.versions == "strip":
        entries = (entry.replace(version=None) if entry.version else entry for entry in entries)
    flow = drop_duplicates(entries, report)
    remote = any(not enricher.local for enricher in plan.enrichers)
    if plan.enrichers:
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
    # Answers of the network come slowly; an entry goes on as soon as it has its own.
    batched = iter if plan.enrichers and not report.summary.offline else in_batches
    flow = batched(map(with_venue, batched(flow)))
    for transform in plan.transforms:
        flow = _transformed(flow, transform, plan.options[transform.name], registry, report)
    if keys and KEYS in plan.options:
        flow = batched(_transformed(flow, registry.transform(KEYS), plan.options[KEYS], registry, report))
    return _finished(flow, report)


def _opened(job: Job, registry: Registry, report: Report) -> Iterator[Opened]:
    return open_inputs(
        job.inputs,
        registry,
        input_format=job.input_format,
        note=report.note,
        damaged=lambda name, reason: report.unreadable(name, 0, reason, ""),
    )


def _workers(
    job: Job, plan: Plan, registry: Registry, stack: contextlib.ExitStack, jobs: int | None, executor: Executor | None
) -> tuple[Executor, int] | None:
    """The executor and how many may work at once; None where one process does it all."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs {jobs}: there must be at least one")
    if jobs is not None and jobs > _MOST_JOBS:
        raise UsageError(f"--jobs {jobs}: there can be {_MOST_JOBS:,} at most")
    if registry.strict or not is_parallel(job, plan):
        return None
    if executor is not None:
        return executor, jobs or default_jobs(job.inputs, least=2)
    jobs = jobs or default_jobs(job.inputs)
    if jobs < 2:
        return None
    return stack.enter_context(process_pool(jobs)), jobs


def _network(
    stack: contextlib.ExitStack,
    report: Report,
    net: Callable[[Callable[[str], None]], contextlib.AbstractContextManager[Net]] | None,
) -> Callable[[], Net]:
    opened: list[Net] = []

    def open_once() -> Net:
        if not opened:
            if net is None:
                from refmill.services.net import HttpNet

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
            if changed is not None:
                registry.checked(transform, changed)
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
    last: list[Entry | None] = [None]
    before: list[Exception] = []  # what the flow in front of the transform raised, which is no fault of its own
    taken = given = 0

    def handed_over() -> Iterator[Entry]:
        nonlocal taken
        try:
            for entry in entries:
                last[0] = entry
                taken += 1
                yield entry
        except Exception as error:
            before.append(error)
            raise

    changed: Iterator[Entry] | None = None
    while True:
        try:
            if changed is None:
                changed = iter(transform.stream(handed_over(), options))
            entry = registry.checked(transform, next(changed))
        except StopIteration:
            report.summary.dropped += max(taken - given, 0)
            return
        except Exception as error:
            if before:
                raise
            if last[0] is None:
                registry.fault(transform, error)
            else:
                _blame(transform, error, last[0], registry, report)
                yield last[0]
            yield from entries
            return
        given += 1
        yield entry


def _blame(transform: Transform[Any], error: Exception, entry: Entry, registry: Registry, report: Report) -> None:
    registry.fault(transform, error)
    report.unwritten(f"transform {transform.name}", entry, f"left as it was: {type(error).__name__}: {error}")


def _finished(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    for entry in entries:
        if entry.extra or report.is_page:
            report.finished(entry)
        yield entry


def _tell_faults(registry: Registry, report: Report) -> None:
    for plugin in registry.faulty:
        for fault in plugin.faults:
            report.note(f"plugin {plugin}: {fault}")
