"""What the paragraphs of a plain text record are: title, author line, abstract or comments.

Nothing in the text says it, so these are guesses from shape and words. What is not clearly something else is abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from refmill_hooks.author_lists import are_ordinary
from refmill_hooks.names import is_group
from refmill_hooks.text import squeeze

__all__ = ["Parts", "banner_length", "begins_with_title", "parts_of", "parts_of_paragraphs"]


class Parts(NamedTuple):
    """The text of a record, hard line wraps folded; paragraphs of the abstract are parted by a blank line."""

    title: str = ""
    authors: str = ""
    abstract: str = ""
    comments: str = ""


_LONGEST_TITLE = 400
_LONGEST_LONE_TITLE = 250
_LONGEST_COMMENT = 1500
_SHORT = 200
_TITLE_LINES = 5
_WIDTHS = range(60, 101)
"""Characters in a line that a program may have wrapped."""

_BETWEEN_NAMES = re.compile(r",\s*|;\s*|(?<!\s)\s+(?:and|&)\s+")
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_NOT_IN_NAMES = frozenset(
    """a an the of with by from using via on to for as is are at its their towards toward through under between into
    over we""".split()
)
_PROSE = re.compile(
    r"(?:we|in this|this (?:paper|article|work|note|letter)|our|here|it is|the aim|moreover|finally|key ?words"
    r"|index terms)\b",
    re.IGNORECASE,
)

_COMMENT_WORDS = re.compile(
    r"""\b(?: \d+\+?\s*(?:pages?|pp?\b|figs?\b|figures?|tables?|slides|color|colour|eps|ps\b|refs?\b|references)
      | pages?\b | figures?\b | appendi(?:x|ces) | supplement\w* | la?tex\w* | revtex\w* | amstex | pdf\b
      | accepted | submitted | to\ appear | appears?\ in | appeared | published | publication | presented | in\ press
      | proceedings? | proc\. | camera[\ -]ready | conference | conf\. | workshop | symposium | journal | lecture
      | chapter | thesis | dissertation | report | preprint | draft | manuscript | version | revised | revision
      | extended | updated | corrected | corrections? | typos? | erratum | added | minor | comments? | withdrawn
      | superseded | replaced | code | source | software | project | homepage | website | available | arxiv
      | in\ (?:french|russian|german|spanish) | invited | talk | poster | contribut\w+ | contact | email
      | volume | issn | isbn | doi
      | (?:neurips|nips|icml|cvpr|iclr|iccv|eccv|acl|emnlp|naacl|aaai|ijcai|ieee|acm|lncs|eptcs|kdd|www|sigir)\b )
      | https?:// | \bv\d+\b | \b(?:19|20)\d\d\b""",
    re.IGNORECASE | re.VERBOSE,
)
_COUNTED = re.compile(
    r"\W{0,3}(?:v\d\W+)?(?:\w+\W+){0,3}?\d++\+?\s*(?:\w+\s+)?(?:pages?|pp?\b|figs?\b|figures?|slides)", re.IGNORECASE
)

_RULE = re.compile(r"[^\w\s]{3,}$|[#%]")
_HEADER = re.compile(
    r"(?:from|to|date|subject|sender|reply-to|message-id|received|content-type|source|query|licen[cs]e|copyright"
    r"|generated|exported|downloaded|retrieved)\b[^.]{0,30}[:©]",
    re.IGNORECASE,
)


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """The lines between blank lines; an indented line under one that is not opens a paragraph as well."""
    paragraph: list[str] = []
    for line in lines:
        if not line or line.isspace():
            if paragraph:
                yield "\n".join(paragraph)
                paragraph = []
            continue
        if paragraph and line[0] in " \t" and paragraph[-1][0] not in " \t":
            yield "\n".join(paragraph)
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield "\n".join(paragraph)


def parts_of(lines: Sequence[str]) -> Parts:
    """Tells the parts of a record apart, given the lines above its `arXiv:` line."""
    paragraphs = list(_paragraphs(lines))
    return _parts(paragraphs, [squeeze(paragraph.replace("\n", " ")) for paragraph in paragraphs])


def parts_of_paragraphs(paragraphs: list[str]) -> Parts:
    """The same of what blank lines part."""
    texts = [paragraph.replace("\n", " ") for paragraph in paragraphs]
    if all(map(_is_even, texts)):
        return _parts(paragraphs, texts)
    return parts_of("\n\n".join(paragraphs).split("\n"))


def _is_even(text: str) -> bool:
    """Whether no line was indented, or blank, or held more than one blank in a row."""
    return "  " not in text and "\t" not in text and (text.isascii() or text.isprintable()) and text == text.strip()


def _parts(paragraphs: list[str], texts: list[str]) -> Parts:
    """Of paragraphs with their line feeds, and the same on one line each."""
    if not paragraphs:
        return Parts()
    first = paragraphs[0].split("\n")
    ends_indented = paragraphs[-1][0] in " \t"
    title = authors = comments = ""
    if cut := _names_from(first):
        if len(texts) > 1 or _are_listed(texts[0]):
            title, authors = (squeeze(" ".join(part)) for part in (first[:cut], first[cut:]))
            del texts[0]
            ends_indented = ends_indented and bool(texts)
    elif len(texts) > 1 and _is_lone_title(first, texts):
        title = texts.pop(0)
        if len(texts) > 1 and _BETWEEN_NAMES.search(texts[0]) and _are_names(texts[0]):
            authors = texts.pop(0)
    if len(texts) > 1 and not ends_indented and _is_comment(texts[-1]):
        comments = texts.pop()
    return Parts(title, authors, "\n\n".join(texts), comments)


def begins_with_title(lines: Sequence[str]) -> bool:
    """Whether the first paragraph is a title block with several names."""
    first = next(_paragraphs(lines), "").split("\n")
    cut = _names_from(first)
    return cut > 0 and _are_listed(squeeze(" ".join(first[cut:])))


def _is_indented(paragraph: Sequence[str]) -> bool:
    return paragraph[0][0] in " \t"


def _names_from(lines: Sequence[str]) -> int:
    """Where in a title block the author list begins: the last line, and those above that can only be names; 0: none."""
    last = len(lines) - 1
    if last < 1 or _is_indented(lines) or len(lines[0]) > _LONGEST_TITLE or not _are_names(lines[last]):
        return 0
    cut = last
    while cut > 1 and _was_wrapped(lines[cut - 1], lines[cut]) and _are_listed(lines[cut - 1]):
        cut -= 1
    return cut if cut <= _TITLE_LINES else 0


def _was_wrapped(line: str, following: str) -> bool:
    """Whether the text may go on in the following line."""
    line = line.rstrip()
    return line.endswith((",", ";", " and")) or len(line) + 1 + following.find(" ") in _WIDTHS


def _are_listed(line: str) -> bool:
    """Whether these are three names or more, or two between which a comma stands; most of them of several words."""
    pieces = _pieces(line)
    return (
        len(pieces) > (1 if "," in line else 2)
        and sum(" " in piece or "." in piece for piece in pieces) * 2 > len(pieces)
        and _are_names(line)
    )


def _are_names(line: str) -> bool:
    if are_ordinary(line) and all(piece.count(" ") < 7 and piece[-1:] != "." for piece in line.split(",")):
        return True  # what `_is_name` asks of each piece is so
    pieces = _pieces(line)
    return sum(map(_is_name, pieces)) * 5 >= len(pieces) * 4 if pieces else False


def _pieces(line: str) -> list[str]:
    if "(" in line:
        line = _IN_PARENTHESES.sub("", line)
    return [piece for piece in _BETWEEN_NAMES.split(line.strip()) if piece]


def _is_name(piece: str) -> bool:
    words = piece.replace("~", " ").split()
    if not words or len(words) > 7:
        return False
    if is_group(piece):
        return True
    last = words[-1]
    if last[-1] in ".?!:" and len(last) > 4 and last.count(".") < 2:
        return False
    lower = sum(word[0].islower() for word in words)
    return not lower or (lower * 2 <= len(words) and _NOT_IN_NAMES.isdisjoint(words))


def _is_lone_title(lines: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the first of several paragraphs is a title without an author line."""
    text = texts[0]
    return (
        not _is_indented(lines)
        and all(_was_wrapped(line, following) for line, following in pairwise(lines))
        and len(text) <= _LONGEST_LONE_TITLE
        and text[-1] not in ".,;"
        and not _PROSE.match(text)
        and not _COUNTED.match(text)
        and (len(texts) > 2 or len(texts[1]) > _SHORT or not _is_comment(texts[1]))
    )


def _is_comment(text: str) -> bool:
    """Whether the last of several paragraphs is the comments rather than the end of the abstract.

    arXiv takes the full stop off the end of comments, and abstracts end with one.
    """
    if len(text) > _LONGEST_COMMENT:
        return False
    if _COUNTED.match(text):
        return True
    prose = _PROSE.match(text) is not None
    known = _COMMENT_WORDS.search(text) is not None
    if text.endswith("."):
        return known and not prose and len(text) <= _SHORT
    return known if prose or len(text) > _SHORT else True


def banner_length(lines: Sequence[str]) -> int:
    """How many lines stand in front of the first record of a file and do not belong to it.

    They are told by their shape (rules, `#` comments, mail headers), or stand above a title block.
    """
    length = 0
    for start, end in _blocks(lines):
        block = lines[start:end]
        whole = length == start and all(_RULE.match(line) or _HEADER.match(line) for line in block)
        if _names_from(block) and not whole:
            return start
        if length == start and any(_RULE.match(line) or _HEADER.match(line) for line in block[:_TITLE_LINES]):
            length = end
            while length < len(lines) and not lines[length].strip():
                length += 1
    return length if length < len(lines) else 0


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the runs of lines that are not blank begin and end."""
    start = None
    for at, line in enumerate([*lines, ""]):
        if line.strip():
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
