"""Real programs take refmill's output in without an error, and show what went in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance import comparison
from tests.conformance.clients import CLIENTS, FIELDS, HERE, Client, lacks, run
from tests.conformance.ratchet import LOSSES
from tests.shared import shared

from refmill.pipeline import Job, entries_of
from refmill.pipeline import run as run_job
from refmill.registry import Registry
from refmill_hooks import Entry

STYLES = ("plain", "unsrt", "abbrv", "ieeetr")
DOCUMENT = """\\documentclass{{article}}\\usepackage[utf8]{{inputenc}}\\usepackage[T1]{{fontenc}}
\\usepackage{{amsmath,amssymb,url}}\\begin{{document}}{body}\\end{{document}}
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = lacks(*programs)
    return pytest.mark.skipif(bool(missing), reason=missing)


@pytest.fixture(scope="module")
def chosen() -> list[Entry]:
    return comparison.entries()


@pytest.fixture(scope="module")
def files(chosen: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return comparison.outputs(chosen, tmp_path_factory.mktemp("conformance"))


def recorded() -> list[str]:
    """Recorded dumps, where they are present: some 7,000 entries."""
    names = ("kaggle/snapshot_real_a.jsonl", "kaggle/relaid_from_oai_5000.jsonl.gz", "textdump/records_a.txt",
             "oai/page001.xml.gz", "abs/abs_files_a.tar.gz")  # fmt: skip
    return [str(shared(f"data/{name}")) for name in names]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All recorded entries in each format, and a .bib of pure ASCII."""
    folder = tmp_path_factory.mktemp("many")
    out = {name: folder / f"{name}.{suffix}" for name, suffix in
           {"bibtex": "bib", "biblatex": "biblatex", "csl-json": "json", "zotero-rdf": "rdf"}.items()}  # fmt: skip
    run_job(Job(inputs=recorded(), outputs=[str(path) for path in out.values()], enrichers=()), Registry(), jobs=1)
    out["ascii"] = folder / "ascii.bib"
    job = Job(inputs=recorded(), outputs=[str(out["ascii"])], enrichers=(), options=["ascii=true"])
    run_job(job, Registry(), jobs=1)
    return out


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_client_shows_what_went_in_but_for_losses_of_its_own(
    client: Client, files: dict[str, Path], chosen: list[Entry]
) -> None:
    if missing := lacks(*client.needs):
        pytest.skip(missing)
    for format in client.formats:
        counts = comparison.compared(client, format, files[format], chosen)
        for field in FIELDS:
            _, changed, lost = counts[field]
            allowed, reason = LOSSES.get((client.name, format, field), (0, "nothing may be lost"))
            assert changed + lost <= allowed, f"{client.name}, {format}, {field}: {changed + lost}; {reason}"


def test_the_table_of_results_is_up_to_date() -> None:
    for client in CLIENTS:
        if missing := lacks(*client.needs):
            pytest.skip(missing)
    assert comparison.RESULTS.read_text() == comparison.table()


@needs("biber")
def test_biber_validates_biblatex_without_a_warning(files: dict[str, Path]) -> None:
    # the hard entries have some without a title or a date, which nobody can make up
    complaints = _biber_complaints(files["biblatex"])
    assert [line for line in complaints if "Missing mandatory field" not in line] == []


@needs("biber")
def test_biber_validates_all_recorded_entries(many: dict[str, Path]) -> None:
    assert _biber_complaints(_head(many["biblatex"], 1500)) == []


def _biber_complaints(path: Path) -> list[str]:
    words = (
        "biber",
        "--tool",
        "--validate-datamodel",
        "--output-format=bibtex",
        f"--output-file={path.parent / 'o.bib'}",
    )
    done = run(*words, path, cwd=path.parent, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]


def _head(path: Path, count: int) -> Path:
    """The first entries of a .bib: biber takes minutes over thousands."""
    blocks = path.read_text().split("\n\n@")[:count]
    head = path.with_name(f"head{count}.bib")
    head.write_text("\n\n@".join(blocks) + "\n")
    return head


@needs("pdflatex", "bibtex")
@pytest.mark.parametrize("style", STYLES)
def test_bibtex_and_latex_set_a_bibliography_without_an_error(
    style: str, many: dict[str, Path], tmp_path: Path
) -> None:
    assert _set(style, many["bibtex"], tmp_path) == []


@needs("pdflatex", "bibtex")
def test_alpha_sets_labels_from_pure_ascii(many: dict[str, Path], tmp_path: Path) -> None:
    assert many["ascii"].read_text().isascii()
    assert _set("alpha", many["ascii"], tmp_path) == []


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
def test_every_title_abstract_and_note_compiles(many: dict[str, Path], tmp_path: Path) -> None:
    values = re.findall(
        r"^  (?:title|abstract|note) += \{((?:.|\n(?!  \w+ +=|\}))*)\},$", many["ascii"].read_text(), re.MULTILINE
    )
    assert len(values) > 10_000
    (tmp_path / "t.tex").write_text(DOCUMENT.format(body="\n\n\\par{}".join(values)))
    told = run("pdflatex", "-draftmode", "-interaction=nonstopmode", "t", cwd=tmp_path, check=False).stdout
    assert [line for line in told.splitlines() if line.startswith("!")] == []


@needs("bibclean")
def test_bibclean_finds_no_fault_of_syntax(many: dict[str, Path]) -> None:
    told = run("bibclean", many["bibtex"], cwd=many["bibtex"].parent, check=False).stderr
    complaints = [line for line in told.splitlines() if line.startswith("??")]
    # its own limit: a list of thousands of authors is longer than the strings it holds
    assert [line for line in complaints if "too long" not in line] == []


@needs("node", "npm:@retorquere/bibtex-parser")
def test_better_bibtex_complains_of_nothing_but_math_commands(many: dict[str, Path]) -> None:
    told = run("node", HERE / "better_bibtex.mjs", many["bibtex"], cwd=many["bibtex"].parent).stdout
    library = json.loads(told)
    assert len(library["entries"]) == many["bibtex"].read_text().count("\n@") + 1
    assert [error for error in library["errors"] if not error.startswith("unhandled macro")] == []


@needs("pandoc")
@pytest.mark.parametrize("format", ["bibtex", "biblatex", "csl-json"])
def test_pandoc_sets_a_list_without_raw_macros(
    format: str, files: dict[str, Path], chosen: list[Entry], tmp_path: Path
) -> None:
    path = files[format]
    if format == "csl-json":
        path = tmp_path / "refs.json"
        run_job(Job(outputs=[str(path)], enrichers=(), options=["for=citeproc"]), Registry(), entries=chosen)
    document = path.parent / "all.md"
    document.write_text('---\nnocite: "@*"\n...\n')
    told = run("pandoc", "--citeproc", "--bibliography", path, "-t", "plain", document, cwd=path.parent)
    assert told.stderr == ""
    assert "Kimi Team" in told.stdout
    assert not re.search(r"\\[a-zA-Z]{3,}|\bothers\b|arXiv: ?arXiv", told.stdout)


@needs("rapper")
def test_raptor_parses_the_rdf(many: dict[str, Path]) -> None:
    told = run("rapper", "-c", many["zotero-rdf"], cwd=many["zotero-rdf"].parent, check=False)
    assert told.returncode == 0
    assert not re.search(r"Error|Warning", told.stderr)


def test_every_item_is_valid_by_the_schema_of_csl(many: dict[str, Path]) -> None:
    import jsonschema

    schema = json.loads(shared("data/csl/csl-data.schema.json").read_text())
    items = json.loads(many["csl-json"].read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(items)) == []
    assert {item["type"] for item in items} <= {"article", "article-journal", "paper-conference", "report", "thesis"}


def test_recorded_entries_survive_a_round_trip_through_bib_and_csl(many: dict[str, Path]) -> None:
    expected = list(_entries(many["csl-json"]))
    for format in ("bibtex", "biblatex"):
        for entry, other in zip(_entries(many[format]), expected, strict=True):
            assert (entry.key, entry.id, len(entry.authors)) == (other.key, other.id, len(other.authors))


def _entries(path: Path) -> Iterator[Entry]:
    with entries_of(Job(inputs=[str(path)], enrichers=()), Registry(), keys=False) as (found, _):
        yield from found
