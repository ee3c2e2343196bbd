"""Hostile values: a grammar of pieces that break out of a field, a format or a program, and what TeX makes of them."""

from __future__ import annotations

import datetime
import random
import re
import typing
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from refmill_hooks import Entry, Name, Version

__all__ = ["PIECES", "commands", "depths", "hostile_entries", "values"]

PIECES: Final = (
    *r"""\ \\ { } $ $$ ^ ^^ ^^5c ^^M _ % # & ~ < > " ' ` @ | = , . : / * ( ) [ ] \( \) \[ \] \{ \} \$ \% \& \# \_ \^ \~
    \" \' \= \. \, \; \! \/ \- \@ \>
    \input \include \openin \openout \read \write \immediate \special \def \edef \gdef \xdef \let \expandafter
    \endlinechar \newread \newwrite \jobname \directlua \catcode \csname \endcsname \lowercase \uppercase \char \verb
    \in \le \alpha \beta \beth \bet \betá \left \right \left. \right. \middle \big \Big \bigl \kern \mkern \hskip
    \hspace \hspace{ \vspace \limits \nolimits \rm \bf \it \em \cal \mit \text \text{ \textbf{ \textit{ \emph{ \mathrm
    \mathrm{ \mathbb \frac \sqrt \binom \hbox \mbox{ \ensuremath \begin{array} \end{array} \begin{matrix} \end{matrix}
    \begin \end \hline \over \choose \u \v \H \c \k \d \b \t \r \i \j \o \O \l \L \ss \ae \u{g} {\u{g}} \text{{\u{g}}}
    \'{\i} \~{\^e} \v{c} \c{c} \relax \protect \mathop \phantom \vphantom \substack \stackrel \overline \underbrace
    \not \backslash \textbackslash {\textbackslash} {\textasciicircum} \textasciicircum \lbrace \rbrace {$\lbrace$}
    {$<$} \{x\} \\kern \\left \\input \cite{a} \ref{b} \label{c} \LaTeX \TeX \url{ \href{ \footnote{
    put put{ input input{secret.txt} secret.txt openout def lek k a b x S 5c 2 1pt 2em n e f t u and author={x} },note={
    }}, <i> </i> <b> </b> <sub> </sub> <br> <script> </script> <!-- --> ]]> &amp; &lt; &#36; &#92; &#123; &#125; &#94;
    &bogus; é á ğ ß ø Ω α β ≤ × ° · ½ µ ﬁ 王 я ő ế ’ “ – — … 𝒜""".split(),
    *" \n\t\r\0\x01\x07\x1b\x7f\x85\xa0\u0301\u0327\u034f\u200b\u2028\u202e\ufeff\uffff\ud800\U0001f600",
    "\n@misc{y,",
    '}\n@preamble{"\\input{secret.txt}"}\n@misc{y,',
    "\\\n",
)
"""What a value is put together from."""


def values(count: int, seed: int = 1) -> Iterator[str]:
    """So many values, the same for the same seed; half of them are math."""
    chance = random.Random(seed)
    for _ in range(count):
        value = "".join(chance.choices(PIECES, k=chance.randint(1, 9)))
        yield f"${value}$" if chance.random() < 0.5 else value


def commands(value: str) -> list[str]:
    """The names of the commands in the order in which TeX reads them, those of one sign among them."""
    return re.findall(r"\\([a-zA-Z]+|.|$)", value, re.DOTALL)


def depths(value: str) -> list[int]:
    """How many braces are open at the beginning and behind each brace, as BibTeX counts: escaped ones too."""
    found = [0]
    for brace in re.findall(r"[{}]", value):
        found.append(found[-1] + (1 if brace == "{" else -1))
    return found


def hostile_entries(value: str) -> Iterator[tuple[str, Entry]]:
    """For each field of an entry that can hold text, its name and an otherwise harmless entry with the value in it."""
    harmless = Entry(
        id="2401.00001",
        title="Title",
        authors=(Name(family="Bee", given="Ann"),),
        categories=("cs.CL",),
        created=datetime.date(2024, 1, 1),
        key="bee2024title",
        source="test",
    )
    for name, hint in typing.get_type_hints(Entry).items():
        filled = _filled(hint, value)
        if filled is not None:
            yield name, harmless.replace(**{name: filled})


def _filled(hint: Any, value: str) -> Any:
    """A value of this type whose every text is the given one; None for a type without text."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is str:
        return value
    if origin is tuple:
        inner = _filled(arguments[0], value)
        return None if inner is None else (inner,)
    if origin is dict:
        return dict.fromkeys(("plugin:name", "refmill:date", "refmill:printed-id", "refmill:withdrawn", value), value)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint is not Version:
        fields = {field.name: _filled(field.type, value) for field in msgspec.structs.fields(hint)}
        return hint(**{name: filled for name, filled in fields.items() if filled is not None})
    return next((filled for each in arguments if (filled := _filled(each, value)) is not None), None)
