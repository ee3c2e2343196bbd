"""A cache for what is asked of the same short texts again and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

__all__ = ["remembered"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LONG = 2000
"""Characters of a text that seldom comes twice."""


def remembered(
    size: int,
) -> Callable[[Callable[Concatenate[str, _P], _T]], Callable[Concatenate[str, _P], _T]]:
    """As `functools.lru_cache`, which counts values whatever their length: what is asked of a long text is not kept."""

    def decorated(function: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
        kept = cast(Callable[Concatenate[str, _P], _T], lru_cache(size)(function))

        @wraps(function)
        def called(text: str, /, *args: _P.args, **named: _P.kwargs) -> _T:
            return (kept if len(text) < _LONG else function)(text, *args, **named)

        return called

    return decorated
