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
import re
from collections.abc import Iterator

import msgspec
from refmill_hooks import PROBLEM, UNVERIFIED, WITHDRAWN, Entry, Name, Reader, ReadError, SkipRecord, Source, hookimpl
from refmill_hooks.identifiers import BadIdentifier, parse_id
from refmill_hooks.names import is_group, is_truncated, split_authors
from refmill_hooks.withdrawn import withdrawn

ANCHOR = "arXiv:"
_CREATED = re.compile(r"Created:\s*(\S*)(?:\s+Updated:\s*(\S*))?\s*$", re.ASCII)
_UPDATED = re.compile(r"Updated:\s*(\S*)\s*$", re.ASCII)
_SNIFFED = re.compile(rb"^\s*arXiv:\s*[\w./-]+(?: -.*)?\s*?\r?\n(?:.*\r?\n){0,3}?\s*Created:", re.MULTILINE)
_SNIFFED_CR = re.compile(rb"(?:^|\r)arXiv:[^\r\n]*\rCreated:")
_WRAPPED_REFERENCE = 3
"""A journal reference goes on for at most so many lines below the id."""

_LONG_TITLE = 300
_COMMENT = re.compile(
    r"\b(?:pages?|pp\.?|figures?|figs?\.?|tables?|la?tex|revtex|accepted|submitted|to appear|published|proceedings|camera"
    r"|preprint|withdrawn|code|project page|appendix|erratum|version|corrections?|references added|typos|workshop"
    r"|conference|thesis|report|slides|https?:|(?:neurips|nips|icml|cvpr|iclr|acl|emnlp|aaai|ijcai)\W?\d*)\b|\bv\d:",
    re.IGNORECASE,
)
_BETWEEN_NAMES = re.compile(r",\s*|;\s*|\s+and\s+|\s+&\s+")
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_PARTICLE_LIKE = frozenset("van von de der den del della di da do dos la le el al bin ibn ter ten zu y e af".split())


class Piece(msgspec.Struct, gc=False):
    """One record: the lines above the anchor, the anchor and what it wraps to, the lines with the dates.

    Without anchor and dates it is the rest of a cut-off record, or (`banner`) text that stands before all records.
    """

    body: list[str]
    anchor: str = ""
    dates: str = ""
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
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"<"):
        return False
    return bool(_SNIFFED.search(head) or _SNIFFED_CR.search(head))


def records(source: Source) -> Iterator[Piece]:
    """Cuts the lines at the anchors; holds one record."""
    lines = enumerate(source.lines(), 1)
    body: list[str] = []
    first = True
    begin = 0
    held: list[str] = []  # an anchor line and what follows it, while no `Created:` was seen
    for number, line in lines:
        line = line.replace("\f", "").rstrip()
        if held:
            if line.startswith("Created:"):
                piece = Piece(body, " ".join(held), line)
            elif not line and parse_anchor(" ".join(held)) and (not body or not body[-1]):
                piece = Piece(body, " ".join(held))
            elif line and not line.startswith(ANCHOR) and len(held) <= _WRAPPED_REFERENCE:
                held.append(line)
                continue
            else:
                body += held
                held = [line] if line.startswith(ANCHOR) else []
                if not held:
                    body.append(line)
                continue
        elif line.startswith(ANCHOR):
            begin = begin or number
            held = [line]
            continue
        elif line.startswith("Created:") and _CREATED.match(line) and (not body or not body[-1]) and body:
            piece = Piece(body, "", line)
        elif line.startswith("Updated:") and not body and not first and (updated := _UPDATED.match(line)):
            last.dates += f" Updated: {updated[1]}"
            continue
        else:
            if line or body:
                begin = begin or number
                body.append(line)
            continue
        if not first:
            yield last
        elif banner := _banner(piece):
            source.line = begin
            yield banner
        source.line, begin, first, last, body, held = begin, 0, False, piece, [], []
    if not first:
        yield last
    if any(body) or held:
        source.line = begin
        yield Piece(body + held)


def raw(piece: Piece) -> str:
    return "\n".join([*piece.body, *filter(None, (piece.anchor, piece.dates))])


def parse_anchor(line: str) -> str:
    """The id in an anchor line that holds nothing else, or ""."""
    try:
        return parse_id(line).id
    except BadIdentifier:
        return ""


def entry(piece: Piece) -> Entry:
    """Raises ReadError for a cut-off record, SkipRecord for a banner."""
    if piece.banner:
        raise SkipRecord("text before the first record")
    if not piece.anchor and not piece.dates:
        raise ReadError("the record is cut off: no arXiv: line with a Created: line below it")
    problems: list[str] = []
    extra: dict[str, str] = {}
    id, version, reference = "", None, ""
    if piece.anchor:
        written, _, reference = piece.anchor.removeprefix(ANCHOR).strip().partition(" ")
        reference = " ".join(reference.split()).removeprefix("-").strip()
        try:
            id, version = _identifier(written)
        except BadIdentifier as error:
            extra["text:id"] = written
            problems.append(f"the id {error}")
    else:
        problems.append("there is no arXiv: line above Created:")
    created, updated = _dates(piece.dates, problems)
    title, authors, abstract, comments = _parts(piece.body)
    names = split_authors(authors) if authors else ()
    if names:
        extra[UNVERIFIED] = "authors"
        if any(_is_shifted(name) for name in names):
            extra["text:authors"] = "shifted"
        if " al" in authors and is_truncated(authors):
            extra["text:truncated"] = "yes"
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
        created=created,
        updated=updated,
        extra=extra,
        source="text",
    )


def _identifier(written: str) -> tuple[str, int | None]:
    found = parse_id(written)
    return found.id, found.version


def _dates(line: str, problems: list[str]) -> tuple[datetime.date | None, datetime.date | None]:
    match = _CREATED.match(line)
    if not match:
        problems.append("there is no date of creation")
        return None, None
    dates: list[datetime.date | None] = []
    for written in match.groups():
        try:
            dates.append(datetime.date.fromisoformat(written) if written else None)
        except ValueError:
            problems.append(f"{written!r} is no date")
            dates.append(None)
    if not match[1]:
        problems.append("there is no date of creation")
    return dates[0], dates[1]


def _is_shifted(name: Name) -> bool:
    """Whether it is a forename in front of a group's name, as `Yifan Kimi Team` is."""
    words = (name.literal or f"{name.given} {name.family}").split()
    return len(words) > 2 and is_group(" ".join(words[-2:])) and not words[0].isupper() and words[0] != "The"


def _parts(body: list[str]) -> tuple[str, str, str, str]:
    """Title, author line, abstract and comments; what cannot be told apart stays in the abstract."""
    paragraphs = _paragraphs(body)
    title = authors = comments = ""
    if len(paragraphs) > 1:
        title, authors = _title_block(paragraphs[0], len(paragraphs))
        if title:
            del paragraphs[0]
    joined = [" ".join(" ".join(lines).split()) for lines in paragraphs]
    if len(joined) > 1 and not paragraphs[-1][0][:1].isspace() and _is_comment(joined[-1]):
        comments = joined.pop()
    return title, authors, "\n\n".join(joined), comments


def _paragraphs(body: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in body:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]


def _title_block(lines: list[str], paragraphs: int) -> tuple[str, str]:
    if lines[0][:1].isspace() or len(lines[0]) > _LONG_TITLE:
        return "", ""
    for cut in range(1, min(len(lines), 4)):
        names = " ".join(lines[cut:])
        if _are_names(names) and not lines[cut - 1].endswith(","):
            return " ".join(" ".join(lines[:cut]).split()), names
    alone = len(lines) == 1 and not lines[0].endswith(".") and not _is_comment(lines[0])
    return (" ".join(lines[0].split()), "") if alone and paragraphs > 1 and len(lines[0]) < 200 else ("", "")


def _are_names(text: str) -> bool:
    if "(" in text:
        text = _IN_PARENTHESES.sub("", text)
    pieces = [piece for piece in _BETWEEN_NAMES.split(text) if piece]
    alike = sum(map(_is_name, pieces))
    return alike * 5 >= len(pieces) * 4 and alike > 0


def _is_name(piece: str) -> bool:
    words = piece.replace("~", " ").split()
    if not 1 <= len(words) <= 6 or any(map(str.isdigit, piece)) and not is_group(piece):
        return False
    if words[-1].endswith(".") and len(words[-1]) > 4 and not words[-1].startswith("al"):
        return False
    return all(not word[0].islower() or word.lower() in _PARTICLE_LIKE or word in ("et", "al.", "the", "for") for word in words)


def _is_comment(text: str) -> bool:
    if len(text) > 1500:
        return False
    sentences = text.count(". ") + 1
    if _COMMENT.search(text[:400]):
        return sentences <= 2 or len(text) < 300 or bool(re.match(r"\W*\d+ (?:pages|pp)", text))
    return sentences == 1 and len(text) < 120 and not text.endswith(".")


def _banner(piece: Piece) -> Piece | None:
    """Takes off the first record what stands before its title block, as a banner of its own."""
    body = piece.body
    starts = [at for at, line in enumerate(body) if line and (at == 0 or not body[at - 1])]
    for start in starts[1:]:
        end = next((at for at in range(start, len(body)) if not body[at]), len(body))
        if any(body[end:]) and end - start > 1 and _title_block(body[start:end], 0)[1]:
            banner = Piece(body[:start], banner=True)
            piece.body = body[start:]
            return banner
    return None
