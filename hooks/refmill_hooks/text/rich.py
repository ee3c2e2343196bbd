"""arXiv's text, Unicode mixed with TeX, as plain Unicode, as LaTeX, or as rich text."""

from __future__ import annotations

import re

from refmill_hooks.text.cache import remembered
from refmill_hooks.text.scanner import (
    MATH,
    MATH_COMMAND,
    OPEN,
    TEXT,
    is_marked,
    is_ordinary,
    joined,
    only_math,
    printable,
    tokens,
)
from refmill_hooks.text.tables import SYMBOLS

__all__ = ["html", "paragraphs", "plain", "squeeze"]

_HTML_FONT = {
    "i": ("<i>", "</i>"),
    "b": ("<b>", "</b>"),
    "sup": ("<sup>", "</sup>"),
    "sub": ("<sub>", "</sub>"),
    "sc": ('<span style="font-variant:small-caps;">', "</span>"),
}


_PARAGRAPH = re.compile(r"\n[\n \t]")


def squeeze(text: str) -> str:
    """The text on one line, with single blanks."""
    if "\n" in text or "  " in text or "\t" in text or text[:1] == " " or text[-1:] == " ":
        return " ".join(text.split())
    return text


def paragraphs(text: str) -> str:
    """Hard line wraps folded into blanks; an empty or an indented line opens a paragraph, a blank line parts them."""
    text = text.strip()
    flat = text.replace("\n", " ")
    if "  " not in flat and "\t" not in flat and "\r" not in flat:
        return flat  # a blank or an indented line would leave two blanks in a row
    if "\r" not in text and not _PARAGRAPH.search(text):
        return squeeze(flat)
    pieces: list[list[str]] = [[]]
    for line in text.split("\n"):
        words = line.split()
        if (not words or line[0] in " \t") and pieces[-1]:
            pieces.append([])
        pieces[-1].extend(words)
    return "\n\n".join(" ".join(words) for words in pieces if words)


def plain(text: str, *, math: bool = False) -> str:
    """Plain Unicode; with `math`, math stays TeX between dollars, as reference managers show it."""
    if is_ordinary(text):
        return text
    text = printable(text)
    if not is_marked(text):
        return text
    if (parts := only_math(text)) is not None:
        if math:
            return text
        parts[1::2] = map(_plain_math, parts[1::2])
        return "".join(parts)
    shown = (lambda body: f"${body}$") if math else _plain_math
    return joined(shown(value) if kind == MATH else value if kind == TEXT else "" for kind, value in tokens(text))


def html(text: str, *, math: bool = True) -> str:
    """The rich text of CSL and Zotero: `<i> <b> <sup> <sub>` and small capitals; with `math`, math stays TeX."""
    if is_ordinary(text):
        return text
    text = printable(text)
    if not is_marked(text) or (math and only_math(text) is not None):
        return text
    parts: list[str] = []
    open_fonts: list[str] = []
    for kind, value in tokens(text):
        if kind == TEXT:
            parts.append(value)
        elif kind == MATH:
            parts.append(f"${value}$" if math else _plain_math(value))
        elif kind == OPEN:
            open_fonts.append(value)
            parts.append(_HTML_FONT[value][0] if value else "")
        else:
            font = open_fonts.pop()
            parts.append(_HTML_FONT[font][1] if font else "")
    return joined(parts)


_BRACED_ONE = re.compile(r"([_^])\{(\w)\}")


@remembered(1 << 12)
def _plain_math(body: str) -> str:
    if "{" in body:
        body = _BRACED_ONE.sub(r"\1\2", body)
    text = MATH_COMMAND.sub(lambda match: SYMBOLS.get(match[1], match[0]), body)
    return text if text == body or "\\" not in text else f"${body}$"
