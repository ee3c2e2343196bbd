"""Cuts a .bib into its blocks: entries, `@string`s, preambles, comments, and the text between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import msgspec

from refmill_hooks import Source

__all__ = ["LONGEST", "OPENING", "Block", "blocks", "pieces"]

LONGEST: Final = 4 << 20
"""Characters of a block; one that is not closed by then is given up."""

_HEAD = r"@\s*+([A-Za-z][\w-]*+)\s*+[{(]"
OPENING = re.compile(_HEAD)
"""What a block begins with: its type, and the delimiter that opens it."""

_OUTSIDE = re.compile(rf"%[^\n]*+|\w@[\w-]*+\s*+\(|{_HEAD}")
"""Text between blocks is a comment; `%` hides what follows on its line, as for biber (BibTeX would read it).

`bee@example (Ann Bee)` begins no block, but is a mail address.
"""
_UNFINISHED = re.compile(r"@\s*+(?:[A-Za-z][\w-]*+\s*+)?", re.ASCII)
_INSIDE = re.compile(rf'\\[^\n]|[{{}})"]|\n[ \t]*+(?={_HEAD})')
_SURELY = re.compile(r"@[A-Za-z]++\s*+\{\s*+[^\s=,{}]++[ \t]*+(?:,?[ \t]*+(?:\n|$)|,\s*+[A-Za-z][\w-]*+\s*+=)")
"""What can only begin an entry, whatever is open in front of it: `@article{key,` in column 1."""

_LONGEST_HEAD = 1000


class Block(msgspec.Struct, gc=False):
    """A piece of a .bib: the line on which it begins, its text, its type in lower case ("" for text between blocks)."""

    line: int
    text: str
    kind: str = ""
    is_closed: bool = True


def pieces(source: Source) -> Iterator[str]:
    """The text of a source, some at a time, no line end lost between two."""
    apart = ""
    for text in source.texts():
        yield apart + text
        apart = "\n"


def blocks(texts: Iterable[str]) -> Iterator[Block]:
    """The blocks of a .bib that comes in pieces; their texts joined are the file again.

    A block ends where its delimiter is closed. Where that never happens, an entry ends in front of the next one, and a
    comment in front of the first that it seems to hold.
    """
    text, line = "", 1
    opened: _Opened | None = None
    nests = True
    for piece in chain(texts, (None,)):
        text += piece or ""
        start = 0
        while start < len(text):
            if opened is None:
                end, opened = _next_opened(text, start, nests)
                if opened is None and piece is not None:
                    end = _unfinished(text, start)
                block = Block(line, text[start:end])
            else:
                end = opened.end(text)
                if end < 0:
                    if piece is not None and len(text) - start < LONGEST:
                        break
                    nests = nests and not opened.is_comment
                    end = opened.held if opened.held > start else len(text)
                block = Block(line, text[start:end], opened.kind, opened.is_closed)
                opened = None
            if block.text:
                yield block
                line += block.text.count("\n")
            elif opened is None:
                break
            start = end
        text = text[start:]
        if opened:
            opened.move(-start)


@dataclass(slots=True)
class _Opened:
    """A block whose end is looked for, and how far that has come.

    - `depth`, `is_quoted`: what is open at `at`, inside the delimiters of the block.
    - `nests`: whether entries inside belong to it, as they do to a comment that is closed at last: biber and JabRef
      have it so (BibTeX would read them). `held`: where the first of them begins.
    """

    kind: str
    closing: str
    at: int
    nests: bool
    depth: int = 0
    is_quoted: bool = False
    is_closed: bool = False
    held: int = -1

    @property
    def is_comment(self) -> bool:
        return self.kind == "comment"

    def move(self, by: int) -> None:
        self.at += by
        self.held += by if self.held >= 0 else 0

    def end(self, text: str) -> int:
        """Where the block ends, -1 if not in this text."""
        behind = self.at
        for match in _INSIDE.finditer(text, self.at):
            sign, behind = match[0], match.end()
            if sign == "{":
                self.depth += 1
            elif sign == self.closing and self.depth == 0 and not (sign == ")" and self.is_quoted):
                self.is_closed = True
                return behind
            elif sign == "}":
                self.depth = max(self.depth - 1, 0)
            elif sign == '"':
                self.is_quoted ^= self.depth == 0 and not self.is_comment
            elif sign[0] == "\n":
                if self.nests:
                    self.held = self.held if self.held >= 0 else behind
                elif (self.depth == 0 and not self.is_quoted) or (sign == "\n" and _SURELY.match(text, behind)):
                    return behind
        self.at = max(behind, _unfinished(text, behind) - 1)  # from a line end on, for what the next piece says of it
        return -1


def _next_opened(text: str, start: int, nests: bool) -> tuple[int, _Opened | None]:
    """Where the text between blocks ends, and the block behind it."""
    for match in _OUTSIDE.finditer(text, start):
        if match[1]:
            kind = match[1].lower()
            closing = "}" if match[0][-1] == "{" else ")"
            return match.start(), _Opened(kind, closing, match.end(), nests and kind == "comment")
    return len(text), None


def _unfinished(text: str, start: int) -> int:
    """Where the line begins at whose end a head begins that the next piece may complete: `@misc`; else the end."""
    at = text.rfind("@", start)
    if at < 0 or len(text) - at > _LONGEST_HEAD or not _UNFINISHED.fullmatch(text, at):
        return len(text)
    return max(start, text.rfind("\n", start, at) + 1)
