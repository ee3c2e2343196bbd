"""A date is written as exact as its numbers are one of the calendar."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill.builtin.cutting.dates import month_named, written_date


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ((2001, 2, 28), "2001-02-28"),
        ((2001, 2, 29), "2001-02"),
        ((2000, 2, 29), "2000-02-29"),
        ((2001, 13, 1), "2001"),
        ((2001, 0, 1), "2001"),
        ((2001,), "2001"),
        ((0, 1, 1), ""),
        ((12345,), ""),
    ],
)
def test_what_no_calendar_has_is_left_out(numbers: tuple[int, ...], written: str) -> None:
    assert written_date(*numbers) == written


@given(st.dates())
def test_every_day_is_written_whole(day: datetime.date) -> None:
    assert written_date(day.year, day.month, day.day) == day.isoformat()


@pytest.mark.parametrize(("word", "number"), [("jan", 1), ("February", 2), ("DEC", 12), ("Spring", 0), ("", 0)])
def test_a_month_is_known_by_the_beginning_of_its_name(word: str, number: int) -> None:
    assert month_named(word) == number
