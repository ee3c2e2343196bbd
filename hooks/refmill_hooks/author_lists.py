"""Lists of authors: cut into names, repaired where arXiv's own parser went wrong, and the many that need neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from refmill_hooks.entry import Name
from refmill_hooks.names import (
    SUFFIXES,
    cleaned,
    display_name,
    group_name,
    is_group,
    is_plain,
    name_from_parts,
    parse_name,
)

__all__ = ["are_ordinary", "authors_of_parts", "is_truncated", "repair_authors", "split_authors"]

_ET_AL = re.compile(r"(?:\b(?:and )?et\.? al\b\.?|^others)$", re.IGNORECASE)
_NUMBERED = re.compile(r"\(\d|\d[\d\s,]*(?:and\s\d+)?$", re.ASCII)
_SPECIAL = re.compile(r"[^\w ,.'-]|,(?! )| and | for | on | et\.? | the |^[ea][tn]d? |  |, (?:[JS]r|I)", re.IGNORECASE)
"""What makes a string of authors more than names parted by commas."""
_TITLED_SPECIAL = re.compile(r",(?! )|  | And | For | On | Et| The |, (?:[JS]r\.?|Junior|V)(?:,|$)")
"""What of that may stand in a list in which each word begins with a capital and has no other."""
_FIRST_WORDS = ("Et", "En", "At", "An")
_FOR_THE = re.compile(r"(?:^|\s)(?:on behalf of|for|from|and) the\s", re.IGNORECASE)
_COLLABORATION = re.compile(r"\b(?:collaborations?|consorti(?:um|a)|teams?|groups?|project)\.?$", re.IGNORECASE)
"""What names authors where it stands in parentheses; an institute there is an affiliation."""

_ORDINARY = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ ,.'-]+")


def are_ordinary(authors: str) -> bool:
    """Whether these are but words with one capital, at their front, as most lists of authors; a title may be so too."""
    return authors.istitle() and _ORDINARY.fullmatch(authors) is not None


def authors_of_parts(parts: Iterable[Sequence[str]]) -> tuple[Name, ...]:
    """Authors as arXiv's own parser splits them: each a keyname, forenames, a suffix, and affiliations if any."""
    names: list[Name] = []
    are_plain = True
    for part in parts:
        if len(part) == 3 and not part[2] and is_plain(part[1], part[0]):
            names.append(Name(family=part[0], given=part[1]))
        elif part:
            family, given, suffix, *affiliations = (*part, "", "") if len(part) < 3 else part
            names.append(name_from_parts(family, given, suffix, [text for text in affiliations if text]))
            are_plain = False
    return tuple(names) if are_plain else repair_authors(names)


def split_authors(authors: str) -> tuple[Name, ...]:
    """The authors in the string of one paper, in order.

    Commas, semicolons, `and` and `&` part names; affiliations in parentheses are taken off; `et al` is no author
    (`is_truncated` tells it); collaborations become literal names.
    """
    if _are_parted_by_commas(authors):
        return repair_authors([parse_name(piece) for piece in authors.split(", ") if piece])
    names: list[Name] = []
    groups: list[Name] = []
    for piece, sign, notes in _pieces(cleaned(authors)):
        if _ET_AL.search(piece):
            piece = _ET_AL.sub("", piece)
        affiliations = []
        for note in notes:
            if _COLLABORATION.search(note) and not _NUMBERED.match(note):
                groups.append(Name(literal=group_name(note)))
            elif not _NUMBERED.match(note):
                affiliations.append(note)
        if SUFFIXES.fullmatch(piece) and names and names[-1].family and not names[-1].suffix:
            names[-1] = msgspec.structs.replace(names[-1], suffix=piece)
            continue
        if " the " in piece and (behalf := _FOR_THE.search(piece)) and is_group(piece):
            groups.append(Name(literal=group_name(piece[behalf.end() :])))
            piece = piece[: behalf.start()]
        if not piece.strip(" .:*-"):
            continue
        if sign == ":" and piece.lower() in ("author", "authors"):
            continue
        name = Name(literal=group_name(piece)) if sign == ":" else parse_name(piece)
        names.append(msgspec.structs.replace(name, affiliations=tuple(affiliations)) if affiliations else name)
    return repair_authors(names + groups)


def _are_parted_by_commas(authors: str) -> bool:
    """Whether nothing but `, ` parts the names. Most lists tell it by their letters, which is faster to see."""
    if are_ordinary(authors) and not authors.startswith(_FIRST_WORDS) and not _TITLED_SPECIAL.search(authors):
        return True
    return not _SPECIAL.search(authors)


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


def is_truncated(authors: str) -> bool:
    """Whether an author string says itself that it names only some of the authors."""
    lower = authors.lower()
    if not ("et" in lower and "al" in lower) and "others" not in lower:
        return False
    return any(_ET_AL.search(piece) for piece, _, _ in _pieces(cleaned(authors)))


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
