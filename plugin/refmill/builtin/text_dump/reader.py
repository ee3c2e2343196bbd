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
from functools import lru_cache

from refmill.builtin.text_dump.layout import begins_with_title, parts_of, parts_of_paragraphs
from refmill.builtin.text_dump.records import DASHES, Paragraphs, Piece, records
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
from refmill_hooks.text import squeeze
from refmill_hooks.withdrawn import withdrawn

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_GIANT = 60_000
"""Bytes that no usual record fills."""
_SHIFTED = "forenames are shifted against the surnames"
_TRUNCATED = "the list of authors is cut off"
_GENERIC_GROUP = re.compile(r"(?:collaborations?|teams?|groups?|consortium|network|project|institute)", re.IGNORECASE)


@hookimpl
def refmill_readers() -> Iterator[Reader[Piece | Paragraphs]]:
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
    try:
        if any(record.is_whole for record in records(Source(io.BytesIO(head)))):
            return True
    except OSError:
        return False  # not in UTF-8
    return len(head) > _GIANT and begins_with_title(head.decode("utf-8", "replace").lstrip("\ufeff\n\r ").splitlines())


def raw(record: Piece | Paragraphs) -> str:
    return "\n".join(record.lines).rstrip("\n")


def entry(record: Piece | Paragraphs) -> Entry:
    """Raises ReadError for a cut-off record, SkipRecord for a banner. A wrong id is kept in extra[PRINTED_ID] alone."""
    problems: list[str] = []
    if isinstance(record, Paragraphs):
        *body, end = record.texts
        anchor, _, dated = end.rstrip("\n").partition("\n")
        parts = parts_of_paragraphs(body)
    else:
        anchor, dated = _ends_of(record, problems)
        parts = parts_of(record.lines[: record.anchor if record.anchor >= 0 else record.created])
    extra: dict[str, str] = {}
    arxiv_id, version, reference = "", None, ""
    if anchor:
        written, reference = _anchor(anchor, problems)
        try:
            found = parse_id(written)
            arxiv_id, version = found.id, found.version
        except BadIdentifier as error:
            extra[PRINTED_ID] = written
            problems.append(str(error))
    first, newest = _dates(dated, problems)
    title, authors, abstract, comments = parts
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
        id=arxiv_id,
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


def _ends_of(piece: Piece, problems: list[str]) -> tuple[str, str]:
    """What stands in its `arXiv:` and its `Created:` lines."""
    if piece.banner:
        raise SkipRecord("text in front of the first record")
    lines, anchor, created = piece.lines, piece.anchor, piece.created
    if anchor < 0 and created < 0:
        raise ReadError("cut off, or no record: there is no arXiv: line with a Created: line below it")
    if anchor < 0:
        problems.append("there is no arXiv: line above Created:")
    written = " ".join(lines[anchor : created if created >= 0 else None]) if anchor >= 0 else ""
    return written, " ".join(lines[created:]) if created >= 0 else ""


def _anchor(line: str, problems: list[str]) -> tuple[str, str]:
    """The id as it is written, and the journal reference."""
    line = squeeze(line)[6:].lstrip()
    written, _, rest = line.partition(" ")
    if rest and not rest.startswith(DASHES):
        problems.append(f"{rest!r} stands behind the id without ' - '")
        return written, ""
    return written, rest[1:].lstrip()


def _dates(line: str, problems: list[str]) -> tuple[datetime.date | None, datetime.date | None]:
    created, _, updated = line.partition("Updated:")
    created = created.strip().removeprefix("Created:").strip()
    if not created:
        problems.append("there is no date of creation")
    return _date(created, problems), _date(updated.strip(), problems)


def _date(text: str, problems: list[str]) -> datetime.date | None:
    date = _read_date(text) if text else None
    if text and not date:
        problems.append(f"{text!r} is no date")
    return date


@lru_cache(1 << 10)
def _read_date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _is_shifted(name: Name) -> bool:
    """Whether a forename stands in front of a group's name, as in `Yifan Kimi Team`."""
    first, _, group = (name.literal or f"{name.given} {name.family}").partition(" ")
    if not is_group(group) or _GENERIC_GROUP.fullmatch(group):
        return False
    return first not in ("The", "the") and not (len(first) > 1 and first.isupper())
