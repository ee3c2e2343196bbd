"""BibTeX and BibLaTeX, in forms that LaTeX, Zotero, JabRef, Better BibTeX, pandoc and biber read alike."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from refmill.builtin.bib_layout import CONTAINERS, KEPT, MONTHS, TYPES
from refmill_hooks import Entry, Exporter, Name, Venue, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId, carries_class
from refmill_hooks.names import display_name
from refmill_hooks.remarks import remarks
from refmill_hooks.text import latex, protect_capitals


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


_WIDTH = len("archiveprefix")


def _block(entry: Entry, options: BibOptions, *, biblatex: bool) -> str:
    kind = _kind(entry, options, biblatex)
    fields = _fields(entry, options, biblatex)
    if any(name.startswith(KEPT) for name in entry.extra):
        fields += _kept(entry, {name for name, value in fields if value})
    lines = "".join([_lead(name) + value for name, value in fields if value and name])
    return f"@{kind}{{{entry.key or entry.id.replace('/', '_')}{lines},\n}}\n"


@lru_cache(1024)
def _lead(name: str) -> str:
    """What stands between the values of the field before and of this one."""
    return f",\n  {name:<{_WIDTH}} = "


def _kept(entry: Entry, written: set[str]) -> list[tuple[str, str]]:
    """Fields of a .bib that the entry was read from and that nothing else stands for."""
    kept = ((name.removeprefix(KEPT), value) for name, value in entry.extra.items() if name.startswith(KEPT))
    return [(name, f"{{{value}}}") for name, value in kept if name.isalpha() and name not in written]


def _kind(entry: Entry, options: BibOptions, biblatex: bool) -> str:
    if entry.venue:
        return TYPES.get(entry.venue.kind, ("misc", "misc"))[biblatex]
    return options.preprint or ("online" if biblatex and entry.id else "misc")


def _fields(entry: Entry, options: BibOptions, biblatex: bool) -> list[tuple[str, str]]:
    """The fields in the order in which they are written, empty ones too."""
    arxiv = ArxivId(entry.id, entry.version) if entry.id else None
    venue = entry.venue

    def text(value: str) -> str:
        return f"{{{latex(value, ascii=options.ascii).strip()}}}" if value else ""

    fields = [
        ("author", f"{{{_authors(entry.authors, options)}}}" if entry.authors else ""),
        ("title", _title(entry.title, options)),
    ]
    if venue:
        fields += [
            (CONTAINERS.get(venue.kind, ("journal", "journaltitle"))[biblatex], text(venue.container)),
            ("volume", text(venue.volume)),
            ("number", text(venue.issue)),
            ("pages", text(venue.pages.replace("-", "--"))),
            (_publisher_field(venue, biblatex), text(venue.publisher)),
            ("issn", text(venue.issn)),
        ]
    fields += _dates(entry, options, biblatex)
    if arxiv:
        primary = "" if carries_class(entry.id) else entry.primary_category
        if biblatex:
            fields += [
                ("eprint", f"{{{entry.id}}}"),
                ("eprinttype", "{arxiv}"),
                ("eprintclass", f"{{{primary}}}" if primary else ""),
                ("pubstate", "" if venue else "{prepublished}"),
                ("version", f"{{{entry.version}}}" if entry.version and not venue else ""),
            ]
        else:
            fields += [
                ("eprint", f"{{{entry.id}}}"),
                ("archiveprefix", "{arXiv}"),
                ("primaryclass", f"{{{primary}}}" if primary else ""),
                ("eprinttype", "{arxiv}"),
            ]
    own_doi = arxiv.doi if arxiv and options.arxiv_doi and not venue else ""
    if doi := entry.doi[0] if entry.doi else own_doi:
        fields.append(("doi", f"{{{_verbatim(doi)}}}"))
    if arxiv:
        fields.append(("url", f"{{{arxiv.url}}}"))
    if biblatex and options.accessed:
        fields.append(("urldate", f"{{{options.accessed}}}"))
    if options.abstract:
        fields.append(("abstract", text(entry.abstract)))
    fields += [
        ("keywords", _keywords(entry.categories, options.ascii)),
        ("note", text("; ".join([f"{label}: {remark}" for label, remark in remarks(entry)]))),
    ]
    return fields


@lru_cache(4096)
def _keywords(categories: tuple[str, ...], ascii: bool) -> str:
    words = ", ".join(name.replace(",", "") for name in category_names(categories))
    return f"{{{latex(words, ascii=ascii)}}}" if words else ""


def _verbatim(doi: str) -> str:
    return doi.replace("{", "").replace("}", "").replace("%", "\\%")


def _title(title: str, options: BibOptions) -> str:
    if not title:
        return ""
    value = latex(title, ascii=options.ascii)
    if options.capitals == "title":
        return f"{{{{{value}}}}}"
    return f"{{{protect_capitals(value) if options.capitals == 'words' else value}}}"


def _publisher_field(venue: Venue, biblatex: bool) -> str:
    """Where biblatex has a place for the publisher (its data model has none in articles); "" where it has none."""
    if not biblatex or venue.kind not in ("article-journal", "report", "thesis"):
        return "publisher"
    return "" if venue.kind == "article-journal" or venue.container else "institution"


def _dates(entry: Entry, options: BibOptions, biblatex: bool) -> list[tuple[str, str]]:
    written = reference_date(entry, latest=options.date == "latest")
    if not written:
        return []
    if biblatex:
        return [("date", f"{{{written}}}")]
    year, _, rest = written.partition("-")
    return [("year", f"{{{year}}}"), ("month", MONTHS[int(rest[:2]) - 1] if rest else "")]


def _authors(authors: tuple[Name, ...], options: BibOptions) -> str:
    shown = authors[: options.max_authors] if options.max_authors else authors
    others = " and others" if len(shown) < len(authors) else ""
    if len(shown) == 1 and not others:
        return _lone_name(_name(shown[0], options.ascii))
    return " and ".join([_name(name, options.ascii) for name in shown]) + others


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
    value = latex(match[0], ascii=True)
    return value if value.startswith("{\\") else match[0]


def _name(name: Name, ascii: bool) -> str:
    """`van den Oord, Aaron`, `Steele, Jr., Guy L.`, `{Kimi Team}`; a word or comma that would part names is braced."""
    if name.literal or not name.given:
        return f"{{{latex(display_name(name), ascii=ascii)}}}"
    family, given = _name_part(name.family, ascii), _name_part(name.given, ascii)
    if not given.isascii():
        given = _INITIAL.sub(_initial, given)
    return f"{family}, {_name_part(name.suffix, ascii)}, {given}" if name.suffix else f"{family}, {given}"


@lru_cache(1 << 11)
def _name_part(part: str, ascii: bool) -> str:
    value = latex(part, ascii=ascii)
    if "," in value:
        return f"{{{value}}}"
    if " and " in f" {value.lower()} ":
        return " ".join(f"{{{word}}}" if word.lower() == "and" else word for word in value.split(" "))
    return value
