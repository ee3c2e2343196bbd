"""The values of a .bib: the text between delimiters, strings put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["closing_of", "value_at", "value_of"]

_LONGEST: Final = 4 << 20
"""Characters of a value: strings that hold one another may grow without end."""

_BARE = re.compile(r'[^{}"#=]*+')
_WORD = re.compile(r'[^\s#"{}=,]++')
_BLANKS = re.compile(r"\s*+")
_DELIMITER = re.compile(r'\\.|[{}"]', re.DOTALL)


def value_of(raw: str, strings: Mapping[str, str]) -> str:
    """The text of `{…}`, `"…"`, a number, a string's name, or several of these joined by `#`."""
    return value_at(raw.strip(), 0, strings)[0]


def value_at(raw: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """The text of the value that begins at `at`, and where it ends.

    What has no delimiters and is no name of a string stays as it is, blanks inside and all; what is never closed is no
    value.
    """
    if _BARE.fullmatch(raw, at):
        word = raw[at:].strip()
        return strings.get(word.lower(), word), len(raw)
    begun, size = at, 0
    parts: list[str] = []
    while True:
        at = _behind(_BLANKS, raw, at)
        if raw[at : at + 1] in ("{", '"'):
            end = closing_of(raw, at)
            if end == 0:
                return "", at
            parts.append(raw[at + 1 : end - 1])
        else:
            end = _behind(_WORD, raw, at)
            word = raw[at:end]
            parts.append(strings.get(word.lower(), word))
        size += len(parts[-1])
        at = _behind(_BLANKS, raw, end)
        if raw[at : at + 1] != "#":
            break
        at += 1
    return (raw[begun:end] if size > _LONGEST else "".join(parts)).strip(), end


def closing_of(text: str, at: int) -> int:
    """Behind the delimiter that closes the `{` or `"` at `at`; 0 where none does.

    A quote inside braces is text, and so is what follows a backslash.
    """
    is_quoted = text[at] == '"'
    depth = 0
    for match in _DELIMITER.finditer(text, at + is_quoted):
        sign = match[0]
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and (sign == '"' if is_quoted else sign == "}"):
            return match.end()
    return 0


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
