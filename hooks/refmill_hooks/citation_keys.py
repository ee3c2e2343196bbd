"""Citation keys: which of them programs can read, and one that they can in the place of any other.

What BibTeX, biber and pandoc take was asked of them, character by character.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from refmill_hooks.entry import Entry
from refmill_hooks.text.characters import spelled

__all__ = ["ascii_letters", "has_readable_key", "is_readable_key", "portable_key", "safe_key"]

_ENDS_KEY: Final = re.compile(r'[\s,"{}%#~\\]|\^(?=\^)|(?<=\^)\^')
"""What ends or breaks a key even in BibTeX; TeX reads another character for `^^` and what follows."""

_UNREADABLE: Final = re.compile(r"""[\s,"{}%#~\\'()=<>^|]""")
"""What biber or pandoc stop at besides."""

_PORTABLE: Final = re.compile(r"[A-Za-z0-9!$&*+./:;?@\[\]_`-]+")
_LONGEST: Final = 250
"""Characters that BibTeX takes in a key."""
_SUBSTITUTE: Final = "_"
_FROM_BIB: Final = "bib"
"""The reader whose keys BibTeX has read before, and texts cite."""


def is_readable_key(key: str) -> bool:
    """Whether BibTeX, biber and pandoc take it for one key; letters of any script are allowed."""
    if len(key) > _LONGEST:
        return False
    return _PORTABLE.fullmatch(key) is not None or (key.isprintable() and key != "" and not _UNREADABLE.search(key))


def has_readable_key(entry: Entry) -> bool:
    """Whether the key of an entry can stay: all programs read it, or it is that of a .bib and BibTeX does."""
    key = entry.key
    return is_readable_key(key) or (
        entry.source == _FROM_BIB and key.isprintable() and key != "" and not _ENDS_KEY.search(key)
    )


def portable_key(entry: Entry) -> str:
    """Return the key of an entry as it stands in a .bib: that of a .bib as it is, any other in ASCII.

    Letters lose their accents: `müller2020` is `muller2020`, and `王2020` is `u738b2020`.
    """
    key = entry.key
    if key.isascii() or entry.source == _FROM_BIB:
        return key
    return _NUMBERED_LETTER.sub(lambda match: f"u{match[1].lower()}", ascii_letters(key))


def ascii_letters(text: str) -> str:
    """Return the text with each letter as its plain form or a transliteration, else with its number as `[U+738B]`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join([character if character < "\x80" else spelled(character) for character in decomposed])


_NUMBERED_LETTER: Final = re.compile(r"\[U\+([0-9A-F]+)\]")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "đ": "d", "ı": "i"}
)


def safe_key(entry: Entry) -> str:
    """Return the key of an entry for exporters, or else its id, with `_` for what would end it; `entry` for none."""
    if has_readable_key(entry):
        return portable_key(entry) or "entry"
    key = _UNREADABLE.sub(_SUBSTITUTE, entry.key or entry.id.replace("/", "_"))
    return "".join(filter(str.isprintable, key))[:_LONGEST] or "entry"
