"""How .bib files call things: one table a direction and dialect, for the exporters and the reader."""

from __future__ import annotations

from typing import Final

__all__ = ["CONTAINERS", "KEPT", "MONTHS", "TYPES"]

MONTHS: Final = (*"jan feb mar apr may jun jul aug sep oct nov dec".split(),)

KEPT: Final = "bib:"
"""Prefix of keys of `Entry.extra`: a field of a .bib that an entry has no place for, verbatim."""

TYPES: Final = {
    "article-journal": ("article", "article"),
    "paper-conference": ("inproceedings", "inproceedings"),
    "chapter": ("incollection", "incollection"),
    "book": ("book", "book"),
    "report": ("techreport", "report"),
    "thesis": ("phdthesis", "thesis"),
}
"""CSL type of the venue -> the entry type in BibTeX and in BibLaTeX."""

CONTAINERS: Final = {
    "article-journal": ("journal", "journaltitle"),
    "paper-conference": ("booktitle", "booktitle"),
    "chapter": ("booktitle", "booktitle"),
    "book": ("series", "series"),
    "report": ("institution", "institution"),
    "thesis": ("school", "institution"),
}
"""CSL type of the venue -> the field of its container in BibTeX and in BibLaTeX."""
