""".bib files, BibTeX and BibLaTeX, entry by entry through bibtexparser; the arXiv id from wherever it hides."""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from refmill.builtin.bib_ids import arxiv_id_of
from refmill.builtin.bib_layout import CONTAINERS, KEPT, KEPT_TYPE, MONTHS, OTHER_TYPES, TYPES
from refmill.builtin.bib_values import authors_of, value_of
from refmill_hooks import DATE, UNVERIFIED, Entry, Reader, ReadError, SkipRecord, Source, Venue, hookimpl
from refmill_hooks.categories import categories_in
from refmill_hooks.identifiers import is_arxiv_doi, split_dois
from refmill_hooks.remarks import fields_of_remarks, split_remarks
from refmill_hooks.text import squeeze, unprotected

__all__ = ["BibRecord", "blocks_of_lines", "entry", "entry_of_fields", "fields_of"]

_OPENING = re.compile(r"[ \t]*@\s*([A-Za-z]+)\s*[{(]")
_SNIFFED = re.compile(rb"(?:^|\n)[ \t]*@\s*[A-Za-z]{3,20}\s*[{(]\s*[^\s=,{}\"]*\s*[,=\n]")
_NO_ENTRY: Final = frozenset({"string", "comment", "preamble"})
_LONGEST: Final = 4 << 20
_STRING = re.compile(r"@\s*string\s*[{(]\s*([^\s={}]+)\s*=\s*(.*?)\s*[)}]\s*$", re.DOTALL | re.IGNORECASE)
_NAMES_OF_MONTHS = {month: number for number, month in enumerate(MONTHS, 1)}
_WORD_TO_KIND: Final = {word: kind for kind, words in TYPES.items() for word in words} | {
    "inbook": "chapter",
    "conference": "paper-conference",
    "mastersthesis": "thesis",
    "periodical": "article-journal",
}
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_ARXIV_JOURNAL = re.compile(r"\W*(?:ar[xχ]iv|corr\b)", re.IGNORECASE)

_READ: Final = frozenset(
    """title author abstract eprint archiveprefix primaryclass eprinttype eprintclass doi url year month date day
    keywords note pubstate version journal journaltitle booktitle volume number issue pages publisher issn institution
    school eid shortjournal""".split()
)
"""The fields that an Entry has a place for; others are kept verbatim."""


class BibRecord(msgspec.Struct, gc=False):
    """One block of a .bib as it stands there, and the `@string` definitions in front of it."""

    text: str
    strings: dict[str, str]


@hookimpl
def refmill_readers() -> Iterator[Reader[BibRecord]]:
    yield Reader(
        name="bib",
        title="BibTeX and BibLaTeX libraries, with the arXiv id from wherever it hides",
        suffixes=(".bib", ".bibtex", ".biblatex"),
        sniff=lambda head: _SNIFFED.search(head) is not None,
        records=records,
        entry=entry,
        raw=lambda record: record.text,
    )


def records(source: Source) -> Iterator[BibRecord]:
    strings: dict[str, str] = {}
    for line, text in blocks_of_lines(source.lines()):
        if (opening := _OPENING.match(text)) is None:
            continue  # text between entries is a comment
        source.line = line
        if opening[1].lower() == "string" and (defined := _STRING.match(text.strip())):
            strings = strings | {defined[1].lower(): value_of(defined[2], strings)}
        yield BibRecord(text, strings)


def blocks_of_lines(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """`(line, block)`: each entry, comment or text between them; the blocks joined by line ends are the file again.

    An entry ends where its braces are closed; where they never are, before the next line that opens one.
    """
    block: list[str] = []
    begun = 1
    depth = size = 0
    inside = False
    for number, line in enumerate(lines, 1):
        opens = _OPENING.match(line) is not None
        if opens and (not inside or depth <= 0 or size > _LONGEST or _opens_anew(line)):
            if block:
                yield begun, "\n".join(block)
            block, begun, depth, size, inside = [], number, 0, 0, True
        elif block and inside and depth <= 0:
            yield begun, "\n".join(block)
            block, begun, size, inside = [], number, 0, False
        elif not block:
            begun = number
        block.append(line)
        size += len(line)
        if inside:
            depth += _depth(line)
    if block:
        yield begun, "\n".join(block)


def _opens_anew(line: str) -> bool:
    """Whether the line can only be a new entry, though the one before is not closed: `@article{key,` in column 1."""
    return line[0] == "@" and re.fullmatch(r"@[A-Za-z]+\s*\{\s*[^\s=,{}]+\s*,?\s*", line) is not None


def _depth(line: str) -> int:
    if "\\" in line:
        line = line.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    if line.lstrip()[:1] == "@" and "(" in line and "{" not in line.partition("(")[0]:
        return line.count("{") - line.count("}") + 1
    if line.strip() == ")":
        return -1
    return line.count("{") - line.count("}")


def entry(record: BibRecord) -> Entry:
    """Raises SkipRecord for what is no entry, ReadError for one that cannot be parsed."""
    kind, key, fields = fields_of(record)
    return entry_of_fields(kind, key, fields)


def fields_of(record: BibRecord) -> tuple[str, str, dict[str, str]]:
    """Type, key and fields (names in lower case, values without delimiters, strings put in).

    Raises SkipRecord and ReadError.
    """
    from bibtexparser.entrypoint import parse_string

    opening = _OPENING.match(record.text)
    if opening is None or opening[1].lower() in _NO_ENTRY:
        raise SkipRecord("a comment, a preamble or a string")
    _quiet()
    library = parse_string(record.text, parse_stack=[])  # values as they stand: delimiters tell strings from text
    if not library.entries:
        failed = library.failed_blocks
        why = getattr(failed[0].error, "abort_reason", "") or failed[0].error if failed else ""
        raise ReadError(f"not BibTeX: {why or 'there is no whole entry'}")
    parsed = library.entries[0]
    fields: dict[str, str] = {}
    for field in parsed.fields:
        fields.setdefault(field.key.lower(), value_of(str(field.value), record.strings))
    return parsed.entry_type.lower(), parsed.key, fields


@lru_cache(1)
def _quiet() -> None:
    """What bibtexparser logs of a bad entry is told as a problem, with its line in the file."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)


def entry_of_fields(kind: str, key: str, fields: Mapping[str, str]) -> Entry:
    """What the fields say, as an entry; unknown ones in `extra` under `bib:name`."""
    id = arxiv_id_of(fields)
    fields = _with_subtitles(fields)
    noted, extra = fields_of_remarks(split_remarks(squeeze(unprotected(fields.get("note", "")))))
    plainly = "" if noted or extra else fields.get("note", "")
    authors, truncated = authors_of(fields.get("author", ""))
    venue = _venue(kind, fields)
    written = _written(fields)
    full = _DATE.fullmatch(written)
    day = _day(written) if full and not venue else None
    categories, other_keywords = _categories(fields)
    if truncated:
        extra[UNVERIFIED] = "authors"
    if written and not venue and not day:
        extra[DATE] = written
    in_venue = CONTAINERS["book"] if venue and venue.kind == "book" else ()
    kept = {name: value for name, value in fields.items() if name not in _READ and name not in in_venue and value}
    if plainly and not (id and arxiv_id_of({"note": plainly}) == id):
        kept["note"] = plainly
    if other_keywords:
        kept["keywords"] = ", ".join(other_keywords)
    if not id and fields.get("url"):
        kept["url"] = fields["url"]
    extra |= {KEPT + name: value for name, value in kept.items()}
    others = OTHER_TYPES.get(venue.kind if venue else "", ())
    if any(kind in types for types in others) and (venue or not id):
        extra[KEPT_TYPE] = kind
    dois = tuple(doi for doi in split_dois(fields.get("doi", "")) if not is_arxiv_doi(doi))
    return Entry(
        id=id.id if id else "",
        version=id.version if id else None,
        title=squeeze(unprotected(fields.get("title", ""))),
        authors=authors,
        abstract=unprotected(fields.get("abstract", "")),
        categories=categories,
        created=day,
        venue=venue,
        key=key,
        source="bib",
        **(noted | {"doi": dois + noted.get("doi", ()), "extra": extra}),
    )


def _with_subtitles(fields: Mapping[str, str]) -> Mapping[str, str]:
    """Each subtitle joined to its title, as people cite it."""
    joined = dict(fields)
    for name in ("title", "booktitle", "journaltitle"):
        title, subtitle = fields.get(name), fields.get(name.replace("title", "subtitle"))
        if title and subtitle:
            del joined[name.replace("title", "subtitle")]
            if not squeeze(title).lower().endswith(squeeze(subtitle).lower()):
                joined[name] = f"{title} {subtitle}" if title[-1] in ":?!." else f"{title}: {subtitle}"
    return joined


def _venue(kind: str, fields: Mapping[str, str]) -> Venue | None:
    of = _WORD_TO_KIND.get(kind)
    names = CONTAINERS.get(of or "", ())
    container = next((fields[name] for name in (*names, "journal") if fields.get(name)), "")
    if of is None or _ARXIV_JOURNAL.match(container) or (not container and of != "book"):
        return None
    written = _written(fields)
    return Venue(
        kind=of,
        container=squeeze(unprotected(container)),
        container_short=squeeze(unprotected(fields.get("shortjournal", ""))),
        volume=fields.get("volume", ""),
        issue=fields.get("number") or fields.get("issue", ""),
        pages=squeeze(
            (fields.get("pages") or fields.get("eid", "")).replace("---", "-").replace("--", "-").replace("–", "-")
        ),
        year=int(written[:4]) if written else None,
        date=written,
        publisher=squeeze(unprotected(fields.get("publisher", ""))),
        issn=fields.get("issn", ""),
    )


def _written(fields: Mapping[str, str]) -> str:
    """`2007-07-24`, `2007-07`, `2007` or "", from `date`, or from `year` and `month`."""
    if match := _DATE.match(fields.get("date", "")):
        return match[0]
    year = fields.get("year", "").strip("{} ")
    if not (len(year) == 4 and year.isdecimal()):
        return ""
    month = fields.get("month", "").strip("{} .").lower()
    number = _NAMES_OF_MONTHS.get(month[:3]) or (int(month) if month.isdecimal() and 1 <= int(month) <= 12 else 0)
    return f"{year}-{number:02}" if number else year


def _day(written: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None


def _categories(fields: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """arXiv's codes, the primary class first, and the keywords that name no category."""
    primary = (fields.get("primaryclass") or fields.get("eprintclass", "")).strip("[]{} ").split()
    named, others = categories_in(squeeze(unprotected(fields.get("keywords", ""))))
    return tuple(dict.fromkeys((*primary, *named))), others
