"""Makes one entry of several of the same paper: the same arXiv id, whatever its version, or the same DOI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from refmill_hooks import MERGED, Entry, NoOptions, Transform, hookimpl
from refmill_hooks.spool import Spool

__all__ = ["stream"]

_KEPT: Final = frozenset({"id", "key", "extra", "origin", "source", "version", "doi"})


@hookimpl
def refmill_transforms() -> Iterator[Transform[NoOptions]]:
    yield Transform(name="dedupe", title="one entry of several of the same arXiv id or DOI", stream=stream)


def stream(entries: Iterable[Entry], options: NoOptions) -> Iterator[Entry]:
    """Each paper once, in the place and with the key of its first entry, as the newest of them says it.

    What the newest does not know is taken from the others. The entries wait in a temporary file.
    """
    first_of: dict[str, int] = {}
    leaders: list[int] = []
    places: list[int] = []
    with Spool() as spool:
        for number, entry in enumerate(entries):
            places.append(spool.add(entry))
            leaders.append(number)
            for name in _names(entry):
                leaders[_leader(number, leaders)] = _leader(first_of.setdefault(name, number), leaders)
        groups: dict[int, list[int]] = {}
        for number in range(len(leaders)):
            groups.setdefault(_leader(number, leaders), []).append(number)
        for same in groups.values():
            yield _joined([spool.at(places[number]) for number in same])


def _leader(number: int, leaders: list[int]) -> int:
    """The entry that stands for its group; the way there is halved for the next who goes it."""
    while leaders[number] != number:
        leaders[number] = leaders[leaders[number]]
        number = leaders[number]
    return number


def _names(entry: Entry) -> list[str]:
    return [*([entry.id] if entry.id else []), *(f"doi:{doi.lower()}" for doi in entry.doi[:1])]


def _joined(same: list[Entry]) -> Entry:
    first = same[0]
    if len(same) == 1:
        return first
    newest = max(same, key=_age)
    changes: dict[str, Any] = {}
    for name in Entry.__struct_fields__:
        if name not in _KEPT:
            values = [getattr(each, name) for each in (newest, *same)]
            changes[name] = next((value for value in values if value), values[0])
    dois = dict.fromkeys(doi for each in (newest, *same) for doi in each.doi)
    others = ", ".join(each.versioned_id + (f" ({each.key})" if each.key else "") for each in same[1:])
    extra = {name: value for each in reversed(same) for name, value in each.extra.items()} | {MERGED: others}
    arxiv_id = next((each.id for each in (newest, *same) if each.id), "")
    return first.replace(**changes, id=arxiv_id, doi=tuple(dois), version=newest.version, extra=extra)


def _age(entry: Entry) -> tuple[int, str]:
    """An entry without version is of the newest."""
    versions = entry.versions[-1].number if entry.versions else entry.version or 10_000
    return versions, str(entry.updated or entry.created or "")
