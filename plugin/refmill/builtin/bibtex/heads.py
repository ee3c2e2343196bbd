"""How the blocks of a .bib begin, well-formed and not, and what type of entry the words of a head mean.

Every repetition is bounded, so that a head can be told from other text by the LONGEST_HEAD characters that follow.
"""

from __future__ import annotations

import re
from typing import Final

from refmill.builtin.bibtex.layout import OTHER_TYPES, TYPES

__all__ = ["HEAD", "LONGEST_HEAD", "ODD_HEAD", "SURE_HEAD", "begins_line", "opening_of"]

LONGEST_HEAD: Final = 2000

_BLANKS = r"\s{0,99}+"
_GAP = rf"{_BLANKS}(?:%[^\n]{{0,200}}+\n{_BLANKS})?+"
_FIELD = rf"\w[\w:.+-]{{0,60}}+{_BLANKS}="

HEAD: Final = (
    rf"{_BLANKS}(?P<kind>[A-Za-z][\w-]{{0,99}}+){_BLANKS}(?:\{{|\((?![^\n(){{}}]{{0,200}}+\)[ \t]{{0,99}}+\{{))"
)
"""Behind `@`: the type of a block, and the delimiter that opens it; the `(` of `@article (journal){key,` is none."""

_NO_COMMENT: Final = r"(?![ \t]*(?i:comment)\b)"
_WORDS: Final = (
    rf"{_NO_COMMENT}(?P<words>[^\n@{{}}%]{{0,400}}+(?=\{{)|[^\n@{{}}()%]{{0,400}}+)[{{(]"
    rf"(?={_BLANKS}(?:[^\n,{{}}=]{{0,400}}+"
    rf"(?:{_BLANKS},{_GAP}{_FIELD}|\n{_BLANKS}{_FIELD}|{_BLANKS},{_BLANKS}[}})])|{_FIELD}))"
)
_BARE: Final = rf"{_NO_COMMENT}(?P<bare>[^\n@{{}}()=,%]{{1,200}}+)(?=[,\n]{_BLANKS}{_FIELD})"
ODD_HEAD: Final = rf"(?<!\w@){_WORDS}|{_BARE}"
"""Behind `@` what is no type, as in `@['JournalArticle', 'Conference']{key,` or `@{key,`; or a head without its brace.

A key and a field must follow, for between blocks stands text of any kind; where there is not even a brace (`bare`),
nothing but a block may stand in front of it on its line, as `begins_line` tells.
"""

SURE_HEAD: Final = re.compile(
    rf"@[A-Za-z]{{1,99}}+{_BLANKS}\{{{_BLANKS}[^\s=,{{}}]{{1,300}}+[ \t]{{0,99}}+"
    rf"(?:,?[ \t]{{0,99}}+(?:\n|$)|,{_BLANKS}{_FIELD})"
)
"""What can only begin an entry, whatever is open in front of it: `@article{key,` in column 1."""

_OPENING: Final = re.compile(rf"@(?:{HEAD}|{_WORDS})")
_WORD: Final = re.compile(r"[a-z]+")
_TYPES: Final = {
    "conference": "inproceedings",
    "proceedings": "inproceedings",
    "booksection": "incollection",
    "chapter": "incollection",
    "book": "book",
    "thesis": "phdthesis",
    "report": "techreport",
    "dataset": "dataset",
    "journalarticle": "article",
    "journal": "article",
    "review": "article",
    "editorial": "article",
    "article": "article",
}
"""Words of Semantic Scholar and of people -> the entry type, the words that tell most first."""

_KNOWN: Final = frozenset({"misc", *(word for words in TYPES.values() for word in words)}).union(*OTHER_TYPES[""])


def begins_line(text: str, at: int) -> bool:
    """Return whether nothing but blanks or a block stands in front of this place on its line."""
    front = text[max(at - 100, 0) : at].rstrip(" \t\ufeff")
    return not front or front[-1] in "\n})"


def opening_of(text: str) -> tuple[str, int] | None:
    """Return the entry type in lower case and where the delimiter stands that opens it; None where there is none."""
    found = _OPENING.match(text)
    if found is None:
        return None
    kind: str | None = found["kind"]
    return kind.lower() if kind else _type_of(found["words"]), found.end() - 1


def _type_of(words: str) -> str:
    said: list[str] = _WORD.findall(words.lower())
    for word in said:
        if word in _KNOWN and word not in _TYPES:
            return word
    return next((kind for word, kind in _TYPES.items() if word in said), "misc")
