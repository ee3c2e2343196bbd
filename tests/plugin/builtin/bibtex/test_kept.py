"""What no field of an entry takes from a .bib is kept verbatim, and written to a .bib again."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugin.builtin.bibtex.bibs import one, read

from refmill.plugins.registry import Registry
from refmill_hooks import DATE, PRINTED_ID, Entry, Venue

EXPORTERS = Registry().exporters
PREPRINT = "eprint = {1706.03762}, archiveprefix = {arXiv}"


def written(entry: Entry, dialect: str = "bibtex", **options: Any) -> dict[str, str]:
    """The fields that are written of an entry, each once."""
    exporter = EXPORTERS[dialect]
    assert exporter.render
    _, *lines, _, _ = exporter.render(entry, exporter.options(**options)).split("\n")
    fields = [line.strip().removesuffix(",").split("=", 1) for line in lines]
    assert len({name.strip() for name, _ in fields}) == len(fields)
    return {name.strip(): value.strip().strip("{}") for name, value in fields}


@pytest.mark.parametrize(
    ("kind", "fields", "kept"),
    [
        ("article", "journal = {J}, year = {in press}", {"year": "in press"}),
        ("misc", "year = {2001/2002}", {"year": "2001/2002"}),
        ("misc", "date = {2001/2002}", {"date": "2001/2002"}),
        ("article", "journal = {J}, year = 2001, month = {Spring}", {"month": "Spring"}),
        ("article", "journal = {J}, year = 2001, month = {10~jan}, day = {3}", {"month": "10~jan", "day": "3"}),
        ("misc", "year = 2001, month = {14}", {"month": "14"}),
        ("article", "journal = {J}, pages = {1--2}, eid = {77}", {"eid": "77"}),
        ("article", "journal = {J}, number = 1, issue = 2", {"issue": "2"}),
        ("article", "journal = {J}, shortjournal = {Short}", {"shortjournal": "Short"}),
        ("article", "journal = {J}, booktitle = {B}, school = {S}", {"booktitle": "B", "school": "S"}),
        ("article", "journal = {arXiv}", {"journal": "arXiv"}),
        ("misc", "eprint = {10.1/zz}, eprinttype = {jstor}", {"eprint": "10.1/zz", "eprinttype": "jstor"}),
        ("misc", "eprint = {https://pub.org/a.pdf}", {"eprint": "https://pub.org/a.pdf"}),
        ("misc", "primaryclass = {Zoology}", {"primaryclass": "Zoology"}),
        ("misc", "doi = {not a doi}", {"doi": "not a doi"}),
        ("misc", f"{PREPRINT}, number = {{5}}, pages = {{3--4}}", {"number": "5", "pages": "3--4"}),
        ("misc", f"{PREPRINT}, institution = {{A}}, school = {{B}}", {"institution": "A", "school": "B"}),
        ("misc", f"{PREPRINT}, publisher = {{A}}, issn = {{1234-5678}}", {"publisher": "A", "issn": "1234-5678"}),
        ("misc", f"{PREPRINT}, note = {{arXiv:1706.03762, accepted}}", {"note": "arXiv:1706.03762, accepted"}),
        ("misc", f"{PREPRINT}, version = {{2}}", {"version": "2"}),
        ("software", "version = {1.2}, pubstate = {inpress}", {"version": "1.2", "pubstate": "inpress"}),
        ("misc", "date-added = {x}, bdsk-url-1 = {y}", {"date-added": "x", "bdsk-url-1": "y"}),
        ("misc", "keywords = {a;b, {C}}", {"keywords": "a;b, {C}"}),
    ],
)
def test_a_field_that_is_not_used_stays_verbatim(kind: str, fields: str, kept: dict[str, str]) -> None:
    entry = one(fields, kind)
    assert {f"bib:{name}": value for name, value in kept.items()}.items() <= entry.extra.items()
    for dialect in ("bibtex", "biblatex"):
        values = written(entry, dialect)
        assert {name: values.get(name) for name in kept} == {name: value.strip("{}") for name, value in kept.items()}


@pytest.mark.parametrize(
    "fields",
    [
        PREPRINT,
        "eprint = {1706.03762}, eprinttype = {arxiv}, primaryclass = {cs.CL}, pubstate = {prepublished}",
        "eprint = {1706.03762v2}, version = {2}, url = {https://arxiv.org/abs/1706.03762v2}",
        "eprint = {0507126}, archiveprefix = {hep-th}",
        "journal = {arXiv preprint arXiv:1706.03762}",
        "journal = {CoRR}, volume = {abs/1706.03762}, url = {http://arxiv.org/abs/1706.03762}",
        "journal = {arXiv e-prints}, eid = {arXiv:1706.03762}, pages = {arXiv:1706.03762}",
        "number = {arXiv:1706.03762}, publisher = {arXiv}, doi = {10.48550/arXiv.1706.03762}",
        "note = {arXiv: 1706.03762 [cs.CL]}",
    ],
)
def test_what_an_id_stands_for_is_not_kept_beside_it(fields: str) -> None:
    entry = one(fields, "article")
    assert entry.id
    assert entry.extra == {}


def test_a_page_elsewhere_is_kept_though_the_url_written_is_that_by_which_programs_know_the_eprint() -> None:
    entry = one(f"{PREPRINT}, url = {{https://pub.org/a}}")
    assert entry.extra == {"bib:url": "https://pub.org/a"}
    assert written(entry)["url"] == "https://arxiv.org/abs/1706.03762"


def test_a_journal_that_names_another_paper_is_kept() -> None:
    journal = "arXiv preprint arXiv:1111.2222"
    assert one(f"{PREPRINT}, journal = {{{journal}}}", "article").extra == {"bib:journal": journal}


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ("eprint = {1706.0001}, archiveprefix = {arXiv}", "1706.0001"),
        ("eprint = {1706.0001}", "1706.0001"),
        ("eprint = {0507126}, eprinttype = {arxiv}", "0507126"),
        ("eprint = {hep-zz/9901001}", "hep-zz/9901001"),
    ],
)
def test_an_eprint_that_should_be_an_id_and_is_none_is_told(fields: str, printed: str) -> None:
    (entry,), told = read(f"@misc{{key, {fields}}}")
    assert entry.id == ""
    assert entry.extra[PRINTED_ID] == entry.extra["bib:eprint"] == printed
    assert printed in told[0]
    assert written(entry)["eprint"] == printed


def test_a_wrong_eprint_is_told_where_the_id_stands_elsewhere() -> None:
    (entry,), told = read("@misc{key, eprint = {1706.0376}, url = {https://arxiv.org/abs/1706.03762}}")
    assert (entry.id, PRINTED_ID in entry.extra) == ("1706.03762", False)
    assert len(told) == 1


def test_the_number_of_an_old_id_is_no_wrong_eprint() -> None:
    entry = one("eprint = {0507126}, archiveprefix = {arXiv}, url = {https://arxiv.org/abs/hep-th/0507126}")
    assert (entry.id, entry.extra) == ("hep-th/0507126", {})


@pytest.mark.parametrize(
    ("date", "known"), [("2001-13-45", "2001"), ("2001-02-31", "2001-02"), ("2001-00-00", "2001"), ("0000-01-01", "")]
)
def test_a_date_that_no_calendar_has_is_told_and_read_as_far_as_it_is_one(date: str, known: str) -> None:
    for kind, fields in (("misc", ""), ("article", "journal = {J}, ")):
        (entry,), told = read(f"@{kind}{{key, {fields}date = {{{date}}}}}")
        assert (entry.venue.date if entry.venue else entry.extra.get(DATE, "")) == known
        assert (entry.extra["bib:date"], told) == (date, [f"{date!r} is no date"])


def test_a_whole_date_is_not_kept_beside_the_day() -> None:
    entry = one("date = {2001-02-28}, year = {2001}, month = feb", "online")
    assert (entry.created, "bib:date" in entry.extra) == (datetime.date(2001, 2, 28), False)
    assert "bib:year" not in entry.extra


def test_a_year_that_is_not_of_the_date_is_kept() -> None:
    assert one("date = {2001}, year = {1999}").extra == {DATE: "2001", "bib:year": "1999"}


def test_a_date_of_a_span_is_written_whole_and_known_by_its_beginning() -> None:
    entry = one("date = {2001-05/2002}")
    assert entry.extra[DATE] == "2001-05"
    assert written(entry, "biblatex")["date"] == "2001-05/2002"


def test_what_is_known_later_takes_the_place_of_what_was_kept() -> None:
    entry = one("journal = {J}, year = {in press}", "article").replace(venue=Venue(container="J", date="2003"))
    assert written(entry)["year"] == "2003"


def test_the_keywords_of_the_library_stand_beside_the_categories() -> None:
    entry = one(f"{PREPRINT}, primaryclass = {{cs.LG}}, keywords = {{robots}}")
    assert written(entry)["keywords"] == "Computer Science - Machine Learning, robots"


def test_a_note_of_the_library_stands_beside_the_remarks() -> None:
    entry = one("note = {Read \\emph{twice}; Comment: 12 pages}")
    assert (entry.comments, entry.extra) == ("12 pages", {"bib:note": "Read \\emph{twice}"})
    assert written(entry)["note"] == "Read \\emph{twice}; Comment: 12 pages"


def test_classes_that_are_none_are_no_categories() -> None:
    assert one(f"{PREPRINT}, primaryclass = {{cs.LG, stat.ML}}").categories == ("cs.LG", "stat.ML")
    assert one(f"{PREPRINT}, primaryclass = {{physics:quant-ph}}").categories == ()
    (entry,), told = read(f"@misc{{a, {PREPRINT}, primaryclass = {{https:}}}}")
    assert (entry.categories, entry.extra["bib:primaryclass"]) == ((), "https:")
    assert told == ["'https:' in primaryclass is no category"]


NAMES = st.sampled_from(
    """title author year month date day note doi url eprint eprinttype archiveprefix primaryclass journal booktitle
    volume number issue pages eid publisher institution school issn version pubstate keywords series""".split()
)
VALUES = st.sampled_from(
    [
        "A b",
        "2001",
        "mar",
        "2001-02-30",
        "1--2",
        "arXiv",
        "arXiv:1706.03762",
        "1706.03762v2",
        "cs.LG",
        "10.1103/X.1",
        "x",
    ]
)


@given(
    st.sampled_from(["misc", "article", "book", "online", "report"]),
    st.dictionaries(NAMES, VALUES),
    st.sampled_from(["bibtex", "biblatex"]),
)
def test_what_is_written_of_any_entry_is_read_and_written_the_same(
    kind: str, fields: dict[str, str], dialect: str
) -> None:
    exporter = EXPORTERS[dialect]
    assert exporter.render
    (entry,), _ = read(f"@{kind}{{key, {', '.join(f'{name} = {{{value}}}' for name, value in fields.items())}}}")
    once = exporter.render(entry, exporter.options())
    (again,), _ = read(once)
    assert exporter.render(again, exporter.options()) == once
