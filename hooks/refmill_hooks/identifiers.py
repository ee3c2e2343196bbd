"""arXiv ids in all their spellings, and back; DOIs as arXiv's records write them.

The scheme and its limits: info.arxiv.org/help/arxiv_identifier.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

__all__ = [
    "ArxivId",
    "BadIdentifier",
    "DamagedIdentifier",
    "bare_doi",
    "carries_class",
    "find_ids",
    "is_arxiv_doi",
    "parse_id",
    "split_dois",
]

ARCHIVES: Final = frozenset(
    """acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga
    funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph
    q-alg q-bio quant-ph solv-int supr-con""".split()
)
"""The archives of old ids, those that were subsumed later included."""

_SUBDIVIDED = frozenset({"astro-ph", "cond-mat", "cs", "math", "nlin", "physics", "q-bio"})
"""Old archives with subject classes: their ids do not carry the primary category."""

_ARCHIVE_TYPED = {archive.replace("-", ""): archive for archive in ARCHIVES}
"""`hepth`, `astroph`: how ids are typed by hand."""

_NEW = re.compile(r"(\d{2})(\d{2})\.(\d{4,5})(?:v([1-9]\d{0,3}))?", re.ASCII)
_CANONICAL = re.compile(
    r"""(?: 0(?:70[4-9]|71[0-2]|[89](?:0[1-9]|1[0-2])) | 1[0-4](?:0[1-9]|1[0-2]) ) \. (?!0000)\d{4}
      | (?: 1[5-9] | [2-9]\d ) (?:0[1-9]|1[0-2]) \. (?!00000)\d{5}""",
    re.ASCII | re.VERBOSE,
)
"""New ids as arXiv writes them, of all months that there are: most of what is ever read."""
_OLD = re.compile(r"([a-z]+(?:-{1,2}[a-z]+)?)(?:\.[a-z-]{2,10})?/(\d{2})(\d{2})(\d{3})(?:v([1-9]\d{0,3}))?", re.ASCII)
_DAMAGED = re.compile(r"(\d{3,4})\.(\d{1,5})", re.ASCII)
_DAMAGED_OLD = re.compile(r"([a-z]+(?:-[a-z]+)?)/(\d{1,6})", re.ASCII)

_WRAPPED = re.compile(
    r"""(?:https?://)?(?:doi:\s*)?(?:
        (?:[a-z]+\.)*arxiv\.org/(?:abs|pdf|html|src|ps|e-print|format|tb)/
      | xxx\.[a-z.]+/(?:abs|pdf|html|src|ps|e-print|format|tb)/
      | (?:(?:dx\.)?doi\.org/)?10\.48550/arxiv\.
      | oai:arxiv\.org:
      | (?:arxiv\s*:\s*)?abs/
      | (?:arxiv\s*:\s*|arxiv\s+)+
    )""",
    re.ASCII | re.VERBOSE,
)
_CLASS = re.compile(r"\[[a-z.\- ,]*\]$", re.ASCII)
_LEADING = " \t\r\n\"'<([{`“‘«"
_TRAILING = " \t\r\n\"'>)]}.,;:!?`”’»"

_IN_TEXT = re.compile(
    r"""(?<![\w./:-])(?:(?P<marked>
          (?:https?://)?(?:[a-z]{1,9}\.)?arxiv\.org/(?:abs|pdf|html|src|ps|e-print|format|tb)/
        | (?:https?://)?xxx\.lanl\.gov/(?:abs|pdf|ps)/
        | (?:https?://(?:dx\.)?doi\.org/|doi:\s?)?10\.48550/arxiv\.
        | oai:arxiv\.org:
        | arxiv:?\s?(?:preprint\s)?(?:arxiv:\s?)?
        | abs/ ))?
        (?P<id>\d{4}\.\d{4,5}(?:v[1-9]\d{0,3})?
        | [a-z]{2,8}(?:-[a-z]{2,5})?(?:\.[a-z-]{2,10})?/\d{7}(?:v[1-9]\d{0,3})?)
        (?![\w/]|[.,]\d)""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)


class BadIdentifier(ValueError):
    """`text` is no arXiv id; `reason` says why."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r} {reason}")
        self.text = text
        self.reason = reason


class DamagedIdentifier(BadIdentifier):
    """`text` was an arXiv id before a program read it as a number; `candidates` are the ids it can have been."""

    def __init__(self, text: str, candidates: tuple[str, ...]) -> None:
        were = " or ".join(candidates)
        super().__init__(text, f"looks like an arXiv id that was read as a number and lost zeros: perhaps {were}")
        self.candidates = candidates


class ArxivId(msgspec.Struct, frozen=True, gc=False):
    """A canonical id without version, and the version that was given with it, None for the newest."""

    id: str
    version: int | None = None

    @property
    def versioned(self) -> str:
        """`2411.10701v2`, or the bare id."""
        return f"{self.id}v{self.version}" if self.version else self.id

    @property
    def url(self) -> str:
        """The abstract page."""
        return f"https://arxiv.org/abs/{self.versioned}"

    @property
    def pdf_url(self) -> str:
        """The address of the PDF, of this version where one is known."""
        return f"https://arxiv.org/pdf/{self.versioned}"

    @property
    def doi(self) -> str:
        """The DOI that arXiv registers at DataCite; it never has a version."""
        return f"10.48550/arXiv.{self.id}"

    def citation(self, primary_category: str = "") -> str:
        """`arXiv:0706.1234v1 [math.FA]`; an old id takes the bracket only where it does not carry the class."""
        bracket = "" if not primary_category or carries_class(self.id) else f" [{primary_category}]"
        return f"arXiv:{self.versioned}{bracket}"


def carries_class(arxiv_id: str) -> bool:
    """Whether an old id names its primary category itself, as `hep-th/9901001` does and `math/9901001` does not."""
    archive, slash, _ = arxiv_id.partition("/")
    return bool(slash) and archive not in _SUBDIVIDED


def parse_id(text: str) -> ArxivId:
    """Reads a text that is one arXiv id, in any spelling.

    Bare, `arXiv:…`, a URL of an arXiv page, a DOI 10.48550, an OAI identifier, old style with or without subject class,
    with or without version, in upper or lower case, with punctuation around it. Raises DamagedIdentifier for an id that
    lost zeros, else BadIdentifier.
    """
    if _CANONICAL.fullmatch(text):
        return ArxivId(text)
    core = text.strip(_LEADING).rstrip(_TRAILING + "]" if "[" not in text else " \t\r\n").lower()
    begin = 0
    while wrapper := _WRAPPED.match(core, begin):
        begin = wrapper.end()
    core = _CLASS.sub("", core[begin:].partition("#")[0].partition("?")[0].rstrip("/ "))
    core = core.rstrip(_TRAILING).removesuffix(".pdf").removesuffix(".gz").removesuffix(".ps")
    if new := _NEW.fullmatch(core):
        return _new_id(new, text)
    if old := _OLD.fullmatch(core):
        return _old_id(old, text)
    raise _damaged(core, text, marked=begin > 0) or BadIdentifier(text, "is not an arXiv id")


def find_ids(text: str) -> Iterator[ArxivId]:
    """The arXiv ids inside running text, in their order.

    Never inside a longer number, another DOI or a decimal: a bare new-style number counts only where its month and
    number are possible and it has the five digits of 2015 and later, or a version.
    """
    for match in _IN_TEXT.finditer(text):
        found = match["id"].lower()
        try:
            arxiv_id = parse_id(found)
        except BadIdentifier:
            continue
        if match["marked"] or "/" in found or len(arxiv_id.id) == 10 or arxiv_id.version:
            yield arxiv_id


def _new_id(match: re.Match[str], text: str) -> ArxivId:
    year, month, number, version = match.groups()
    digits = 4 if year + month < "1501" else 5
    if not ("01" <= month <= "12" and year + month >= "0704") or int(number) == 0:
        raise BadIdentifier(text, f"is not an arXiv id: there is none of month {year}{month} with number {number}")
    if len(number) != digits:
        if digits > len(number):
            raise DamagedIdentifier(text, (f"{year}{month}.{number}0",))
        raise BadIdentifier(text, f"is not an arXiv id: those of {year}{month} have {digits} digits after the point")
    return ArxivId(f"{year}{month}.{number}", int(version) if version else None)


def _old_id(match: re.Match[str], text: str) -> ArxivId:
    archive, year, month, number, version = match.groups()
    archive = archive.replace("--", "-")
    archive = _ARCHIVE_TYPED.get(archive.replace("-", ""), archive)
    if archive not in ARCHIVES:
        raise BadIdentifier(text, f"is not an arXiv id: there is no archive {archive!r}")
    in_range = "01" <= month <= "12" and (year + month >= "9107" or year + month <= "0703") and number != "000"
    if not in_range:
        raise BadIdentifier(text, f"is not an arXiv id: old ids run from 9107001 to 0703999, not {year}{month}{number}")
    return ArxivId(f"{archive}/{year}{month}{number}", int(version) if version else None)


def _damaged(core: str, text: str, *, marked: bool) -> DamagedIdentifier | None:
    """An id as pandas or a spreadsheet writes it back: zeros lost in front (`712.0171`) or at the end (`1110.156`)."""
    candidates: list[str] = []
    if match := _DAMAGED.fullmatch(core):
        head, tail = match[1].zfill(4), match[2]
        digits = 4 if head < "1501" else 5
        if len(tail) <= digits and (len(tail) > 1 or marked):
            candidates.append(f"{head}.{tail.ljust(digits, '0')}")
    elif (match := _DAMAGED_OLD.fullmatch(core)) and match[1] in ARCHIVES:
        candidates.append(f"{match[1]}/{match[2].zfill(7)}")
    possible = tuple(arxiv_id for arxiv_id in candidates if _is_possible(arxiv_id))
    return DamagedIdentifier(text, possible) if possible else None


def _is_possible(arxiv_id: str) -> bool:
    try:
        return parse_id(arxiv_id).id == arxiv_id
    except BadIdentifier:
        return False


_DOI_START = re.compile(r"10\.\d{4,9}/")
_DOI_PREFIX = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*|doi\s+)", re.IGNORECASE)


def bare_doi(text: str) -> str | None:
    """The DOI in `text`, which is one DOI, perhaps as a URL or after `doi:`; None where it is none."""
    core = text.strip()
    if prefix := _DOI_PREFIX.match(core):
        core = core[prefix.end() :]
    core = core.rstrip(" \t\r\n.,;")
    return core if _DOI_START.match(core) and not any(map(str.isspace, core)) else None


def is_arxiv_doi(doi: str) -> bool:
    """Whether it is one that arXiv registers for its own papers."""
    return doi[:15].lower() == "10.48550/arxiv."


def split_dois(text: str) -> tuple[str, ...]:
    """The publishers' DOIs of one field, each once; several stand between blanks, line ends, commas or semicolons.

    A separator ends a DOI only before the next one, as DOIs may hold `;`, `,`, `<` and `>` themselves. What stands
    between two DOIs and is none, such as `(2009)`, is left out; 10.48550 DOIs are the arXiv id in another form.
    """
    if _LONE_DOI.fullmatch(text) and text.find("10.", 3) < 0:
        return (text,)
    if "\\" in text:
        text = text.replace("$\\_$", "_").replace("\\_", "_")  # as people write it for LaTeX
    found: dict[str, str] = {}
    for word in text.split():
        starts = [match.start() for match in _DOI_START.finditer(word) if _begins_doi(word, match.start())]
        for start, end in pairwise([*starts, len(word)]):
            doi = word[start:end]
            if end < len(word):
                doi = _DOI_TAIL.sub("", doi)
            doi = doi.rstrip(".,;")
            if not is_arxiv_doi(doi):
                found.setdefault(doi.lower(), doi)
    return tuple(found.values())


_LONE_DOI = re.compile(r"10\.(?!48550/)\d{4,9}/[^\s\\]*[^\s.,;\\]")
_DOI_TAIL = re.compile(r"[;,](?:https?://(?:dx\.)?doi\.org/|doi:)?$", re.IGNORECASE)


def _begins_doi(word: str, at: int) -> bool:
    before = word[max(at - len("doi.org/"), 0) : at].lower()
    return not before or before[-1] in ";,(" or before.endswith(("doi.org/", "doi:"))
