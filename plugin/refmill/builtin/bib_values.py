"""The values of a .bib: the text between delimiters, and the names of authors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refmill_hooks import Name
from refmill_hooks.names import is_group, parse_name
from refmill_hooks.text import squeeze, unprotected

__all__ = ["authors_of", "value_of"]

_PART = re.compile(r'"((?:[^"{}]|\{[^"]*\})*)"|\{((?:[^{}]|\{[^{}]*\})*)\}|([^\s#"{}]+)')
_LABELLED = re.compile(r"(?:^|,)\s*(family|given|prefix|suffix)\s*=\s*(\{[^{}]*\}|[^,]*)")


def value_of(raw: str, strings: Mapping[str, str]) -> str:
    """The text of `{…}`, `"…"`, a number, a string's name, or several of these joined by `#`."""
    raw = raw.strip()
    if raw[:1] + raw[-1:] in ("{}", '""') and _is_one(raw):
        return raw[1:-1].strip()
    if "#" not in raw and raw[:1] not in '{"':
        return strings.get(raw.lower(), raw)
    parts = []
    for quoted, braced, word in _PART.findall(raw):
        parts.append(quoted or braced or strings.get(word.lower(), word))
    return "".join(parts).strip()


def _is_one(raw: str) -> bool:
    """Whether the first delimiter is closed by the last."""
    depth = 0
    text = raw.replace("\\{", "  ").replace("\\}", "  ")
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if at and depth == 0 and at < len(text) - 1 and sign in '}"':
            return False
    return True


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
    if text[:1] == "{" and text[-1:] == "}" and _is_one(text):
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
    part = {label: value_of(value, {}) for label, value in _LABELLED.findall(text)}
    family = " ".join(filter(None, (part.get("prefix"), part.get("family"))))
    given, suffix = part.get("given", ""), part.get("suffix", "")
    return Name(
        family=unprotected(family or given), given=unprotected(given if family else ""), suffix=unprotected(suffix)
    )
