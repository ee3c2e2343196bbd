"""Authors of CSL-JSON: names in parts, and the texts that programs put in their place."""

from __future__ import annotations

import re
from typing import Any

from refmill_hooks import Name
from refmill_hooks.author_lists import split_authors
from refmill_hooks.names import is_group, parse_name
from refmill_hooks.text import squeeze

__all__ = ["authors_of"]

_SUFFIX = re.compile(r"(.*), ((?:[JS]r\.?|I{2,3}|IV))")
_BETWEEN = re.compile(r" ?; ?| and ")


def authors_of(value: Any) -> tuple[tuple[Name, ...], bool, list[Any]]:
    """The names, whether each came in parts, so that they are sure, and what is no name."""
    if isinstance(value, str):
        return _names_in(squeeze(value)), not value.strip(), []
    names: list[Name] = []
    are_sure = True
    no_names: list[Any] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each.strip():
            names.append(parse_name(squeeze(each)))
            are_sure = False
        elif name := _name(each):
            names.append(name)
        elif any(each.values()) if isinstance(each, dict) else each:
            no_names.append(each)
    return tuple(names), are_sure, no_names


def _names_in(text: str) -> tuple[Name, ...]:
    """`Bee, Ann and Cee, Bo`, `Ann Bee; Bo Cee`, `Ann Bee, Bo Cee`; as it is where commas may part more."""
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) != 1 or text.count(",") <= 1:
        return tuple(map(parse_name, parts))
    return split_authors(text) if all(" " in part.strip() for part in text.split(",")) else (Name(literal=text),)


def _name(name: Any) -> Name | None:
    if not isinstance(name, dict):
        return None
    part = {key: squeeze(value) for key, value in name.items() if isinstance(value, str)}
    if literal := part.get("literal", ""):
        return Name(literal=literal)
    particles = (part.get("non-dropping-particle", ""), part.get("dropping-particle", ""))
    family = " ".join(word for word in (*reversed(particles), part.get("family", "")) if word)
    given, suffix = part.get("given", ""), part.get("suffix", "")
    if not suffix and (split := _SUFFIX.fullmatch(given)):
        given, suffix = split.groups()
    if not family and not given:
        return None
    if not given and is_group(family):
        return Name(literal=family)
    return Name(family=family or given, given=given if family else "", suffix=suffix)
