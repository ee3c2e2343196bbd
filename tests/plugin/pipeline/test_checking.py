"""Values that cannot be what their field says are left out of every entry, and told."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from refmill.pipeline.checking import checked
from refmill.pipeline.enrichment import Asking, enrich
from refmill.pipeline.reading import read_entries
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill.services.store import Store
from refmill_hooks import PRINTED_ID, UNVERIFIED, Entry, Source

BAD = "cs.CL},note={x"

INPUTS: dict[str, str] = {
    "snapshot": json.dumps({"id": "2401.00001", "title": "T", "categories": f"{BAD} hep-th", "authors": "A. Bee"}),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2401.00001</id><title>T</title>'
        f'<category term="{BAD}"/><category term="hep-th"/></entry></feed>'
    ),
    "oai": (
        "<OAI-PMH><record><header><identifier>oai:arXiv.org:2401.00001</identifier></header><metadata><arXiv>"
        f"<id>2401.00001</id><title>T</title><categories>{BAD} hep-th</categories></arXiv></metadata></record>"
        "</OAI-PMH>"
    ),
    "abs": f"\\\\\narXiv:2401.00001\nTitle: T\nAuthors: A. Bee\nCategories: {BAD} hep-th\n\\\\\n  a\n\\\\\n",
    "listing": f"\\\\\narXiv:2401.00001\nTitle: T\nAuthors: A. Bee\nCategories: {BAD} hep-th\n\\\\\n  a\n\\\\\n",
    "bib": "@misc{a, title={T}, eprint={2401.00001}, eprinttype={arxiv}, primaryclass={CS/x}, keywords={hep-th}}",
    "csl": json.dumps({"type": "article", "title": "T", "note": "arXiv:2401.00001 [X..Y]", "keyword": "hep-th"}),
}


def read(reader: str, text: str, problems: Path | None = None) -> tuple[list[Entry], Report]:
    registry, report = Registry(), Report(problems)
    with report:
        source = Source(io.BytesIO(text.encode("utf-8", "surrogatepass")), "x")
        return list(read_entries([(source, registry.reader(reader))], registry, report)), report


@pytest.mark.parametrize("reader", INPUTS)
def test_every_reader_leaves_a_category_that_is_none_out_and_keeps_the_record(reader: str) -> None:
    (entry,), report = read(reader, INPUTS[reader])
    assert entry.id == "2401.00001"
    assert set(entry.categories) <= {"hep-th"}
    assert report.summary.incomplete == 1


def test_the_problem_names_the_category(tmp_path: Path) -> None:
    read("snapshot", INPUTS["snapshot"], tmp_path / "problems")
    told = json.loads((tmp_path / "problems").read_text())
    assert told["reason"] == "'cs.CL},note={x' is no category"
    assert told["line"] == 1


def test_what_the_reader_says_of_the_record_is_told_as_well(tmp_path: Path) -> None:
    row = {"id": "2401.00001", "categories": "X!", "created": "never"}
    read("snapshot", json.dumps(row), tmp_path / "problems")
    told = json.loads((tmp_path / "problems").read_text())
    assert told["reason"] == "'never' is no date; 'X!' is no category"


def test_a_doi_with_a_control_character_is_left_out() -> None:
    entry, problems = checked(Entry(doi=("10.1000/x\x1by", "10.1000/z")))
    assert entry.doi == ("10.1000/z",)
    assert problems == ("'10.1000/x\x1by' is no DOI",)


def test_a_license_stays_however_it_is_written() -> None:
    good = Entry(license="CC BY 4.0")
    assert checked(good) == (good, ())


def test_several_categories_in_one_are_parted() -> None:
    entry, problems = checked(Entry(categories=("math.AG,", "math.CO;math.NT")))
    assert (entry.categories, problems) == (("math.AG", "math.CO", "math.NT"), ())


def test_no_other_category_stands_for_a_primary_one_that_is_none() -> None:
    entry, _ = checked(Entry(categories=(BAD, "hep-th")))
    assert entry.categories == ("hep-th",)
    assert entry.primary_category == ""


@pytest.mark.parametrize("text", ["2411.10701v2", "arXiv:2411.10701", "x}", "2411.10701\n", "math.GT/0309136"])
def test_an_id_that_is_not_canonical_is_kept_as_printed(text: str) -> None:
    entry, problems = checked(Entry(id=text))
    assert (entry.id, entry.extra[PRINTED_ID]) == ("", text)
    assert len(problems) == 1


@pytest.mark.parametrize("version", [0, -1, True, "2"])
def test_a_version_that_is_no_positive_number_is_left_out(version: object) -> None:
    entry, problems = checked(Entry(id="2411.10701", version=version))  # type: ignore[arg-type]
    assert (entry.version, len(problems)) == (None, 1)


def test_a_good_entry_stays_the_same_object() -> None:
    good = Entry(id="2411.10701", version=2, categories=("hep-th", "math.AG"), doi=("10.1/a<b>",), license="urn:x")
    assert checked(good) == (good, ())
    assert checked(good)[0] is good


STRANGER = """
from refmill_hooks import Entry, Enricher, PROBLEM, Reader, hookimpl

@hookimpl
def refmill_readers():
    yield Reader(name="odd", title="x", sniff=lambda head: False, records=lambda source: iter(["2411.10701v1"]),
                 entry=lambda text: Entry(id=text, categories=("A}",)))

@hookimpl
def refmill_enrichers():
    yield Enricher(name="odd", title="x", asks="odd", key=lambda entry: "1", local=True,
                   fetch=lambda keys, net, options: [("1", b"")],
                   entry=lambda raw: Entry(title="T", categories=("A}", "hep-th"), extra={PROBLEM: "half a date"}))
"""


@pytest.fixture
def stranger(tmp_path: Path) -> Registry:
    (tmp_path / "odd.py").write_text(STRANGER)
    return Registry([str(tmp_path / "odd.py")])


def test_the_reader_of_a_stranger_is_held_to_the_same(stranger: Registry) -> None:
    report = Report()
    (entry,) = read_entries([(Source(io.BytesIO(b"x"), "x"), stranger.reader("odd"))], stranger, report)
    assert (entry.id, entry.categories, report.summary.incomplete) == ("", (), 1)


def test_the_answer_of_an_enricher_is_held_to_the_same(
    stranger: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    report = Report(say=told.append)
    asking = Asking(stranger, report, Store(tmp_path / "store"), None)
    (entry,) = enrich([Entry(id="2411.10701")], [stranger.enrichers["odd"]], asking)
    assert entry.categories == ("hep-th",)
    assert told == ["odd: 1: half a date; 'A}' is no category"]
    assert entry.extra == {UNVERIFIED: "categories"}
