"""What real programs are given: refmill's own samples, and where they are present, the recorded dumps and libraries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.shared import SHARED

from refmill import read
from refmill.pipeline.run import Job, entries_of, run
from refmill.plugins.registry import Registry
from refmill_hooks import Entry
from refmill_hooks.testing import hard_entries

__all__ = ["DUMPS", "LIBRARIES", "RECORDED", "SAMPLES", "Written", "entries", "written"]

SAMPLE_LIBRARY: Final = Path(__file__).parents[2] / "samples" / "goldens" / "refs.bib"
FILES: Final[dict[str, tuple[str, str, list[str]]]] = {
    "bibtex": ("refs.bib", "bibtex", []),
    "biblatex": ("refs.biblatex.bib", "biblatex", []),
    "brief": ("brief.biblatex.bib", "biblatex", ["abstract=false"]),
    "ascii": ("ascii.bib", "bibtex", ["ascii=true"]),
    "csl-json": ("refs.json", "csl-json", []),
    "citeproc": ("citeproc.json", "csl-json", ["for=citeproc"]),
    "zotero-rdf": ("refs.rdf", "zotero-rdf", []),
}
"""Name -> file, format, options."""
SAMPLES: Final = "Samples and hard entries"
DUMPS: Final = "All recorded dumps"
LIBRARIES: Final = "All recorded libraries"
RECORDED: Final = {
    DUMPS: [str(SHARED / "data" / name) for name in "kaggle oai atom abs textdump listing csl".split()],
    LIBRARIES: [str(SHARED / "data" / "bib")],
}
"""Title of a table -> where its entries are."""


@dataclass(frozen=True)
class Written:
    """Entries, and their file by format.

    `ascii` is a .bib of pure ASCII, `citeproc` CSL-JSON for citation processors. `brief` is what clients are compared
    on for BibLaTeX: it has no abstracts, which are the same bytes as in BibTeX and cost clients most of their time.
    """

    entries: list[Entry]
    files: dict[str, Path]


def entries(title: str) -> list[Entry]:
    """The entries of SAMPLES, DUMPS (some 30,000) or LIBRARIES, with their keys."""
    if title == SAMPLES:
        with read(SAMPLE_LIBRARY) as sampled:
            chosen = [*sampled, *(entry for entry in hard_entries() if entry.title)]
        keys = Registry().transform("keys")
        assert keys.stream
        return list(keys.stream(iter(chosen), keys.options()))
    with entries_of(Job(inputs=RECORDED[title], enrichers=()), Registry()) as (found, _):
        return list(found)


def written(chosen: list[Entry], folder: Path) -> Written:
    """Writes their files to the folder."""
    files = {}
    for name, (file, format_name, options) in FILES.items():
        files[name] = folder / file
        job = Job(outputs=[str(files[name])], to=format_name, enrichers=(), options=options)
        run(job, Registry(), entries=chosen)
    return Written(chosen, files)
