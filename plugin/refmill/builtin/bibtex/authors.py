"""The authors of a .bib, by the rules of BibTeX and BibLaTeX."""

from __future__ import annotations

import re

from refmill.builtin.bibtex.values import closing_of
from refmill_hooks import Name
from refmill_hooks.names import is_group, parse_name
from refmill_hooks.text import squeeze, unprotected

__all__ = ["authors_of"]

_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*+\}"
_LABELLED = re.compile(rf"(?:^|,)\s*+(family|given|prefix|suffix)\s*+=\s*+((?:{_GROUP}|[^,{{}}])*+)")


def authors_of(text: str) -> tuple[tuple[Name, ...], bool]:
    """The names, and whether `others` says that there are more."""
    from bibtexparser.middlewares.names import split_multiple_persons_names

    if not text:
        return (), False
    names = [_name(squeeze(name)) for name in split_multiple_persons_names(squeeze(text)) if name.strip()]
    known = tuple(name for name in names if name.literal or name.family not in ("others", "et al.", "et al"))
    return known, len(known) < len(names)


def _name(text: str) -> Name:
    """`van den Oord, Aaron`, `Steele, Jr., Guy L.`, `Guy L. Steele`, `{Kimi Team}`."""
    from bibtexparser.middlewares.names import InvalidNameError, parse_single_name_into_parts

    if _LABELLED.match(text):
        return _name_of_labels(text)
    if _in_braces(text):
        inner = text[1:-1].strip()
        return Name(family=inner) if " " not in inner and not is_group(inner) else Name(literal=inner)
    try:
        parts = parse_single_name_into_parts(text)
    except InvalidNameError:
        return parse_name(text)
    family = " ".join([*parts.von, *parts.last])
    return Name(
        family=unprotected(family), given=unprotected(" ".join(parts.first)), suffix=unprotected(" ".join(parts.jr))
    )


def _name_of_labels(text: str) -> Name:
    """`family=Oord, given=Aaron, prefix=van den, useprefix=true`, as BibLaTeX takes names (biblatex manual, 3.4)."""
    part = {label: value[1:-1] if _in_braces(value) else value.strip() for label, value in _LABELLED.findall(text)}
    family = " ".join(filter(None, (part.get("prefix"), part.get("family"))))
    given, suffix = part.get("given", ""), part.get("suffix", "")
    return Name(
        family=unprotected(family or given), given=unprotected(given if family else ""), suffix=unprotected(suffix)
    )


def _in_braces(text: str) -> bool:
    """Whether one pair of braces holds all of it."""
    return text[:1] == "{" and closing_of(text, 0) == len(text)
