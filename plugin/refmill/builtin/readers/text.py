"""The plain text dump: abstracts, with or without title and authors, each closed by an `arXiv:` and a `Created:` line.

    A Study of Things                       title and author line, both optional
    Ann Bee, Carl van Dee

    We study things.                        the abstract, one paragraph or several

    12 pages, 3 figures                     comments, optional

    arXiv:2403.01234 - J. Things 7, 12      the id, and a journal reference where there is one
    Created: 2024-03-02 Updated: 2024-05-17

Some of these dumps pair the list of forenames with the list of keynames. One author without forenames, such as a
collaboration, then shifts all names behind it. The line is kept as printed and never trusted over another source.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from refmill.builtin.text_layout import banner_length, begins_with_title, parts_of
from refmill_hooks import (
    PRINTED_ID,
    PROBLEM,
    SUSPECT,
    WITHDRAWN,
    Entry,
    Name,
    Reader,
    ReadError,
    SkipRecord,
    Source,
    hookimpl,
)
from refmill_hooks.author_lists import is_truncated, split_authors
from refmill_hooks.identifiers import BadIdentifier, parse_id
from refmill_hooks.names import is_group
from refmill_hooks.withdrawn import withdrawn

_DATES = re.compile(r"\s*Created:\s*\d{4}-\d\d-\d\d\s*(?:Updated:\s*(?:\d{4}-\d\d-\d\d)?\s*)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DASHES = ("-", "–", "—")
_WRAPPED = 8
"""A journal reference goes on for at most so many lines."""
_GIANT = 60_000
"""Bytes that no usual record fills."""
_SHIFTED = "forenames are shifted against the surnames"
_TRUNCATED = "the list of authors is cut off"
_GENERIC_GROUP = re.compile(r"(?:collaborations?|teams?|groups?|consortium|network|project|institute)", re.IGNORECASE)


class Piece(msgspec.Struct, gc=False):
    """The lines of one record; `anchor` and `created`: where its `arXiv:` and `Created:` lines stand, -1 for nowhere.

    Without either it is the rest of a cut-off record, or (`banner`) what stands in front of the first record.
    """

    lines: list[str]
    anchor: int = -1
    created: int = -1
    banner: bool = False


@hookimpl
def refmill_readers() -> Iterator[Reader[Piece]]:
    yield Reader(
        name="text",
        title="plain text dump: abstracts closed by arXiv: and Created: lines",
        suffixes=(".txt",),
        sniff=sniff,
        records=records,
        entry=entry,
        raw=raw,
        weak=frozenset({"authors"}),
    )


def sniff(head: bytes) -> bool:
    """Whether a whole record stands in `head`; where that is all one record, whether it begins with a title block."""
    if any(piece.anchor >= 0 and piece.created >= 0 for piece in records(Source(io.BytesIO(head)))):
        return True
    return len(head) > _GIANT and begins_with_title(head.decode("utf-8", "replace").lstrip("\ufeff\n\r ").splitlines())


class _Cleaned:
    """A stream without form feeds and NULs, which belong to no text."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        while block := self._stream.read(size):
            if clean := block.translate(None, b"\f\0"):
                return clean
        return b""


def records(source: Source) -> Iterator[Piece]:
    """Cuts the lines behind each pair of an `arXiv:` and a `Created:` line; holds one record.

    Half a pair ends a record too, where it is a paragraph of its own.
    """
    source.stream = cast(BinaryIO, _Cleaned(source.stream))
    pieces = _pieces(source)
    for begin, piece in pieces:
        length = banner_length(piece.lines[: max(piece.anchor, 0)])
        if length:
            source.line = begin
            yield Piece(piece.lines[:length], banner=True)
            created = piece.created - length if piece.created >= 0 else -1
            piece = Piece(piece.lines[length:], piece.anchor - length, created)
        source.line = begin + length
        yield piece
        break
    for source.line, piece in pieces:
        yield piece


def _pieces(source: Source) -> Iterator[tuple[int, Piece]]:
    """The records, each with the number of its first line."""
    lines: list[str] = []
    begin = paragraph = 0  # the line number of lines[0]; where in lines the last paragraph begins
    ended: Piece | None = None  # the record at hand, once it ended: its dates may still go on
    for number, line in enumerate(source.lines(), 1):
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
        if not lines:
            begin = number
        lines.append(line)
        if "Created:" in line:
            ended = _ended_by_dates(lines, paragraph)
    if lines:
        yield begin, ended or _ended_without_dates(lines, paragraph) or Piece(lines)


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
    id, *rest = line.lstrip()[6:].split(None, 1)[:2] or [""]
    return any(map(str.isdigit, id[:40])) and (not rest or rest[0].startswith(_DASHES))


def raw(piece: Piece) -> str:
    return "\n".join(piece.lines).rstrip("\n")


def entry(piece: Piece) -> Entry:
    """Raises ReadError for a cut-off record, SkipRecord for a banner. A wrong id is kept in extra[PRINTED_ID] alone."""
    if piece.banner:
        raise SkipRecord("text in front of the first record")
    lines, anchor, created = piece.lines, piece.anchor, piece.created
    if anchor < 0 and created < 0:
        raise ReadError("cut off, or no record: there is no arXiv: line with a Created: line below it")
    problems: list[str] = []
    extra: dict[str, str] = {}
    id, version, reference = "", None, ""
    if anchor >= 0:
        written, reference = _anchor(lines[anchor : created if created >= 0 else None], problems)
        try:
            found = parse_id(written)
            id, version = found.id, found.version
        except BadIdentifier as error:
            extra[PRINTED_ID] = written
            problems.append(str(error))
    else:
        problems.append("there is no arXiv: line above Created:")
    first, newest = _dates(lines[created:] if created >= 0 else [], problems)
    body = lines[: anchor if anchor >= 0 else created]
    title, authors, abstract, comments = parts_of(body)
    names = split_authors(authors) if authors else ()
    if names:
        wrong = [_SHIFTED] if any(map(_is_shifted, names)) else []
        if is_truncated(authors):
            wrong.append(_TRUNCATED)
        if wrong:
            extra[SUSPECT] = "; ".join(wrong)
    if sentence := withdrawn(comments, abstract):
        extra[WITHDRAWN] = sentence
    if problems:
        extra[PROBLEM] = "; ".join(problems)
    return Entry(
        id=id,
        version=version,
        title=title,
        authors=names,
        abstract=abstract,
        comments=comments,
        journal_ref=reference,
        created=first,
        updated=newest,
        extra=extra,
        source="text",
    )


def _anchor(lines: list[str], problems: list[str]) -> tuple[str, str]:
    """The id as it is written, and the journal reference."""
    line = " ".join(" ".join(lines).split())[6:].lstrip()
    written, _, rest = line.partition(" ")
    if rest and not rest.startswith(_DASHES):
        problems.append(f"{rest!r} stands behind the id without ' - '")
        return written, ""
    return written, rest[1:].lstrip()


def _dates(lines: list[str], problems: list[str]) -> tuple[datetime.date | None, datetime.date | None]:
    created, _, updated = " ".join(lines).partition("Updated:")
    created = created.strip().removeprefix("Created:").strip()
    if not created:
        problems.append("there is no date of creation")
    return _date(created, problems), _date(updated.strip(), problems)


def _date(text: str, problems: list[str]) -> datetime.date | None:
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    problems.append(f"{text!r} is no date")
    return None


def _is_shifted(name: Name) -> bool:
    """Whether a forename stands in front of a group's name, as in `Yifan Kimi Team`."""
    first, _, group = (name.literal or f"{name.given} {name.family}").partition(" ")
    if not is_group(group) or _GENERIC_GROUP.fullmatch(group):
        return False
    return first not in ("The", "the") and not (len(first) > 1 and first.isupper())
