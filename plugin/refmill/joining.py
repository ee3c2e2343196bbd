"""Joins libraries that were written apart; a key that texts cite already goes to no other paper."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from refmill.builtin.transforms.keys import settled
from refmill.errors import UsageError
from refmill.pipeline import entries_of, write
from refmill.planning import KEYS, Job, planned
from refmill.progress import Progress
from refmill.registry import Registry
from refmill.report import Summary, Tally
from refmill_hooks.source import BLOCK

__all__ = ["join"]

_NO_ENTRIES: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*\]\s*)?")
"""What refmill writes where there is no entry to write: nothing as BibTeX, an empty list as CSL-JSON."""


def join(job: Job, registry: Registry, progress: Progress) -> Summary:
    """Writes what the inputs of the job hold to its outputs. Raises UsageError."""
    plan = planned(job, registry)
    for shard in job.inputs:
        _refuse_unread_format(shard, registry)
    empty = [shard for shard in job.inputs if _is_empty(shard)]
    filled = [shard for shard in job.inputs if shard not in empty]
    changed = Tally()

    def tell(old: str, new: str) -> None:
        changed.add(f"{old} is {new}")

    flow = entries_of(
        replace(job, inputs=filled), registry, entries=None if filled else (), progress=progress, keys=False
    )
    with flow as (entries, report), progress:
        for shard in empty:
            report.note(f"{shard}: a shard without entries")
        watched = progress.watch(entries, report.summary)
        write(settled(watched, plan.options[KEYS], tell), plan, registry, report, progress)
        if changed.count:
            report.note(f"keys that were taken, and changed: {changed}")
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


def _is_empty(shard: str) -> bool:
    path = Path(shard)
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(BLOCK)
    except OSError:
        return False  # whoever reads it tells why it cannot
    return len(head) < BLOCK and _NO_ENTRIES.fullmatch(head) is not None
