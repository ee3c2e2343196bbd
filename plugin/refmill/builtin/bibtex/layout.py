"""How .bib files call things: one table a direction and dialect, for the exporters and the reader."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CONTAINERS", "FIELD_NAME", "KEPT", "KEPT_TYPE", "NOT_IN_BIBLATEX", "OTHER_TYPES", "TYPES"]

FIELD_NAME: Final = re.compile(r"[A-Za-z_][\w:+-]*", re.ASCII)
"""The names of fields that every program takes; pandoc refuses a whole file for a name with other signs."""

KEPT: Final = "bib:"
"""Prefix of keys of `Entry.extra`: a field of a .bib that an entry has no place for, verbatim."""

KEPT_TYPE: Final = KEPT + "@"
"""Key of `Entry.extra`: the entry type of a .bib, where OTHER_TYPES has it."""

TYPES: Final = {
    "article-journal": ("article", "article"),
    "paper-conference": ("inproceedings", "inproceedings"),
    "chapter": ("incollection", "incollection"),
    "book": ("book", "book"),
    "report": ("techreport", "report"),
    "thesis": ("phdthesis", "thesis"),
}
"""CSL type of the venue -> the entry type in BibTeX and in BibLaTeX."""

OTHER_TYPES: Final = {
    "thesis": (frozenset({"mastersthesis"}), frozenset({"mastersthesis"})),
    "chapter": (frozenset[str](), frozenset({"inbook"})),
    "": (
        frozenset(
            """article book booklet inbook incollection inproceedings manual mastersthesis phdthesis proceedings
            techreport unpublished""".split()
        ),
        frozenset(
            """article book bookinbook booklet collection dataset inbook incollection inproceedings inreference manual
            mastersthesis mvbook mvcollection mvproceedings mvreference online patent periodical phdthesis proceedings
            reference report software suppbook suppcollection techreport thesis unpublished""".split()
        ),
    ),
}
"""CSL type of the venue, "" for none -> further types in BibTeX (btxdoc), in BibLaTeX (for which biber has fields)."""

CONTAINERS: Final = {
    "article-journal": ("journal", "journaltitle"),
    "paper-conference": ("booktitle", "booktitle"),
    "chapter": ("booktitle", "booktitle"),
    "book": ("series", "series"),
    "report": ("institution", "institution"),
    "thesis": ("school", "institution"),
}
"""CSL type of the venue -> the field of its container in BibTeX and in BibLaTeX."""

NOT_IN_BIBLATEX: Final = {
    "article-journal": frozenset({"publisher"}),
    "paper-conference": frozenset({"issn"}),
    "chapter": frozenset({"issn"}),
    "book": frozenset({"issn"}),
    "report": frozenset({"volume", "publisher", "issn"}),
    "thesis": frozenset({"volume", "number", "publisher", "issn"}),
}
"""CSL type of the venue -> the fields that BibLaTeX's data model has no place for, of which biber complains."""
