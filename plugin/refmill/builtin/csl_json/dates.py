"""Dates of CSL-JSON: numbers in parts, or text as programs put it in `raw` and `literal`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from refmill.builtin.cutting.dates import month_named, written_date

__all__ = ["date_of"]

_UNREADABLE: Final = -1
_TEXTS: Final = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<year>\d{4})(?:([-/.])(?P<month>\d\d?)(?:\2(?P<day>\d\d?)(?:T[\d:.Z+-]*)?)?)?",
        r"(?:(?P<day>\d\d?)\.? )?(?P<month>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})",
        r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d\d?),? (?P<year>\d{4})",
    )
)
"""`2001-02-03`, `2001/2/3`, `3 Feb 2001`, `Feb 3, 2001` and shorter; no date whose parts may change places."""

_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)


def date_of(issued: Any) -> tuple[str, bool]:
    """`2007-07-24`, `2007-07`, `2007` or "", and whether that is all that `issued` says."""
    if isinstance(issued, str | int | float):
        issued = {"raw": str(issued)}
    elif isinstance(issued, list):
        issued = {"date-parts": issued}
    if not isinstance(issued, dict):
        return "", issued is None
    found = list(_read(issued))
    if not found:
        return "", not any(value for name, value in issued.items() if name != "date-parts")
    written, is_whole = next((each for each in found if each[1]), max(found))
    return written, is_whole and not issued.get("season") and not issued.get("circa")


def _read(issued: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    for name in ("raw", "literal"):
        if isinstance(text := issued.get(name), str) and text.strip():
            yield _of_text(" ".join(text.split()))
    if (parts := issued.get("date-parts")) not in (None, [], [[]]):
        yield _of_parts(parts)


def _of_text(text: str) -> tuple[str, bool]:
    for form in _TEXTS:
        if match := form.fullmatch(text):
            return _of_numbers([int(match["year"]), _month(match["month"] or "0"), int(match["day"] or 0)])
    years = set(_YEAR.findall(text))
    return (written_date(int(years.pop())), False) if len(years) == 1 else ("", False)


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else month_named(text) or _UNREADABLE


def _of_parts(parts: Any) -> tuple[str, bool]:
    first = parts[0] if isinstance(parts, list) else None
    if not isinstance(first, list) or not first:
        return "", False
    written, is_whole = _of_numbers([_number(part) for part in first[:3]])
    return written, is_whole and len(parts) == 1 and len(first) <= 3


def _number(part: Any) -> int:
    """0 for a part that is left empty."""
    if part is None or part == "":
        return 0
    if isinstance(part, float) and part.is_integer():
        return int(part)
    text = str(part).strip()
    return int(text) if text.isdecimal() and len(text) <= 4 else _UNREADABLE


def _of_numbers(numbers: list[int]) -> tuple[str, bool]:
    while numbers and numbers[-1] == 0:
        numbers.pop()
    written = written_date(*numbers) if numbers else ""
    return written, written.count("-") + 1 == len(numbers) if written else not numbers
