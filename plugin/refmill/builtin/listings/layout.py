r"""Records in arXiv's own layout, as `.abs` files and announcement mails have them: fields between lines of `\\`.

    ------------------------------------------------------------------------------
    \\
    arXiv:math/0202001
    From: Laurent Bartholdi <user@example.org>
    Date: Fri, 1 Feb 2002 02:02:03 GMT   (391kb)

    Title: From fractal groups to fractal sets
    \\
      The abstract, which may hold a line of `\\` itself.
    \\

The layout: arXiv/arxiv-base: arxiv/document/parsers.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from refmill_hooks import PROBLEM, WITHDRAWN, Entry, ReadError, SkipRecord, Source, Version
from refmill_hooks.author_lists import split_authors
from refmill_hooks.identifiers import BadIdentifier, carries_class, parse_id, split_dois
from refmill_hooks.text import paragraphs, squeeze
from refmill_hooks.withdrawn import withdrawn

__all__ = ["BEGINNING", "entry_of_lines", "is_rule", "records_of_lines"]

BEGINNING: Final = re.compile(rb"(?:^|[\r\n])\\\\[ \t]*(?:\r\n?|\n)(?:arXiv:|Paper\b)")
"""The first two lines of a record."""

LONGEST: Final = 16 << 20
"""Characters of a record; what is longer has lost its end."""
_LINE: Final = 50
"""What a line takes beside its characters."""

_MARK: Final = "\\\\"
_RULE: Final = re.compile(r"-{40,}|%[-%]{19,}")
_FIELD = re.compile(
    r"(Title|Authors?|Categories|Comments|Proxy|Report-no|MSC-class|ACM-class|Journal-ref|DOI|License|Subj-class|From"
    r"|Date(?: \(revised(?: v\d{1,4})?\))?)\s*:\s?(.*)"
)
_ID = re.compile(r"(?:arXiv|Paper)(?:\s*\(\*?[a-z-]+\*?\))?\s*:\s*(\S+)")
_FIRST = re.compile(r"(?:From|Date)\s*:|replaced with revised version\s")
"""What stands below an id at the beginning of a record, and below none in an abstract; mails begin with it too."""
_REPLACED = re.compile(r"replaced with revised version\s+(.*)")
_SIZE = re.compile(r"\((\d+)kb(?:,([A-Z]+))?\)")
_VERSION = re.compile(r"v(\d+)")
_ADDRESS = re.compile(r"<[^<>]*>$")


def is_rule(line: str) -> bool:
    """Whether it parts records: dashes, or dashes and percent signs before cross-lists, replacements and the end."""
    return line[:1] in ("-", "%") and _RULE.fullmatch(line.rstrip()) is not None


def records_of_lines(source: Source) -> Iterator[list[str]]:
    r"""The lines between two rules, from the first `\\` or id on; a record without its rule stands by itself too."""
    lines: list[str] = []
    length = 0
    for number, line in enumerate(source.lines(), 1):
        length += len(line) + _LINE
        if is_rule(line) or length > LONGEST:
            if lines:
                yield lines
            lines, length = [], 0
            continue
        if _FIRST.match(line) and (begin := _begin_of_last(lines)):
            yield lines[:begin]
            source.line += begin
            lines, length = lines[begin:], 0
        if lines or line.rstrip() == _MARK or _ID.match(line):
            if not lines:
                source.line, length = number, len(line) + _LINE
            lines.append(line)
    if lines:
        yield lines


def _begin_of_last(lines: list[str]) -> int:
    r"""Where the record begins whose id is the last of these lines: at its `\\`, else at the id; 0 for none."""
    printed = (at for at in reversed(range(len(lines))) if lines[at].strip())
    id_at = next(printed, 0)
    if not lines or not _ID.match(lines[id_at]):
        return 0
    mark = next(printed, 0)
    return mark if lines[mark].rstrip() == _MARK else id_at


def entry_of_lines(lines: list[str], source: str) -> Entry:
    """Raises SkipRecord for a banner, ReadError for a record without an id or without a title."""
    if not lines[0].startswith(_MARK):
        lines = [_MARK, *lines]
    head = next((line for line in lines[1:] if line.strip()), "")
    found = _ID.match(head)
    if found is None:
        if any(_FIELD.match(line) and not _FIRST.match(line) for line in lines):
            raise ReadError("a record without its arXiv id")
        raise SkipRecord("no record: a banner")
    try:
        arxiv_id = parse_id(found[1]).id
    except BadIdentifier as error:
        raise ReadError(str(error)) from error
    problems: list[str] = []
    end = next((at for at, line in enumerate(lines) if at and line.startswith(_MARK)), len(lines))
    fields, dates = _fields(lines[2:end])
    if end == len(lines) and "Title" not in fields:
        raise ReadError("the record is cut off before its title")
    abstract = _abstract(lines, end, problems)
    versions, created, updated = _dates(dates, problems)
    texts = {name: squeeze(" ".join(parts)) for name, parts in fields.items()}
    comments = texts.get("Comments", "")
    extra = {f"arxiv:{name.lower()}": texts[name] for name in ("Proxy", "Subj-class") if texts.get(name)}
    if sentence := withdrawn(comments, abstract) or _withdrawn_version(dates, comments):
        extra[WITHDRAWN] = sentence
    if problems:
        extra[PROBLEM] = "; ".join(problems)
    categories = tuple(texts.get("Categories", "").split())
    return Entry(
        id=arxiv_id,
        title=texts.get("Title", ""),
        authors=split_authors(texts.get("Authors") or texts.get("Author", "")),
        abstract=abstract,
        categories=categories or ((arxiv_id.partition("/")[0],) if carries_class(arxiv_id) else ()),
        versions=versions,
        created=created,
        updated=updated,
        doi=split_dois(texts.get("DOI", "")),
        journal_ref=texts.get("Journal-ref", ""),
        comments=comments,
        report_no=texts.get("Report-no", ""),
        msc_class=texts.get("MSC-class", ""),
        acm_class=texts.get("ACM-class", ""),
        license=texts.get("License", ""),
        submitter=_ADDRESS.sub("", texts.get("From", "").rstrip()).rstrip(),
        extra=extra,
        source=source,
    )


def _fields(lines: Iterable[str]) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """The fields with their lines, and the dates: `("", date of the first version)`, `("v2", …)`, `("replaced", …)`."""
    fields: dict[str, list[str]] = {}
    dates: list[tuple[str, str]] = []
    into: list[str] = []
    for line in lines:
        if match := _FIELD.match(line):
            name, text = match.groups()
            if name.startswith("Date"):
                version = _VERSION.search(name)
                dates.append((f"v{version[1]}" if version else "revised" if "revised" in name else "", text))
                into = []
            else:
                into = fields.setdefault(name, [])
                into.append(text)
        elif match := _REPLACED.match(line):
            dates.append(("replaced", match[1]))
        else:
            into.append(line)
    return fields, dates


def _abstract(lines: list[str], end: int, problems: list[str]) -> str:
    r"""What stands behind the fields, up to the last `\\`."""
    last = next((at for at in range(len(lines) - 1, end - 1, -1) if lines[at].startswith(_MARK)), end)
    rest = "\n".join(lines[end + 1 : last if last > end else None])
    if last == end and (rest.strip() or end == len(lines)):
        problems.append("the record is cut off: its end is missing")
    return paragraphs(rest)


def _dates(
    dates: list[tuple[str, str]], problems: list[str]
) -> tuple[tuple[Version, ...], datetime.date | None, datetime.date | None]:
    versions: dict[int, Version] = {}
    updated = None
    for kind, text in dates:
        day = _day(text, problems)
        if kind in ("", "v1"):
            versions[1] = Version(number=1, created=day)
        elif kind.startswith("v"):
            versions[int(kind[1:])] = Version(number=int(kind[1:]), created=day)
        else:
            updated = day
    ordered = tuple(versions[number] for number in sorted(versions))
    created = versions[1].created if 1 in versions else None
    if len(ordered) > 1:
        updated = ordered[-1].created
    return ordered if updated is None or len(ordered) > 1 else (), created, updated


def _day(text: str, problems: list[str]) -> datetime.date | None:
    """`Fri, 1 Feb 2002 02:02:03 GMT   (391kb)`."""
    date = text.partition("(")[0].strip()
    try:
        return parsedate_to_datetime(date).date()
    except (ValueError, OverflowError):
        problems.append(f"{date!r} is no date")
        return None


def _withdrawn_version(dates: list[tuple[str, str]], comments: str) -> str:
    """What is told of a last version that has no source: 0 kB, or the flag I."""
    size = _SIZE.search(dates[-1][1]) if dates else None
    if size and (size[1] == "0" or "I" in (size[2] or "")):
        return comments or "withdrawn"
    return ""
