"""Braces of LaTeX values that keep capitals: put around words, and taken away again."""

from __future__ import annotations

import re

__all__ = ["protect_capitals", "unprotected"]

_INNER_CAPITAL = re.compile(r"[A-Z](?:(?<=\w[A-Z])|-\w)")
"""What every word that needs braces holds: the fast way to find that none does."""
_WORD = re.compile(r"(?<![\w'\\{$-])[\w'-]++(?![}$])")
"""A whole word with its hyphens, unless it is braced, math or a command. No part of it is looked at twice."""
_INSIDE = re.compile(r"\w[A-Z]")
_LONE_CAPITAL = re.compile(r"(?<!\w)[A-Z](?=-\w)")


def protect_capitals(value: str) -> str:
    """A LaTeX value with braces around each word that has capitals inside, such as acronyms; never twice or in math."""
    if not _INNER_CAPITAL.search(value) or value[1:].islower():
        return value
    parts = re.split(r"(\\[a-zA-Z]+|\{|\})", value)
    depth = 0
    for index, part in enumerate(parts):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
        elif depth == 0 and not part.startswith("\\"):
            parts[index] = _WORD.sub(_protected, part)
    return "".join(parts)


def _protected(match: re.Match[str]) -> str:
    word = match[0]
    return f"{{{word}}}" if _INSIDE.search(word) else _LONE_CAPITAL.sub(r"{\g<0>}", word)


_COMMAND = re.compile(r"\\[a-zA-Z]+")
_KEPT_END = "} kept"
_GUARD = re.compile(r"\\[a-zA-Z]+\s*|\\.|[{}$]|[^\\{}$]+", re.DOTALL)


def unprotected(value: str) -> str:
    r"""A LaTeX value without the braces that only protect capitals or math, and with plain `% & # _`.

    What is TeX stays TeX: `{\"o}`, `\emph{x}` and what stands between dollars.
    """
    if "{" not in value and "\\" not in value:
        return value
    parts: list[str] = []
    kept: list[bool] = []
    in_math = False
    before = ""
    pieces = _GUARD.findall(value)
    for at, piece in enumerate(pieces):
        if piece == "$":
            in_math = not in_math
        elif piece == "{":
            after = pieces[at + 1] if at + 1 < len(pieces) else ""
            is_argument = before[:1] == "\\" or before == _KEPT_END
            kept.append(in_math or is_argument or after[:1] == "\\" or before[-1:] in ("^", "_"))
        elif piece in ("\\%", "\\&", "\\#", "\\_") and not in_math:
            piece = piece[1]
        if piece == "{" and not kept[-1]:
            before = piece
            continue
        if piece == "}" and kept and not kept.pop():
            if parts and _COMMAND.fullmatch(parts[-1]) and pieces[at + 1 : at + 2] and pieces[at + 1][0].isalpha():
                parts.append("{}")  # else the command would go on
            before = piece
            continue
        parts.append(piece)
        before = _KEPT_END if piece == "}" else piece
    return "".join(parts)
