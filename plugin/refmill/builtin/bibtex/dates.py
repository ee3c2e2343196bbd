"""The date of an entry of a .bib, from `date`, or from `year` and `month`."""

from __future__ import annotations

import re

from refmill.builtin.cutting.dates import month_named, written_date

__all__ = ["take_date"]

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?!\d)", re.ASCII)
_YEAR = re.compile(r"[{\s]*+(\d{4})[}\s]*+", re.ASCII)
_MONTH = re.compile(r"[{\s]*+(?:([^\W\d_]{3,})\.?|(\d\d?))[}\s]*+", re.ASCII)


def take_date(left: dict[str, str], problems: list[str]) -> str:
    """`2007-07-24`, `2007-07`, `2007` or "". Fields that it says all of are taken out of `left`.

    What is no date of the calendar is told in `problems`; free text, such as `in press`, just stays.
    """
    said = left.get("date", "").strip()
    month = _month(left.get("month", ""))
    if match := _DATE.match(said):
        written = written_date(*(int(number or 0) for number in match.groups()))
        if written == said:
            del left["date"]
        elif match.end() == len(said):
            problems.append(f"{said!r} is no date")
    elif year := _YEAR.fullmatch(left.get("year", "")):
        written = written_date(int(year[1]), month)
    else:
        return ""
    if (year := _YEAR.fullmatch(left.get("year", ""))) and year[1] == written[:4]:
        del left["year"]
    if month and written[5:7] == f"{month:02}":
        del left["month"]
    return written


def _month(text: str) -> int:
    """1 to 12 for `feb`, `February`, `2`; 0 for what says more or no month: `10~jan`, `Spring`."""
    match = _MONTH.fullmatch(text)
    if match is None:
        return 0
    if match[1]:
        return month_named(match[1])
    return int(match[2]) if int(match[2]) <= 12 else 0
