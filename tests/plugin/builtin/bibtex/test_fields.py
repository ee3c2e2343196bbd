"""The values of a .bib are read by the grammar of BibTeX, and what breaks it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugin.builtin.bibtex.bibs import one, read

from refmill.builtin.bibtex.fields import fields_of
from refmill_hooks import Name, ReadError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{A}", "A"),
        ('"A"', "A"),
        ("2001", "2001"),
        ("in press", "in press"),
        ('"The Schr{\\"o}dinger equation of all"', 'The Schr{\\"o}dinger equation of all'),
        ('"A {"}q{"} B"', 'A {"}q{"} B'),
        ('"A {"b, c" d} E"', 'A {"b, c" d} E'),
        ('"On {{A}} and {\\"{U}}ber {B}"', 'On {{A}} and {\\"{U}}ber {B}'),
        ("{Two lines \\\\}", "Two lines \\\\"),
        ("{a @misc{b, c = {d}}\n@misc{e}}", "a @misc{b, c = {d}}\n@misc{e}"),
        ('"a" # {b} # 3 # known # unknown', "ab3Kunknown"),
        ("KNOWN", "K"),
    ],
)
def test_a_value_is_the_text_between_its_delimiters(value: str, text: str) -> None:
    found = fields_of(f"@misc{{key, title = {value}, last = {{x}}}}", {"known": "K"})
    assert (found.fields, found.problems) == ({"title": text, "last": "x"}, [])


def test_blanks_and_names_in_quotes_stay_apart() -> None:
    entry = one('author="Schr{\\"o}dinger, Erwin and M{\\"u}ller, Karl", title="On {\\"o} and more"')
    assert entry.authors == (
        Name(family='Schr{\\"o}dinger', given="Erwin"),
        Name(family='M{\\"u}ller', given="Karl"),
    )
    assert entry.title == 'On {\\"o} and more'


@pytest.mark.parametrize("between", ["\n ", " "])
@pytest.mark.parametrize("title", ["{A}", '"A"', "{A} # {}"])
def test_a_field_behind_a_missing_comma_is_read(title: str, between: str) -> None:
    found = fields_of(f"@article{{c, title={title}{between}author={{Bee, Ann}}{between}year=2001}}", {})
    assert (found.fields, found.problems) == ({"title": "A", "author": "Bee, Ann", "year": "2001"}, [])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("title = {A} junk", "in title stands 'junk', which is no value"),
        ("title = {A}, note = {x}, note = {y}", "note stands there twice; left out: 'y'"),
        ("title = {A}, see also = {y}", "'see also' is no name of a field"),
        ("title = {A}, date.added = {y}", "'date.added' is no name of a field"),
    ],
)
def test_what_an_entry_is_read_without_is_told(fields: str, told: str) -> None:
    (entry,), problems = read(f"@misc{{key, {fields}}}")
    assert (entry.title, problems) == ("A", [told])


def test_the_same_field_twice_is_no_problem() -> None:
    assert one("note = {x}, Note = {x}").extra == {"bib:note": "x"}


@pytest.mark.parametrize("sign", ["%", "% ", "//", "// "])
def test_a_field_that_is_commented_out_is_none(sign: str) -> None:
    assert one(f"title = {{A}},\n{sign}note = {{x}},\n year = 2001").extra == {"refmill:date": "2001"}


@pytest.mark.parametrize("text", ["@misc{a title = {A}}", "@misc{a, title}", '@misc{a, x = "y}'])
def test_an_entry_that_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="not BibTeX"):
        fields_of(text, {})


@pytest.mark.parametrize(
    ("string", "told"),
    [
        ("@string{x}", "not BibTeX: the string has no name or no value"),
        ('@string{x = "y}', "in a string stands '\"y', which is no value"),
        ("@string{x = {y}, z = {w}}", "in a string stands 'z = {w}', which is no value"),
    ],
)
def test_a_string_that_defines_nothing_is_told(string: str, told: str) -> None:
    assert read(f"{string}\n@misc{{a, title = {{A}}}}")[1] == [told]


def test_an_entry_has_the_strings_in_front_of_it() -> None:
    entries, told = read("@string{x = {1}}\n@misc{a, note = x}\n@STRING(x = {2})\n@misc{b, note = x}")
    assert ([entry.extra["bib:note"] for entry in entries], told) == (["1", "2"], [])


def test_strings_that_hold_one_another_do_not_grow_without_end() -> None:
    doubled = "".join(f"@string{{s{n + 1} = s{n} # s{n}}}\n" for n in range(60))
    (entry,), _ = read(f"@string{{s0 = {{ha}}}}\n{doubled}@misc{{a, note = s60}}")
    assert len(entry.extra["bib:note"]) < 10 << 20


TEXTS = st.text('ab {}"\\@=,#\n', max_size=16)


def is_balanced(text: str) -> bool:
    depth = 0
    for sign in text.replace("\\\\", "").replace("\\{", "").replace("\\}", ""):
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and not text.replace("\\\\", "").endswith("\\")


@given(st.lists(TEXTS.filter(is_balanced), min_size=1, max_size=4))
def test_whatever_balances_is_read_between_braces(values: list[str]) -> None:
    fields = "".join(f"  f{number} = {{{value}}},\n" for number, value in enumerate(values))
    assert fields_of(f"@misc{{key,\n{fields}}}", {}).fields == {
        f"f{number}": value.strip() for number, value in enumerate(values)
    }


@given(st.text('ab {}"()\\@=,#\n', max_size=60))
def test_whatever_stands_in_an_entry_is_read_or_refused(text: str) -> None:
    try:
        found = fields_of(f"@misc{{key, {text}}}", {})
    except ReadError:
        return
    assert found.key == "key"
