"""What a journal reference says, where it says it beyond doubt: arXiv's field is free text that authors type.

The habits are those of real records; a reference that fits no pattern as a whole is left alone, since a wrong volume or
page is worse than none.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from msgspec.structs import replace

from refmill_hooks.entry import Entry, Venue
from refmill_hooks.text import squeeze
from refmill_hooks.text.cache import remembered

__all__ = ["names_more", "venue_of", "with_venue"]

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*)\.?,?\s+"
_VOLUME = r"(?P<volume>\d{1,4}[A-Z]?)"
_ISSUE = (
    r"(?:\s*\(\s*(?P<issue>\d{1,3}(?:\s?[-/&]\s?\d{1,3})?)\s*\)"
    r"|\s*,?\s*\b(?:no|nr|n|num|number|issue|iss)\b\.?\s*(?P<number>\d{1,3}(?:\s?[-/&]\s?\d{1,3})?))"
)
_LABEL = r"(?:pages?\b|pgs?\b|pp?\b|article\b|art\b|#)\.?\s*"
_PAGES = r"(?P<pages>[A-Z]{0,3}\d{1,7}[a-z]?(?:\s?-\s?[A-Z]{0,3}\d{1,7}[a-z]?)?|e\d{4,9})(?:\s?[([]?R[)\]]?)?"
_YEAR = r"(?P<year>(?:18|19|20)\d\d)"
_CENTURIES: Final = frozenset({"18", "19", "20"})
_ANY_DIGITS: Final = str.maketrans("123456789", "000000000")

Order = tuple[re.Pattern[str], re.Pattern[str]]
"""A pattern, and the pattern of what remains of it when all digits are zeros."""


@cache
def _orders(patterns: tuple[str, ...]) -> tuple[Order, ...]:
    """Compiled when the first reference comes: no other patterns take a start as long."""
    return tuple(
        (re.compile(pattern, re.IGNORECASE), re.compile(pattern.replace(_YEAR, "(?P<year>0{4})"), re.IGNORECASE))
        for pattern in patterns
    )


_ORDERS: Final = (
    # D76:013009,2007 · 86, 031131 (2012) · 60, no. 10, pp. 5440-5450, October 2012
    rf"{_VOLUME}{_ISSUE}?(?:\s*[,:]\s*|\s+)(?:{_LABEL})?{_PAGES}\s*,?\s*\(?(?:{_MONTH})?{_YEAR}\)?",
    # 364 (2) (2006) 196-211 · 22, no. 1 (2012), pp. 147-199
    rf"{_VOLUME}{_ISSUE}?\s*,?\s*\((?:{_MONTH})?{_YEAR}\)\s*[,:]?\s*(?:{_LABEL})?{_PAGES}",
    # 31, 2010, pp. 130-138
    rf"{_VOLUME}{_ISSUE}?\s*,\s*(?:{_MONTH})?{_YEAR}\s*,\s*(?:{_LABEL})?{_PAGES}",
    # 269 (2007), no. 3, 611-657
    rf"{_VOLUME}\s*\({_YEAR}\)\s*,\s*no\.\s*(?P<issue>\d{{1,3}})\s*,\s*(?:{_LABEL})?{_PAGES}",
    # 30, 3 (2009) 187-223 · 50/6 (2009) 825-836 · 15, 2 (07/2004) 27-32
    rf"{_VOLUME}\s*[,/]\s*(?P<issue>\d{{1,2}})\s*\((?:\d\d/)?{_YEAR}\)\s*(?:{_LABEL})?(?P<pages>\d+\s?-\s?\d+)",
    # (2015) 130:27
    rf"\({_YEAR}\)\s*{_VOLUME}{_ISSUE}?\s*:\s*{_PAGES}",
    # (2007) P06012
    rf"\({_YEAR}\)\s*(?P<pages>[A-Z]\d{{4,6}})",
    # 2015, 5:18267
    rf"{_YEAR}\s*,\s*{_VOLUME}{_ISSUE}?\s*:\s*{_PAGES}",
    # 2015, 15(4), 9277-9304 · 2007, Vol. 17, No. 2, 676-687
    rf"{_YEAR}\s*,\s*(?:vol\.?\s*)?{_VOLUME}{_ISSUE}\s*,\s*{_PAGES}",
)
_LABELLED: Final = (
    # Volume 3, Issue 3 (July 4, 2007) lmcs:1232 · Vol.2, No.1, January 2011
    rf"{_VOLUME}{_ISSUE}\s*,?\s*\(?(?:{_MONTH}(?:(?P<day>\d\d?),\s*)?)?{_YEAR}\)?(?:\s+[a-z]+:\d+)?",
)
"""Orders that are clear only behind the word `volume`."""
_LMCS: Final = (rf"(?P<volume>\d{{1,2}})\s?\((?P<issue>\d):(?P<pages>\d{{1,2}})\)\s?{_YEAR}",)
"""Logical Methods in Computer Science prints volume (issue:paper) year."""

_NUMBERS = re.compile(r"\d|\(\d{4}\)")
_VOLUME_WORD = re.compile(r"\b(?:vol(?:ume)?s?|v)\.?$", re.IGNORECASE)
_VOLUME_LENGTH: Final = len("-volumes.")
"""Of the longest such word, and of what stands in front of it."""
_ACRONYM = re.compile(r"(?:\s*\(\s*[A-Z][A-Za-z-]{1,11}\s*\)|,\s*[A-Z]{3,10})$")
_LOWER_CASE: Final = frozenset(
    "a an and at d'analyse de der des di die du e et for für i in its la of on the to und with".split()
)
_BEFORE_DOT = re.compile(r"(\w+)\. ")
_LONG_ABBREVIATION = re.compile(r"Astro|Bio|Crystallogr|Electro|Geo|Hydro|Instrum|Mathem|Neuro|Philos|Spectro|Zeitschr")
_NO_JOURNAL = re.compile(
    r"""\b(?: accepted | appear | appeared | arxiv | book | chapter | communicated | conference | conferences | congress
        | dans | ed | editor | editors | eds | in\ press | isbn | issue | lecture\ notes | lncs | lnai | lnm | meeting
        | number | paper | part | ph\.?d | poster | preprint | press | published | report | school | special | springer
        | submitted | symp | symposium | talk | thesis | unpublished | workshop | workshops )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PROCEEDINGS = re.compile(r"\bproc(?:eedings?|s)?\b", re.IGNORECASE)
_PROCEEDINGS_JOURNAL = re.compile(
    r"""(?:^proc(?:eedings|s)?\b\.?\s?(?:of\s)?(?:the\s)?
            (?: (?:u\.?s\.?\s)?nat(?:l|ional|\.)?\b | r\b | roy | amer | london | edinb | cambridge | steklov | japan
              | indian | phys | ieee$ | combust | acad | estonian )
        | \bconf\.\s?proc\.?$ | \bproc\.\s?suppl\.?$ )""",
    re.IGNORECASE | re.VERBOSE,
)
_ERRATUM = re.compile(
    r"\b(?:errat(?:um|a)\b|err\.|addend(?:um|a)\b|corrigend(?:um|a)\b|publisher's note)", re.IGNORECASE
)
_APS_DOI = re.compile(r"10\.1103/[A-Za-z]+\.(\d+)\.([A-Z]?\d+)$")
_AROUND: Final = f"{string.whitespace}\u00a0,;.:"
_LONGEST_HEAD: Final = 160
"""Characters in front of the numbers: more than any journal's name with its acronym and the word `volume`."""
_LAST_YEAR: Final = 2100


def names_more(journal_ref: str) -> bool:
    """Whether it names an erratum or a second reference, which a `Venue` has no place for."""
    return ";" in journal_ref or _erratum(journal_ref) is not None


def _erratum(journal_ref: str) -> re.Match[str] | None:
    lower = journal_ref.lower()
    if "err" in lower or "addend" in lower or "corrig" in lower or "publisher" in lower:
        return _ERRATUM.search(journal_ref)
    return None


def with_venue(entry: Entry) -> Entry:
    """The entry with the venue that its journal reference certainly names, where no source told one."""
    if entry.journal_ref and not entry.venue and (venue := venue_of(entry.journal_ref, entry.doi)):
        return replace(entry, venue=venue)
    return entry


@remembered(256)
def venue_of(journal_ref: str, dois: Iterable[str] = ()) -> Venue | None:
    """The journal article that the reference names, or None where any part of it is in doubt.

    Of several references the first is the paper's own.

    `dois` are those of the paper (a tuple): one that names another volume or page puts the reference in doubt.
    """
    text = journal_ref
    if not text.isascii() or "--" in text or "~" in text or "\\" in text:
        text = text.replace("---", "-").replace("--", "-").replace("–", "-").replace("—", "-").replace("~", " ")
        text = text.replace("\\&", "&")
    text = squeeze(text).rstrip(" .,;")
    if erratum := _erratum(text):
        text = text[: erratum.start()].rstrip("[({").rstrip(_AROUND)
    if ";" in text:
        text = text.partition("; ")[0].rstrip(" .,;")
    start = _NUMBERS.search(text)
    if start is None:
        return None
    head, tail = text[: start.start()].rstrip(), text[start.start() :]
    if len(head) > _LONGEST_HEAD or len(tail) > 120:
        return None
    labelled = _VOLUME_WORD.search(head, max(len(head) - _VOLUME_LENGTH, 0))
    container = _container(head[: labelled.start()].rstrip() if labelled else head)
    if not container:
        return None
    return _read(container, tail, dois, labelled=labelled is not None)


def _read(container: str, tail: str, dois: Iterable[str], *, labelled: bool) -> Venue | None:
    """What the numbers behind a journal's name say."""
    is_lmcs = container.startswith(("LMCS", "Logical M"))
    for order, spans in _readings(tail.translate(_ANY_DIGITS), labelled, is_lmcs):
        parts = {name: tail[start:end] for name, start, end in spans}
        if parts["year"][:2] not in _CENTURIES:
            match = order.fullmatch(tail)
            if match is None:
                continue
            parts = match.groupdict("")
        return _venue(container, parts, dois)
    return None


@lru_cache(1 << 11)
def _readings(shape: str, labelled: bool, is_lmcs: bool) -> list[tuple[re.Pattern[str], list[tuple[str, int, int]]]]:
    """The orders that a text of this shape may be in, each with where its parts stand if it is.

    References have few shapes. What a pattern finds first among any digits it finds first among those at hand too, if
    the year is one.
    """
    orders = _orders(_ORDERS + (_LABELLED if labelled else ()) + (_LMCS if is_lmcs else ()))
    found = ((order, of_zeros.fullmatch(shape)) for order, of_zeros in orders)
    return [(order, [(name, *match.span(name)) for name in match.groupdict()]) for order, match in found if match]


@lru_cache(1024)
def _container(text: str) -> str:
    """The journal's name with its dots spaced, or "" where it may be something else."""
    text = _ACRONYM.sub("", text.rstrip(" ,:;-")).rstrip(" ,:;")
    text = re.sub(r"\.(?=[A-Za-z&(])", ". ", text)
    if not text[:1].isupper() or len(text) > 120 or any(sign in text for sign in ',;"()[]{}\\$_?!') or "et al" in text:
        return ""
    if _NO_JOURNAL.search(text) or (_PROCEEDINGS.search(text) and not _PROCEEDINGS_JOURNAL.search(text)):
        return ""
    words = [word for word in re.split(r"[\s.:&/-]+", text) if word]
    if any(word[0].islower() and word not in _LOWER_CASE for word in words):
        return ""  # a sentence, such as a title, and no name
    if any(len(word) > 7 and not _LONG_ABBREVIATION.match(word) for word in _BEFORE_DOT.findall(text)):
        return ""  # a sentence ends inside: abbreviations are shorter
    if len(words) > 14 or len(text) < 3:
        return ""
    return text


def _venue(container: str, parts: dict[str, str], dois: Iterable[str]) -> Venue | None:
    volume, year = parts.get("volume", ""), int(parts["year"])
    pages = parts.get("pages", "").replace(" ", "")
    issue = (parts.get("issue") or parts.get("number", "")).replace(" ", "")
    if year > _LAST_YEAR or (len(volume) == 4 and volume[:2] in ("18", "19", "20") and int(volume[:4]) != year):
        return None
    first, _, last = pages.partition("-")
    if first.isdecimal() and abs(int(first) - year) <= 2:
        return None  # it may be another year
    if first.isdecimal() and last.isdecimal() and len(last) >= len(first) and int(last) < int(first):
        return None
    for doi in dois:
        aps = _APS_DOI.match(doi) if doi.startswith("10.1103/") else None
        if aps and (aps[1] != volume.rstrip("AB") or not _agree(aps[2], first)):
            return None
    month = parts.get("month")
    number = _MONTHS.index(month[:3].lower()) + 1 if month else 0
    day = f"-{int(parts['day']):02}" if parts.get("day") and number else ""
    return Venue(
        container=container,
        container_short=container if "." in container else "",
        volume=volume,
        issue=issue,
        pages=pages,
        year=year,
        date=f"{year}-{number:02}{day}" if number else str(year),
    )


def _agree(one: str, other: str) -> bool:
    return one.lstrip("0") == other.lstrip("0")
