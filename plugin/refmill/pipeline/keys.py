"""Citation keys: unique, stable, of ASCII letters and digits, such as `vaswani2017attention`."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import dropwhile

from msgspec.structs import replace

from refmill.pipeline.compact import CompactSet
from refmill_hooks import REPLACED_KEY, Entry, Transform, hookimpl
from refmill_hooks.citation_keys import ascii_letters, has_readable_key, portable_key
from refmill_hooks.dates import reference_date
from refmill_hooks.spool import Spool
from refmill_hooks.text import plain

__all__ = ["KeyOptions", "alone", "settled", "stream"]

_STOP_WORDS = frozenset(
    """a an the of on in for and to with by from at as is are via using its it or be this that toward towards into
    over under der die das le la les un une""".split()
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_TITLE_WORDS = 2
_YEARS = frozenset({"year", "shortyear"})
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class KeyOptions:
    """How keys are made, for entries that bring none."""

    template: str = field(
        default="{auth}{year}{title}",
        metadata={"help": "of {auth} {year} {shortyear} {title} {shorttitle} {veryshorttitle} {eprint}"},
    )

    def __post_init__(self) -> None:
        for _, word, _, _ in string.Formatter().parse(self.template):
            if word is not None and word not in _WORDS:
                raise ValueError(
                    f"template: unknown word {{{word}}}; known are {', '.join(f'{{{w}}}' for w in _WORDS)}"
                )


@hookimpl
def refmill_transforms() -> Iterator[Transform[KeyOptions]]:
    yield Transform(name="keys", title="gives every entry a unique citation key", stream=stream, options=KeyOptions)


def stream(entries: Iterable[Entry], options: KeyOptions) -> Iterator[Entry]:
    """Keys that are there stay. Of equal keys the first is never changed, the next end in a, b … z, aa.

    Keys that differ in case alone are equal too: BibTeX refuses the second. Keys take the year of the first version, so
    that a new version changes none. A key that BibTeX, biber or pandoc cannot read is replaced, and kept as a mark.
    """
    taken = CompactSet()
    parts = _parts(options.template)
    for entry in entries:
        if entry.key:
            entry = _with_readable_key(entry)
        key = entry.key or _key(entry, parts)
        name = key.lower() if key.isascii() else portable_key(entry).lower()
        if not taken.add(name):
            key += _free_suffix(name, taken)
        yield entry if key == entry.key else replace(entry, key=key)


def _with_readable_key(entry: Entry) -> Entry:
    """The entry without a key that no program reads, and with a mark where its key is another one in a .bib."""
    key = entry.key
    is_readable = not key or has_readable_key(entry)
    if is_readable and (key.isascii() or portable_key(entry) == key):
        return entry
    return replace(entry, key=key if is_readable else "", extra={**entry.extra, REPLACED_KEY: key})


def alone(entry: Entry, options: KeyOptions) -> Entry:
    """The entry with the key that `stream` gives it where no other competes for that."""
    entry = _with_readable_key(entry)
    return entry if entry.key else replace(entry, key=_key(entry, _parts(options.template)))


def settled(
    entries: Iterable[Entry], options: KeyOptions, changed: Callable[[str, str], None] = lambda old, new: None
) -> Iterator[Entry]:
    """As `stream`, but no entry is given a key that another brings along, though it come later: all are read first.

    The entries wait in a temporary file. `changed` is told the old and the new key of each that had to give way.
    """
    taken = CompactSet()
    keeps = bytearray()
    parts = _parts(options.template)
    with Spool() as spool:
        for entry in map(_with_readable_key, entries):
            spool.add(entry)
            keeps.append(bool(entry.key) and taken.add(portable_key(entry).lower()))
        for entry, is_kept in zip(spool, keeps, strict=True):
            if is_kept:
                yield entry
                continue
            key = entry.key or _key(entry, parts)
            name = portable_key(entry).lower() if entry.key else key.lower()
            if not taken.add(name):
                key += _free_suffix(name, taken)
            if entry.key:
                changed(entry.key, key)
            yield replace(entry, key=key)


def _free_suffix(name: str, taken: CompactSet) -> str:
    """The first suffix that nobody has behind this key: they are given in order, so it is found by bisection."""
    step = 1
    while name + _suffix(step) in taken:
        step *= 2
    low, high = step // 2, step
    while high - low > 1:
        middle = (low + high) // 2
        if name + _suffix(middle) in taken:
            low = middle
        else:
            high = middle
    taken.add(name + _suffix(high))
    return _suffix(high)


def _suffix(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = string.ascii_lowercase[letter] + letters
    return letters


Part = tuple[str, Callable[[Entry], str] | None, bool]
"""Literal text of a template, the word behind it, and whether the word alone makes a key."""


@lru_cache(8)
def _parts(template: str) -> Sequence[Part]:
    parsed = string.Formatter().parse(template)
    return [(text, _WORDS[word] if word else None, bool(word) and word not in _YEARS) for text, word, _, _ in parsed]


def _key(entry: Entry, parts: Sequence[Part]) -> str:
    key = ""
    told = False
    for text, word, tells in parts:
        said = word(entry) if word else ""
        told = told or (tells and bool(said))
        key += text + said
    if not told:
        return f"arxiv{_UNSAFE.sub('_', entry.id)}" if entry.id else "entry"
    return key if key.isascii() and key.isalnum() else _UNSAFE.sub("", key) or "entry"


def _auth(entry: Entry) -> str:
    if not entry.authors:
        return ""
    name = entry.authors[0]
    family = name.literal or name.family
    if " " in family:
        words = family.split()
        family = "".join([*dropwhile(str.islower, words[:-1]), *words[-1:]])
    return _ascii(family)


def _title(entry: Entry) -> str:
    return "".join(_title_words(entry, _TITLE_WORDS))


def _title_words(entry: Entry, count: int) -> list[str]:
    words: list[str] = []
    for piece in plain(entry.title).split(" "):
        word = piece.lower()
        if word in _STOP_WORDS:
            continue
        if word.isalnum() and word.isascii():
            words.append(word)
        else:
            words += filter(None, [_ascii(text) for text in _WORD.findall(piece) if text.lower() not in _STOP_WORDS])
        if len(words) >= count:
            break
    return words[:count]


def _year(entry: Entry) -> str:
    return str(entry.created.year) if entry.created else reference_date(entry)[:4]


def _ascii(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text.lower()
    if not text.isascii() or "\\" in text:
        text = ascii_letters(plain(text))
    return _UNSAFE.sub("", text).lower()


_WORDS: Mapping[str, Callable[[Entry], str]] = {
    "auth": _auth,
    "year": _year,
    "shortyear": lambda entry: _year(entry)[2:],
    "title": _title,
    "shorttitle": lambda entry: "".join(_title_words(entry, 3)),
    "veryshorttitle": lambda entry: "".join(_title_words(entry, 1)),
    "eprint": lambda entry: _UNSAFE.sub("_", entry.id),
}
