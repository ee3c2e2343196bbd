"""LaTeX values for .bib files: that compile, whose braces balance, and that readers of all kinds understand alike."""

from __future__ import annotations

import re

from refmill_hooks.text.cache import remembered
from refmill_hooks.text.characters import BEYOND_ASCII, accented, ascii_character, is_invisible, utf8_character
from refmill_hooks.text.math import is_balanced, latex_math
from refmill_hooks.text.scanner import (
    MATH,
    OPEN,
    TEXT,
    composed,
    is_marked,
    is_ordinary,
    only_math,
    printable,
    tokens,
    unmistakable,
)
from refmill_hooks.text.tables import EXECUTING

__all__ = ["executing_commands", "latex", "latex_identifier"]

_LATEX_FONT = {
    "i": "\\textit{",
    "b": "\\textbf{",
    "sc": "\\textsc{",
    "sup": "\\textsuperscript{",
    "sub": "\\textsubscript{",
}
_LATEX_OF = str.maketrans({
    "%": "\\%", "&": "\\&", "#": "\\#", "_": "\\_", "$": "\\$", "~": "{\\textasciitilde}", "^": "{\\textasciicircum}",
    "\\": "{\\textbackslash}", "<": "{$<$}", ">": "{$>$}", "{": "\\{", "}": "\\}",
})  # fmt: skip


def latex(text: str, *, ascii_only: bool = False) -> str:
    r"""A BibTeX or BibLaTeX value that compiles: balanced braces, math in braces; `ascii_only` leaves no other letters.

    Encoding twice changes nothing. Forms are those that BibTeX readers understand alike: `\%`, `{$H_{0}$}`, raw UTF-8
    for letters.
    """
    if is_ordinary(text):
        return text
    text = printable(text)
    if ascii_only and not text.isascii():
        text = _COMMAND_BEFORE_LETTER.sub(r"\1 ", text)
        text = "".join([sign for sign in text.replace("\u00a0", " ") if sign < "\x80" or not is_invisible(sign)])
    if not is_marked(text) and (text.isascii() or not ascii_only) and "\n" not in text:
        return text
    value = _marked_latex(text, ascii_only)
    return _AT_LINE_BEGIN.sub(r"\1{@}", value) if "\n" in value and "@" in value else value


_COMMAND_BEFORE_LETTER = re.compile(r"(\\[a-zA-Z]+)(?=[^\x00-\x7f]+[a-zA-Z])")
_AT_LINE_BEGIN = re.compile(r"(\n\s*)@")
"""Where some programs see the beginning of another entry, whatever is open in front of it."""


def _marked_latex(text: str, ascii_only: bool) -> str:
    if (simple := only_math(text)) is not None:
        if len(simple) == 1:
            return _latex_text(text, ascii_only)
        simple[::2] = [_latex_text(part, ascii_only) for part in simple[::2]]
        simple[1::2] = [_math(body, ascii_only) for body in simple[1::2]]
        return "".join(simple)  # without a brace in the text there is none to pair
    parts: list[str] = []
    for kind, value in tokens(text):
        if kind == TEXT:
            parts.append(_latex_text(value, ascii_only))
        elif kind == MATH:
            parts.append(_math(value, ascii_only))
        elif kind == OPEN:
            parts.append(_LATEX_FONT.get(value, "{"))
        else:
            parts.append("}")
    return _paired(composed("".join(parts)))


@remembered(1 << 12)
def _math(body: str, ascii_only: bool) -> str:
    value = latex_math(body)
    if not value:
        return _MATH_OR_BRACE.sub(_named, _latex_text(f"${body}$", ascii_only))
    if not value.isascii():
        value = BEYOND_ASCII.sub(_ascii_in_math, value) if ascii_only else unmistakable(value)
    return f"{{${value}$}}"


def _ascii_in_math(match: re.Match[str]) -> str:
    """A group for a letter that is not ASCII, so that it joins no neighbours."""
    form = ascii_character(match[0])
    return f"\\ensuremath{{{form[2:-2]}}}" if form.startswith("{$") else f"\\text{{{form}}}"


_MATH_OR_BRACE = re.compile(r"\{\$(?:[^$\\]|\\.)*\$\}|\\([{}])", re.DOTALL)
_BRACE_NAMES = {"{": "{$\\lbrace$}", "}": "{$\\rbrace$}"}


def _paired(value: str) -> str:
    """With escaped braces of text written by their names where they are no pairs, for BibTeX counts them with others.

    Those of math are pairs already.
    """
    if ("\\{" not in value and "\\}" not in value) or is_balanced(value):
        return value
    return _MATH_OR_BRACE.sub(_named, value)


def _named(match: re.Match[str]) -> str:
    return _BRACE_NAMES[match[1]] if match[1] else match[0]


_PLAIN_IDENTIFIER = re.compile(r"[A-Za-z0-9./:;,_()<>+=@!?*'`|~#&$\[\]-]*")
_IN_IDENTIFIER = re.compile(r"[^A-Za-z0-9./:;,_()<>+=@!?*'`|~#&$\[\]-]")


def latex_identifier(text: str) -> str:
    """Return an identifier, such as a DOI, an eprint or a URL, as a value that programs read as it is.

    Signs that TeX or BibTeX would act on are encoded as in URLs; `%` is escaped.
    """
    if _PLAIN_IDENTIFIER.fullmatch(text):
        return text
    return _IN_IDENTIFIER.sub(_encoded, printable(text))


def _encoded(match: re.Match[str]) -> str:
    sign = match[0]
    if sign == "%":
        return "\\%"
    if sign > "\x7f" and sign.isprintable():
        return sign
    return "".join([f"\\%{byte:02X}" for byte in sign.encode()])


_COMMAND_OR_CARETS = re.compile(r"\\[a-zA-Z]+|\^\^")


def executing_commands(value: str) -> list[str]:
    r"""Return the commands of a LaTeX value that read or write files or run code, such as `\input`; `^^` among them."""
    if "\\" not in value and "^^" not in value:
        return []
    found = dict.fromkeys(_COMMAND_OR_CARETS.findall(value))
    return [command for command in found if command == "^^" or command[1:] in EXECUTING]


_MARK = re.compile("[\u0300-\u036f]")
_MARKED = re.compile("([A-Za-z])([\u0300-\u036f]{1,9}+)(?![\u0300-\u036f])")
"""A letter with accents that Unicode has no one character for, as many as any language sets on one."""


def _latex_text(text: str, ascii_only: bool) -> str:
    if "\\" in text or "{" in text or "}" in text or "$" in text or "<" in text or ">" in text or "~" in text:
        text = text.translate(_LATEX_OF)
    else:
        for sign in "%&#_^":
            if sign in text:
                text = text.replace(sign, _LATEX_OF[ord(sign)])
    if text.isascii():
        return text
    if _MARK.search(text):
        text = _MARKED.sub(lambda match: accented(match[1], match[2]) or match[0], text)
    if ascii_only:
        return BEYOND_ASCII.sub(lambda match: ascii_character(match[0]), text)
    return unmistakable(BEYOND_ASCII.sub(lambda match: utf8_character(match[0]), text))
