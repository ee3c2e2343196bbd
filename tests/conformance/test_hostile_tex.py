"""The worst values, set by the real programs in a folder beside a secret: nothing is read, nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from tests.conformance.programs import needs, run
from tests.hostile import hostile_entries, values

from refmill.plugins.registry import Registry
from refmill_hooks import Entry

SECRET: Final = "TOP SECRET"
DOCUMENT: Final = r"\documentclass{article}\usepackage{amsmath,amssymb}%s\begin{document}\nocite{*}%s\end{document}"
BIBLATEX: Final = DOCUMENT % (r"\usepackage{biblatex}\addbibresource{refs.bib}", r"\printbibliography")
EACH: Final = 20
"""Values in each field of an entry."""


def entries() -> list[Entry]:
    """Each field with values that would read the secret or write a file, if any of them ran."""
    found: list[Entry] = []
    for value in values(100_000, seed=11):
        if len(found) >= EACH * 18:
            break
        if "input" in value or "open" in value or "write" in value:
            armed = value.replace("secret.txt", "../secret.txt")
            found += [entry for _, entry in hostile_entries(armed)]
    return [
        entry.replace(key=f"k{number}") if entry.key == "bee2024title" else entry for number, entry in enumerate(found)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def write(folder: Path, dialect: str) -> None:
    exporter = Registry().exporters[dialect]
    assert exporter.render
    text = "\n".join(exporter.render(entry, exporter.options()) for entry in entries())
    (folder / "refs.bib").write_text(text, errors="replace")


def classic(style: str) -> str:
    return DOCUMENT % ("", rf"\bibliographystyle{{{style}}}\bibliography{{refs}}")


def set_with(folder: Path, document: str, processor: str) -> None:
    (folder / "t.tex").write_text(document)
    latex = ("pdflatex", "-recorder", "-interaction=batchmode", "t")
    run(*latex, cwd=folder, check=False)
    run(processor, "t", cwd=folder, check=False)
    run(*latex, cwd=folder, check=False)


def touched(folder: Path) -> tuple[set[str], set[str]]:
    """Files that LaTeX read from outside of its own installation, and those that it wrote."""
    lines = (folder / "t.fls").read_text(errors="replace").splitlines()
    read = {line.removeprefix("INPUT ") for line in lines if line.startswith("INPUT ")}
    written = {line.removeprefix("OUTPUT ") for line in lines if line.startswith("OUTPUT ")}
    return {name for name in read if not re.match(r"/(usr|etc|var)/", name) and not name.endswith("pk")}, written


@needs("pdflatex", "bibtex")
def test_the_trap_works(folder: Path) -> None:
    (folder / "refs.bib").write_text("@misc{a,\n  title = {Reads {$^^5cinput{../secret.txt}$}},\n}\n")
    set_with(folder, classic("plain"), "bibtex")
    assert "../secret.txt" in touched(folder)[0]


@needs("pdflatex", "bibtex")
@pytest.mark.parametrize("style", ["plain", "alpha", "abbrv"])
def test_bibtex_and_latex_read_no_secret_and_write_no_file(style: str, folder: Path) -> None:
    write(folder, "bibtex")
    set_with(folder, classic(style), "bibtex")
    read, written = touched(folder)
    assert (folder / "t.bbl").stat().st_size > 10_000
    assert {Path(name).name for name in read} <= {"t.tex", "t.aux", "t.bbl"}
    assert written <= {"t.log", "t.aux", "t.pdf"}
    assert {path.name for path in folder.parent.iterdir()} == {"secret.txt", "work"}


@needs("pdflatex", "biber")
def test_biber_and_latex_read_no_secret_and_write_no_file(folder: Path) -> None:
    write(folder, "biblatex")
    set_with(folder, BIBLATEX, "biber")
    read, written = touched(folder)
    assert (folder / "t.bbl").stat().st_size > 10_000
    assert {Path(name).name for name in read} <= {"t.tex", "t.aux", "t.bbl", "t.out", "t.run.xml"}
    assert written <= {"t.log", "t.aux", "t.pdf", "t.bcf", "t.run.xml", "t.out"}
    assert {path.name for path in folder.parent.iterdir()} == {"secret.txt", "work"}
