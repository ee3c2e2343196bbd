"""Field by field: what went in, what each client shows; the tables in RESULTS.md.

    python -m tests.conformance.comparison

writes them: one of refmill's own samples and hard entries, and where they are present, one of all recorded dumps and
one of all recorded libraries.
"""

from __future__ import annotations

import gc
import multiprocessing
import re
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

from tests.conformance.clients import CLIENTS, FIELDS, Client, Item
from tests.conformance.material import RECORDED, SAMPLES, Written, entries, written
from tests.conformance.programs import lacks
from tests.shared import SHARED

from refmill_hooks import OF_INSTITUTIONS, Entry
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.names import display_name
from refmill_hooks.text import plain
from refmill_hooks.text.tables import KNOWN_IN_MATH, LIKE_LATIN

__all__ = ["RESULTS", "Counts", "folded", "measured", "table"]

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

Counts = Mapping[str, tuple[int, int, int]]
"""Field -> how many values were kept, changed, lost."""


def expected(entry: Entry, format_name: str) -> Item:
    """What a client should show."""
    venue = entry.venue
    own_doi = format_name in ("csl-json", "zotero-rdf") and entry.id and not venue
    return {
        "key": entry.key,
        "title": entry.title,
        "authors": ";".join(name.literal or name.family or display_name(name) for name in entry.authors),
        "year": reference_date(entry)[:4],
        "doi": entry.doi[0] if entry.doi else ArxivId(entry.id).doi if own_doi else "",
        "eprint": entry.id,
        "container": venue.container if venue and venue.kind not in OF_INSTITUTIONS else "",
        "volume": venue.volume if venue else "",
        "pages": venue.pages if venue else "",
        "abstract": entry.abstract if format_name != "biblatex" else "",
    }


def _spelled_out(text: str) -> str:
    """With the letters of the commands that authors made themselves, which is what .bib shows of them."""
    return re.sub(r"\$[^$]*\$", lambda math: re.sub(r"\\([a-zA-Z]+)", _letters, math[0]), text)


def _letters(command: re.Match[str]) -> str:
    return command[0] if command[1] in KNOWN_IN_MATH else f" {command[1]} "


_COMMANDS = sorted(KNOWN_IN_MATH, key=len, reverse=True)
_KNOWN = re.compile(
    rf"\\(?:{'|'.join(_COMMANDS)})(?![a-zA-Z])|\\(?:{'|'.join(name for name in _COMMANDS if len(name) > 2)})"
)
"""A command of TeX, perhaps glued to what follows, as citation-js and pandoc show it: `\\mathcalN`."""


@cache
def folded(field: str, text: str) -> str:
    """What a field says, whatever its TeX: letters and digits, but not those of symbols."""
    if field == "eprint":
        text = re.sub(r"v\d+$", "", text)
    text = _KNOWN.sub("", re.sub(r"<[^<>]*>|[ℓħ]", "", plain(_spelled_out(text))))
    text = text.translate(str.maketrans(LIKE_LATIN))
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum() and not "\u0370" <= letter <= "\u03ff")


def compared(client: Client, format_name: str, given: Written) -> Counts:
    """How many values of each field the client keeps, changes and loses."""
    path = given.files["brief" if format_name == "biblatex" else format_name]
    shown = {item["key"]: item for item in client.read(path, format_name)}
    counts = {field: [0, 0, 0] for field in FIELDS}
    for entry in given.entries:
        if (item := shown.get(entry.key)) is None:
            counts["key"][2] += 1  # it refuses the entry as a whole
            continue
        for field, value in expected(entry, format_name).items():
            if want := folded(field, value):
                got = folded(field, item.get(field, ""))
                is_kept = got == want or got == folded(field, plain(value))
                counts[field][0 if is_kept else 1 if got else 2] += 1
    return {field: (kept, changed, lost) for field, (kept, changed, lost) in counts.items()}


def measured(given: Written) -> dict[tuple[str, str], Counts]:
    """(client, format) -> counts, of all clients that are installed; two work at a time, the slowest first."""
    wanted = [(client, format_name) for client in CLIENTS if not lacks(*client.needs) for format_name in client.formats]
    for entry in given.entries:
        for field, value in expected(entry, "csl-json").items():
            folded(field, value)
    copies = multiprocessing.get_context("fork")  # they have the entries, and what is folded, already
    with ProcessPoolExecutor(2, copies, _begin, (given,)) as executor:
        found = list(executor.map(_counts, reversed(wanted)))
    return {
        (client.name, format_name): counts
        for (client, format_name), counts in zip(wanted, reversed(found), strict=True)
    }


_given: list[Written] = []
"""What a process compares."""


def _begin(given: Written) -> None:
    gc.disable()  # millions of objects live at once, and few die in cycles
    _given.append(given)


def _counts(wanted: tuple[Client, str]) -> Counts:
    client, format_name = wanted
    return compared(client, format_name, _given[-1])


def table(title: str, count: int, found: Mapping[tuple[str, str], Counts]) -> str:
    """The counts as a section of Markdown."""
    return "\n".join(_lines(title, count, found)) + "\n"


def _lines(title: str, count: int, found: Mapping[tuple[str, str], Counts]) -> Iterator[str]:
    yield from (f"## {title}: {count:,} entries", "")
    yield "| client | format | " + " | ".join(FIELDS) + " |"
    yield "|---|---|" + "---|" * len(FIELDS)
    for (client, format_name), counts in found.items():
        cells = (
            f"{kept:,}" if not changed + lost else f"{kept:,}/{changed:,}/{lost:,}"
            for kept, changed, lost in counts.values()
        )
        yield f"| {client} | {format_name} | " + " | ".join(cells) + " |"


_HEAD: Final = """# What real programs show of refmill's output

Written by `python -m tests.conformance.comparison`. A cell is how many values were kept / changed / lost; one number
means that all were kept. What a client changes or loses is its own doing: `ratchet.py` says what it does and holds a
file by which anyone can see it do so. BibLaTeX is read without abstracts: they are the same bytes as in BibTeX.

"""


def main() -> None:
    sections = []
    for title in (SAMPLES, *(RECORDED if SHARED.is_dir() else ())):
        with tempfile.TemporaryDirectory() as folder:
            given = written(entries(title), Path(folder))
            sections.append(table(title, len(given.entries), measured(given)))
    RESULTS.write_text(_HEAD + "\n".join(sections))
    sys.stdout.write(RESULTS.read_text())


if __name__ == "__main__":
    main()
