"""What is asked of short texts again is not worked out again, and no long text is kept."""

from __future__ import annotations

from refmill_hooks.text.cache import remembered

asked: list[str] = []


@remembered(8)
def shouted(text: str, sign: str = "") -> str:
    """In capitals."""
    asked.append(text)
    return text.upper() + sign


def test_a_short_text_is_worked_out_once_with_the_same_arguments() -> None:
    asked.clear()
    assert [shouted("a"), shouted("a"), shouted("a", "!"), shouted("a", sign="?")] == ["A", "A", "A!", "A?"]
    assert asked == ["a", "a", "a"]


def test_a_long_text_is_worked_out_each_time_and_not_kept() -> None:
    asked.clear()
    long = "a" * 10_000
    assert shouted(long) == shouted(long) == long.upper()
    assert asked == [long, long]


def test_it_is_still_called_what_it_is() -> None:
    assert (shouted.__name__, shouted.__doc__) == ("shouted", "In capitals.")
