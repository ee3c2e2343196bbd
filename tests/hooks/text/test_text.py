"""arXiv's text as plain Unicode, LaTeX and rich text: what each shape becomes, and what holds for any text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill_hooks.text import html, latex, plain, protect_capitals

HUGE = f"&#{'9' * 5000};"
"""A reference to a character whose number Python refuses to read."""
SHAPES = [
    # printed by arXiv, plain Unicode, LaTeX, LaTeX of pure ASCII, rich text
    (r"M\"{u}ller", "Müller", "Müller", r"M{\"u}ller", "Müller"),
    (r"{\o}re", "øre", "øre", r"{\o}re", "øre"),
    (r"\v{c}", "č", "č", r"{\v{c}}", "č"),
    (r"\'{\i}", "í", "í", r"{\'i}", "í"),
    (r"Erd{\H o}s", "Erdős", "Erdős", r"Erd{\H{o}}s", "Erdős"),
    (r"Nguy\~{\^e}n", "Nguyễn", "Nguyễn", r"Nguy{\~{\^e}}n", "Nguyễn"),
    ("GÃ¶del", "Gödel", "Gödel", r"G{\"o}del", "Gödel"),
    ("Mun\u0308oz", "Mun\u0308oz", *[r"Mu{\"n}oz"] * 2, "Mun\u0308oz"),
    ("the star ΜHer", "the star ΜHer", *[r"the star {$\mathrm{M}$}Her"] * 2, "the star ΜHer"),
    ("AT&amp;T", "AT&T", r"AT\&T", r"AT\&T", "AT&T"),
    (HUGE, HUGE, *[HUGE.replace("&#", r"\&\#")] * 2, HUGE),
    (r"50\% & #3", "50% & #3", r"50\% \& \#3", r"50\% \& \#3", "50% & #3"),
    ("a<br>b", "a b", "a b", "a b", "a b"),
    ("CO<sub>2</sub>", "CO2", r"CO\textsubscript{2}", r"CO\textsubscript{2}", "CO<sub>2</sub>"),
    (r"{\it in vivo} \texttt{x}", "in vivo x", r"\textit{in vivo} x", r"\textit{in vivo} x", "<i>in vivo</i> x"),
    (r"as \citet{bee2020} says", *["as [bee2020] says"] * 4),
    (r"\foo bar", r"\foo bar", *[r"{\textbackslash}foo bar"] * 2, r"\foo bar"),
    ("a{b", *["ab"] * 4),
    ("a~b\x01", *["a b"] * 4),
    ("H$_2$O", "H_2O", *["H{$_{2}$}O"] * 2, "H$_2$O"),
    (r"\(a+b\)", "a+b", *["{$a+b$}"] * 2, "$a+b$"),
    (r"$\alpha$-stable", "α-stable", *[r"{$\alpha$}-stable"] * 2, r"$\alpha$-stable"),
    (r"\alpha-stable", "α-stable", *[r"{$\alpha$}-stable"] * 2, "α-stable"),
    ("“quoted” – β", "“quoted” – β", r"“quoted” – {$\beta$}", r"``quoted'' -- {$\beta$}", "“quoted” – β"),
]


@pytest.mark.parametrize(("printed", "unicode", "tex", "ascii_tex", "rich"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_each_shape_has_its_forms(printed: str, unicode: str, tex: str, ascii_tex: str, rich: str) -> None:
    assert (plain(printed), latex(printed), latex(printed, ascii_only=True), html(printed)) == (
        unicode,
        tex,
        ascii_tex,
        rich,
    )


@pytest.mark.parametrize(
    ("math", "expected"),
    [
        (r"x_0^2", r"x_{0}^{2}"),
        (r"x_\mathrm{min}", r"x_{\mathrm{min}}"),
        (r"x_\odot", r"x_\odot"),
        (r"\sum\_{i} R\^2", r"\sum_{i} R^{2}"),
        (r"time(\_)", r"time({\_})"),
        (r"\omega_{\textrm w}", r"\omega_{\textrm{w}}"),
        (r"0.61 \rm M_\odot", r"0.61 {\rm M_\odot}"),
        (r"\left(\bf x\right) y", r"\left({\bf x}\right) y"),
        (r"{\rm M}_a", r"{\rm M}_{a}"),
        (r"\poly(n)", r"\mathrm{poly}(n)"),
        (r"\c^\H", r"\mathrm{c}^{\mathrm{H}}"),
        (r"100%", r"100\%"),
        (r"\ket{\0}", r"\mathrm{ket}{0}"),
        (r"\left\{x\right.", r"\left\lbrace x\right."),
        (r"{a", r"{a}"),
        (r"a \iff \models \Im z", r"a \iff \models \Im z"),
        (r"\begin{pmatrix} a & b \\ c & d\end{pmatrix}", r"\begin{pmatrix} a & b \\ c & d\end{pmatrix}"),
        (r"\begin{equation} a & b\end{equation}", r"\mathrm{begin}{equation} a \& b\mathrm{end}{equation}"),
        ("α≤β", r"\alpha \leq \beta"),
        (r"(0001\overline)", r"(0001\overline)"),
        (r"0001\overline", r"0001\overline{}"),
        (r"x^\hat", r"x^{\hat{}}"),
        (r"\frac{a}", r"\frac{a}{}"),
        (r"x^\frac12", r"x^\frac12"),
        (r"x_\Longrightarrow", r"x_{\Longrightarrow}"),
        (r"x_\cal A", r"x_{\cal A}"),
        (r"f^{-1}'", r"f^{-1}{}'"),
        (r"x^2^3", r"x^{2}{}^{3}"),
        (r"x'_i^j", r"x'_{i}{}^{j}"),
        (r"a\textquoteright", r"a'"),
        (r"x^", r"x^{}"),
        (r"\left( a \rightarrow b", r"( a \rightarrow b"),
        (r"\left( a \rightarrow b \right)", r"\left( a \rightarrow b \right)"),
        (r"\big x", r"x"),
        (r"a \kern b \kern2pt c", r"a b \kern2pt c"),
        (r"\limits a \sum\limits_i", r"a \sum\limits_{i}"),
        (r"{\em x}", r"{\it x}"),
        (r"\verb x", r"\mathrm{verb} x"),
    ],
)
def test_math_compiles_and_is_read_alike(math: str, expected: str) -> None:
    assert latex(f"${math}$") == f"{{${expected}$}}"
    assert latex(latex(f"${math}$")) == latex(f"${math}$")


def test_braces_that_are_no_pairs_are_named_in_text_and_in_math() -> None:
    assert latex(r"\} $\{a\}$") == r"{$\rbrace$} {$\{a\}$}"


PIECES = st.lists(
    st.one_of(
        st.sampled_from([shape[0] for shape in SHAPES]),
        st.sampled_from(["\\", "{", "}", "$", "\\{", "\\}", "_", "^", "%", "<", "~", " ", "$$", "é", "王", "\\alpha"]),
        st.text(max_size=6),
    ),
    max_size=8,
).map("".join)


@given(PIECES, st.booleans())
def test_braces_balance_in_any_latex(text: str, ascii_only: bool) -> None:
    value = latex(text, ascii_only=ascii_only)
    depths = [0]
    for brace in re.findall(r"[{}]", value):
        depths.append(depths[-1] + (1 if brace == "{" else -1))
    assert min(depths) == depths[-1] == 0


@given(PIECES)
def test_ascii_is_pure_whatever_the_text(text: str) -> None:
    assert latex(text, ascii_only=True).isascii()


@given(st.sampled_from(SHAPES), st.sampled_from(SHAPES))
def test_to_encode_twice_changes_nothing(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    text = f"{one[0]} {other[0]}"
    for encode in (latex, plain, html):
        once = encode(text)
        assert encode(once) == once, encode.__name__
    assert latex(latex(text, ascii_only=True), ascii_only=True) == latex(text, ascii_only=True)


LETTERS = st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F)


@given(st.text(LETTERS, min_size=1))
def test_letters_survive_the_way_to_ascii_latex_and_back(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    value = latex(composed, ascii_only=True)
    if "[U+" not in value and all(_has_a_command(letter) for letter in composed):
        assert plain(value) == composed


def _has_a_command(letter: str) -> bool:
    return latex(letter, ascii_only=True) == letter or latex(letter, ascii_only=True).startswith("{\\")


@pytest.mark.parametrize(
    ("title", "protected"),
    [
        ("X-ray bursts of DNA", "{X}-ray bursts of {DNA}"),
        ("Non-X-ray and non-DNA", "Non-{X}-ray and {non-DNA}"),
        ("{DNA} of ${XY}Z$ in XYZ's", "{DNA} of ${XY}Z$ in {XYZ's}"),
        ("On \\LaTeX and aB", "On \\LaTeX and {aB}"),
        ("On $x aB$ and $aB x$", "On $x aB$ and $aB x$"),
        ("Each Word Begins with One", "Each Word Begins with One"),
    ],
)
def test_words_with_capitals_inside_are_braced_once_and_not_in_math(title: str, protected: str) -> None:
    assert protect_capitals(title) == protected
    assert protect_capitals(protected) == protected
