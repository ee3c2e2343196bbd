"""Characters that are not ASCII as LaTeX writes them, with or without other letters, and spelled where it has none."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from refmill_hooks.text.tables import ACCENTS, LIKE_LATIN, SYMBOLS, TEX_OF

__all__ = ["BEYOND_ASCII", "accented", "ascii_character", "ascii_latex", "is_invisible", "spelled", "utf8_character"]

BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def ascii_latex(value: str) -> str:
    """A LaTeX value with each letter that is not of ASCII as a command; all else stays as it is."""
    if value.isascii():
        return value
    if "\\" in value:
        value = _BEHIND_COMMAND.sub(_parted, value)
    return BEYOND_ASCII.sub(lambda match: ascii_character(match[0]), value)


_BEHIND_COMMAND = re.compile(r"\\([a-zA-Z]*)(?=[^\x00-\x7f])")


def _parted(match: re.Match[str]) -> str:
    """A command in front of a letter that is about to be spelled in letters of ASCII, so that the two do not join."""
    return f"{match[0]} " if match[1] else "{\\textbackslash}"


@lru_cache(1 << 10)
def utf8_character(character: str) -> str:
    """Return the character, or math for a symbol that text fonts lack."""
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
    "µ": "{$\\mu$}",
    "¿": "?`", "¡": "!`", "«": "{$\\ll$}", "»": "{$\\gg$}",
    "°": "{$^{\\circ}$}", "£": "{\\pounds}", "§": "{\\S}", "¶": "{\\P}", "©": "{\\copyright}", "®": "(R)",
}  # fmt: skip
_FORMS = {"<super>": "{{$^{{{}}}$}}", "<sub>": "{{$_{{{}}}$}}"}
"""Kind of a character as Unicode has it -> how its letter or digit is written."""
_COMMAND_OF_ACCENT = {combining: command for command, combining in ACCENTS.items()}


@lru_cache(1 << 10)
def ascii_character(character: str) -> str:
    """Return the character in ASCII: a command, math, another spelling, or its number as `[U+738B]`."""
    if character in _ASCII_SIGNS:
        return _ASCII_SIGNS[character]
    if name := _LETTER_COMMANDS.get(character):
        return f"{{\\{name}}}"
    decomposed = unicodedata.normalize("NFD", character)
    if written := accented(decomposed[0], decomposed[1:]):
        return written
    symbol = utf8_character(character)
    if symbol.isascii():
        return symbol
    kind, _, parts = unicodedata.decomposition(character).partition(" ")
    if kind in _FORMS and (shown := "".join(chr(int(part, 16)) for part in parts.split())).isascii():
        return _FORMS[kind].format(shown)
    if kind == "<fraction>":
        above, _, below = unicodedata.normalize("NFKD", character).partition("\u2044")
        return f"{{$\\frac{{{above}}}{{{below}}}$}}"
    return spelled(character) or f"[U+{ord(character):04X}]"


def is_invisible(character: str) -> bool:
    """Whether nothing is seen of it, and ASCII has nothing for it."""
    return unicodedata.category(character)[0] == "C" and not spelled(character)


def accented(base: str, marks: str) -> str:
    r"""`{\"o}`, or "" where TeX has no command for it."""
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
