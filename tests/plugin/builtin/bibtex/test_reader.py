"""Libraries in BibTeX and BibLaTeX are read whole, and the arXiv id is found wherever it hides."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import pytest
from tests.plugin.builtin.bibtex import bibs
from tests.shared import shared

import refmill
from refmill.builtin.bibtex import reader as bib
from refmill.builtin.bibtex.ids import arxiv_id_of
from refmill.pipeline.run import Job, run
from refmill.plugins.registry import Registry
from refmill_hooks import DATE, Entry, Name, ReadError, SkipRecord, Source, Venue
from refmill_hooks.testing import check_reader, hard_entries
from refmill_hooks.text import plain

REGISTRY = Registry()
SAMPLES = Path(__file__).parents[4] / "samples"


def one(fields: str, kind: str = "article") -> Entry:
    return bibs.one(fields, kind)


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ("eprint = {1706.03762}", "1706.03762"),
        ("eprint = {1706.03762v2}, archiveprefix = {arXiv}", "1706.03762v2"),
        ("eprint = {arXiv:1706.03762}, archivePrefix = {ARXIV}", "1706.03762"),
        ("eprint = {https://arxiv.org/abs/1706.03762}, eprinttype = {arxiv}", "1706.03762"),
        ("eprint = {2401.16458 [q-fin]}", "2401.16458"),
        ("eprint = {hep-th/9901001}", "hep-th/9901001"),
        ("eprint = {0507126}, primaryclass = {hep-th}", "hep-th/0507126"),
        ("eprint = {0507126}, archiveprefix = {math}", "math/0507126"),
        ("eprint = {0507126}, archiveprefix = {arXiv}, primaryclass = {math.AG}", "math/0507126"),
        ("journal = {arXiv preprint arXiv:1706.03762}", "1706.03762"),
        ("journal = {arXiv:2201.05755 [physics]}", "2201.05755"),
        ("journal = {CoRR}, volume = {abs/1706.03762}", "1706.03762"),
        ("journal = {arXiv e-prints}, eid = {arXiv:1706.03762}, pages = {arXiv:1706.03762}", "1706.03762"),
        ("journal = {ArXiv}, volume = {1706.03762}", "1706.03762"),
        ("number = {arXiv:1706.03762}, publisher = {{arXiv}}", "1706.03762"),
        ("number = {1706.03762}, institution = {arXiv}", "1706.03762"),
        ("note = {arXiv: 1706.03762}", "1706.03762"),
        ("note = {Preprint, available at \\url{https://arxiv.org/abs/1706.03762}}", "1706.03762"),
        ("howpublished = {\\url{https://arxiv.org/abs/1706.03762}}", "1706.03762"),
        ("doi = {10.48550/arXiv.1706.03762}", "1706.03762"),
        ("doi = {10.48550/ARXIV.1706.03762}", "1706.03762"),
        ("url = {http://arxiv.org/pdf/1706.03762v3}", "1706.03762v3"),
        ("eprint = {1706.03762}, url = {https://arxiv.org/abs/1111.2222}", "1706.03762"),
    ],
)
def test_the_id_is_found_where_it_hides(fields: str, arxiv_id: str) -> None:
    assert one(fields).versioned_id == arxiv_id


@pytest.mark.parametrize(
    "fields",
    [
        "eprint = {1706.03762}, archiveprefix = {ascl}",
        "note = {An extension of arXiv:1706.03762}",
        "abstract = {See arXiv:1706.03762}",
        "doi = {10.1103/PhysRevD.76.013009}, url = {https://doi.org/10.1103/PhysRevD.76.013009}",
        "volume = {1706}, number = {03762}, journal = {Nature}",
        "url = {https://arxiv.org/list/cs.LG/recent}",
        "eprint = {0507126}",
    ],
)
def test_an_id_of_another_paper_or_of_none_is_not_taken(fields: str) -> None:
    assert one(fields).id == ""


def test_names_are_read_by_the_rules_of_bibtex() -> None:
    authors = one(
        'author = {van den Oord, A{\\"a}ron and Guy L. {Steele Jr.} and Steele, Jr., Guy L. and {Kimi Team} and'
        " Ludwig van Beethoven and {Plato} and {Barnes and Noble}}"
    ).authors
    assert authors == (
        Name(family="van den Oord", given='A{\\"a}ron'),
        Name(family="Steele Jr.", given="Guy L."),
        Name(family="Steele", given="Guy L.", suffix="Jr."),
        Name(literal="Kimi Team"),
        Name(family="van Beethoven", given="Ludwig"),
        Name(family="Plato"),
        Name(literal="Barnes and Noble"),
    )


def test_others_are_no_author_and_the_list_is_not_trusted() -> None:
    entry = one("author = {Bee, Ann and others}")
    assert entry.authors == (Name(family="Bee", given="Ann"),)
    assert entry.unverified == {"authors"}


def test_a_published_entry_has_a_venue_and_a_preprint_none() -> None:
    fields = "journal = {Nature}, volume = 5, number = {2}, pages = {1--9}, year = 2020, month = mar, issn = {1}"
    assert one(fields).venue == Venue(
        container="Nature", volume="5", issue="2", pages="1-9", year=2020, date="2020-03", issn="1"
    )
    assert one("journal = {arXiv preprint arXiv:1706.03762}, year = {2017}").venue is None


def test_a_date_is_as_exact_as_it_is_written() -> None:
    assert one("date = {2020-02-29}", "online").created == datetime.date(2020, 2, 29)
    assert one("year = {2020}, month = {February}", "misc").extra[DATE] == "2020-02"
    assert one("year = {2020}", "misc").extra[DATE] == "2020"


def test_strings_and_concatenations_are_put_in() -> None:
    entries, _ = bibs.read(
        '@string{prl = "Phys. Rev. Lett."}\n@STRING{both = prl # " and more"}\n'
        '@article{a, journal = prl, title = "A " # {B}, year = 2020}\n@article{b, journal = both, year = 2020}\n'
    )
    venues = [entry.venue for entry in entries]
    assert [venue.container for venue in venues if venue] == ["Phys. Rev. Lett.", "Phys. Rev. Lett. and more"]
    assert entries[0].title == "A B"


def test_unknown_fields_are_kept_and_written_again() -> None:
    entry = one(
        "file = {:a.pdf:PDF}, groups = {mine}, keywords = {robots, Computer Science - Machine Learning}", "misc"
    )
    assert entry.extra == {"bib:file": ":a.pdf:PDF", "bib:groups": "mine", "bib:keywords": "robots"}
    assert entry.categories == ("cs.LG",)
    render = REGISTRY.exporters["bibtex"].render
    assert render
    written = render(entry, REGISTRY.exporters["bibtex"].options())
    assert "file" in written
    assert ":a.pdf:PDF" in written


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ("title = {One}, subtitle = {Two}", "One: Two"),
        ("title = {Is it?}, subtitle = {Yes}", "Is it? Yes"),
        ("title = {One: two}, subtitle = {Two}", "One: two"),
        ("subtitle = {Two}", ""),
    ],
)
def test_a_subtitle_belongs_to_its_title(fields: str, title: str) -> None:
    assert one(fields).title == title


def test_the_subtitles_of_a_container_belong_to_it() -> None:
    venue = one("booktitle = {Proc. X}, booksubtitle = {Ten years}, year = 2020", "inproceedings").venue
    assert venue is not None
    assert venue.container == "Proc. X: Ten years"


def test_names_may_be_written_part_by_part() -> None:
    names = "family=Oord, given=Aaron, prefix=van den, useprefix=true and given=Fred and family={Bee, C.}, given={Ann}"
    assert one(f"author = {{{names}}}").authors == (
        Name(family="van den Oord", given="Aaron"),
        Name(family="Fred"),
        Name(family="Bee, C.", given="Ann"),
    )


@pytest.mark.parametrize(
    ("kind", "fields", "bibtex", "biblatex"),
    [
        ("manual", "title = {T}", "manual", "manual"),
        ("dataset", "title = {T}", "misc", "dataset"),
        ("article", "title = {T}", "article", "article"),
        ("mastersthesis", "title = {T}, school = {ETH}, year = 2020", "mastersthesis", "mastersthesis"),
        ("phdthesis", "title = {T}, school = {ETH}, year = 2020", "phdthesis", "thesis"),
        ("inbook", "title = {T}, booktitle = {B}, year = 2020", "incollection", "inbook"),
        ("manual", "title = {T}, eprint = {1706.03762}, archiveprefix = {arXiv}", "misc", "online"),
        ("mine", "title = {T}", "misc", "misc"),
    ],
)
def test_a_type_of_entry_stays_where_the_format_has_it(kind: str, fields: str, bibtex: str, biblatex: str) -> None:
    entry = one(fields, kind)
    written = []
    for name in ("bibtex", "biblatex"):
        exporter = REGISTRY.exporters[name]
        assert exporter.render
        written.append(exporter.render(entry, exporter.options()).partition("{")[0])
    assert written == [f"@{bibtex}", f"@{biblatex}"]


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_what_refmill_writes_it_reads_back_and_writes_the_same(dialect: str) -> None:
    exporter = REGISTRY.exporters[dialect]
    assert exporter.render
    for entry in hard_entries():
        written = exporter.render(entry.replace(key=entry.key or "k"), exporter.options())
        (back,), _ = bibs.read(written)
        assert exporter.render(back, exporter.options()) == written
        assert back.versioned_id.removesuffix("v2") == entry.id
        assert plain(back.title) == plain(entry.title)
        assert len(back.authors) == len(entry.authors)


@pytest.mark.parametrize("name", ["refs.bib", "refs.biblatex"])
def test_the_goldens_are_read_in_any_blocks(name: str) -> None:
    assert len(check_reader(REGISTRY.readers["bib"], (SAMPLES / "goldens" / name).read_bytes(), 10)) == 10


def test_ids_of_real_libraries_are_found() -> None:
    entries = ids = 0
    for path in shared("data/bib").glob("*.bib"):
        for record in bib.records(Source(io.BytesIO(path.read_bytes()))):
            try:
                entry = bib.entry(record)
            except (SkipRecord, ReadError):
                continue
            entries += 1
            ids += bool(entry.id)
    assert entries > 9000
    assert ids > 570


def test_the_weightiest_evidence_comes_first() -> None:
    fields = {"eprint": "1706.03762", "url": "https://arxiv.org/abs/1111.2222", "note": "arXiv:2222.3333"}
    arxiv_id = arxiv_id_of(fields)
    assert arxiv_id is not None
    assert arxiv_id.id == "1706.03762"


@pytest.mark.parametrize("name", ["book.bib", "book.biblatex", "book.json"])
def test_the_series_of_a_book_comes_back_once(name: str, tmp_path: Path) -> None:
    venue = Venue(kind="book", container="A series", volume="3", publisher="X", year=2001, date="2001")
    book = Entry(id="2401.00001", title="T", key="k", venue=venue)
    run(Job(outputs=[str(tmp_path / name)], enrichers=()), Registry(), entries=[book])
    with refmill.read(tmp_path / name) as entries:
        (found,) = entries
    assert (found.venue, found.extra) == (venue, {})
