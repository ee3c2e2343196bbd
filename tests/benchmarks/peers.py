"""Other ways to do what refmill does with the rows of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from refmill_hooks.source import BLOCK

__all__ = ["LIBRARIES", "by_bare_loop"]


class Version(msgspec.Struct, gc=False):
    created: str


class Row(msgspec.Struct, gc=False, rename={"journal_ref": "journal-ref"}):
    id: str
    title: str
    abstract: str
    categories: str
    authors_parsed: list[list[str]]
    versions: list[Version]
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None


_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def by_bare_loop(rows: Path, out: Path) -> None:
    """CSL-JSON by the least code that makes it, what the work takes without a contract.

    It decodes and dumps as fast as any library can. It keeps TeX as it is, understands no journal references, mends no
    names, checks no characters, and takes every row to be sound.
    """
    with rows.open("rb") as lines, out.open("wb") as items:
        blocks = iter(lambda: b"".join(lines.readlines(BLOCK)), b"")
        items.write(b"[\n" + b",\n".join(_items(blocks)) + b"\n]\n")


def _items(blocks: Iterator[bytes]) -> Iterator[bytes]:
    decode, encode = msgspec.json.Decoder(Row).decode_lines, msgspec.json.Encoder().encode
    seen: set[str] = set()
    taken: dict[str, int] = {}
    for block in blocks:
        for row in decode(block):
            if row.id in seen:
                continue
            seen.add(row.id)
            _, day, month, year, *_ = row.versions[0].created.split()
            title = row.title.replace("\n", "")
            key = f"{row.authors_parsed[0][0]}{year}{title.partition(' ')[0]}".lower()
            taken[key] = number = taken.get(key, 0) + 1
            item = {
                "id": key if number == 1 else f"{key}{number}",
                "type": "article",
                "title": title,
                "author": [{"family": family, "given": given} for family, given, *_ in row.authors_parsed],
                "issued": {"date-parts": [[int(year), _MONTHS[month], int(day)]]},
                "abstract": row.abstract.replace("\n", " ").strip(),
                "URL": f"https://arxiv.org/abs/{row.id}",
                "number": f"arXiv:{row.id}",
                "publisher": "arXiv",
                "keyword": row.categories.replace(" ", ", "),
                "note": "\n".join(filter(None, (row.comments, row.journal_ref))),
            }
            if row.doi:
                item["DOI"] = row.doi
            yield encode(item)


def _by_pybtex(rows: Sequence[dict[str, Any]]) -> None:
    from pybtex.database import BibliographyData, Entry, Person

    library = BibliographyData()
    for row in rows:
        persons = {"author": [Person(first=given, last=family) for family, given, *_ in row["authors_parsed"]]}
        library.entries[row["id"]] = Entry("misc", {"title": row["title"], "abstract": row["abstract"]}, persons)
    library.to_string("bibtex")


def _by_bibtexparser(rows: Sequence[dict[str, Any]]) -> None:
    import bibtexparser
    from bibtexparser.model import Entry, Field

    library = bibtexparser.Library()
    for row in rows:
        author = " and ".join(f"{family}, {given}" for family, given, *_ in row["authors_parsed"])
        values = {"author": author, "title": row["title"], "abstract": row["abstract"], "eprint": row["id"]}
        library.add(Entry("misc", row["id"], [Field(name, value) for name, value in values.items()]))
    bibtexparser.write_string(library)


LIBRARIES: Final[dict[str, Callable[[Sequence[dict[str, Any]]], None]]] = {
    "pybtex, objects and writer, to .bib": _by_pybtex,
    "bibtexparser 2, writer, to .bib": _by_bibtexparser,
}
"""What writes rows that are loaded already, by name."""
