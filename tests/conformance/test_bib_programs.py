"""biber, BibTeX, LaTeX and bibclean take the .bib files in without an error."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from tests.conformance.material import Written
from tests.conformance.programs import HERE, blocks_in_halves, in_halves, needs, run

from refmill.builtin.bibtex.layout import KEPT, KEPT_TYPE, OTHER_TYPES, TYPES
from refmill.pipeline.run import Job
from refmill.pipeline.run import run as run_job
from refmill.plugins.registry import Registry
from refmill_hooks import DATE, Entry, Name, Venue
from refmill_hooks.text import latex
from refmill_hooks.text.tables import KNOWN_IN_MATH

STYLES = ("plain", "unsrt", "abbrv", "ieeetr")
DOCUMENT = """\\documentclass{{article}}\\usepackage[utf8]{{inputenc}}\\usepackage[T1]{{fontenc}}
\\usepackage{{amsmath,amssymb,url}}\\begin{{document}}{body}\\end{{document}}
"""


@needs("biber")
def test_biber_validates_biblatex_without_a_warning(samples: Written) -> None:
    assert _biber_complaints(samples.files["biblatex"]) == []


@needs("biber")
def test_biber_validates_recorded_entries(some_dumps: Written) -> None:
    # without abstracts, which are the same bytes as in BibTeX: they double the minutes
    assert in_halves(partial(_biber_complaints, quick=True), blocks_in_halves(some_dumps.files["brief"])) == []


@needs("biber")
def test_biber_knows_each_type_and_each_field_of_a_venue(tmp_path: Path) -> None:
    exporter = Registry().exporters["biblatex"]
    assert exporter.render
    venues = [
        Venue(
            kind=kind, container="C", volume="1", issue="2", pages="3-4", date="2020", publisher="P", issn="0003-6951"
        )
        for kind in TYPES
    ]
    entries = [
        Entry(key=venue.kind, title="T", venue=venue, authors=(Name(family="B", given="A."),)) for venue in venues
    ]
    others = sorted(OTHER_TYPES[""][1])
    entries += [Entry(key=f"other-{kind}", title="T", extra={KEPT_TYPE: kind, DATE: "2020"}) for kind in others]
    path = tmp_path / "refs.bib"
    path.write_text("\n".join(exporter.render(entry, exporter.options()) for entry in entries))
    assert path.read_text().count("\n@") + 1 == len(entries)
    assert [line for line in _biber_complaints(path) if "Missing mandatory" not in line] == []


@needs("biber")
def test_biber_complains_of_nothing_in_libraries_but_what_their_authors_wrote(
    libraries: Written, tmp_path: Path
) -> None:
    path = tmp_path / "refs.bib"
    own = map(_without_what_is_kept, libraries.entries)
    run_job(Job(outputs=[str(path)], to="biblatex", enrichers=(), options=["abstract=false"]), Registry(), entries=own)
    complaints = in_halves(partial(_biber_complaints, quick=True), blocks_in_halves(path))
    assert [line for line in complaints if not THEIRS.search(line)] == []


THEIRS = re.compile(r"Invalid ISSN|Range field 'pages'|Missing mandatory field")
"""Numbers and pages that are none, and what authors left out."""


def _without_what_is_kept(entry: Entry) -> Entry:
    """Fields that nobody but the authors of a library knows are written verbatim, and take biber most of its time."""
    extra = {name: value for name, value in entry.extra.items() if name == KEPT_TYPE or not name.startswith(KEPT)}
    return entry.replace(extra=extra)


UNKNOWN = re.compile(
    r"Missing mandatory field (?:- one of 'date, year'|'(?:title|author|editor|type|institution)')"
    r"|Invalid value of field 'volume' must be datatype 'integer'"
)
"""What entries do not know and nobody can make up; and volumes such as `51B`, which biblatex prints all the same."""


def _biber_complaints(path: Path, quick: bool = False) -> list[str]:
    """What it complains of but for what is UNKNOWN; with `quick`, by a stand-in for what takes it half its time."""
    output = ("--output-format=bibtex", f"--output-file={path.with_suffix('.out')}")
    modules = {"PERL5LIB": str(HERE / "perl")} if quick else None
    done = run("biber", "--tool", "--validate-datamodel", *output, path, cwd=path.parent, check=False, env=modules)
    told = [line for line in done.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]
    return [line for line in told if not UNKNOWN.search(line)]


@needs("pdflatex", "bibtex")
@pytest.mark.parametrize("style", STYLES)
def test_bibtex_and_latex_set_a_bibliography_without_an_error(style: str, dumps: Written, tmp_path: Path) -> None:
    assert _set(style, dumps.files["bibtex"], tmp_path) == []


@needs("pdflatex", "bibtex")
def test_bibtex_and_latex_set_the_libraries_of_others(libraries: Written, tmp_path: Path) -> None:
    assert libraries.files["ascii"].read_text().isascii()
    assert _set("plain", libraries.files["ascii"], tmp_path) == []


def test_abstracts_are_the_same_bytes_in_both_dialects(dumps: Written, libraries: Written) -> None:
    entries = [*dumps.entries, *libraries.entries]
    assert _abstracts("bibtex", entries) == _abstracts("biblatex", entries)


def _abstracts(dialect: str, entries: list[Entry]) -> list[str]:
    exporter = Registry().exporters[dialect]
    assert exporter.render
    lone = (Entry(id=entry.id, key=entry.key, abstract=entry.abstract) for entry in entries if entry.abstract)
    blocks = (exporter.render(entry, exporter.options()) for entry in lone)
    return [block.partition("  abstract ")[2] for block in blocks]


@needs("pdflatex")
def test_each_command_of_math_compiles_wherever_it_stands(tmp_path: Path) -> None:
    forms = (r"$\%s$", r"$\%s{x}$", r"$\%s x$", r"$x^\%s$", r"$x_{\%s}$", r"$\%s_i^j$")
    values = [latex(form % name) for name in sorted(KNOWN_IN_MATH) for form in forms]
    (tmp_path / "t.tex").write_text(DOCUMENT.format(body="\n\n".join(values)))
    told = run("pdflatex", "-draftmode", "-interaction=nonstopmode", "t", cwd=tmp_path, check=False).stdout
    assert [line for line in told.splitlines() if line.startswith(("!", "l."))] == []


@needs("pdflatex", "bibtex")
def test_alpha_sets_labels_from_pure_ascii(dumps: Written, tmp_path: Path) -> None:
    # some at a time, and with authors: of more than 26 equal labels alpha.bst itself makes characters that are none
    blocks = [block for block in re.split(r"\n\n(?=@)", dumps.files["ascii"].read_text()) if "\n  author " in block]
    for start in range(0, len(blocks), 4000):
        part = tmp_path / "part.bib"
        part.write_text("\n\n".join(blocks[start : start + 4000]))
        assert part.read_text().isascii()
        assert _set("alpha", part, tmp_path) == []


def _set(style: str, bib: Path, folder: Path) -> list[str]:
    """The errors of BibTeX and LaTeX."""
    cite = f"\\nocite{{*}}\\bibliographystyle{{{style}}}\\bibliography{{refs}}"
    (folder / "refs.bib").write_bytes(bib.read_bytes())
    (folder / "t.tex").write_text(DOCUMENT.format(body=cite))
    latex = ("pdflatex", "-draftmode", "-interaction=nonstopmode", "t")
    run(*latex, cwd=folder, check=False)
    told = run("bibtex", "t", cwd=folder, check=False)
    errors = [told.stdout] if told.returncode > 1 else []
    return errors + [line for line in run(*latex, cwd=folder, check=False).stdout.splitlines() if line.startswith("!")]


@needs("pdflatex")
def test_every_title_abstract_and_note_compiles(dumps: Written, tmp_path: Path) -> None:
    value = r"^  (?:title|abstract|note) += \{((?:.|\n(?!  \w+ +=|\}))*)\},$"
    values = re.findall(value, dumps.files["ascii"].read_text(), re.MULTILINE)
    assert len(values) > 10_000
    (tmp_path / "t.tex").write_text(DOCUMENT.format(body="\n\n\\par{}".join(values)))
    told = run("pdflatex", "-draftmode", "-interaction=nonstopmode", "t", cwd=tmp_path, check=False).stdout
    assert [line for line in told.splitlines() if line.startswith("!")] == []


BEYOND_BIBCLEAN = re.compile("too long|Non-alphabetic character begins a field name")


@needs("bibclean")
def test_bibclean_finds_no_fault_of_syntax(each: Written) -> None:
    path = each.files["bibtex"]
    told = run("bibclean", path, cwd=path.parent, check=False).stderr
    complaints = [line for line in told.splitlines() if line.startswith("??")]
    # its own limits: a list of thousands of authors is longer than its strings, `__markedentry` is a name to BibTeX
    assert [line for line in complaints if not BEYOND_BIBCLEAN.search(line)] == []
