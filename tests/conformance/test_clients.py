"""Real programs take refmill's output in without an error, and show what went in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tests.conformance import comparison
from tests.conformance.clients import CLIENTS, HERE, Client, better_bibtex, lacks, run
from tests.conformance.ratchet import LOSSES, Loss, probes
from tests.shared import shared

from refmill.builtin.bib_layout import KEPT, KEPT_TYPE, OTHER_TYPES, TYPES
from refmill.pipeline import Job, entries_of
from refmill.pipeline import run as run_job
from refmill.registry import Registry
from refmill_hooks import DATE, Entry, Name, Venue
from refmill_hooks.tex_tables import KNOWN_IN_MATH
from refmill_hooks.text import latex

Measured = dict[tuple[str, str], comparison.Counts]
STYLES = ("plain", "unsrt", "abbrv", "ieeetr")
DOCUMENT = """\\documentclass{{article}}\\usepackage[utf8]{{inputenc}}\\usepackage[T1]{{fontenc}}
\\usepackage{{amsmath,amssymb,url}}\\begin{{document}}{body}\\end{{document}}
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = lacks(*programs)
    return pytest.mark.skipif(bool(missing), reason=missing)


@pytest.fixture(scope="module")
def chosen() -> list[Entry]:
    return comparison.sample_entries()


@pytest.fixture(scope="module")
def files(chosen: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return comparison.outputs(chosen, tmp_path_factory.mktemp("conformance"))


@pytest.fixture(scope="module")
def recorded() -> list[Entry]:
    """The entries of all recorded dumps, where these are present."""
    shared("data")
    return comparison.recorded_entries()


@pytest.fixture(scope="module")
def many(recorded: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All recorded entries in each format, in a .bib of pure ASCII, and as CSL for processors."""
    return _written(recorded, tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="module")
def collected() -> list[Entry]:
    """The entries of all recorded .bib files, with fields and habits of their authors' own."""
    shared("data")
    return comparison.recorded_entries(comparison.LIBRARIES)


@pytest.fixture(scope="module")
def libraries(collected: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """These in the same formats."""
    return _written(collected, tmp_path_factory.mktemp("libraries"))


@pytest.fixture(params=["many", "libraries"])
def either(request: pytest.FixtureRequest) -> dict[str, Path]:
    written: dict[str, Path] = request.getfixturevalue(request.param)
    return written


def _written(entries: list[Entry], folder: Path) -> dict[str, Path]:
    out = comparison.outputs(entries, folder)
    for name, file, option in (("ascii", "ascii.bib", "ascii=true"), ("citeproc", "citeproc.json", "for=citeproc")):
        out[name] = folder / file
        run_job(Job(outputs=[str(out[name])], enrichers=(), options=[option]), Registry(), entries=entries)
    return out


@pytest.fixture(scope="module")
def shown(chosen: list[Entry], files: dict[str, Path]) -> Measured:
    """What the clients show of the samples."""
    return comparison.measured(chosen, files)


@pytest.fixture(scope="module")
def shown_of_many(recorded: list[Entry], many: dict[str, Path]) -> Measured:
    """What the clients show of all recorded dumps; this takes minutes."""
    return comparison.measured(recorded, many)


@pytest.fixture(scope="module")
def shown_of_libraries(collected: list[Entry], libraries: dict[str, Path]) -> Measured:
    return comparison.measured(collected, libraries)


def test_clients_show_what_went_in_but_for_losses_of_their_own(shown: Measured) -> None:
    assert _beyond_the_ratchet(shown, lambda loss: loss.samples) == []


def test_clients_show_all_recorded_dumps_but_for_losses_of_their_own(shown_of_many: Measured) -> None:
    assert _beyond_the_ratchet(shown_of_many, lambda loss: loss.dumps) == []


def test_clients_show_all_recorded_libraries_but_for_losses_of_their_own(shown_of_libraries: Measured) -> None:
    assert _beyond_the_ratchet(shown_of_libraries, lambda loss: loss.libraries) == []


def _beyond_the_ratchet(found: Measured, most: Callable[[Loss], int]) -> list[str]:
    allowed = {place: most(loss) for place, loss in LOSSES.items()}
    return [
        f"{client}, {format}, {field}: {changed} changed and {lost} lost"
        for (client, format), counts in found.items()
        for field, (_, changed, lost) in counts.items()
        if changed + lost > allowed.get((client, format, field), 0)
    ]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_client_does_to_any_file_what_the_ratchet_says_of_it(client: Client, tmp_path: Path) -> None:
    if missing := lacks(*client.needs):
        pytest.skip(missing)
    for format in client.formats:
        habits = [
            habit
            for (name, of, _), loss in LOSSES.items()
            if (name, of) == (client.name, format)
            for habit in loss.habits
        ]
        path = tmp_path / f"probes.{'json' if format == 'csl-json' else 'bib'}"
        path.write_text(probes(habits, format))
        shown = {item["key"]: item for item in client.read(path, format)} if habits else {}
        for number, habit in enumerate(habits):
            item = shown.get(f"probe{number}", {})
            got, said = (comparison.folded(habit.field, text) for text in (item.get(habit.field, ""), habit.said))
            assert got != said, f"{client.name}, {format}: it no longer {habit.does}"


def test_every_loss_has_its_proof() -> None:
    assert [place for place, loss in LOSSES.items() if not loss.habits] == []


def test_the_table_of_the_samples_is_up_to_date(chosen: list[Entry], shown: Measured) -> None:
    _skip_without_clients()
    assert comparison.table(comparison.SAMPLES, len(chosen), shown) in comparison.RESULTS.read_text()


def test_the_table_of_the_dumps_is_up_to_date(recorded: list[Entry], shown_of_many: Measured) -> None:
    _skip_without_clients()
    assert comparison.table(comparison.DUMPS, len(recorded), shown_of_many) in comparison.RESULTS.read_text()


def test_the_table_of_the_libraries_is_up_to_date(collected: list[Entry], shown_of_libraries: Measured) -> None:
    _skip_without_clients()
    assert comparison.table(comparison.LIBRARIES, len(collected), shown_of_libraries) in comparison.RESULTS.read_text()


def _skip_without_clients() -> None:
    for client in CLIENTS:
        if missing := lacks(*client.needs):
            pytest.skip(missing)


@needs("biber")
def test_biber_validates_biblatex_without_a_warning(files: dict[str, Path]) -> None:
    assert _biber_complaints(files["biblatex"]) == []


@needs("biber")
def test_biber_validates_all_recorded_entries(many: dict[str, Path]) -> None:
    # without abstracts, which are the same bytes as in BibTeX: they double the minutes
    assert _in_halves(partial(_biber_complaints, quick=True), _blocks_in_halves(many["brief"])) == []


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
    collected: list[Entry], tmp_path: Path
) -> None:
    path = tmp_path / "refs.bib"
    own = map(_without_what_is_kept, collected)
    run_job(Job(outputs=[str(path)], to="biblatex", enrichers=(), options=["abstract=false"]), Registry(), entries=own)
    complaints = _in_halves(partial(_biber_complaints, quick=True), _blocks_in_halves(path))
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
    libraries = {"PERL5LIB": str(HERE / "perl")} if quick else None
    done = run("biber", "--tool", "--validate-datamodel", *output, path, cwd=path.parent, check=False, env=libraries)
    told = [line for line in done.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]
    return [line for line in told if not UNKNOWN.search(line)]


def _blocks_in_halves(path: Path) -> list[Path]:
    blocks = path.read_text().split("\n\n@")
    middle = len(blocks) // 2
    halves = [path.with_name(f"half{number}.bib") for number in (0, 1)]
    for half, part in zip(halves, (blocks[:middle], ["", *blocks[middle:]]), strict=True):
        half.write_text("\n\n@".join(part) + "\n")
    return halves


def _items_in_halves(path: Path) -> list[Path]:
    items = json.loads(path.read_text())
    halves = [path.with_name(f"half{number}.json") for number in (0, 1)]
    for number, half in enumerate(halves):
        half.write_text(json.dumps(items[number::2]))
    return halves


def _in_halves(read: Callable[[Path], list[str]], halves: list[Path]) -> list[str]:
    """What is read of both, at the same time: programs take minutes over thousands."""
    with ThreadPoolExecutor(2) as executor:
        return [line for found in executor.map(read, halves) for line in found]


@needs("pdflatex", "bibtex")
@pytest.mark.parametrize("style", STYLES)
def test_bibtex_and_latex_set_a_bibliography_without_an_error(
    style: str, many: dict[str, Path], tmp_path: Path
) -> None:
    assert _set(style, many["bibtex"], tmp_path) == []


@needs("pdflatex", "bibtex")
def test_bibtex_and_latex_set_the_libraries_of_others(libraries: dict[str, Path], tmp_path: Path) -> None:
    assert libraries["ascii"].read_text().isascii()
    assert _set("plain", libraries["ascii"], tmp_path) == []


def test_abstracts_are_the_same_bytes_in_both_dialects(recorded: list[Entry], collected: list[Entry]) -> None:
    entries = [*recorded, *collected]
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
def test_alpha_sets_labels_from_pure_ascii(many: dict[str, Path], tmp_path: Path) -> None:
    # some at a time, and with authors: of more than 26 equal labels alpha.bst itself makes characters that are none
    blocks = [block for block in re.split(r"\n\n(?=@)", many["ascii"].read_text()) if "\n  author " in block]
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
def test_every_title_abstract_and_note_compiles(many: dict[str, Path], tmp_path: Path) -> None:
    values = re.findall(
        r"^  (?:title|abstract|note) += \{((?:.|\n(?!  \w+ +=|\}))*)\},$", many["ascii"].read_text(), re.MULTILINE
    )
    assert len(values) > 10_000
    (tmp_path / "t.tex").write_text(DOCUMENT.format(body="\n\n\\par{}".join(values)))
    told = run("pdflatex", "-draftmode", "-interaction=nonstopmode", "t", cwd=tmp_path, check=False).stdout
    assert [line for line in told.splitlines() if line.startswith("!")] == []


BEYOND_BIBCLEAN = re.compile("too long|Non-alphabetic character begins a field name")


@needs("bibclean")
def test_bibclean_finds_no_fault_of_syntax(either: dict[str, Path]) -> None:
    told = run("bibclean", either["bibtex"], cwd=either["bibtex"].parent, check=False).stderr
    complaints = [line for line in told.splitlines() if line.startswith("??")]
    # its own limits: a list of thousands of authors is longer than its strings, `__markedentry` is a name to BibTeX
    assert [line for line in complaints if not BEYOND_BIBCLEAN.search(line)] == []


@needs("node", "npm:@retorquere/bibtex-parser")
def test_better_bibtex_complains_of_nothing_but_math_commands(either: dict[str, Path]) -> None:
    library = better_bibtex(either["bibtex"])
    assert len(library["entries"]) == either["bibtex"].read_text().count("\n@") + 1
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


@needs("pandoc")
def test_pandoc_sets_a_list_of_all_recorded_entries(either: dict[str, Path]) -> None:
    document = either["citeproc"].with_name("all.md")
    document.write_text('---\nnocite: "@*"\n...\n')

    def references(path: Path) -> list[str]:
        told = run("pandoc", "--citeproc", "--bibliography", path, "-t", "html", document, cwd=path.parent)
        assert told.stderr == ""
        return re.findall(r'class="csl-entry"', told.stdout)

    count = len(json.loads(either["citeproc"].read_text()))
    assert len(_in_halves(references, _items_in_halves(either["citeproc"]))) == count


@needs("node", "npm:citeproc")
def test_citeproc_sets_each_recorded_entry(either: dict[str, Path]) -> None:
    citing, citeproc = pytest.importorskip("refmill.citing"), pytest.importorskip("citeproc")
    style = citing._style_file("ieee")
    locale = Path(citeproc.__file__).parent / "data" / "locales" / "locales-en-US.xml"

    def references(path: Path) -> list[str]:
        told = run("node", HERE / "citeproc_js.mjs", path, style, locale, cwd=path.parent)
        assert told.stderr == ""
        found: list[str] = json.loads(told.stdout)
        return found

    found = _in_halves(references, _items_in_halves(either["citeproc"]))
    assert len(found) == len(json.loads(either["citeproc"].read_text()))
    assert all(found)


@needs("rapper")
def test_raptor_parses_the_rdf(either: dict[str, Path]) -> None:
    told = run("rapper", "-c", either["zotero-rdf"], cwd=either["zotero-rdf"].parent, check=False)
    assert told.returncode == 0
    assert not re.search(r"Error|Warning", told.stderr)


def test_every_item_is_valid_by_the_schema_of_csl(either: dict[str, Path]) -> None:
    import jsonschema

    schema = json.loads(shared("data/csl/csl-data.schema.json").read_text())
    items = json.loads(either["csl-json"].read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(items)) == []
    kinds = {"article", "article-journal", "book", "chapter", "paper-conference", "report", "thesis"}
    assert {item["type"] for item in items} <= kinds


def test_recorded_entries_survive_a_round_trip_through_bib_and_csl(many: dict[str, Path]) -> None:
    expected = list(_entries(many["csl-json"]))
    for format in ("bibtex", "brief"):
        for entry, other in zip(_entries(many[format]), expected, strict=True):
            assert (entry.key, entry.id, len(entry.authors)) == (other.key, other.id, len(other.authors))


def _entries(path: Path) -> Iterator[Entry]:
    with entries_of(Job(inputs=[str(path)], enrichers=()), Registry(), keys=False) as (found, _):
        yield from found
