"""Names of people and collaborations: from the strings that arXiv prints to `Name`, and arXiv's own splits repaired.

How arXiv asks authors to write them: info.arxiv.org/help/prep.html#author. TeX stays in the names as it is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from refmill_hooks.entry import Name

__all__ = [
    "SUFFIXES",
    "cleaned",
    "display_name",
    "group_name",
    "is_group",
    "is_plain",
    "name_from_parts",
    "parse_name",
]

_PARTICLES = frozenset(
    """af al-din auf aus da das de degli dei del della delle delli dello dem den der des di do dos du el im in in't la
    las le lo los mac ter ten te tot van vande vanden vander vaziri vom von zu zum zur 't v.d. v. d'""".split()
)
"""Words that belong to the family name behind them."""

_CONJUNCTIONS = frozenset("yie")
"""Words between the two parts of a family name: `Barrado y Navascués`, `Guillén i Fàbregas`, `Castro e Silva`."""

_CAPITAL_PARTICLES = frozenset(
    {"De", "Del", "Della", "Di", "Da", "Van", "Von", "Den", "Der", "La", "Le", "El", "Dos", "Du"}
)
"""Particles with a capital: part of the family name where another word stands in front of and behind them."""
_ALL_PARTICLES = _PARTICLES | _CAPITAL_PARTICLES

SUFFIXES: Final = re.compile(r"(?:[JS]r\.?|[JS]R\.?|Junior|I{2,3}|I?V|VI{0,3})", re.ASCII)
_GROUP_ENDS = (
    "collaboration", "collaborations", "consortium", "consortia", "team", "teams", "group", "groups", "network",
    "initiative", "task force", "committee", "institute", "university", "laboratory", "laboratories", "department",
    "project", "inc", "ltd", "gmbh",
)  # fmt: skip
_GROUP_WORDS = re.compile(rf"\b(?:{'|'.join(_GROUP_ENDS)})$")
_GROUPS = frozenset({"openai", "deepseek-ai", "google", "deepmind", "microsoft", "meta ai", "anthropic", "nvidia"})
_ON_BEHALF = re.compile(r"^(?:on behalf of|for|from|representing|and|with)\s+(?:the\s+)?(?=.)", re.IGNORECASE)
_SECOND_LOOK = frozenset(
    """Collaboration Collaborations Consortium Consortia Team Teams Group Groups Network Initiative Force Committee
    Institute University Laboratory Laboratories Department Project Inc Ltd Gmbh GmbH Google DeepMind Microsoft AI Jr
    Sr JR SR Jr. Sr. JR. SR. Junior II III IV VI VII VIII V I Prof. Dr. Prof Dr The""".split()
)
"""Words that may end a name and make it a group's, or be a suffix or a title."""
_TITLES = re.compile(r"^(?:Prof|Dr)\.\s+(?:Dr\.\s+)?", re.ASCII)
_GLUED = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
"""`A.N.Aleshaev`: initials without blanks."""
_UMLAUT = re.compile(r"""(?<=[^\W\d_])"([aouAOU])(?=[^\W\d_])""")
"""`M"uller`: the umlaut as German typists write it."""
_TILDE = re.compile(r"\b([A-Z][^\W\d_]*)~(n(?!ee\b)(?=[aeiou])|a(?=[oe])|o(?=e))")
"""`Mu~noz`, `Jo~ao`: a tilde that lost its backslash; a blank there would begin a name in a small letter."""
_INITIALS = frozenset("IV")
"""Roman numbers that are more often an initial."""
_SPACED_ACCENT = re.compile(r"\\([uvHrckdbt])\s+(\\[ij]|[A-Za-z])")
_SPACED_LETTER = re.compile(r"\\(o|O|l|L|ss|ae|AE|oe|OE|aa|AA|i|j)\s+(?=[a-z])")
r"""`Erd{\H o}s`, `Bj\o rn`: blanks that part no words."""
_TIE = re.compile(r"(?<!\\)~")
_BLANK = str.maketrans("\t\r\n\u00a0", "    ")


def cleaned(text: str) -> str:
    """The text with accents that were typed without a backslash, and plain blanks."""
    if "~" in text:
        text = _TIE.sub(" ", _TILDE.sub(r"\1\\~{\2}", text))
    if '"' in text:
        text = _UMLAUT.sub(r'\\"{\1}', text)
    if "\\" in text:
        text = _SPACED_LETTER.sub(r"{\\\1}", _SPACED_ACCENT.sub(r"\\\1{\2}", text))
    return text.translate(_BLANK)


def display_name(name: Name) -> str:
    """`Guy L. Steele Jr.`, or the literal name."""
    return name.literal or " ".join(part for part in (name.given, name.family, name.suffix) if part)


def is_group(name: str) -> bool:
    """Whether it names a collaboration, team, company or the like, and no person."""
    lower = name.lower().removesuffix(".")
    if lower.endswith(_GROUP_ENDS) and (_GROUP_WORDS.search(lower) or name.endswith(("Team", "Collaboration"))):
        return True
    return lower in _GROUPS


def parse_name(text: str) -> Name:
    """One name in the order `Given Family` or `Family, Given` or `Family, Suffix, Given`."""
    given, _, family = text.rpartition(" ")
    if is_plain(given, family):
        return Name(family=family, given=given)
    text = cleaned(text).strip(" ,;")
    if "." in text:
        text = _GLUED.sub(". ", text)
    if "," in text and not _in_braces(text, text.index(",")):
        parts = [part.strip() for part in text.split(",")]
        if len(parts) == 2 and SUFFIXES.fullmatch(parts[1]):
            return _person(parts[0], parts[1])
        if len(parts) == 3 and SUFFIXES.fullmatch(parts[1]):
            return Name(family=parts[0], suffix=parts[1], given=parts[2])
        return name_from_parts(parts[0], " ".join(parts[1:]))
    if is_group(text):
        return Name(literal=group_name(text))
    return _person(_TITLES.sub("", text), "")


def name_from_parts(family: str, given: str = "", suffix: str = "", affiliations: Iterable[str] = ()) -> Name:
    """A name that arXiv's own parser split into keyname, forenames and suffix; what it splits wrongly is mended.

    `Oord` / `Aaron van den` is Aaron van den Oord, `Smith,` / `John` is Smith, `Collaboration` / `for the ABCD` is the
    ABCD Collaboration.
    """
    if not suffix and not affiliations and is_plain(given, family):
        return Name(family=family, given=given)
    kept = tuple(affiliations)
    family, given, suffix = (cleaned(part).strip(" ;") for part in (family, given, suffix))
    family = family.rstrip(",") or given
    if family == given:
        given = ""
    whole = f"{given} {family}" if given else family
    if is_group(whole):
        return Name(literal=group_name(whole), affiliations=kept)
    head, _, last = given.rpartition(" ")
    if not suffix and head and SUFFIXES.fullmatch(last) and last not in _INITIALS:
        given, suffix = head.rstrip(","), last
    words = given.split(" ")
    first = _begin_of_family(words, len(words), _PARTICLES)
    if first < len(words):
        family = " ".join([*words[first:], family])
        given = " ".join(words[:first])
    return Name(family=family, given=given, suffix=suffix, affiliations=kept)


def is_plain(given: str, family: str) -> bool:
    """Whether nothing about the two parts can need a second look, as for most people."""
    return family.isalpha() and family[0].isupper() and family not in _SECOND_LOOK and _is_plain_given(given)


@lru_cache(1 << 12)
def _is_plain_given(given: str) -> bool:
    head, _, last = given.rpartition(" ")
    return (
        last[:1].isupper()
        and given[0] != " "
        and not (head and last in _CAPITAL_PARTICLES)
        and last not in _SECOND_LOOK
        and "~" not in given
        and "," not in given
        and not given.startswith(("Dr.", "Prof."))
    )


def _person(text: str, suffix: str) -> Name:
    words = text.split()
    if not suffix and len(words) > 2 and SUFFIXES.fullmatch(words[-1]) and words[-1] not in _INITIALS:
        suffix = words.pop()
    if len(words) < 2:
        return Name(family=" ".join(words), suffix=suffix)
    first = _begin_of_family(words, len(words) - 1, _ALL_PARTICLES)
    if first == 1 and words[0] in _PARTICLES:
        first = 0
    return Name(family=" ".join(words[first:]), given=" ".join(words[:first]), suffix=suffix)


def _begin_of_family(words: Sequence[str], first: int, particles: frozenset[str]) -> int:
    """Where the family name of which the word `first` is known to be part begins; one forename is left at least."""
    while first > 1:
        if words[first - 1] in particles:
            first -= 1
        elif (
            first > 2
            and words[first - 1] in _CONJUNCTIONS
            and words[first - 2].istitle()
            and words[first - 2].isalpha()
        ):
            first -= 2
        else:
            break
    return first


def group_name(text: str) -> str:
    """`XYZ Collaboration` for `on behalf of the XYZ Collaboration`."""
    core = text.strip("{} ")
    if match := _ON_BEHALF.match(core):
        core = core[match.end() :]
    return (
        core.removeprefix("The ").removeprefix("the ") if core.endswith(("Collaboration", "Collaborations")) else core
    )


def _in_braces(text: str, at: int) -> bool:
    return text.count("{", 0, at) > text.count("}", 0, at)
