"""Lists of arXiv ids, URLs and DOIs, one or several a line; `#` begins a comment. Also ids on the command line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice

from refmill_hooks import Entry, Reader, ReadError, Source, hookimpl
from refmill_hooks.identifiers import BadIdentifier, DamagedIdentifier, bare_doi, is_arxiv_doi, parse_id

__all__ = ["entry", "records", "sniff"]

_COMMENT = re.compile(r"(?:^|\s)#.*")
_WORD = re.compile(r"(?:arxiv|doi)\s*:\s*[^\s,;\ufeff]+|[^\s,;\ufeff]+", re.IGNORECASE)
"""A byte order mark parts words as well, where the last line of a file that was joined had no end."""
_BRACKET = re.compile(r"\[[A-Za-z., -]*\]")
_LONGEST = 1000
"""Characters of a word; nothing longer is an id, and its beginning shows that."""
_SNIFFED = 40
"""Words that are looked at to tell a list of ids from other text."""


@hookimpl
def refmill_readers() -> Iterator[Reader[str]]:
    yield Reader(
        name="ids",
        title="a list of arXiv ids, URLs and DOIs; # begins a comment",
        suffixes=(".txt", ".ids", ".lst"),
        sniff=sniff,
        records=records,
        entry=entry,
    )


def sniff(head: bytes) -> bool:
    """Whether nearly every one of the first words is an id: in other texts few are."""
    try:
        words = list(islice(records(Source(io.BytesIO(head))), _SNIFFED))
    except OSError:
        return False  # not in UTF-8
    understood = sum(_is_understood(word) for word in words)
    return bool(words) and understood * 10 >= len(words) * 7


def records(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.lines(), 1):
        source.line = number
        yield from _words(line)


def entry(record: str) -> Entry:
    """An entry that has an id, or a publisher's DOI, and nothing else. Raises ReadError."""
    try:
        arxiv_id = parse_id(record)
    except BadIdentifier as error:
        doi = bare_doi(record)
        if doi and not is_arxiv_doi(doi):
            return Entry(doi=(doi,), source="ids")
        raise ReadError(str(error)) from error
    return Entry(id=arxiv_id.id, version=arxiv_id.version, source="ids")


def _words(line: str) -> list[str]:
    return [word[:_LONGEST] for word in _WORD.findall(_BRACKET.sub(" ", _COMMENT.sub("", line)))]


def _is_understood(word: str) -> bool:
    """Whether it is an id, right or damaged, or a DOI."""
    try:
        parse_id(word)
    except DamagedIdentifier:
        return True
    except BadIdentifier:
        return bare_doi(word) is not None
    return True
