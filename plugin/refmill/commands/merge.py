"""Joins libraries that were written apart; a key that texts cite already goes to no other paper."""

from __future__ import annotations

from pathlib import Path

from refmill.errors import UsageError
from refmill.io.atomic import Files
from refmill.pipeline.clashes import check_read_whole
from refmill.pipeline.job import KEYS, Job, planned
from refmill.pipeline.keys import settled
from refmill.pipeline.run import entries_of, write
from refmill.plugins.registry import Registry
from refmill.reporting.progress import Progress
from refmill.reporting.summary import Summary, Tally

__all__ = ["join"]


def join(job: Job, registry: Registry, progress: Progress) -> Summary:
    """Writes what the inputs of the job hold to its outputs. Raises UsageError."""
    plan = planned(job, registry)
    for shard in job.inputs:
        _refuse_unread_format(shard, registry)
    changed = Tally()

    def tell(old: str, new: str) -> None:
        changed.add(f"{old} is {new}")

    flow = entries_of(job, registry, progress=progress, keys=False)
    with Files() as files, flow as (entries, report), progress:
        watched = progress.watch(entries, report.summary)
        write(settled(watched, plan.options[KEYS], tell), plan, registry, report, progress, files)
        if changed.count:
            report.note(f"keys that were taken, and changed: {changed}")
        check_read_whole(job, job.outputs, report.summary)
    return report.summary


def _refuse_unread_format(shard: str, registry: Registry) -> None:
    suffix = Path(shard).suffix.lower()
    read = {each for reader in registry.readers.values() for each in reader.suffixes}
    written = {each: exporter.name for exporter in registry.exporters.values() for each in exporter.suffixes}
    if suffix in written and suffix not in read:
        both = ", ".join(sorted(read & written.keys()))
        raise UsageError(
            f"{shard}: {written[suffix]} is written, but cannot be read: convert to shards of a format that is both "
            f"({both}), and merge these with -o all{suffix}"
        )
