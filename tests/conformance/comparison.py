"""Field by field: what went in, what each client shows; the table in RESULTS.md.

    python -m tests.conformance.comparison

writes it. The entries are refmill's own samples and hard entries, so the table is the same wherever the clients are.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.conformance.clients import CLIENTS, FIELDS, Client, Item, lacks

from refmill.pipeline import Job, run
from refmill.registry import Registry
from refmill_hooks import Entry
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.names import display_name
from refmill_hooks.testing import hard_entries
from refmill_hooks.text import plain

__all__ = ["RESULTS", "entries", "outputs", "table"]

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
SAMPLES: Final = Path(__file__).parents[2] / "samples"
FILES: Final = {
    "bibtex": "refs.bib",
    "biblatex": "refs.biblatex.bib",
    "csl-json": "refs.json",
    "zotero-rdf": "refs.rdf",
}
MOST_AUTHORS: Final = 200
"""JabRef and bibutils take minutes over 3,000; that many are tested elsewhere."""


def entries() -> list[Entry]:
    """The samples and the hard entries, with their keys."""
    from refmill import read

    with read(SAMPLES / "goldens" / "refs.bib") as sampled:
        chosen = [*sampled, *(entry for entry in hard_entries() if entry.title)]
    chosen = [entry.replace(authors=entry.authors[:MOST_AUTHORS]) for entry in chosen]
    keys = Registry().transforms["keys"]
    assert keys.stream
    return list(keys.stream(iter(chosen), keys.options()))


def outputs(chosen: list[Entry], folder: Path) -> dict[str, Path]:
    """The file of each format."""
    for format, name in FILES.items():
        run(Job(outputs=[str(folder / name)], to=format, enrichers=()), Registry(), entries=chosen)
    return {format: folder / name for format, name in FILES.items()}


def expected(entry: Entry, format: str) -> Item:
    venue = entry.venue
    own_doi = format in ("csl-json", "zotero-rdf") and entry.id and not venue
    return {
        "key": entry.key,
        "title": plain(entry.title),
        "authors": ";".join(name.literal or name.family or display_name(name) for name in entry.authors),
        "year": reference_date(entry)[:4],
        "doi": entry.doi[0] if entry.doi else ArxivId(entry.id).doi if own_doi else "",
        "eprint": entry.id,
        "container": plain(venue.container) if venue else "",
        "volume": venue.volume if venue else "",
        "pages": venue.pages if venue else "",
        "abstract": plain(entry.abstract),
    }


def folded(field: str, text: str) -> str:
    """What a field says, whatever its TeX: letters and digits."""
    if field == "eprint":
        text = re.sub(r"v\d+$", "", text)
    text = re.sub(r"\\[a-zA-Z]+|<[^<>]*>", "", plain(text)).casefold()
    return "".join(filter(str.isalnum, text))


def compared(client: Client, format: str, path: Path, chosen: list[Entry]) -> dict[str, tuple[int, int, int]]:
    """Field -> how many were kept, changed, lost."""
    shown = {item["key"]: item for item in client.read(path, format)}
    counts: dict[str, tuple[int, int, int]] = {}
    for field in FIELDS:
        kept = changed = lost = 0
        for entry in chosen:
            want = folded(field, expected(entry, format)[field])
            if want:
                got = folded(field, shown.get(entry.key, {}).get(field, ""))
                kept += got == want
                lost += not got
                changed += bool(got) and got != want
        counts[field] = (kept, changed, lost)
    return counts


def table() -> str:
    """The table of all clients that are installed, as Markdown."""
    chosen = entries()
    lines = [
        "# What real programs show of refmill's output",
        "",
        f"Written by `python -m tests.conformance.comparison` over {len(chosen)} entries: refmill's samples and its",
        "hard entries. A cell is how many values were kept / changed / lost; one number means that all were kept. What",
        "a client has no place for, or a form of its own for, counts as lost or changed: `ratchet.py` says why.",
        "",
        "| client | format | " + " | ".join(FIELDS) + " |",
        "|---|---|" + "---|" * len(FIELDS),
    ]
    with tempfile.TemporaryDirectory() as name:
        files = outputs(chosen, Path(name))
        for client in CLIENTS:
            if lacks(*client.needs):
                continue
            for format in client.formats:
                counts = compared(client, format, files[format], chosen)
                cells = [
                    str(kept) if not changed + lost else f"{kept}/{changed}/{lost}"
                    for kept, changed, lost in counts.values()
                ]
                lines.append(f"| {client.name} | {format} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    RESULTS.write_text(table())
    sys.stdout.write(RESULTS.read_text())
