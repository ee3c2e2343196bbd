"""What refmill writes it reads again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.conformance.material import Written

from refmill.pipeline.run import Job, entries_of
from refmill.plugins.registry import Registry
from refmill_hooks import Entry


def test_recorded_entries_survive_a_round_trip_through_bib_and_csl(dumps: Written) -> None:
    expected = list(_entries(dumps.files["csl-json"]))
    for format_name in ("bibtex", "brief"):
        for entry, other in zip(_entries(dumps.files[format_name]), expected, strict=True):
            assert (entry.key, entry.id, len(entry.authors)) == (other.key, other.id, len(other.authors))


def _entries(path: Path) -> Iterator[Entry]:
    with entries_of(Job(inputs=[str(path)], enrichers=()), Registry(), keys=False) as (found, _):
        yield from found
