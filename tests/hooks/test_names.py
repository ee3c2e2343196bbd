"""Author strings of every shape become family names, given names, suffixes and groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill_hooks import Name, author_lists
from refmill_hooks.author_lists import authors_of_parts, split_authors
from refmill_hooks.names import display_name, name_from_parts, parse_name
from refmill_hooks.text import plain

PEOPLE = [
    # as it is printed, family, given, suffix
    ("Ann Bee", "Bee", "Ann", ""),
    ("A.N.Aleshaev", "Aleshaev", "A. N.", ""),
    ("Bee, Ann", "Bee", "Ann", ""),
    ("Guy L. Steele Jr.", "Steele", "Guy L.", "Jr."),
    ("Steele, Jr., Guy L.", "Steele", "Guy L.", "Jr."),
    ("Aaron van den Oord", "van den Oord", "Aaron", ""),
    ("Frank C. van den Bosch", "van den Bosch", "Frank C.", ""),
    ("Gabriella De Luca", "De Luca", "Gabriella", ""),
    ("Massimo Della Valle", "Della Valle", "Massimo", ""),
    ("J. J. M. in 't Zand", "in 't Zand", "J. J. M.", ""),
    ("David Barrado y Navascués", "Barrado y Navascués", "David", ""),
    ("Albert Guillén i Fàbregas", "Guillén i Fàbregas", "Albert", ""),
    ("Eduardo do Couto e Silva", "do Couto e Silva", "Eduardo", ""),
    (r"Juan Mu\~noz", "Muñoz", "Juan", ""),
    ("Juan Mu~noz", "Muñoz", "Juan", ""),
    ("Jo~ao Silva", "Silva", "João", ""),
    ('Hans M"uller', "Müller", "Hans", ""),
    ("john~nash", "nash", "john", ""),
    ("Marie~nee~Bee", "Bee", "Marie nee", ""),
    ("Ann~van~der~Bee", "van der Bee", "Ann", ""),
    ("Ali~al-Rahman", "al-Rahman", "Ali", ""),
    (r"Paul Erd{\H o}s", "Erdős", "Paul", ""),
    ("Plato", "Plato", "", ""),
    ("Dr. Ann Bee", "Bee", "Ann", ""),
]


@pytest.mark.parametrize(("printed", "family", "given", "suffix"), PEOPLE, ids=[row[0] for row in PEOPLE])
def test_a_person_is_parted(printed: str, family: str, given: str, suffix: str) -> None:
    name = parse_name(printed)
    assert (plain(name.family), plain(name.given), name.suffix) == (family, given, suffix)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Oord", "Aaron van den"), Name(family="van den Oord", given="Aaron")),
        (("Navascués", "D. Barrado y"), Name(family="Barrado y Navascués", given="D.")),
        (("Smith,", "John"), Name(family="Smith", given="John")),
        (("Collaboration", "for the ABCD"), Name(literal="ABCD Collaboration")),
        (("Steele", "Guy Jr."), Name(family="Steele", given="Guy", suffix="Jr.")),
    ],
)
def test_what_arxivs_parser_splits_wrongly_is_mended(parts: tuple[str, str], expected: Name) -> None:
    assert name_from_parts(*parts) == expected


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("A. Bee and C. Dee", ["A. Bee", "C. Dee"]),
        ("A. Bee, C. Dee, and E. Eff", ["A. Bee", "C. Dee", "E. Eff"]),
        ("A. Bee; C. Dee & E. Eff", ["A. Bee", "C. Dee", "E. Eff"]),
        ("A. Bee (1), C. Dee (1 and 2) ((1) Here, (2) There)", ["A. Bee", "C. Dee"]),
        ("A. Bee (Univ. of X), C. Dee", ["A. Bee", "C. Dee"]),
        ("A. Bee, C. Dee, et al.", ["A. Bee", "C. Dee"]),
        ("Guy Steele, Jr., C. Dee", ["Guy Steele Jr.", "C. Dee"]),
        ("A. Bee, C. Dee for the XYZ Collaboration", ["A. Bee", "C. Dee", "XYZ Collaboration"]),
        ("XYZ Collaboration: A. Bee, C. Dee", ["XYZ Collaboration", "A. Bee", "C. Dee"]),
    ],
)
def test_a_list_is_parted_into_names(authors: str, expected: list[str]) -> None:
    assert [display_name(name) for name in split_authors(authors)] == expected


WORDS = st.sampled_from(
    [
        "Ann",
        "Bee",
        "A.",
        "B.C.",
        "O'Neil",
        "Müller",
        "De",
        "Jr.",
        "II",
        "V",
        "I",
        "Ian",
        "Et",
        "The",
        "And",
        "and",
        "van",
    ]
)
SIGNS = st.sampled_from([" ", " ", " ", ", ", ", ", ",", "  ", " And ", " and ", "; "])


@given(st.lists(st.tuples(WORDS, SIGNS), max_size=8))
def test_what_is_told_by_the_letters_is_what_a_closer_look_tells(pieces: list[tuple[str, str]]) -> None:
    authors = "".join(word + sign for word, sign in pieces).strip()
    found = split_authors(authors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(author_lists, "are_ordinary", lambda authors: False)
        assert split_authors(authors) == found


def test_authors_in_parts_may_have_suffixes_affiliations_and_lack_anything() -> None:
    parts = [["Bee", "Ann", ""], ["Steele", "Guy L.", "Jr."], ["Dee", "Carl", "", "Here"], ["Plato"], []]
    assert authors_of_parts(parts) == (
        Name(family="Bee", given="Ann"),
        Name(family="Steele", given="Guy L.", suffix="Jr."),
        Name(family="Dee", given="Carl", affiliations=("Here",)),
        Name(family="Plato"),
    )
