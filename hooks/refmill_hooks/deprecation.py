"""How the contract takes something away: it warns for at least one version before, and says what to use instead."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from refmill_hooks.roles import CONTRACT

__all__ = ["deprecated"]

P = ParamSpec("P")
T = TypeVar("T")


def deprecated(*, removed_in: int, instead: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Marks a function of the contract that version `removed_in` does without; each call warns.

    Raises ValueError where that version is reached: then it is to be taken away.
    """

    def mark(function: Callable[P, T]) -> Callable[P, T]:
        if removed_in <= CONTRACT:
            raise ValueError(f"{function.__name__} was to be removed in contract {removed_in}; this is {CONTRACT}")
        message = f"{function.__name__} goes in contract {removed_in}: use {instead}"

        @functools.wraps(function)
        def warned(*args: P.args, **kwargs: P.kwargs) -> T:
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return warned

    return mark
