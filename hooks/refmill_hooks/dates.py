"""The date that a reference shows, as exact as it is known."""

from __future__ import annotations

from refmill_hooks.entry import DATE, Entry

__all__ = ["reference_date"]


def reference_date(entry: Entry, *, latest: bool = False) -> str:
    """`2007-07-24`, `2007-07`, `2007` or "": of the publication, else of the first (or the `latest`) version."""
    venue = entry.venue
    if venue and (venue.date or venue.year):
        return venue.date or str(venue.year)
    date = entry.updated if latest and entry.updated else entry.created
    return date.isoformat() if date else entry.extra.get(DATE, "")
