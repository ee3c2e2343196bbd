"""BibTeX and BibLaTeX, in forms that LaTeX, Zotero, JabRef, Better BibTeX, pandoc and biber read alike."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from refmill.builtin.bibtex.layout import (
    CONTAINERS,
    FIELD_NAME,
    KEPT,
    KEPT_TYPE,
    NOT_IN_BIBLATEX,
    OTHER_TYPES,
    TYPES,
)
from refmill.builtin.cutting.dates import MONTHS
from refmill_hooks import OF_INSTITUTIONS, Entry, Exporter, Name, Venue, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.citation_keys import safe_key
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId, carries_class
from refmill_hooks.names import display_name
from refmill_hooks.remarks import remarks
from refmill_hooks.text import ascii_latex, is_balanced, latex, latex_identifier, protect_capitals


@dataclass(frozen=True, kw_only=True)
class BibOptions:
    preprint: Literal["", "misc", "online", "article", "unpublished", "techreport"] = field(
        default="", metadata={"help": "entry type of preprints; misc in BibTeX and online in BibLaTeX by default"}
    )
    abstract: bool = field(default=True, metadata={"help": "write abstracts"})
    arxiv_doi: bool = field(default=False, metadata={"help": "write arXiv's own DOI where there is no other"})
    ascii: bool = field(default=False, metadata={"help": "write pure ASCII, other letters as TeX commands"})
    capitals: Literal["words", "title", "none"] = field(
        default="words", metadata={"help": "what is braced so that styles keep its capitals"}
    )
    max_authors: int = field(default=0, metadata={"help": "write so many authors and `others`; 0 for all"})
    date: Literal["first", "latest"] = field(default="first", metadata={"help": "date of the first or newest version"})
    accessed: datetime.date | None = field(default=None, metadata={"help": "the access date to write (BibLaTeX)"})
    jabref: bool = field(default=False, metadata={"help": "tell JabRef the dialect, and group entries by category"})


@hookimpl
def refmill_exporters() -> Iterator[Exporter[BibOptions]]:
    yield Exporter(
        name="bibtex",
        title="BibTeX for LaTeX, JabRef and REVTeX",
        suffixes=(".bib",),
        media_type="application/x-bibtex",
        render=lambda entry, options: _block(entry, options, biblatex=False),
        between="\n",
        closing=lambda options: _for_jabref(options, "bibtex"),
        options=BibOptions,
    )
    yield Exporter(
        name="biblatex",
        title="BibLaTeX for biber and JabRef",
        suffixes=(".biblatex",),
        media_type="application/x-bibtex",
        render=lambda entry, options: _block(entry, options, biblatex=True),
        between="\n",
        closing=lambda options: _for_jabref(options, "biblatex"),
        options=BibOptions,
    )


def _for_jabref(options: BibOptions, dialect: str) -> str:
    """JabRef's comments: the dialect, and groups that it makes of the keywords (JabRef: GroupSerializer)."""
    if not options.jabref:
        return ""
    group = "AutomaticKeywordGroup:Categories\\;0\\;keywords\\;,\\;>\\;1\\;\\;\\;\\;;"
    return (
        f"\n@Comment{{jabref-meta: databaseType:{dialect};}}\n"
        f"\n@Comment{{jabref-meta: grouping:\n0 AllEntriesGroup:;\n1 {group}\n}}\n"
    )


def _block(entry: Entry, options: BibOptions, *, biblatex: bool) -> str:
    key = entry.key
    lines = [f"@{_kind(entry, options, biblatex)}{{{key if key.isascii() and key.isalnum() else safe_key(entry)}"]
    _add_fields(lines, entry, options, biblatex)
    if entry.extra and any(name.startswith(KEPT) for name in entry.extra):
        _add_kept(lines, entry, options.ascii)
    lines.append(",\n}\n")
    return "".join(lines)


@lru_cache(1 << 10)
def _lead(name: str) -> str:
    """What stands between the value of the field before and of this one."""
    return f",\n  {name:<13} = "


_LISTS = {"keywords": "{written}, {kept}", "note": "{kept}; {written}"}
"""Fields that hold what was kept beside what an entry says there."""


def _add_kept(lines: list[str], entry: Entry, ascii_only: bool) -> None:
    """Adds the fields of the .bib that the entry was read from, verbatim, where nothing else stands for them."""
    written = {line.partition(" = ")[0]: at for at, line in enumerate(lines)}
    for name, value in entry.extra.items():
        if not name.startswith(KEPT) or not FIELD_NAME.fullmatch(name := name.removeprefix(KEPT)):
            continue
        if not is_balanced(value):
            value = latex(value)  # it was not read from a .bib
        lead, value = _lead(name), ascii_latex(value) if ascii_only else value
        if (at := written.get(lead.removesuffix(" = "))) is None:
            lines.append(f"{lead}{{{value}}}")
            continue
        other = lines[at].removeprefix(lead)[1:-1]
        if name in _LISTS:
            lines[at] = f"{lead}{{{_LISTS[name].format(kept=value, written=other)}}}"
        elif value.startswith(other):  # `2001/2002` says more than `2001`
            lines[at] = f"{lead}{{{value}}}"


def _kind(entry: Entry, options: BibOptions, biblatex: bool) -> str:
    of = entry.venue.kind if entry.venue else ""
    kept = entry.extra.get(KEPT_TYPE) if entry.extra else None
    if kept and of in OTHER_TYPES and kept in OTHER_TYPES[of][biblatex]:
        return kept
    if of:
        return TYPES.get(of, ("misc", "misc"))[biblatex]
    return options.preprint or ("online" if biblatex and entry.id else "misc")


def _add_fields(lines: list[str], entry: Entry, options: BibOptions, biblatex: bool) -> None:
    add = lines.append
    arxiv_id, venue, ascii_only = entry.id, entry.venue, options.ascii
    if entry.authors:
        add(f",\n  author        = {{{_authors(entry.authors, options)}}}")
    if entry.title:
        add(f",\n  title         = {{{_title(entry.title, options)}}}")
    if venue:
        _add_venue(lines, venue, ascii_only, biblatex)
    lines += _dates(reference_date(entry, latest=options.date == "latest"), biblatex)
    if arxiv_id:
        eprint, url = latex_identifier(arxiv_id), ArxivId(arxiv_id, entry.version).url
        primary = "" if carries_class(arxiv_id) else _category(entry.primary_category)
        add(f",\n  eprint        = {{{eprint}}}")
        if biblatex:
            add(",\n  eprinttype    = {arxiv}")
            if primary:
                add(f",\n  eprintclass   = {{{primary}}}")
            if not venue:
                add(",\n  pubstate      = {prepublished}")
                if entry.version:
                    add(f",\n  version       = {{{latex_identifier(str(entry.version))}}}")
        else:
            add(",\n  archiveprefix = {arXiv}")
            if primary:
                add(f",\n  primaryclass  = {{{primary}}}")
            add(",\n  eprinttype    = {arxiv}")
    if entry.doi:
        add(f",\n  doi           = {{{latex_identifier(entry.doi[0])}}}")
    elif options.arxiv_doi and arxiv_id and not venue:
        add(f",\n  doi           = {{{latex_identifier(ArxivId(arxiv_id).doi)}}}")
    if arxiv_id:
        add(f",\n  url           = {{{url if eprint == arxiv_id else latex_identifier(url)}}}")
    if biblatex and options.accessed:
        add(f",\n  urldate       = {{{options.accessed}}}")
    if options.abstract and entry.abstract:
        add(f",\n  abstract      = {{{_text(entry.abstract, ascii_only)}}}")
    if keywords := _keywords(entry.categories, ascii_only):
        add(f",\n  keywords      = {{{keywords}}}")
    if note := "; ".join([f"{label}: {remark}" for label, remark in remarks(entry)]):
        add(f",\n  note          = {{{_text(note, ascii_only)}}}")


def _text(value: str, ascii_only: bool) -> str:
    return latex(value, ascii_only=ascii_only).strip()


def _add_venue(lines: list[str], venue: Venue, ascii_only: bool, biblatex: bool) -> None:
    kind, container, publisher = venue.kind, venue.container, venue.publisher
    if not container and kind in OF_INSTITUTIONS:
        container, publisher = publisher, ""
    left_out = NOT_IN_BIBLATEX.get(kind, ()) if biblatex else ()
    for name, value in (
        (CONTAINERS.get(kind, ("journal", "journaltitle"))[biblatex], container),
        ("volume", venue.volume),
        ("number", venue.issue),
        ("pages", venue.pages.replace("-", "--")),
        ("publisher", publisher),
        ("issn", venue.issn),
    ):
        if value and name not in left_out:
            lines.append(f"{_lead(name)}{{{_text(value, ascii_only)}}}")


_category = lru_cache(1 << 8)(latex_identifier)


@lru_cache(4096)
def _keywords(categories: tuple[str, ...], ascii_only: bool) -> str:
    return latex(", ".join(name.replace(",", "") for name in category_names(categories)), ascii_only=ascii_only)


def _title(title: str, options: BibOptions) -> str:
    value = latex(title, ascii_only=options.ascii)
    if options.capitals == "title":
        return f"{{{value}}}"
    return protect_capitals(value) if options.capitals == "words" else value


_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-\d\d)?)?", re.ASCII)


@lru_cache(1 << 10)
def _dates(written: str, biblatex: bool) -> tuple[str, ...]:
    """The fields of a date such as `2007-07-24` or `2007`, if any; biblatex bears no other text in a year."""
    if not written:
        return ()
    if not _DATE.fullmatch(written):
        return (f"{_lead('addendum' if biblatex else 'year')}{{{latex(written)}}}",)
    if biblatex:
        return (f",\n  date          = {{{written}}}",)
    year, _, rest = written.partition("-")
    lines = (f",\n  year          = {{{year}}}",)
    return (*lines, f",\n  month         = {MONTHS[int(rest[:2]) - 1]}") if rest else lines


def _authors(authors: tuple[Name, ...], options: BibOptions) -> str:
    names = [_name(name, options.ascii) for name in authors[: options.max_authors or None]]
    if len(names) < len(authors):
        names.append("others")
    return _lone_name(names[0]) if len(names) == 1 else " and ".join(names)


def _lone_name(name: str) -> str:
    """`van {Emden}, M. H.`: JabRef takes a lone name with blanks on both sides of its comma for two names."""
    family, comma, given = name.partition(", ")
    if not comma or " " not in family or " " not in given or "{" in name:
        return name
    particles, _, last = family.rpartition(" ")
    return f"{particles} {{{last}}}, {given}"


_INITIAL = re.compile(r"(?:^|(?<=[\s.-]))[^\x00-\x7f]")


def _initial(match: re.Match[str]) -> str:
    """A first letter as TeX: classic BibTeX takes the first byte of `Özgür` for its initial, and cuts the letter."""
    value = latex(match[0], ascii_only=True)
    return value if value.startswith("{\\") else match[0]


def _name(name: Name, ascii_only: bool) -> str:
    """`van den Oord, Aaron`, `Steele, Jr., Guy L.`, `{Kimi Team}`; a word or comma that would part names is braced."""
    family, given = name.family, name.given
    if name.literal or not given or not family:
        return f"{{{latex(display_name(name), ascii_only=ascii_only)}}}"
    if not (family.isalpha() and family.isascii()) and not (family := _name_part(family, ascii_only)):
        return f"{{{latex(given, ascii_only=ascii_only)}}}"
    given = _given(given, ascii_only)
    return f"{family}, {_name_part(name.suffix, ascii_only)}, {given}" if name.suffix else f"{family}, {given}"


_LEADING_SIGN = re.compile(r"^\{(\\text[a-z]+)\}")
"""Of this group biber takes the closing brace for the initial."""


@lru_cache(1 << 12)
def _given(part: str, ascii_only: bool) -> str:
    value = _name_part(part, ascii_only)
    return value if value.isascii() else _INITIAL.sub(_initial, value)


@lru_cache(1 << 12)
def _name_part(part: str, ascii_only: bool) -> str:
    value = latex(part, ascii_only=ascii_only)
    if "\n" in value or "\t" in value:
        value = " ".join(value.split())
    if value.startswith("{\\text"):
        value = _LEADING_SIGN.sub(r"\1{}", value)
    if "," in value:
        return f"{{{value}}}"
    if " and " in f" {value.lower()} ":
        return " ".join(f"{{{word}}}" if word.lower() == "and" else word for word in value.split(" "))
    return value
