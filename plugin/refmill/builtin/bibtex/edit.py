"""Edits an entry of a .bib in its own text: what is not changed stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from refmill.builtin.bibtex.line_ends import Lines

__all__ = ["BibText"]

_HEAD = re.compile(r"(\s*@\s*)([A-Za-z]+)(\s*[{(]\s*[^\s,{}]*\s*,?)")
_NAME = re.compile(r"\s*([^\s=,{}\"#]+)(\s*=\s*)")


@dataclass
class Span:
    """A field in the text: where its name begins, where its value begins and ends."""

    start: int
    value: int
    end: int


class BibText:
    """The text of one entry, its line ends kept. Raises ValueError where its fields cannot be told apart."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        text = self._lines.plain
        head = _HEAD.match(text)
        if head is None:
            raise ValueError("its head is not that of an entry, as @article{key, is")
        self.text = text
        self._kind = head.span(2)
        self._fields = _spans(text, head.end())

    def changed(self, kind: str, fields: Mapping[str, str], without: frozenset[str] = frozenset()) -> str:
        """The text with this type, these fields (name -> value with its delimiters), and without some.

        Fields that are there get the value in their place; new ones follow the last, in its layout. What is new has the
        line ends of the entry.
        """
        edits: list[tuple[int, int, str]] = []
        if self.text[slice(*self._kind)].lower() != kind:
            edits.append((*self._kind, kind))
        new = []
        for name, value in fields.items():
            if span := self._fields.get(name):
                edits.append((span.value, span.end, value))
            else:
                new.append((name, value))
        gone = without & self._fields.keys() - fields.keys()
        edits += [(*self._whole_line(self._fields[name]), "") for name in gone]
        if new and self._fields:
            at, text = self._appended(new)
            edits.append((at, at, text))
        elif new:
            raise ValueError("it has no fields to follow")
        text, place, line_end = self._lines.original, self._lines.place, self._lines.end
        for start, end, value in sorted(edits, reverse=True):
            text = text[: place(start)] + value.replace("\n", line_end) + text[place(end) :]
        return text

    def _appended(self, new: list[tuple[str, str]]) -> tuple[int, str]:
        last = max(self._fields.values(), key=lambda span: span.end)
        line = self.text.rfind("\n", 0, last.start) + 1
        indent = self.text[line : last.start]
        apart = "\n" + indent if not indent.strip() and line else " "
        name, _, after = self.text[last.start : last.value].partition("=")
        blanks = len(name) - len(name.rstrip())
        width = len(name) - 1 if blanks > 1 else 0  # more than one blank aligns the signs
        gap = " " if blanks else ""
        return last.end, "".join(f",{apart}{field:<{width}}{gap}={after}{value}" for field, value in new)

    def _whole_line(self, span: Span) -> tuple[int, int]:
        """The field with its comma and the line end in front of it."""
        start = span.start
        while start and self.text[start - 1] in " \t":
            start -= 1
        if start and self.text[start - 1] == "\n":
            start -= 1
        end = span.end
        while end < len(self.text) and self.text[end] in " \t":
            end += 1
        return start, end + 1 if self.text[end : end + 1] == "," else end


def _spans(text: str, at: int) -> dict[str, Span]:
    spans: dict[str, Span] = {}
    while match := _NAME.match(text, at):
        start = match.end()
        end = _value_end(text, start)
        value = text[start:end].rstrip()
        spans.setdefault(match[1].lower(), Span(match.start(1), start, start + len(value)))
        if text[end : end + 1] != ",":
            break
        at = end + 1
    return spans


def _value_end(text: str, at: int) -> int:
    """Where the comma or the end of the entry stands behind a value."""
    depth = 0
    quoted = False
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign == '"' and depth == 0:
            quoted = not quoted
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth < 0:
                return at
        elif sign in ",)" and depth == 0 and not quoted:
            return at
        at += 1
    raise ValueError("a value has no end")
