"""BibTeX and BibLaTeX: the fields and forms that readers of all kinds agree on, and the options."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from refmill.plugins.registry import Registry
from refmill_hooks import Entry, Name, Venue
from refmill_hooks.testing import check_exporter, hard_entries

REGISTRY = Registry()
ENTRY = Entry(
    id="2411.10701",
    title="Bounds for BERT on GPUs & friends: 50% of $H_0$",
    authors=(Name(family="van den Oord", given="Aaron"), Name(family="Steele", given="Guy L.", suffix="Jr."),
             Name(literal="Kimi Team")),
    categories=("cs.CV",),
    created=datetime.date(2024, 11, 15),
    updated=datetime.date(2025, 1, 2),
    comments="12 pages",
    key="oord2024bounds",
)  # fmt: skip
PUBLISHED = ENTRY.replace(
    doi=("10.1103/X.1",),
    venue=Venue(container="Physical Review X", volume="4", issue="2", pages="1-12", year=2025, date="2025-03"),
)


def written(entry: Entry = ENTRY, dialect: str = "bibtex", **options: Any) -> dict[str, str]:
    exporter = REGISTRY.exporters[dialect]
    text = check_exporter(exporter, exporter.options(**options), [entry])
    kind, key = re.match(r"@(\w+)\{([^,]+),\n", text).groups()  # type: ignore[union-attr]
    fields = dict(re.findall(r"^  (\w+) += (.*),$", text, re.MULTILINE))
    return {"type": kind, "key": key} | fields


def test_a_preprint_is_misc_with_both_families_of_eprint_fields() -> None:
    assert written() == {
        "type": "misc",
        "key": "oord2024bounds",
        "author": "{van den Oord, Aaron and Steele, Jr., Guy L. and {Kimi Team}}",
        "title": "{Bounds for {BERT} on {GPUs} \\& friends: 50\\% of {$H_{0}$}}",
        "year": "{2024}",
        "month": "nov",
        "eprint": "{2411.10701}",
        "archiveprefix": "{arXiv}",
        "primaryclass": "{cs.CV}",
        "eprinttype": "{arxiv}",
        "url": "{https://arxiv.org/abs/2411.10701}",
        "keywords": "{Computer Science - Computer Vision and Pattern Recognition}",
        "note": "{Comment: 12 pages}",
    }


def test_biblatex_has_online_with_a_date_and_its_own_eprint_fields() -> None:
    fields = written(dialect="biblatex")
    assert fields["type"] == "online"
    assert fields["date"] == "{2024-11-15}"
    assert (fields["eprinttype"], fields["eprintclass"]) == ("{arxiv}", "{cs.CV}")
    assert fields["pubstate"] == "{prepublished}"
    assert not {"year", "month", "archiveprefix", "primaryclass"} & set(fields)


def test_a_published_paper_keeps_its_eprint() -> None:
    fields = written(PUBLISHED)
    expected = {"type": "article", "journal": "{Physical Review X}", "volume": "{4}", "number": "{2}",
                "pages": "{1--12}", "year": "{2025}", "month": "mar", "doi": "{10.1103/X.1}",
                "eprint": "{2411.10701}"}  # fmt: skip
    assert expected.items() <= fields.items()


@pytest.mark.parametrize(
    ("venue", "expected"),
    [
        (Venue(container="Physical Review X", publisher="APS"), {"type": "article"}),
        (Venue(kind="report", publisher="CERN"), {"type": "report", "institution": "{CERN}"}),
        (Venue(kind="book", container="A series", publisher="X"), {"series": "{A series}", "publisher": "{X}"}),
    ],
)
def test_biblatex_has_a_publisher_where_its_data_model_has_one(venue: Venue, expected: dict[str, str]) -> None:
    fields = written(PUBLISHED.replace(venue=venue), dialect="biblatex")
    assert expected.items() <= fields.items()
    assert ("publisher" in fields) == ("publisher" in expected)


def test_biblatex_leaves_out_what_its_data_model_has_no_place_for() -> None:
    thesis = PUBLISHED.replace(venue=Venue(kind="thesis", container="ETH", volume="1", issue="2", issn="0003-6951"))
    assert not {"volume", "number", "issn"} & set(written(thesis, dialect="biblatex"))
    assert {"volume", "number", "issn"} <= set(written(thesis))


def test_what_is_neither_published_nor_online_is_misc() -> None:
    assert written(Entry(title="T", key="k"), dialect="biblatex")["type"] == "misc"


@pytest.mark.parametrize("kind", ["misc", "online", "article", "unpublished", "techreport"])
def test_the_type_of_preprints_can_be_chosen(kind: str) -> None:
    assert written(preprint=kind)["type"] == kind
    assert written(PUBLISHED, preprint=kind)["type"] == "article"


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ({"max_authors": 1}, "author", "{van den Oord, Aaron and others}"),
        ({"max_authors": 3}, "author", "{van den Oord, Aaron and Steele, Jr., Guy L. and {Kimi Team}}"),
        ({"capitals": "none"}, "title", "{Bounds for BERT on GPUs \\& friends: 50\\% of {$H_{0}$}}"),
        ({"capitals": "title"}, "title", "{{Bounds for BERT on GPUs \\& friends: 50\\% of {$H_{0}$}}}"),
        ({"date": "latest"}, "year", "{2025}"),
        ({"arxiv_doi": True}, "doi", "{10.48550/arXiv.2411.10701}"),
    ],
)
def test_options_change_what_they_say(options: dict[str, Any], field: str, value: str) -> None:
    assert written(**options)[field] == value


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_ascii_is_pure(dialect: str) -> None:
    exporter = REGISTRY.exporters[dialect]
    assert check_exporter(exporter, exporter.options(ascii=True)).isascii()


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_braces_balance_whatever_the_text(dialect: str) -> None:
    exporter = REGISTRY.exporters[dialect]
    text = check_exporter(exporter, None, [*hard_entries(), ENTRY.replace(title="V\\{s and $\\left\\{x\\right.$")])
    for entry in text.split("\n\n@"):
        depth = 0
        for sign in re.findall(r"[{}]", entry):
            depth += 1 if sign == "{" else -1
            assert depth >= 0
        assert depth == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (Name(family="Barnes and Noble", given="A."), "Barnes {and} Noble, A."),
        (Name(family="Smith, Esq.", given="A."), "{Smith, Esq.}, A."),
        (Name(family="Madonna"), "{Madonna}"),
        (Name(family='M"uller', given="J\\'er\\^ome"), 'M"uller, Jérôme'),
        (Name(family="van Emden", given="M. H."), "van {Emden}, M. H."),
        (Name(family="Ünal", given="Özgür Š."), 'Ünal, {\\"O}zgür {\\v{S}}.'),
    ],
)
def test_what_would_part_a_name_is_protected(name: Name, expected: str) -> None:
    assert written(ENTRY.replace(authors=(name,)))["author"] == f"{{{expected}}}"


def test_jabref_is_told_the_dialect_and_groups() -> None:
    exporter = REGISTRY.exporters["biblatex"]
    text = check_exporter(exporter, exporter.options(jabref=True), [ENTRY])
    assert "@Comment{jabref-meta: databaseType:biblatex;}" in text
    assert "1 AutomaticKeywordGroup:Categories\\;0\\;keywords\\;,\\;>\\;1\\;\\;\\;\\;;" in text
