"""The markup of a formatted reference, and its one way into text, HTML, Markdown and LaTeX.

Citation processors take values and markup as one string, escape nothing, and change case and punctuation in it. So the
signs of a value that would mean markup, and the tags that refmill understands, go through them as single characters
that no text has (noncharacters of Unicode); what is a tag behind them is a tag of refmill or of the processor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import Final
from urllib.parse import quote

from refmill.reporting.terminal import terminal_text
from refmill_hooks.text import latex, squeeze

__all__ = ["FORMS", "hide_markup", "in_form", "link"]

FORMS: Final = ("text", "html", "markdown", "latex")

_SMALL_CAPS: Final = '<span style="font-variant:small-caps;">'
_TAGS: Final = ("<i>", "</i>", "<b>", "</b>", "<sup>", "</sup>", "<sub>", "</sub>", _SMALL_CAPS, "</span>")
_SIGNS: Final = "<>&"
_FIRST: Final = 0xFDD0
_HIDDEN_TAGS: Final = {tag: chr(_FIRST + number) for number, tag in enumerate(_TAGS)}
_HIDDEN_SIGNS: Final = {sign: chr(_FIRST + len(_TAGS) + number) for number, sign in enumerate(_SIGNS)}
_HIDE_SIGNS: Final = str.maketrans(
    {chr(number): "\ufffd" for number in range(_FIRST, _FIRST + 32)} | _HIDDEN_SIGNS  # no text has noncharacters
)
_SHOW_SIGNS: Final = str.maketrans({hidden: sign for sign, hidden in _HIDDEN_SIGNS.items()})
_SHOW_TAGS: Final = {hidden: tag for tag, hidden in _HIDDEN_TAGS.items()}

_TAG: Final = re.compile("(" + "|".join(map(re.escape, _TAGS)) + ")")
_MARK: Final = re.compile(f"(<[^<>]*>|[{''.join(_SHOW_TAGS)}])")
_MARKDOWN: Final = {"i": "*", "b": "**", "sup": "^", "sub": "~"}
_LATEX: Final = {
    "i": "\\textit{",
    "b": "\\textbf{",
    "u": "\\underline{",
    "sup": "\\textsuperscript{",
    "sub": "\\textsubscript{",
    "span": "\\textsc{",
}
_HTML: Final = {*_TAGS, "<u>", "</u>", "</a>"}
_LABEL: Final = re.compile(r"^(\[[^\[\]<>\s]+\]|\d+\.)(?=\S)")
"""The number that a style sets apart from the text behind it."""

_LIKE_A_TAG: Final = re.compile(r"<(?=/?[A-Za-z][^<>]*>)")
"""What `latex` would take for a tag of arXiv's text; here it is text."""
_MARKDOWN_SIGNS: Final = re.compile(r"[\\`*_{}\[\]<>#~^$]|&(?=#?\w+;)|@(?=\w)")
_MARKDOWN_START: Final = re.compile(r"^(?=[-+:|%=])|^(\(?@?(?:\d+|\w|[ivxlcdm]+))(?=[.)])", re.IGNORECASE)
"""What begins a list, a table or a heading where it begins a line."""


def hide_markup(text: str, *, rich: bool = False) -> str:
    """Return a value as a citation processor may have it, in one line; with `rich`, balanced tags in it are tags."""
    text = terminal_text(squeeze(text))
    if not rich or "<" not in text:
        return text.translate(_HIDE_SIGNS)
    pieces = _TAG.split(text)
    if not _is_balanced(pieces[1::2]):
        return text.translate(_HIDE_SIGNS)
    return "".join(_HIDDEN_TAGS.get(piece) or piece.translate(_HIDE_SIGNS) for piece in pieces)


def link(url: str, markup: str) -> str:
    """Return markup that leads to an address of the web, as it is if the address is another."""
    if not url.lower().startswith(("http://", "https://")):
        return markup
    return f'<a href="{quote(url, safe=":/?#[]@!$()*+,;=%~")}">{markup}</a>'


def in_form(markup: str, form: str) -> str:
    """Return a processor's HTML with values of `hide_markup` in another form, or in HTML with all values escaped."""
    pieces = _MARK.split(_LABEL.sub(r"\1 ", markup).replace("ArXiv:", "arXiv:"))
    marks = [_SHOW_TAGS.get(piece, piece) for piece in pieces[1::2]]
    if not _is_balanced(marks):
        marks = [""] * len(marks)
    pieces[::2] = [_text(unescape(piece).translate(_SHOW_SIGNS), form) for piece in pieces[::2]]
    pieces[1::2] = [_mark(mark, form) for mark in marks]
    line = "".join(pieces)
    if form == "html":
        return line
    line = line.replace("  ", " ")
    return _MARKDOWN_START.sub(r"\1\\", line) if form == "markdown" else line


def _is_balanced(tags: Iterable[str]) -> bool:
    """Whether each tag that is opened is closed, the last one first."""
    opened: list[str] = []
    for tag in tags:
        if not tag.startswith("</"):
            opened.append(_name(tag))
        elif not opened or opened.pop() != _name(tag):
            return False
    return not opened


def _name(tag: str) -> str:
    return tag.strip("</>").partition(" ")[0]


def _text(text: str, form: str) -> str:
    if form == "html":
        return escape(text)
    if form == "latex":
        return "{$<$}".join(map(latex, _LIKE_A_TAG.split(text)))
    return _MARKDOWN_SIGNS.sub(r"\\\g<0>", text) if form == "markdown" else text


def _mark(tag: str, form: str) -> str:
    if form == "html":
        return tag if tag in _HTML or tag.startswith('<a href="') else ""
    closes, name = tag.startswith("</"), _name(tag)
    if form == "latex" and name in _LATEX:
        return "}" if closes else _LATEX[name]
    return _MARKDOWN.get(name, "") if form == "markdown" else ""
