"""Citation keys: which of them programs can read, and one that they can in the place of any other.

What BibTeX, biber and pandoc take was asked of them, character by character.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from refmill_hooks.latex import spelled

__all__ = ["ascii_letters", "is_readable_key", "portable_key", "safe_key"]

_UNREADABLE: Final = re.compile(r'[\s,"{}%#~\\]|\^(?=\^)|(?<=\^)\^')
"""What ends or breaks a key in BibTeX, biber or pandoc; TeX reads another character for `^^` and what follows."""

_PORTABLE: Final = re.compile(r"[A-Za-z0-9!$&*+./:;?@\[\]_`-]+")
"""What all three read alike. biber stops at `'`, `(`, `)` and `=`, pandoc at `<`, `>`, `^` and `|` too."""

_SUBSTITUTE: Final = "_"


def is_readable_key(key: str) -> bool:
    """Whether BibTeX, biber and pandoc take it for one key; letters of any script are allowed."""
    return _PORTABLE.fullmatch(key) is not None or (key.isprintable() and key != "" and not _UNREADABLE.search(key))


def portable_key(key: str) -> str:
    """Return a key in ASCII that each program reads, or "" where the given one cannot be turned into such.

    Letters lose their accents: `müller2020` is `muller2020`.
    """
    if not key.isascii():
        key = ascii_letters(key)
    return key if _PORTABLE.fullmatch(key) and _NO_LETTER not in key else ""


def ascii_letters(text: str) -> str:
    """Return the text with each letter as its plain form or a transliteration, else with its number as `[U+738B]`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join([character if character < "\x80" else spelled(character) for character in decomposed])


_NO_LETTER: Final = "[U+"
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "đ": "d", "ı": "i"}
)


def safe_key(key: str) -> str:
    """Return the key with `_` for each character that would end it or begin something else: for exporters."""
    if is_readable_key(key):
        return key
    return "".join(filter(str.isprintable, _UNREADABLE.sub(_SUBSTITUTE, key)))
