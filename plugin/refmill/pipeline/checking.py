"""Leaves out of an entry the values that cannot be what their field says, wherever the entry came from.

A reader or an enricher may take a value as it is printed; what is no category, DOI, id or version must not
reach an exporter. One place looks at the entries of all of them, so that none can forget it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from refmill_hooks import PRINTED_ID, UNVERIFIED, Entry
from refmill_hooks.categories import checked_categories
from refmill_hooks.identifiers import BadIdentifier, parse_id

__all__ = ["checked"]

_SHOWN: Final = 60
"""Characters of a refused value that a problem quotes."""

_NONE: Final[tuple[str, ...]] = ()


def checked(entry: Entry, *, checks_id: bool = True) -> tuple[Entry, tuple[str, ...]]:
    """Return the entry without such values, and a problem for each of them.

    `checks_id` looks at the id and the version as well, which the built-in readers make by `parse_id`.
    """
    valid, rejected = checked_categories(entry.categories)
    is_id = not checks_id or _is_id(entry.id)
    is_version = not checks_id or _is_version(entry.version)
    dois = entry.doi
    are_dois = not dois or (_is_doi(dois[0]) if len(dois) == 1 else all(map(_is_doi, dois)))
    if valid == entry.categories and is_id and is_version and are_dois:
        return entry, _NONE
    problems = [f"{_shown(code)} is no category" for code in rejected]
    changes: dict[str, object] = {"categories": valid}
    extra = entry.extra
    if rejected and valid and entry.categories[0].startswith(rejected[0]):
        # none of the others may stand for the primary one
        extra = {**extra, UNVERIFIED: " ".join(sorted(entry.unverified | {"categories"}))}
    if not are_dois:
        problems += [f"{_shown(doi)} is no DOI" for doi in dois if not _is_doi(doi)]
        changes["doi"] = tuple(filter(_is_doi, dois))
    if not is_version:
        problems.append(f"{_shown(str(entry.version))} is no version")
        changes["version"] = None
    if not is_id:
        problems.append(f"{_shown(entry.id)} is no arXiv id in its canonical form")
        changes["id"] = ""
        extra = {PRINTED_ID: entry.id, **extra}
    if extra is not entry.extra:
        changes["extra"] = extra
    return msgspec.structs.replace(entry, **changes), tuple(problems)


def _is_doi(doi: str) -> bool:
    """Whether nothing in it is a blank, or a character that controls the output."""
    return " " not in doi and doi.isprintable() and doi != ""


def _is_id(text: str) -> bool:
    """Whether it is as `parse_id` gives it, or empty."""
    try:
        return not text or parse_id(text).id == text
    except BadIdentifier:
        return False


def _is_version(version: object) -> bool:
    return version is None or (type(version) is int and version > 0)


def _shown(text: str) -> str:
    return f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}'"
