"""Joins libraries that were written apart; a key that texts cite already goes to no other paper."""

from __future__ import annotations

from refmill.builtin.transforms.keys import settled
from refmill.pipeline import entries_of, write
from refmill.planning import KEYS, Job, planned
from refmill.progress import Progress
from refmill.registry import Registry
from refmill.report import Summary, Tally

__all__ = ["join"]


def join(job: Job, registry: Registry, progress: Progress) -> Summary:
    """Writes what the inputs of the job hold to its outputs. Raises UsageError."""
    plan = planned(job, registry)
    changed = Tally()

    def tell(old: str, new: str) -> None:
        changed.add(f"{old} is {new}")

    with entries_of(job, registry, progress=progress, keys=False) as (entries, report), progress:
        watched = progress.watch(entries, report.summary)
        write(settled(watched, plan.options[KEYS], tell), plan, registry, report, progress)
        if changed.count:
            report.note(f"keys that were taken, and changed: {changed}")
    return report.summary
