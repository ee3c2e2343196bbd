"""LaTeX values for .bib files: that compile, whose braces balance, and that readers of all kinds understand alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from refmill_hooks.latex_math import is_balanced, latex_math
from refmill_hooks.remembered import remembered
from refmill_hooks.tex_scanner import (
    MATH,
    OPEN,
    TEXT,
    is_marked,
    is_ordinary,
    joined,
    only_math,
    printable,
    tokens,
    unmistakable,
)
from refmill_hooks.tex_tables import ACCENTS, EXECUTING, LIKE_LATIN, SYMBOLS, TEX_OF

__all__ = [
    "ascii_latex",
    "executing_commands",
    "latex",
    "latex_identifier",
    "protect_capitals",
    "spelled",
    "unprotected",
]

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


def latex(text: str, *, ascii: bool = False) -> str:
    """A BibTeX or BibLaTeX value that compiles: balanced braces, math in braces; `ascii` leaves no other letters.

    Encoding twice changes nothing. Forms are those that BibTeX readers understand alike: `\\%`, `{$H_{0}$}`, raw UTF-8
    for letters.
    """
    if is_ordinary(text):
        return text
    text = printable(text)
    if ascii and not text.isascii():
        text = "".join([sign for sign in text.replace("\u00a0", " ") if sign < "\x80" or not _is_invisible(sign)])
    if not is_marked(text) and (text.isascii() or not ascii) and "\n" not in text:
        return text
    value = _marked_latex(text, ascii)
    return _AT_LINE_BEGIN.sub(r"\1{@}", value) if "\n" in value and "@" in value else value


_AT_LINE_BEGIN = re.compile(r"(\n\s*)@")
"""Where some programs see the beginning of another entry, whatever is open in front of it."""


def _marked_latex(text: str, ascii: bool) -> str:
    if "  " in text:
        text = joined((text,))
    if (simple := only_math(text)) is not None:
        if len(simple) == 1:
            return _latex_text(text, ascii)
        simple[::2] = [_latex_text(part, ascii) for part in simple[::2]]
        simple[1::2] = [_math(body, ascii) for body in simple[1::2]]
        return _paired("".join(simple))
    parts: list[str] = []
    for kind, value in tokens(text):
        if kind == TEXT:
            parts.append(_latex_text(value, ascii))
        elif kind == MATH:
            parts.append(_math(value, ascii))
        elif kind == OPEN:
            parts.append(_LATEX_FONT.get(value, "{"))
        else:
            parts.append("}")
    return _paired(joined(parts))


@remembered(1 << 12)
def _math(body: str, ascii: bool) -> str:
    value = latex_math(body)
    if not value:
        return _latex_text(f"${body}$", ascii)
    if not value.isascii():
        value = _BEYOND_ASCII.sub(_ascii_in_math, value) if ascii else unmistakable(value)
    return f"{{${value}$}}"


def _ascii_in_math(match: re.Match[str]) -> str:
    """A group for a letter that is not ASCII, so that it joins no neighbours."""
    form = _ascii_character(match[0])
    return f"\\ensuremath{{{form[2:-2]}}}" if form.startswith("{$") else f"\\text{{{form}}}"


_MATH_OR_BRACE = re.compile(r"\{\$(?:[^$\\]|\\.)*\$\}|\\([{}])", re.DOTALL)
_BRACE_NAMES = {"{": "{$\\lbrace$}", "}": "{$\\rbrace$}"}


def _paired(value: str) -> str:
    """With escaped braces of text written by their names where they are no pairs, for BibTeX counts them with others.

    Those of math are pairs already.
    """
    if ("\\{" not in value and "\\}" not in value) or is_balanced(value):
        return value
    return _MATH_OR_BRACE.sub(lambda match: _BRACE_NAMES[match[1]] if match[1] else match[0], value)


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


_EXECUTING = re.compile(rf"\\(?:{'|'.join(sorted(EXECUTING))})(?![a-zA-Z])|\^\^")


def executing_commands(value: str) -> list[str]:
    r"""Return the commands of a LaTeX value that read or write files or run code, such as `\input`; `^^` among them."""
    return list(dict.fromkeys(_EXECUTING.findall(value))) if "\\" in value or "^^" in value else []


def ascii_latex(value: str) -> str:
    """A LaTeX value with each letter that is not of ASCII as a command; all else stays as it is."""
    return value if value.isascii() else _BEYOND_ASCII.sub(lambda match: _ascii_character(match[0]), value)


_INNER_CAPITAL = re.compile(r"[A-Z](?:(?<=\w[A-Z])|-\w)")
"""What every word that needs braces holds: the fast way to find that none does."""
_WORD = re.compile(r"(?<![\w'\\{$-])[\w'-]++(?![}$])")
"""A whole word with its hyphens, unless it is braced, math or a command. No part of it is looked at twice."""
_INSIDE = re.compile(r"\w[A-Z]")
_LONE_CAPITAL = re.compile(r"(?<!\w)[A-Z](?=-\w)")


def protect_capitals(value: str) -> str:
    """A LaTeX value with braces around each word that has capitals inside, such as acronyms; never twice or in math."""
    if not _INNER_CAPITAL.search(value) or value[1:].islower():
        return value
    parts = re.split(r"(\\[a-zA-Z]+|\{|\})", value)
    depth = 0
    for index, part in enumerate(parts):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
        elif depth == 0 and not part.startswith("\\"):
            parts[index] = _WORD.sub(_protected, part)
    return "".join(parts)


def _protected(match: re.Match[str]) -> str:
    word = match[0]
    return f"{{{word}}}" if _INSIDE.search(word) else _LONE_CAPITAL.sub(r"{\g<0>}", word)


def _latex_text(text: str, ascii: bool) -> str:
    if "\\" in text or "{" in text or "}" in text or "$" in text or "<" in text or ">" in text or "~" in text:
        text = text.translate(_LATEX_OF)
    else:
        for sign in "%&#_^":
            if sign in text:
                text = text.replace(sign, _LATEX_OF[ord(sign)])
    if text.isascii():
        return text
    if _MARK.search(text):
        text = _MARKED.sub(lambda match: _accented(match[1], match[2]) or match[0], text)
    if ascii:
        return _BEYOND_ASCII.sub(lambda match: _ascii_character(match[0]), text)
    return unmistakable(_BEYOND_ASCII.sub(lambda match: _utf8_character(match[0]), text))


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_MARK = re.compile("[\u0300-\u036f]")
_MARKED = re.compile("([A-Za-z])([\u0300-\u036f]{1,9}+)(?![\u0300-\u036f])")
"""A letter with accents that Unicode has no one character for, as many as any language sets on one."""


@lru_cache(1 << 10)
def _utf8_character(character: str) -> str:
    if character in "©§¶£–—‘’“”…®°":
        return character
    if character in LIKE_LATIN:
        return f"{{$\\mathrm{{{LIKE_LATIN[character]}}}$}}"
    command = TEX_OF.get(character)
    is_symbol = "\u0370" <= character <= "\u03ff" or "\u2100" <= character <= "\u214f"
    if command is None or (unicodedata.category(character)[0] == "L" and not is_symbol):
        return character
    return f"{{$\\{command}$}}" if command.isalpha() else f"{{${command}$}}"


_LETTER_COMMANDS = {SYMBOLS[name]: name for name in "AE ae OE oe O o L l ss DJ dj DH dh TH th i j".split()}
_ASCII_SIGNS = {
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": "...", "\u00a0": " ", "·": "{$\\cdot$}",
    "°": "{$^{\\circ}$}", "£": "{\\pounds}", "§": "{\\S}", "¶": "{\\P}", "©": "{\\copyright}", "®": "(R)",
}  # fmt: skip
_COMMAND_OF_ACCENT = {combining: command for command, combining in ACCENTS.items()}


@lru_cache(1 << 10)
def _ascii_character(character: str) -> str:
    if character in _ASCII_SIGNS:
        return _ASCII_SIGNS[character]
    if name := _LETTER_COMMANDS.get(character):
        return f"{{\\{name}}}"
    decomposed = unicodedata.normalize("NFD", character)
    if accented := _accented(decomposed[0], decomposed[1:]):
        return accented
    symbol = _utf8_character(character)
    return symbol if symbol.isascii() else spelled(character) or f"[U+{ord(character):04X}]"


def _is_invisible(character: str) -> bool:
    """Whether nothing is seen of it, and ASCII has nothing for it."""
    return unicodedata.category(character)[0] == "C" and not spelled(character)


def _accented(base: str, marks: str) -> str:
    """`{\\"o}`, or "" where TeX has no command for it."""
    commands = [_COMMAND_OF_ACCENT.get(mark, "") for mark in marks]
    if not marks or not base.isascii() or not all(commands):
        return ""
    value = base
    for command in commands:
        bare = not command.isalpha() and value == base
        value = f"\\{command}{value}" if bare else f"\\{command}{{{value}}}"
    return f"{{{value}}}"


_LATIN = "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya e i i e g"
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
        ["" if sign == "-" else sign for sign in _LATIN.split()],
        strict=True,
    )
)


def spelled(character: str) -> str:
    """ASCII for a character that has no other: compatible letters, a transliteration, or its code as `[U+738B]`."""
    compatible = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if compatible.isalnum():
        return compatible
    if (lower := character.lower()) in _CYRILLIC:
        latin = _CYRILLIC[lower]
        return latin if lower == character else latin.capitalize()
    name = unicodedata.name(character, "").rpartition(" LETTER ")[2]
    if name in _GREEK_NAMES:
        return name.lower() if character == lower else name.capitalize()
    if unicodedata.category(character)[0] in "CM":
        return ""
    return f"[U+{ord(character):04X}]"


_GREEK_NAMES = frozenset(
    """ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMDA MU NU XI OMICRON PI RHO SIGMA TAU UPSILON PHI CHI
    PSI OMEGA""".split()
)


_KEPT_END = "} kept"
_GUARD = re.compile(r"\\[a-zA-Z]+\s*|\\.|[{}$]|[^\\{}$]+", re.DOTALL)


def unprotected(value: str) -> str:
    """A LaTeX value without the braces that only protect capitals or math, and with plain `% & # _`.

    What is TeX stays TeX: `{\\"o}`, `\\emph{x}` and what stands between dollars.
    """
    if "{" not in value and "\\" not in value:
        return value
    parts: list[str] = []
    kept: list[bool] = []
    in_math = False
    before = ""
    pieces = _GUARD.findall(value)
    for at, piece in enumerate(pieces):
        if piece == "$":
            in_math = not in_math
        elif piece == "{":
            after = pieces[at + 1] if at + 1 < len(pieces) else ""
            is_argument = before[:1] == "\\" or before == _KEPT_END
            kept.append(in_math or is_argument or after[:1] == "\\" or before[-1:] in ("^", "_"))
        elif piece in ("\\%", "\\&", "\\#", "\\_") and not in_math:
            piece = piece[1]
        if piece == "{" and not kept[-1]:
            before = piece
            continue
        if piece == "}" and kept and not kept.pop():
            before = piece
            continue
        parts.append(piece)
        before = _KEPT_END if piece == "}" else piece
    return "".join(parts)
