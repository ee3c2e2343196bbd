"""The entry: what refmill knows of one paper, whatever dump or service said it.

Text fields hold what the source printed: Unicode mixed with TeX, hard line wraps folded into spaces, paragraphs of the
abstract and of the comments kept apart by one blank line. Exporters turn it into their own text with
`refmill_hooks.text`. An empty value ("", (), None) means *not known*.
"""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

__all__ = [
    "DATE",
    "EXECUTES",
    "MERGED",
    "OF_INSTITUTIONS",
    "PRINTED_ID",
    "PROBLEM",
    "REPLACED_KEY",
    "SUSPECT",
    "UNVERIFIED",
    "WITHDRAWN",
    "Entry",
    "Name",
    "Venue",
    "Version",
]

DATE: Final = "refmill:date"
"""Key of `Entry.extra`: a date of which only the year, or year and month, are known: `2007`, `2007-07`."""

EXECUTES: Final = "refmill:executes"
"""Key of `Entry.extra`: commands of TeX in values kept from a .bib that read or write files or run code."""

MERGED: Final = "refmill:merged"
"""Key of `Entry.extra`: the other entries that this one stands for, by id and key; goes to the report."""

OF_INSTITUTIONS: Final = frozenset({"report", "thesis"})
"""Kinds of venues whose container is the institution or university."""

PRINTED_ID: Final = "refmill:printed-id"
"""Key of `Entry.extra`: what stands where the id should, and is none; `Entry.id` is empty then."""

PROBLEM: Final = "refmill:problem"
"""Key of `Entry.extra`: what a reader could not make out of a record it otherwise read; goes to the problems file."""

UNVERIFIED: Final = "refmill:unverified"
"""Key of `Entry.extra`: space-separated names of the fields that are kept as printed but not to be trusted."""

REPLACED_KEY: Final = "refmill:replaced-key"
"""Key of `Entry.extra`: the citation key that was brought along and that no program could read; goes to the report."""

SUSPECT: Final = "refmill:suspect"
"""Key of `Entry.extra`: what is visibly wrong with an unverified value, such as `the forenames are shifted`."""

WITHDRAWN: Final = "refmill:withdrawn"
"""Key of `Entry.extra`: the sentence that says the paper was withdrawn from arXiv."""


class Name(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A person (`family`, with `given` and `suffix` where known) or, in `literal`, a collaboration, company or group.

    Particles stay in front of the family name: `Name(family="van den Oord", given="Aaron")`.
    """

    family: str = ""
    given: str = ""
    suffix: str = ""
    literal: str = ""
    affiliations: tuple[str, ...] = ()


class Version(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One version of a paper; `number` counts from 1, `created` is the day it was submitted."""

    number: int
    created: datetime.date | None = None


class Venue(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Where a paper was published, as a journal reference or a DOI record was understood to say.

    `kind` is a CSL type: `article-journal`, `paper-conference`, `chapter`, `book`, `report` or `thesis`. `container` is
    the journal, the proceedings, the book of a chapter, the series of a book, or what OF_INSTITUTIONS says. `pages` is
    `first-last` with one hyphen, a single page or an article number. `date` is as exact as is known: `2007`, `2007-03`
    or `2007-03-15`; `year` agrees with it.
    """

    kind: str = "article-journal"
    container: str = ""
    container_short: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    year: int | None = None
    date: str = ""
    publisher: str = ""
    issn: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One bibliographic entry. Copy it with a change by `entry.replace(title="…")`.

    - `id`: the canonical arXiv id without version (`2411.10701`, `hep-th/9901001`), or "" for an entry that has none.
    - `version`: the version that was asked for or recorded, None for the newest.
    - `categories`: codes, the primary category first.
    - `created`, `updated`: the days on which the first and the newest version were submitted, never a datestamp.
    - `doi`: all publisher's DOIs, bare (`10.1103/PhysRevD.76.013009`), the paper's own first; never a 10.48550 one.
    - `journal_ref`: the journal reference verbatim; `venue`: what it or a DOI record was certainly understood to say.
    - `license`: a URI.
    - `key`: the citation key.
    - `extra`: what has no field of its own, under `plugin:name`.
    - `source`: the reader or enricher that made the entry; `origin`: field name -> who set it, where that was another.
    """

    id: str = ""
    version: int | None = None
    title: str = ""
    authors: tuple[Name, ...] = ()
    abstract: str = ""
    categories: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    created: datetime.date | None = None
    updated: datetime.date | None = None
    doi: tuple[str, ...] = ()
    journal_ref: str = ""
    comments: str = ""
    report_no: str = ""
    msc_class: str = ""
    acm_class: str = ""
    license: str = ""
    submitter: str = ""
    venue: Venue | None = None
    key: str = ""
    extra: dict[str, str] = {}
    source: str = ""
    origin: dict[str, str] = {}

    def replace(self, **changes: object) -> Entry:
        """A copy with these fields changed; the entry itself stays as it is."""
        return msgspec.structs.replace(self, **changes)

    @property
    def primary_category(self) -> str:
        """The code of the primary category, or "" where it is not known for sure."""
        if not self.categories or (self.extra and "categories" in self.unverified):
            return ""
        return self.categories[0]

    @property
    def versioned_id(self) -> str:
        """`2411.10701v2` where a version was given, else the bare id."""
        return f"{self.id}v{self.version}" if self.version and self.id else self.id

    @property
    def unverified(self) -> frozenset[str]:
        """Names of the fields that are not to be trusted."""
        return frozenset(self.extra.get(UNVERIFIED, "").split())
