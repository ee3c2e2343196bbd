"""Names of people and collaborations: from the strings that arXiv prints to `Name`, and arXiv's own splits repaired.

How arXiv asks authors to write them: info.arxiv.org/help/prep.html#author. TeX stays in the names as it is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from refmill_hooks.entry import Name

__all__ = [
    "display_name",
    "is_group",
    "is_truncated",
    "name_from_parts",
    "parse_name",
    "repair_authors",
    "split_authors",
]

PARTICLES: Final = frozenset(
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
_ALL_PARTICLES = PARTICLES | _CAPITAL_PARTICLES

_SUFFIXES = re.compile(r"(?:[JS]r\.?|[JS]R\.?|Junior|I{2,3}|I?V|VI{0,3})", re.ASCII)
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
_ET_AL = re.compile(r"(?:\b(?:and )?et\.? al\b\.?|^others)$", re.IGNORECASE)
_NUMBERED = re.compile(r"\(\d|\d[\d\s,]*(?:and\s\d+)?$", re.ASCII)
_SPECIAL = re.compile(r"[^\w ,.'-]|,(?! )| and | for | on | et\.? | the |^[ea][tn]d? |  |, (?:[JS]r|I)", re.IGNORECASE)
"""What makes a string of authors more than names parted by commas."""
_FOR_THE = re.compile(r"(?:^|\s)(?:on behalf of|for|from|and) the\s", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
"""`A.N.Aleshaev`: initials without blanks."""
_UMLAUT = re.compile(r"""(?<=[^\W\d_])"([aouAOU])(?=[^\W\d_])""")
"""`M"uller`: the umlaut as German typists write it."""
_TILDE = re.compile(r"\b([A-Z][^\W\d_]*)~(n(?!ee\b)(?=[aeiou])|a(?=[oe])|o(?=e))")
"""`Mu~noz`, `Jo~ao`: a tilde that lost its backslash; a blank there would begin a name in a small letter."""
_COLLABORATION = re.compile(r"\b(?:collaborations?|consorti(?:um|a)|teams?|groups?|project)\.?$", re.IGNORECASE)
"""What names authors where it stands in parentheses; an institute there is an affiliation."""
_INITIALS = frozenset("IV")
"""Roman numbers that are more often an initial."""
_SPACED_ACCENT = re.compile(r"\\([uvHrckdbt])\s+(\\[ij]|[A-Za-z])")
_SPACED_LETTER = re.compile(r"\\(o|O|l|L|ss|ae|AE|oe|OE|aa|AA|i|j)\s+(?=[a-z])")
r"""`Erd{\H o}s`, `Bj\o rn`: blanks that part no words."""
_TIE = re.compile(r"(?<!\\)~")
_BLANK = str.maketrans("\t\r\n\u00a0", "    ")


def _cleaned(text: str) -> str:
    """With accents that were typed without a backslash, and plain blanks."""
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


def is_truncated(authors: str) -> bool:
    """Whether an author string says itself that it names only some of the authors."""
    lower = authors.lower()
    if not ("et" in lower and "al" in lower) and "others" not in lower:
        return False
    return any(_ET_AL.search(piece) for piece, _, _ in _pieces(_cleaned(authors)))


def parse_name(text: str) -> Name:
    """One name in the order `Given Family` or `Family, Given` or `Family, Suffix, Given`."""
    given, _, family = text.rpartition(" ")
    if _is_plain(given, family) and not given.startswith(("Dr.", "Prof.")):
        return Name(family=family, given=given)
    text = _cleaned(text).strip(" ,;")
    if "." in text:
        text = _GLUED.sub(". ", text)
    if "," in text and not _in_braces(text, text.index(",")):
        parts = [part.strip() for part in text.split(",")]
        if len(parts) == 2 and _SUFFIXES.fullmatch(parts[1]):
            return _person(parts[0], parts[1])
        if len(parts) == 3 and _SUFFIXES.fullmatch(parts[1]):
            return Name(family=parts[0], suffix=parts[1], given=parts[2])
        return name_from_parts(parts[0], " ".join(parts[1:]))
    if is_group(text):
        return Name(literal=_group(text))
    return _person(_TITLES.sub("", text), "")


def name_from_parts(family: str, given: str = "", suffix: str = "", affiliations: Iterable[str] = ()) -> Name:
    """A name that arXiv's own parser split into keyname, forenames and suffix; what it splits wrongly is mended.

    `Oord` / `Aaron van den` is Aaron van den Oord, `Smith,` / `John` is Smith, `Collaboration` / `for the ABCD` is the
    ABCD Collaboration.
    """
    if not suffix and not affiliations and _is_plain(given, family):
        return Name(family=family, given=given)
    kept = tuple(affiliations)
    family, given, suffix = (_cleaned(part).strip(" ;") for part in (family, given, suffix))
    family = family.rstrip(",") or given
    if family == given:
        given = ""
    whole = f"{given} {family}" if given else family
    if is_group(whole):
        return Name(literal=_group(whole), affiliations=kept)
    head, _, last = given.rpartition(" ")
    if not suffix and head and _SUFFIXES.fullmatch(last) and last not in _INITIALS:
        given, suffix = head.rstrip(","), last
    words = given.split(" ")
    first = _begin_of_family(words, len(words), PARTICLES)
    if first < len(words):
        family = " ".join([*words[first:], family])
        given = " ".join(words[:first])
    return Name(family=family, given=given, suffix=suffix, affiliations=kept)


def split_authors(authors: str) -> tuple[Name, ...]:
    """The authors in the string of one paper, in order.

    Commas, semicolons, `and` and `&` part names; affiliations in parentheses are taken off; `et al` is no author
    (`is_truncated` tells it); collaborations become literal names.
    """
    if not _SPECIAL.search(authors):
        return repair_authors([parse_name(piece) for piece in authors.split(", ") if piece])
    names: list[Name] = []
    groups: list[Name] = []
    for piece, sign, notes in _pieces(_cleaned(authors)):
        if _ET_AL.search(piece):
            piece = _ET_AL.sub("", piece)
        affiliations = []
        for note in notes:
            if _COLLABORATION.search(note) and not _NUMBERED.match(note):
                groups.append(Name(literal=_group(note)))
            elif not _NUMBERED.match(note):
                affiliations.append(note)
        if _SUFFIXES.fullmatch(piece) and names and names[-1].family and not names[-1].suffix:
            names[-1] = msgspec.structs.replace(names[-1], suffix=piece)
            continue
        if " the " in piece and (behalf := _FOR_THE.search(piece)) and is_group(piece):
            groups.append(Name(literal=_group(piece[behalf.end() :])))
            piece = piece[: behalf.start()]
        if not piece.strip(" .:*-"):
            continue
        if sign == ":" and piece.lower() in ("author", "authors"):
            continue
        name = Name(literal=_group(piece)) if sign == ":" else parse_name(piece)
        names.append(msgspec.structs.replace(name, affiliations=tuple(affiliations)) if affiliations else name)
    return repair_authors(names + groups)


def _is_plain(given: str, family: str) -> bool:
    """Whether nothing about the two parts can need a second look, as for most people."""
    last = given[given.rfind(" ") + 1 :]
    return (
        last[:1].isupper()
        and given[0] != " "
        and family.isalpha()
        and family[0].isupper()
        and last not in _CAPITAL_PARTICLES
        and last not in _SECOND_LOOK
        and family not in _SECOND_LOOK
        and "~" not in given
        and "," not in given
    )


def repair_authors(names: Sequence[Name]) -> tuple[Name, ...]:
    """The list without what arXiv's parser made of punctuation and `et al`, split collaborations put together.

    Only what is certain: an author `:`, `.` or `al.` is none; `The CMS` in front of `LHCb Collaborations` names two
    collaborations.
    """
    for name in names:
        if not name.given or (len(name.family) < 3 and not name.family.istitle()):
            break
    else:
        return tuple(names)
    repaired: list[Name] = []
    for name in names:
        shown = display_name(name)
        if not shown.strip(" .:;,*-"):
            continue
        if name.family in ("al.", "al") and name.given.endswith("et"):
            shown = name.given.removesuffix("et").strip()
            if shown:
                repaired.append(parse_name(shown))
            continue
        if name.literal.endswith("Collaborations") and repaired and _is_acronym(previous := display_name(repaired[-1])):
            repaired[-1] = Name(literal=f"{previous} Collaboration".removeprefix("The "))
            name = Name(literal=name.literal.removesuffix("s").removeprefix("The "))
        repaired.append(name)
    return tuple(repaired)


def _is_acronym(name: str) -> bool:
    core = name.removeprefix("The ").removeprefix("the ")
    return len(core) > 1 and " " not in core and sum(map(str.isupper, core)) * 2 > len(core)


def _person(text: str, suffix: str) -> Name:
    words = text.split()
    if not suffix and len(words) > 2 and _SUFFIXES.fullmatch(words[-1]) and words[-1] not in _INITIALS:
        suffix = words.pop()
    if len(words) < 2:
        return Name(family=" ".join(words), suffix=suffix)
    first = _begin_of_family(words, len(words) - 1, _ALL_PARTICLES)
    if first == 1 and words[0] in PARTICLES:
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


def _group(text: str) -> str:
    core = text.strip("{} ")
    if match := _ON_BEHALF.match(core):
        core = core[match.end() :]
    return (
        core.removeprefix("The ").removeprefix("the ") if core.endswith(("Collaboration", "Collaborations")) else core
    )


def _in_braces(text: str, at: int) -> bool:
    return text.count("{", 0, at) > text.count("}", 0, at)


_SEPARATOR = re.compile(r"\\.|[,;&(){}]|\band\b|:(?=\s|$)", re.ASCII)


def _pieces(text: str) -> Iterable[tuple[str, str, list[str]]]:
    """The strings between separators, each with the separator behind it and what stood in parentheses.

    What stands in braces or parentheses is not parted; ones that do not balance are taken as text.
    """
    ignored = {"\\"}
    ignored.update("{}" if text.count("{") != text.count("}") else "")
    ignored.update("()" if text.count("(") != text.count(")") else "")
    braces = parentheses = start = 0
    outside: list[str] = []
    inside: list[str] = []
    for match in _SEPARATOR.finditer(text):
        sign = match[0]
        if sign[0] in ignored:
            continue
        if sign == "{":
            braces += 1
        elif sign == "}":
            braces -= 1
        elif braces > 0:
            continue
        elif sign == "(":
            if parentheses == 0:
                outside.append(text[start : match.start()])
                start = match.end()
            parentheses += 1
        elif sign == ")":
            parentheses -= 1
            if parentheses == 0:
                inside.append(" ".join(text[start : match.start()].split()))
                start = match.end()
        elif parentheses <= 0:
            outside.append(text[start : match.start()])
            yield " ".join("".join(outside).split()), sign, inside
            outside, inside, start = [], [], match.end()
    yield " ".join(("".join(outside) + text[start:]).split()), "", inside
