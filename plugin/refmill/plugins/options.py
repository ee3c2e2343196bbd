"""Options of plugins: from `-O name=value` to the frozen dataclass that a plugin declared, and to a description."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from refmill.errors import UsageError, unknown_name

__all__ = ["OptionInfo", "describe", "distribute", "fill"]

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


@dataclasses.dataclass(frozen=True)
class OptionInfo:
    """One option as a user sees it: `takes` says in words which values it has."""

    name: str
    takes: str
    default: str
    help: str


def distribute(
    assignments: Iterable[str], plugins: Mapping[str, type], what: str = "output"
) -> dict[str, dict[str, str]]:
    """Deals `name=value` to every plugin that knows the option, `plugin.name=value` to that one.

    `plugins` maps a plugin's name to its options dataclass. Raises UsageError for an assignment that none knows.
    """
    dealt: dict[str, dict[str, str]] = {name: {} for name in plugins}
    for assignment in assignments:
        target, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"-O {assignment}: write name=value")
        plugin, dot, option = target.rpartition(".")
        if dot and plugin not in plugins:
            raise unknown_name(f"{what} in -O {assignment}:", plugin, plugins)
        takers = [name for name in ([plugin] if dot else plugins) if option in _names(plugins[name])]
        if not takers:
            known = {name for cls in plugins.values() for name in _names(cls)}
            raise unknown_name(f"option for {', '.join(plugins) or 'this command'}:", option, known)
        for name in takers:
            dealt[name][option] = value
    return dealt


def fill(options: type, values: Mapping[str, str], plugin: str) -> Any:
    """An instance of the dataclass with these values read as the fields' types. Raises UsageError."""
    hints = typing.get_type_hints(options)
    known = _names(options)
    filled: dict[str, Any] = {}
    for name, text in values.items():
        if name not in known:
            raise unknown_name(f"option of {plugin}:", name, known)
        field = known[name]
        try:
            filled[field.name] = _read(hints[field.name], text)
        except ValueError as error:
            raise UsageError(f"option {name} of {plugin}: {text!r} is not {_takes(hints[field.name])}") from error
    try:
        return options(**filled)
    except (TypeError, ValueError) as error:
        raise UsageError(f"options of {plugin}: {error}") from error


def describe(options: type) -> list[OptionInfo]:
    """What `refmill formats NAME` lists."""
    hints = typing.get_type_hints(options)
    return [
        OptionInfo(name, _takes(hints[field.name]), _default(field), str(field.metadata.get("help", "")))
        for name, field in _names(options).items()
    ]


def _names(options: type) -> dict[str, dataclasses.Field[Any]]:
    # A field called `for_` is the option `for`: Python keeps some words for itself.
    return {field.name.rstrip("_"): field for field in dataclasses.fields(options)}


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "(must be given)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "(none)"
    return "(none)" if value in (None, "") else str(value)


def _alternatives(hint: Any) -> list[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [part for part in typing.get_args(hint) if part is not types.NoneType]
    return [hint]


def _read(hint: Any, text: str) -> Any:
    (hint, *_) = _alternatives(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        by_text = {str(value): value for value in typing.get_args(hint)}
        if text not in by_text:
            raise ValueError(text)
        return by_text[text]
    if origin in (list, tuple, Sequence):
        parts = [_read(typing.get_args(hint)[0], part.strip()) for part in text.split(",") if part.strip()]
        return parts if origin is list else tuple(parts)
    return _READ_AS.get(hint, hint)(text)


def _truth(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


_READ_AS: dict[Any, Callable[[str], Any]] = {bool: _truth, datetime.date: datetime.date.fromisoformat}
_TAKES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    datetime.date: "a date (YYYY-MM-DD)",
}


def _takes(hint: Any) -> str:
    (hint, *_) = _alternatives(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return " | ".join(map(str, typing.get_args(hint)))
    if origin in (list, tuple, Sequence):
        return f"{_takes(typing.get_args(hint)[0])}, several joined by commas"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " | ".join(str(member.value) for member in hint)
    return _TAKES.get(hint, getattr(hint, "__name__", str(hint)))
