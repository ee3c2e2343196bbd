"""What tests ask of a .bib: its entries, and what is told of the rest."""

from __future__ import annotations

import io

from refmill.builtin.bibtex import reader as bib
from refmill_hooks import PROBLEM, Entry, ReadError, SkipRecord, Source


def read(text: str) -> tuple[list[Entry], list[str]]:
    """The entries, and what is told of those that could not be read, whole or in part."""
    entries: list[Entry] = []
    told: list[str] = []
    for record in bib.records(Source(io.BytesIO(text.encode()))):
        try:
            entry = bib.entry(record)
        except SkipRecord:
            continue
        except ReadError as error:
            told.append(str(error))
            continue
        entries.append(entry)
        told += [entry.extra[PROBLEM]] if PROBLEM in entry.extra else []
    return entries, told


def one(fields: str, kind: str = "misc") -> Entry:
    """The only entry of a .bib with these fields, of which nothing is told."""
    (entry,), told = read(f"@{kind}{{key,\n{fields}\n}}\n")
    assert not told
    return entry
