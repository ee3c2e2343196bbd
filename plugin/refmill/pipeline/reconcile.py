"""Who is believed when two sources speak of one paper.

When two values are the same up to spelling, the better spelling stays; when they differ, the newer source wins. A weak
value always gives way. What gave way is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from refmill.reporting.report import Dispute
from refmill_hooks import SUSPECT, UNVERIFIED, WITHDRAWN, Entry, Name
from refmill_hooks.text import plain

__all__ = ["merge"]


def merge(entry: Entry, answer: Entry) -> tuple[Entry, list[Dispute]]:
    """The entry with what the answer knows better. `id`, `version` and `key` are never touched."""
    newer = _is_newer(answer, entry)
    weak, doubted = entry.unverified, answer.unverified
    changes: dict[str, Any] = {}
    origin = dict(entry.origin)
    disputes: list[Dispute] = []
    for name, rule in _RULES.items():
        mine, theirs = getattr(entry, name), getattr(answer, name)
        if not theirs or mine == theirs:
            continue
        if not mine or name in weak:
            kept = theirs
        elif name in doubted:
            kept = mine
        else:
            kept = rule(mine, theirs, newer)
        if mine and kept not in (mine, theirs):
            pass  # both are in it
        elif mine and not _same(mine, theirs):
            disputes.append(_dispute(entry, answer, name, mine, theirs, kept is theirs))
        if kept != mine:
            changes[name] = kept
            origin[name] = answer.source
    extra = _marked(entry, answer, changes)
    if WITHDRAWN in entry.extra and not answer.extra.get(WITHDRAWN) and "comments" in changes and newer:
        extra.pop(WITHDRAWN)
    if extra != entry.extra:
        changes["extra"] = extra
    return (entry.replace(**changes, origin=origin) if changes else entry), disputes


def _marked(entry: Entry, answer: Entry, changes: Mapping[str, Any]) -> dict[str, str]:
    """What both say beside the fields; a mark of a value goes where the value goes."""
    extra = dict(answer.extra) | entry.extra
    mine = entry.unverified.difference(changes)
    theirs = answer.unverified.intersection(changes)
    suspect = (entry.extra.get(SUSPECT) if mine else None) or (answer.extra.get(SUSPECT) if theirs else None)
    for key, mark in ((UNVERIFIED, " ".join(sorted(mine | theirs))), (SUSPECT, suspect)):
        extra.pop(key, None)
        if mark:
            extra[key] = mark
    return extra


def _dispute(entry: Entry, answer: Entry, name: str, mine: Any, theirs: Any, took_theirs: bool) -> Dispute:
    here = entry.origin.get(name, entry.source)
    said = [(_shown(mine), here), (_shown(theirs), answer.source)]
    (kept, kept_from), (other, other_from) = reversed(said) if took_theirs else said
    return Dispute(id=entry.id, field=name, kept=kept, kept_from=kept_from, other=other, other_from=other_from)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(_shown(part) for part in value)
    if isinstance(value, Name):
        return value.literal or ", ".join(part for part in (value.family, value.suffix, value.given) if part)
    return str(value)


def _is_newer(answer: Entry, entry: Entry) -> bool:
    """Whether the answer speaks of a later version, or of the same; it was asked for after the entry was made."""
    if answer.versions and entry.versions:
        return answer.versions[-1].number >= entry.versions[-1].number
    there, here = (each.updated or each.created for each in (answer, entry))
    return not (there and here) or there >= here


def _folded(value: Any) -> Any:
    """A value reduced to what it says, whatever its spelling."""
    if isinstance(value, str):
        return "".join(filter(str.isalnum, plain(value))).casefold()
    if isinstance(value, tuple):
        return tuple(_folded(part) for part in value)
    if isinstance(value, Name):
        return _folded(value.literal or value.family)
    return value


def _same(mine: Any, theirs: Any) -> bool:
    return bool(_folded(mine) == _folded(theirs))


_DAMAGE = ("\\'ı", "{ä}", "{ö}", "{ü}", "{é}", "{á}", "{í}", "{ó}", "Ã", "\ufffd")
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"


def _damage(text: str) -> int:
    """How much of a text was damaged by turning TeX into Unicode halfway."""
    harm = sum(text.count(sign) for sign in _DAMAGE)
    if "$" in text and not text.isascii():
        harm += sum(text.count(letter) for letter in _GREEK)
    return harm


def _better_text(mine: str, theirs: str, newer: bool) -> str:
    if _same(mine, theirs):
        return theirs if _damage(theirs) < _damage(mine) else mine
    return theirs if newer else mine


def _better_authors(mine: tuple[Name, ...], theirs: tuple[Name, ...], newer: bool) -> tuple[Name, ...]:
    if _same(mine, theirs):
        return theirs if _detail(theirs) > _detail(mine) else mine
    return theirs if newer else mine


def _detail(names: tuple[Name, ...]) -> int:
    return sum(len(name.given) + len(name.suffix) for name in names)


def _newer(mine: Any, theirs: Any, newer: bool) -> Any:
    return theirs if newer else mine


def _union(mine: tuple[str, ...], theirs: tuple[str, ...], newer: bool) -> tuple[str, ...]:
    first, second = (theirs, mine) if newer else (mine, theirs)
    known = {value.lower() for value in first}
    return (*first, *(value for value in second if value.lower() not in known))


def _longer(mine: Any, theirs: Any, newer: bool) -> Any:
    return theirs if len(theirs) > len(mine) else mine


def _earlier(mine: Any, theirs: Any, newer: bool) -> Any:
    return min(mine, theirs)


def _later(mine: Any, theirs: Any, newer: bool) -> Any:
    return max(mine, theirs)


_RULES: Mapping[str, Callable[[Any, Any, bool], Any]] = {
    "title": _better_text,
    "authors": _better_authors,
    "abstract": _better_text,
    "categories": _newer,
    "versions": _longer,
    "created": _earlier,
    "updated": _later,
    "doi": _union,
    "journal_ref": _better_text,
    "comments": _better_text,
    "report_no": _better_text,
    "msc_class": _newer,
    "acm_class": _newer,
    "license": _newer,
    "submitter": _newer,
    "venue": _newer,
}
"""Field -> which of two values stays, given whether the answer is the newer source."""
