"""Dates as references have them, as exact as is known: from numbers, and from the names of months."""

from __future__ import annotations

import calendar
from typing import Final

__all__ = ["MONTHS", "month_named", "written_date"]

MONTHS: Final = (*"jan feb mar apr may jun jul aug sep oct nov dec".split(),)
"""As BibTeX names them."""

_NUMBERS: Final = {month: number for number, month in enumerate(MONTHS, 1)}


def written_date(year: int, month: int = 0, day: int = 0) -> str:
    """`2007-07-24`, `2007-07`, `2007` or "": as exact as these numbers are a date of the calendar."""
    if not 1 <= year <= 9999:
        return ""
    if not 1 <= month <= 12:
        return f"{year:04}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return f"{year:04}-{month:02}"
    return f"{year:04}-{month:02}-{day:02}"


def month_named(word: str) -> int:
    """1 to 12 for `feb`, `Feb`, `February`; 0 for a word that names none."""
    return _NUMBERS.get(word[:3].lower(), 0)
