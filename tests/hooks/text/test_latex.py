"""What was data leaves for a .bib by one door: nothing runs in it, nothing breaks out of it, nothing is dropped."""

from __future__ import annotations

import html as entities
import re

import pytest
from tests.hostile import commands, depths, values

from refmill_hooks import Entry
from refmill_hooks.citation_keys import has_readable_key, is_readable_key, portable_key, safe_key
from refmill_hooks.text import ascii_latex, executing_commands, is_balanced, latex, latex_identifier, plain
from refmill_hooks.text import math as math_module
from refmill_hooks.text.tables import ACCENTS, EXECUTING, KNOWN_IN_MATH, SYMBOLS, TEX_OF

LETTERS = {"AE", "ae", "OE", "oe", "O", "o", "L", "l", "ss", "DJ", "dj", "DH", "dh", "TH", "th", "i", "j"}
MADE = {
    *"textbackslash textasciicircum textasciitilde textit textbf textsc textsuperscript textsubscript".split(),
    *"mathrm text ensuremath lbrace rbrace it copyright pounds S P circ cdot frac".split(),
    *(command for command in TEX_OF.values()),
    *(accent for accent in ACCENTS if accent.isalpha()),
    *LETTERS,
}
"""Commands that stand for characters of the source, and those in which a text is shown."""
HARMLESS = KNOWN_IN_MATH | MADE | {"begin", "end", "hline"}


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("$^^}5cinput{secret.txt}$", "{$^{}{}^{5}cinput{secret.txt}$}"),
        (r"$\in}put{x}$", r"{$\in put{x}$}"),
        (r"$\in\big put{x}$", r"{$\in put{x}$}"),
        (r"$\in\left put{x}$", r"{$\in put{x}$}"),
        (r"$\in\right.put{x}$", r"{$\in put{x}$}"),
        (r"$\in\kern put{x}$", r"{$\in put{x}$}"),
        (r"$\in\hspace put{x}$", r"{$\in put{x}$}"),
        (r"$\in\limits put{x}$", r"{$\in\limits put{x}$}"),
        (r"$0\le}k\le n$", r"{$0\le k\le n$}"),
        (r"$a\in\big S$", r"{$a\in S$}"),
        (r"$\\kern input{x}$", r"{$\\ kern input{x}$}"),
        (r"$}}, author = {{x$", r"{$, author = {{x}}$}"),
        ("$\\betá$", "{$\\mathrm{bet}á$}"),
        ("$\\beta\u0301$", "{$\\beta \u0301$}"),
        ("$\\kern\u0301input$", "{$\u0301input$}"),
        ("$\\in\0f$", "{$\\in f$}"),
        ("$\\in&#1;f$", "{$\\in f$}"),
        ("a&#13;@misc{b", "a @miscb"),
        (r"$\begin{array}{*{9999}{c}}a\end{array}$", r"{$\mathrm{begin}{array}{*{9999}{c}}a\mathrm{end}{array}$}"),
        (r"$\mbox{\boldmath $x$}$", r"{$\mbox{\mathrm{boldmath} \ensuremath{x}}$}"),
        ("$10\\,\\text{µm}$", r"{$10\,\text{\ensuremath{\mu }m}$}"),
        (r"\vphantom{x}{{GaAs}} wires", r"{\textbackslash}vphantom\{x\}{{GaAs}} wires"),
        ("?a=1&section=3", r"?a=1\&section=3"),
        ("$\\alphaé$", "{$\\alpha é$}"),
        (r"$\input{x}$", r"{$\mathrm{input}{x}$}"),
        (r"\input{x}", r"{\textbackslash}input\{x\}"),
        (r"\href{u}{l} and \foo[a]{b}", r"{\textbackslash}href\{u\}\{l\} and {\textbackslash}foo[a]\{b\}"),
        (r"\($\)", r"{$\$$}"),
        (r"$a\$b$", r"{$a\$b$}"),
        ("a\rb", "a b"),
        ("a\n\n@misc{b,", "a\n\n{@}miscb,"),
    ],
)
def test_what_would_run_or_break_out_is_shown(title: str, value: str) -> None:
    assert latex(title) == value


@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "ASCII"])
def test_no_value_holds_a_command_that_was_not_printed_or_is_not_harmless(cases: int, ascii_only: bool) -> None:
    for text in values(cases):
        value = latex(text, ascii_only=ascii_only)
        named = {name for name in commands(value) if name.isalpha() and name.isascii()}
        assert named <= HARMLESS, (text, value)
        assert named <= MADE | set(re.findall(r"\\([a-zA-Z]+)", entities.unescape(text))), (text, value)
        assert "" not in commands(value), (text, value)


@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "ASCII"])
def test_no_value_ends_its_field_or_holds_what_tex_reads_otherwise(cases: int, ascii_only: bool) -> None:
    for text in values(cases, seed=2):
        value = latex(text, ascii_only=ascii_only)
        found = depths(value)
        assert min(found) == found[-1] == 0, (text, value)
        assert not re.search(r"\^\^|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|\n\s*@", value), (text, value)
        assert value.isascii() or not ascii_only


@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "ASCII"])
def test_latex_twice_is_latex_once(cases: int, ascii_only: bool) -> None:
    for text in values(cases, seed=3):
        value = latex(text, ascii_only=ascii_only)
        assert latex(value, ascii_only=ascii_only) == value, text


def test_no_letter_or_digit_of_a_text_without_markup_is_dropped(cases: int) -> None:
    for text in values(cases, seed=4):
        words = re.sub(r"[^A-Za-z0-9]", "", text)
        if not re.search(r"[\\&<$]", text):
            assert re.sub(r"[^A-Za-z0-9]", "", plain(latex(text))) == words, text


def test_no_harmless_command_runs_anything_or_becomes_one_that_does_when_a_line_is_broken() -> None:
    assert not KNOWN_IN_MATH & EXECUTING
    assert not set(SYMBOLS) & EXECUTING
    # BibTeX breaks lines of more than 79 signs anywhere, so what stands at their end is read as a command of its own
    cut = {name[:end] for name in KNOWN_IN_MATH for end in range(2, len(name))}
    assert cut & EXECUTING <= {"loop"}


def test_math_in_which_a_step_left_an_unknown_command_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math_module, "_completed", lambda body: body + r"\input")
    assert latex(r"$\alpha+1729$") == r"\${\textbackslash}alpha+1729\$"


def test_escaped_braces_of_math_stay_where_they_are_pairs_in_their_order() -> None:
    assert latex(r"$\{a\}$") == r"{$\{a\}$}"
    assert latex(r"$\}a\{$") == r"{$\rbrace a\lbrace$}"


@pytest.mark.parametrize(
    ("identifier", "value"),
    [
        ("10.1002/(SICI)1097<1::AID-X1>3.0.CO;2-A", "10.1002/(SICI)1097<1::AID-X1>3.0.CO;2-A"),
        ("10.1000/50%_x#1", r"10.1000/50\%_x#1"),
        (r"10.1000/\input{x}", r"10.1000/\%5Cinput\%7Bx\%7D"),
        ("10.1000/^^5cinput", r"10.1000/\%5E\%5E5cinput"),
        ("10.1000/a\x1b b", r"10.1000/a\%20b"),
        ("10.1000/ü", "10.1000/ü"),
    ],
)
def test_an_identifier_is_written_as_programs_look_it_up(identifier: str, value: str) -> None:
    assert latex_identifier(identifier) == value


def test_no_identifier_ends_its_field_or_holds_a_command(cases: int) -> None:
    for text in values(cases, seed=5):
        value = latex_identifier(text)
        assert not re.search(r"[{}\^\s]", value), (text, value)
        assert set(commands(value)) <= {"%"}, (text, value)


KEYS = ["vaswani2017attention", "müller2020", "DBLP:conf/X", "a.b+c_d-e/f:g", "王2020"]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_programs_read_is_kept(key: str) -> None:
    assert is_readable_key(key)
    assert safe_key(Entry(key=key, source="bib")) == key


def test_a_key_longer_than_bibtex_takes_is_none() -> None:
    assert not is_readable_key("k" * 251)
    assert safe_key(Entry(key="k" * 251)) == "k" * 250


@pytest.mark.parametrize(
    ("value", "ascii_tex"),
    [
        (r"$\inпут{x}$", r"$\in put{x}$"),
        ("\\\uff49nput{x}", r"{\textbackslash}input{x}"),
        ("10½ µm, 10⁵", r"10{$\frac{1}{2}$} {$\mu$}m, 10{$^{5}$}"),
    ],
)
def test_letters_that_are_spelled_join_no_command(value: str, ascii_tex: str) -> None:
    assert ascii_latex(value) == ascii_tex


@pytest.mark.parametrize("text", [r"$Ã\kern©$", r"$\~A°$", r"$Ã\left©$"])
def test_letters_of_math_that_become_neighbours_are_not_read_as_bytes_of_another(text: str) -> None:
    value = latex(text)
    assert "Ã{}" in value
    assert latex(value) == value


@pytest.mark.parametrize("sign", [*' ,"{}%#~\\', "\n", "\x01", "\x85", "\u202e", "\u200b", "^^"])
@pytest.mark.parametrize("source", ["csl", "bib"])
def test_a_key_with_a_sign_that_ends_it_is_none(sign: str, source: str) -> None:
    entry = Entry(key=f"a{sign}b", source=source)
    assert not has_readable_key(entry)
    assert is_readable_key(safe_key(entry))


@pytest.mark.parametrize("sign", "'()=<>^|")
def test_a_key_that_biber_or_pandoc_cannot_read_is_kept_only_where_it_comes_from_a_bib(sign: str) -> None:
    key = f"a{sign}b"
    assert safe_key(Entry(key=key, source="bib")) == key
    assert safe_key(Entry(key=key, source="csl")) == "a_b"


def test_each_safe_key_can_be_read(cases: int) -> None:
    for text in values(cases, seed=6):
        assert is_readable_key(safe_key(Entry(key=text))), text


@pytest.mark.parametrize(
    ("given", "key"),
    [("müller2020", "muller2020"), ("Łódź", "Lodz"), ("Жук", "Zhuk"), ("a/b:c", "a/b:c"), ("王2020", "u738b2020")],
)
def test_a_key_is_ascii_in_a_bib_unless_it_comes_from_one(given: str, key: str) -> None:
    assert portable_key(Entry(key=given, source="csl")) == key
    assert portable_key(Entry(key=given, source="bib")) == given


def test_commands_that_run_are_named_as_tex_reads_them() -> None:
    assert executing_commands(r"\inputenc \input{x} \write18{y} ^^5c \input") == ["\\input", "\\write", "^^"]
    assert executing_commands(r"\textit{x} \letter") == []


@pytest.mark.parametrize(
    ("value", "is_pair"), [("{a}{b{c}}", True), ("}{", False), ("{", False), ("}", False), ("", True)]
)
def test_braces_balance_where_none_closes_before_it_is_opened(value: str, is_pair: bool) -> None:
    assert is_balanced(value) is is_pair
