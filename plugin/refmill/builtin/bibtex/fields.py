"""Cuts an entry of a .bib into its fields, through bibtexparser."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from refmill.builtin.bibtex.heads import opening_of
from refmill.builtin.bibtex.layout import FIELD_NAME
from refmill.builtin.bibtex.values import value_at
from refmill_hooks import ReadError

if TYPE_CHECKING:
    from bibtexparser.model import Entry

__all__ = ["BibFields", "fields_of"]

_KEYLESS = re.compile(r"[{(]\s*+[A-Za-z][\w-]*+\s*+=")
_NEXT = re.compile(r"\s*+([A-Za-z][\w.:+/-]*+)\s*+=")
_COMMENT_LINES = re.compile(r"\A(?:(?:%|//)[^\n]*+\n\s*+)++")
_SHOWN: Final = 60
_COMMENTED_OUT: Final = ("%", "//")
"""How authors put a field out of use: biber skips the one, and to BibTeX both are names that no style asks for."""

_HIDDEN: Final = {'"': "\ufdd0", "@": "\ufdd1", "\\\\": "\ufdd2"}
"""What is text to BibTeX and a mark to bibtexparser -> a character of no meaning (Unicode: noncharacters)."""

_SHOW: Final = str.maketrans({hidden: sign for sign, hidden in _HIDDEN.items()})
_QUOTE_OR_BRACE = re.compile(r'\\.|[{}"]', re.DOTALL)


class BibFields(msgspec.Struct, gc=False):
    """An entry: its type and the names of its fields in lower case, the values without delimiters, strings put in.

    `problems` says what of it is left out, and why.
    """

    kind: str
    key: str
    fields: dict[str, str]
    problems: list[str]


def fields_of(text: str, strings: Mapping[str, str]) -> BibFields:
    """The fields of one whole entry. Of a field that stands there twice the first counts, as for BibTeX.

    Raises ReadError.
    """
    opening = opening_of(text)
    if opening is None:
        raise ReadError("not BibTeX: there is no entry")
    kind, begin = opening
    body = _hidden(text[begin:])
    if _KEYLESS.match(body):
        body = f"{body[0]},{body[1:]}"
    parsed = _parsed("@entry" + body)
    found = BibFields(kind, parsed.key.translate(_SHOW), {}, [])
    for field in parsed.fields:
        name, value = field.key.translate(_SHOW), str(field.value).translate(_SHOW)
        if name.startswith(_COMMENTED_OUT):
            name = _COMMENT_LINES.sub("", name)
            if name.startswith(_COMMENTED_OUT):
                continue
        if not FIELD_NAME.fullmatch(name):
            found.problems.append(f"{_shown(name)} is no name of a field")
            continue
        for each, said in _values(name.lower(), value, strings, found.problems):
            if found.fields.setdefault(each, said) != said:
                found.problems.append(f"{each} stands there twice; left out: {_shown(said)}")
    return found


def _values(name: str, raw: str, strings: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, str]]:
    """The field, and those behind it that no comma parts from it."""
    at = 0
    while True:
        value, at = value_at(raw, at, strings)
        yield name, value
        if following := _NEXT.match(raw, at):
            name, at = following[1].lower(), following.end()
            continue
        if rest := raw[at:].strip():
            problems.append(f"in {name} stands {_shown(rest)}, which is no value")
        return


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _parsed(text: str) -> Entry:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock

    _quiet()
    blocks = parse_string(text, parse_stack=[]).blocks  # values as they stand: delimiters tell strings from text
    first = blocks[0] if blocks else None
    if isinstance(first, DuplicateFieldKeyBlock):
        first = first.ignore_error_block
    if isinstance(first, Entry) and len(blocks) == 1:
        return first
    why = ""
    if isinstance(first, ParsingFailedBlock):
        why = str(getattr(first.error, "abort_reason", "") or first.error).translate(_SHOW)
    raise ReadError(f"not BibTeX: {why or 'its delimiters do not pair'}")


@lru_cache(1)
def _quiet() -> None:
    """What bibtexparser logs of a bad entry is told as a problem, with its line in the file."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)


def _hidden(body: str) -> str:
    """An entry from its opening delimiter on, without the marks that are none.

    At an `@` bibtexparser may see a new entry; of the two backslashes of a line break it takes the second for an escape
    of what follows; and quotes inside braces it takes for delimiters.
    """
    body = body.replace("\\\\", _HIDDEN["\\\\"]).replace("@", _HIDDEN["@"])
    if '"' not in body:
        return body
    depth = -1 if body[0] == "{" else 0

    def hide(match: re.Match[str]) -> str:
        nonlocal depth
        sign = match[0]
        depth += (sign == "{") - (sign == "}")
        return _HIDDEN['"'] if sign == '"' and depth > 0 else sign

    return _QUOTE_OR_BRACE.sub(hide, body)
