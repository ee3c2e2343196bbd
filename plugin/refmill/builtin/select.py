"""Keeps the entries of some categories, days, authors or words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from refmill_hooks import Entry, Transform, hookimpl
from refmill_hooks.dates import reference_date
from refmill_hooks.names import display_name
from refmill_hooks.text import plain

__all__ = ["SelectOptions", "apply"]


@dataclass(frozen=True, kw_only=True)
class SelectOptions:
    categories: tuple[str, ...] = field(
        default=(), metadata={"help": "in any of these categories or archives, such as cs.LG or math"}
    )
    since: datetime.date | None = field(default=None, metadata={"help": "of this day or later"})
    until: datetime.date | None = field(default=None, metadata={"help": "of this day or earlier"})
    authors: tuple[str, ...] = field(default=(), metadata={"help": "with any of these in an author's name"})
    words: tuple[str, ...] = field(default=(), metadata={"help": "with all of these in title or abstract"})


@hookimpl
def refmill_transforms() -> Iterator[Transform[SelectOptions]]:
    yield Transform(
        name="select", title="keeps entries by category, date, author or words", apply=apply, options=SelectOptions
    )


def apply(entry: Entry, options: SelectOptions) -> Entry | None:
    """The entry where it meets every wish that was made; a date that is not known meets none."""
    is_wanted = (
        _is_in(entry, options.categories)
        and _is_within(reference_date(entry), options)
        and _is_by(entry, options.authors)
        and _says(entry, options.words)
    )
    return entry if is_wanted else None


def _is_in(entry: Entry, wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return True
    return any(code == each or code.startswith(f"{each}.") for each in wanted for code in entry.categories)


def _is_within(date: str, options: SelectOptions) -> bool:
    """A date that is known in part counts as far as it goes: all of 2007 is since 2007-03-01, and until it."""
    for bound, meets in ((options.since, str.__ge__), (options.until, str.__le__)):
        if bound and not (date and meets(date, bound.isoformat()[: len(date)])):
            return False
    return True


def _is_by(entry: Entry, wanted: tuple[str, ...]) -> bool:
    names = " | ".join(plain(display_name(name)) for name in entry.authors).casefold() if wanted else ""
    return not wanted or any(each.casefold() in names for each in wanted)


def _says(entry: Entry, wanted: tuple[str, ...]) -> bool:
    text = plain(f"{entry.title}\n{entry.abstract}").casefold() if wanted else ""
    return all(word.casefold() in text for word in wanted)
