"""Cuts a .bib into its blocks: entries, `@string`s, preambles, comments, and the text between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import msgspec

from refmill.builtin.bibtex.heads import HEAD, LONGEST_HEAD, ODD_HEAD, SURE_HEAD, begins_line
from refmill_hooks import Source

__all__ = ["LONGEST", "Block", "blocks", "pieces"]

LONGEST: Final = 4 << 20
"""Characters of a block; one that is not closed by then is given up."""

_OUTSIDE = re.compile(rf"%[^\n]*+|@(?:(?<=\w@)[\w-]{{0,99}}+\s{{0,99}}+\(|{HEAD}|{ODD_HEAD})")
"""Text between blocks is a comment; `%` hides what follows on its line, as for biber (BibTeX would read it).

`bee@example (Ann Bee)` begins no block, but is a mail address.
"""
_LINE_WITH_HEAD = re.sub(r"[?]P<[a-z]+>", "?:", rf"\n(?=[ \t\ufeff]{{0,99}}+@(?:{HEAD}|{ODD_HEAD}))")
_INSIDE = re.compile(rf'\\[^\n]|[{{}})"]|{_LINE_WITH_HEAD}')


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
    comment in front of the first that it seems to hold. Nothing is decided of the last LONGEST_HEAD characters until
    the next piece has come, so the blocks are the same whatever the pieces.
    """
    text, line = "", 1
    at = 0  # from where on the next head is looked for
    opened: _Opened | None = None
    nests = True
    for piece in chain(texts, (None,)):
        text += piece or ""
        is_last = piece is None
        limit = len(text) if is_last else len(text) - LONGEST_HEAD
        start = 0
        while start < len(text):
            kind, is_closed = "", True
            if opened is None:
                end, opened = _next_opened(text, max(start, at), limit, nests)
                if opened is None and not is_last and end - start < LONGEST:
                    at = end
                    break
                end = min(end, start + LONGEST)
                if opened and end < opened.begin:
                    opened = None
                at = end
            else:
                end = opened.end(text, min(limit, start + LONGEST))
                if end < 0:
                    if not is_last and limit < start + LONGEST:
                        break
                    nests = nests and not opened.is_comment
                    end = opened.held if opened.held > start else min(len(text), start + LONGEST)
                kind, is_closed, opened = opened.kind, opened.is_closed, None
                at = end
            if end > start:
                block = Block(line, text[start:end], kind, is_closed)
                yield block
                line += block.text.count("\n")
            start = end
        text = text[start:]
        at -= start
        if opened:
            opened.move(-start)


@dataclass(slots=True)
class _Opened:
    """A block whose end is looked for, and how far that has come.

    - `begin`: where it begins; `depth`, `is_quoted`: what is open at `at`, inside the delimiters of the block.
    - `nests`: whether entries inside belong to it, as they do to a comment that is closed at last: biber and JabRef
      have it so (BibTeX would read them). `held`: where the first of them begins.
    """

    kind: str
    closing: str
    begin: int
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
        self.begin += by
        self.at += by
        self.held += by if self.held >= 0 else 0

    def end(self, text: str, limit: int) -> int:
        """Where the block ends, -1 if not in front of `limit`."""
        behind = self.at
        for match in _INSIDE.finditer(text, behind):
            if match.start() >= limit:
                break
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
                elif (self.depth == 0 and not self.is_quoted) or SURE_HEAD.match(text, behind):
                    return behind
        self.at = max(behind, limit)
        return -1


def _next_opened(text: str, start: int, limit: int, nests: bool) -> tuple[int, _Opened | None]:
    """Where the text between blocks ends, and the block behind it; or up to where there is none."""
    at = start
    for match in _OUTSIDE.finditer(text, start):
        if match.start() >= limit:
            break
        sign = match[0]
        if sign[0] == "%" and match.end() == len(text) > limit:
            return match.start(), None  # the rest of the line is yet to come
        at = match.end()
        begin = match.start()
        if kind := match["kind"]:
            closing = "}" if sign[-1] == "{" else ")"
            return begin, _Opened(kind.lower(), closing, begin, at, nests and kind.lower() == "comment")
        if match["words"] is not None or (match["bare"] and begins_line(text, begin)):
            return begin, _Opened("entry", ")" if sign[-1] == "(" else "}", begin, at, nests=False)
    return max(at, limit), None
