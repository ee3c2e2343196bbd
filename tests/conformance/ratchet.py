"""Losses that are a client's own: (client, format, field) -> how many values at most, and why. It may only shrink."""

from __future__ import annotations

from typing import Final

__all__ = ["LOSSES"]

_MATH = "shows math in a form of its own"
_SINGLE = "keeps the braces of `{Plato}` and `{Kimi Team}`, or parts them"
_PART = "bibutils and JabRef write volume and pages as parts of the journal, which the comparison does not look into"

LOSSES: Final[dict[tuple[str, str, str], tuple[int, str]]] = {
    ("pandoc", "bibtex", "abstract"): (2, "drops commands such as \\textsuperscript, and what it takes for math"),
    ("pandoc", "biblatex", "abstract"): (2, "drops commands such as \\textsuperscript, and what it takes for math"),
    ("Better BibTeX", "bibtex", "title"): (1, _MATH),
    ("Better BibTeX", "biblatex", "title"): (1, _MATH),
    ("Better BibTeX", "bibtex", "abstract"): (1, _MATH),
    ("Better BibTeX", "biblatex", "abstract"): (1, _MATH),
    ("citation-js", "bibtex", "title"): (1, _MATH),
    ("citation-js", "bibtex", "abstract"): (1, _MATH),
    ("bibutils", "bibtex", "title"): (4, "puts what stands behind a colon into a subtitle; shows math as letters"),
    ("bibutils", "bibtex", "authors"): (1, _SINGLE),
    ("bibutils", "bibtex", "abstract"): (1, _MATH),
    ("bibutils", "bibtex", "volume"): (1, _PART),
    ("bibutils", "bibtex", "pages"): (1, _PART),
    ("JabRef 3.8", "bibtex", "authors"): (3, _SINGLE),
    ("JabRef 3.8", "bibtex", "volume"): (1, _PART),
    ("JabRef 3.8", "bibtex", "pages"): (1, _PART),
}
