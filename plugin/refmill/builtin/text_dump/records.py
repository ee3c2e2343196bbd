"""Cuts a plain text dump into records.

Most are told by their paragraphs alone: the last one is an `arXiv:` line and a `Created:` line. Where anything else may
end a record or belong to one, the lines are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from refmill.builtin.text_dump.layout import banner_length
from refmill_hooks import Source

__all__ = ["DASHES", "Paragraphs", "Piece", "records"]

DASHES = ("-", "–", "—")
_WRAPPED = 8
"""A journal reference goes on for at most so many lines."""
_HELD = 1 << 20
"""Characters without a plain end, after which a dump is read by its lines."""
_LONGEST = 16 << 20
"""Characters of a record; what is longer has lost its end."""
_DATES = re.compile(r"\s*Created:\s*\d{4}-\d\d-\d\d\s*(?:Updated:\s*(?:\d{4}-\d\d-\d\d\s*)?)?", re.ASCII)
_END = re.compile(r"arXiv:.*\nCreated: \d{4}-\d\d-\d\d(?: Updated: \d{4}-\d\d-\d\d)?\n*", re.ASCII)
"""The last paragraph of a plain record."""


class Piece(msgspec.Struct, gc=False):
    """The lines of one record; `anchor` and `created`: where its `arXiv:` and `Created:` lines stand, -1 for nowhere.

    Without either it is the rest of a cut-off record, or (`banner`) what stands in front of the first record.
    """

    lines: list[str]
    anchor: int = -1
    created: int = -1
    banner: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether an id line and a date were seen."""
        return self.anchor >= 0 and self.created >= 0


class Paragraphs(msgspec.Struct, gc=False):
    """A plain record: its paragraphs, each with its line feeds; the last is the `arXiv:` and the `Created:` line."""

    texts: list[str]
    is_whole: bool = True

    @property
    def lines(self) -> list[str]:
        """The lines of all paragraphs, with the empty ones between them."""
        return "\n\n".join(self.texts).rstrip("\n").split("\n")

    def piece(self) -> Piece:
        """The record whose last two lines are its id and its date."""
        lines = self.lines
        return Piece(lines, len(lines) - 2, len(lines) - 1)


def records(source: Source) -> Iterator[Piece | Paragraphs]:
    """Cuts the lines behind each pair of an `arXiv:` and a `Created:` line; holds one record.

    Half a pair ends a record too, where it is a paragraph of its own.
    """
    cut = _cut(source)
    for begin, first in cut:
        piece = first if isinstance(first, Piece) else first.piece()
        length = banner_length(piece.lines[: max(piece.anchor, 0)])
        source.line = begin
        if length:
            yield Piece(piece.lines[:length], banner=True)
            source.line = begin + length
            created = piece.created - length if piece.created >= 0 else -1
            first = Piece(piece.lines[length:], piece.anchor - length, created)
        yield first
        break
    for source.line, record in cut:
        yield record


def _cut(source: Source) -> Iterator[tuple[int, Piece | Paragraphs]]:
    """The records, each with the number of its first line."""
    texts = (text.replace("\f", "") for text in source.texts())  # the ends of printed pages
    held: list[str] = []  # the paragraphs since the last record
    begin = line = 1  # where held[0] and the paragraph at hand begin
    is_plain, has_ended = True, False
    rest = None
    for text in texts:
        paragraphs = (text if rest is None else f"{rest}\n{text}").split("\n\n")
        rest = paragraphs.pop()
        for paragraph in paragraphs:
            body = paragraph.lstrip("\n")
            if has_ended and body:
                if body[0].isspace() or body.startswith("Updated:"):
                    is_plain = False
                else:
                    yield from _ended(held, begin, is_plain)
                    held, is_plain = [], True
                has_ended = False
            if held:
                held.append(paragraph)
                is_plain = is_plain and (has_ended or body == paragraph != "")
            elif body:
                held.append(body)
                begin = line + len(paragraph) - len(body)
            if body.startswith("arXiv:") and _END.fullmatch(body):
                has_ended = True
            elif ":" in body and _tells(body):
                is_plain = False
            line += paragraph.count("\n") + 2
        if len(rest) + (len(held) and sum(map(len, held))) > _HELD:
            break  # no plain dump: to go on holding it would not end
    held.append(rest or "")
    lines = chain("\n\n".join(held).split("\n"), chain.from_iterable(text.split("\n") for text in texts))
    yield from _pieces(lines, begin if len(held) > 1 else line)


def _ended(paragraphs: list[str], begin: int, is_plain: bool) -> Iterator[tuple[int, Piece | Paragraphs]]:
    if is_plain:
        while not paragraphs[-1].strip("\n"):
            paragraphs.pop()  # blank lines between two records
        return iter(((begin, Paragraphs(paragraphs)),))
    return _pieces("\n\n".join(paragraphs).split("\n"), begin)


def _tells(paragraph: str) -> bool:
    """Whether it holds what may be an `arXiv:` or a `Created:` line."""
    at = paragraph.find(":")
    while at >= 0:
        if paragraph.endswith("Created", 0, at) or paragraph[max(at - 5, 0) : at].lower() == "arxiv":
            return True
        at = paragraph.find(":", at + 1)
    return False


def _pieces(all_lines: Iterable[str], first: int) -> Iterator[tuple[int, Piece]]:
    """The records in these lines, each with the number of its first line."""
    lines: list[str] = []
    begin = paragraph = length = 0  # the line number of lines[0]; where in lines the last paragraph begins
    ended: Piece | None = None  # the record at hand, once it ended: its dates may still go on
    for number, line in _parted(all_lines, first):
        if not line or line.isspace():
            if ended is None and lines:
                ended = _ended_without_dates(lines, paragraph)
                lines.append("")
                paragraph = len(lines)
            continue
        if ended is not None:
            if _goes_on(ended, line):
                continue
            yield begin, ended
            ended, lines, paragraph = None, [], 0
        if length > _LONGEST:
            yield begin, Piece(lines)
            lines, paragraph = [], 0
        if not lines:
            begin, length = number, 0
        lines.append(line)
        length += len(line)
        if "Created:" in line:
            ended = _ended_by_dates(lines, paragraph)
    if lines:
        yield begin, ended or _ended_without_dates(lines, paragraph) or Piece(lines)


def _parted(lines: Iterable[str], first: int) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; where files were joined whose last line had no end, the byte order mark ends it."""
    for number, line in enumerate(lines, first):
        if "\ufeff" in line and line.lstrip().startswith("Created:"):
            for part in line.split("\ufeff", 1):
                yield number, part
        else:
            yield number, line


def _ended_by_dates(lines: list[str], paragraph: int) -> Piece | None:
    """The record that ends with the last line, if that is its `Created:` line."""
    created = len(lines) - 1
    if not lines[created].lstrip().startswith("Created:"):
        return None
    dated = _DATES.fullmatch(lines[created]) is not None
    for at in range(created - 1, max(paragraph, created - _WRAPPED) - 1, -1):
        if _is_anchor(lines[at]) or (dated and at == created - 1 and lines[at].lstrip()[:6].lower() == "arxiv:"):
            return Piece(lines, at, created)
    return Piece(lines, -1, created) if dated and paragraph == created else None


def _ended_without_dates(lines: list[str], paragraph: int) -> Piece | None:
    """The record that ends with the last paragraph, if that is an `arXiv:` line."""
    if paragraph < len(lines) <= paragraph + _WRAPPED and _is_anchor(lines[paragraph]):
        return Piece(lines, paragraph)
    return None


def _goes_on(ended: Piece, line: str) -> bool:
    """Adds a line that holds the dates which the record lacks."""
    wanted = "Created:" if ended.created < 0 else "Updated:"
    if not line.lstrip().startswith(wanted) or any("Updated:" in date for date in ended.lines[ended.created :]):
        return False
    if ended.created < 0:
        ended.created = len(ended.lines)
    ended.lines.append(line)
    return True


def _is_anchor(line: str) -> bool:
    """Whether the line is `arXiv:` with an id, right or wrong, and nothing else but ` - ` and a journal reference."""
    if line.lstrip()[:6].lower() != "arxiv:":
        return False
    arxiv_id, *rest = line.lstrip()[6:].split(None, 1)[:2] or [""]
    return any(map(str.isdigit, arxiv_id[:40])) and (not rest or rest[0].startswith(DASHES))
