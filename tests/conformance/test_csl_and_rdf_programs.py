"""pandoc, citeproc-js, raptor and the schema of CSL take CSL-JSON and Zotero RDF in without an error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.conformance.material import Written
from tests.conformance.programs import HERE, in_halves, items_in_halves, needs, run
from tests.shared import shared


@needs("pandoc")
@pytest.mark.parametrize("format_name", ["bibtex", "biblatex", "citeproc"])
def test_pandoc_sets_a_list_without_raw_macros(format_name: str, samples: Written) -> None:
    path = samples.files[format_name]
    document = path.parent / "all.md"
    document.write_text('---\nnocite: "@*"\n...\n')
    told = run("pandoc", "--citeproc", "--bibliography", path, "-t", "plain", document, cwd=path.parent)
    assert told.stderr == ""
    assert "Kimi Team" in told.stdout
    assert not re.search(r"\\[a-zA-Z]{3,}|\bothers\b|arXiv: ?arXiv", told.stdout)


@needs("pandoc")
def test_pandoc_sets_a_list_of_all_recorded_entries(each: Written) -> None:
    document = each.files["citeproc"].with_name("all.md")
    document.write_text('---\nnocite: "@*"\n...\n')

    def references(path: Path) -> list[str]:
        told = run("pandoc", "--citeproc", "--bibliography", path, "-t", "html", document, cwd=path.parent)
        assert told.stderr == ""
        return re.findall(r'class="csl-entry"', told.stdout)

    assert len(in_halves(references, items_in_halves(each.files["citeproc"]))) == len(each.entries)


@needs("node", "npm:citeproc")
def test_citeproc_sets_each_recorded_entry(each: Written) -> None:
    citing, citeproc = pytest.importorskip("refmill.commands.cite"), pytest.importorskip("citeproc")
    style = citing._style_file("ieee")
    locale = Path(citeproc.__file__).parent / "data" / "locales" / "locales-en-US.xml"

    def references(path: Path) -> list[str]:
        told = run("node", HERE / "citeproc_js.mjs", path, style, locale, cwd=path.parent)
        assert told.stderr == ""
        found: list[str] = json.loads(told.stdout)
        return found

    found = in_halves(references, items_in_halves(each.files["citeproc"]))
    assert len(found) == len(each.entries)
    assert all(found)


@needs("rapper")
def test_raptor_parses_the_rdf(each: Written) -> None:
    path = each.files["zotero-rdf"]
    told = run("rapper", "-c", path, cwd=path.parent, check=False)
    assert told.returncode == 0
    assert not re.search(r"Error|Warning", told.stderr)


def test_every_item_is_valid_by_the_schema_of_csl(each: Written) -> None:
    import jsonschema

    schema = json.loads(shared("data/csl/csl-data.schema.json").read_text())
    items = json.loads(each.files["csl-json"].read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(items)) == []
    kinds = {"article", "article-journal", "book", "chapter", "paper-conference", "report", "thesis"}
    assert {item["type"] for item in items} <= kinds
