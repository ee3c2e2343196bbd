""".bib files, BibTeX and BibLaTeX, block by block; the arXiv id from wherever it hides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from refmill.builtin.bibtex.blocks import Block, blocks, pieces
from refmill.builtin.bibtex.entry import entry_of
from refmill.builtin.bibtex.fields import fields_of
from refmill.builtin.bibtex.heads import opening_of
from refmill.builtin.bibtex.values import value_at
from refmill_hooks import Entry, Reader, ReadError, SkipRecord, Source, hookimpl

__all__ = ["BibRecord", "entry", "records"]

_SNIFFED = re.compile(
    rb"(?:^|\n|\xef\xbb\xbf)[ \t]*@\s*+"
    rb"(?:[A-Za-z]{3,20}+\s*+[{(]\s*+[^\s=,{}\"]*+[ \t\r]*+[,=\n]"
    # a head that is none, and a field behind it
    rb"|[^=@{]{0,400}+@?+\{[^=@]{0,400}?(?:(?<=[,{])|\n)\s*+[\w\x80-\xff][\w:.+\x80-\xff-]*+\s*+=\s*+[\"{0-9]"
    rb"|[^=@{]{0,400}?[,\n]\s*+\w[\w:.+-]*+\s*+=\s*+\{)",
)
_WITHOUT_ENTRIES = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s*+%[^\n]*+)*+\s*+@\s*+(?i:comment|preamble)\s*+[{(]"
    rb"|(?:\xef\xbb\xbf)?\s*+%\s*+Encoding:[^\n]*+(?:\s*+%[^\n]*+)*+\s*+\Z"
)
"""How a library begins in which there may be no entry yet, such as a new one of JabRef."""
_NO_ENTRY: Final = frozenset({"string", "comment", "preamble"})
_FIELDS = re.compile(r"""(?:%[^\n]*+|[\s,"})])*+\w[\w:.+-]*+\s*+=\s*+["{\w]""")
_LIKE_AN_ENTRY = re.compile(
    # an `@` that begins a line, and a brace on it, behind which no prose follows
    r"^[ \t\ufeff]*+@(?![ \t]*+(?i:comment)\b)(?:[^\n]*[{(](?![^\n{}()]*+[})][ \t]*+[^\s{}(),])"
    # or the brace is on one of the next lines, in front of a key
    r"|(?:[^\n{(]*+\n){1,5}[^\n{}()@]*+[{(][^\s{}=,]*+[ \t]*+[,\n}])"
    # or there is a field, be there an `@` or not
    r"|^(?:[^\n=%]*+=)*?[^\n=%]*\b[A-Za-z][\w:.+-]*+[ \t]*+=[ \t]*+\{"
    r"|^[ \t]*+[A-Za-z]++[ \t]*+[{(][^\s{}()=,]++\s*+,\s*+\w[\w:.+-]*+\s*+=",
    re.MULTILINE,
)
"""Text between blocks that was meant as an entry, and has no head by which it could be read."""

_COMMENT = re.compile(r"\ufeff?(?:\s*+%[^\n]*+)*+\s*+")
_NOTHING = re.compile(r"\ufeff?(?:\s*+%[ \t]*+Encoding:[^\n]*+)*+\s*+")
"""Text between blocks that nobody misses."""
_STRING = re.compile(r"@\s*+\w++\s*+[{(]\s*+([^\s={}\"#,]++)\s*+=")
_SHOWN: Final = 1000
"""Characters of a text without entries that the problems file quotes."""


class BibRecord(msgspec.Struct, gc=False):
    """One block of a .bib as it stands there, the `@string` definitions in front of it, and what is wrong with it.

    `is_block` is False for text between blocks, which is a comment.
    """

    text: str
    strings: dict[str, str]
    problem: str = ""
    is_block: bool = True


@hookimpl
def refmill_readers() -> Iterator[Reader[BibRecord]]:
    yield Reader(
        name="bib",
        title="BibTeX and BibLaTeX libraries, with the arXiv id from wherever it hides",
        suffixes=(".bib", ".bibtex", ".biblatex"),
        sniff=lambda head: (_SNIFFED.search(head) or _WITHOUT_ENTRIES.match(head)) is not None,
        records=records,
        entry=entry,
        raw=lambda record: record.text.strip(),
    )


def records(source: Source) -> Iterator[BibRecord]:
    """Every block, and the text between them where there is any. Where such text hides something lost, that is told."""
    strings: dict[str, str] = {}
    is_bib = False
    is_told = False
    stray: Block | None = None
    for block in blocks(pieces(source)):
        source.line = block.line
        if not block.kind:
            if is_bib and _FIELDS.match(block.text):
                is_told = True
                source.line += block.text.count("\n", 0, len(block.text) - len(block.text.lstrip()))
                yield BibRecord(block.text, {}, "fields behind the end of an entry: a brace closes it too early")
            elif found := _LIKE_AN_ENTRY.search(block.text):
                is_told = True
                source.line += block.text.count("\n", 0, found.start())
                yield BibRecord(block.text[found.start() :], {}, "not BibTeX: this begins as no entry does")
            elif is_bib or _COMMENT.fullmatch(block.text):
                if not _NOTHING.fullmatch(block.text):
                    yield BibRecord(block.text, {}, is_block=False)
            elif stray is None:
                stray = block
            continue
        if stray and not is_bib:
            source.line = stray.line
            yield BibRecord(stray.text, {}, is_block=False)
            source.line = block.line
        is_bib = True
        if not block.is_closed:
            yield BibRecord(block.text, {}, f"the {block.kind} is never closed")
        elif block.kind == "string":
            strings, problem = _defined(block.text, strings)
            yield BibRecord(block.text, {}, problem)
        else:
            yield BibRecord(block.text, strings)
    if stray and not is_bib and not is_told:
        source.line = stray.line
        yield BibRecord(stray.text[:_SHOWN], {}, "not BibTeX: there is no entry")


def _defined(text: str, strings: dict[str, str]) -> tuple[dict[str, str], str]:
    """The strings with that of a block, and what is wrong with it, or "".

    Entries share them, until one is defined anew: a copy for each would take the square of the time.
    """
    defined = _STRING.match(text)
    if defined is None:
        return strings, "not BibTeX: the string has no name or no value"
    name, body = defined[1].lower(), text[:-1]
    value, end = value_at(body, defined.end(), strings)
    strings = {**strings} if name in strings else strings
    strings[name] = value
    rest = body[end:].strip(" \t\n,")
    return strings, f"in a string stands {rest[:60]!r}, which is no value" if rest else ""


def entry(record: BibRecord) -> Entry:
    """Raises SkipRecord for what is no entry, ReadError for one that cannot be parsed."""
    if record.problem:
        raise ReadError(record.problem)
    if not record.is_block:
        raise SkipRecord("text between entries", content="text between entries")
    opening = opening_of(record.text)
    if opening is None:
        raise ReadError("not BibTeX: the entry begins without a brace")
    if opening[0] in _NO_ENTRY:
        raise SkipRecord("a comment, a preamble or a string", content=f"@{opening[0]}")
    return entry_of(fields_of(record.text, record.strings))
