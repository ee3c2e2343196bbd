"""Zotero RDF as a graph: each row of what Zotero's importer reads is there, in the element it reads."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from rdflib import RDF, Graph, Namespace
from rdflib.term import Node

from refmill.plugins.registry import Registry
from refmill_hooks import DATE, Entry, Name, Venue
from refmill_hooks.testing import check_exporter, hard_entries

Z = Namespace("http://www.zotero.org/namespaces/export#")
DC = Namespace("http://purl.org/dc/elements/1.1/")
DCTERMS = Namespace("http://purl.org/dc/terms/")
BIB = Namespace("http://purl.org/net/biblio#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
PRISM = Namespace("http://prismstandard.org/namespaces/1.2/basic/")
LINK = Namespace("http://purl.org/rss/1.0/modules/link/")

EXPORTER = Registry().exporters["zotero-rdf"]
PREPRINT = Entry(
    id="2411.10701",
    version=2,
    title="Bounds on $\\Lambda$CDM & friends",
    authors=(
        Name(family="van den Oord", given="Aaron"),
        Name(family="Steele", given="Guy L.", suffix="Jr."),
        Name(literal="Kimi Team"),
    ),
    abstract="First with $x < 1$.\n\nSecond.",
    categories=("cs.CV", "cs.LG"),
    created=datetime.date(2024, 11, 15),
    comments="12 pages",
    license="http://creativecommons.org/licenses/by/4.0/",
    key="oord2024bounds",
)
ARTICLE = Entry(
    id="hep-th/9901001",
    title="An old paper",
    doi=("10.1103/PhysRevD.41.1",),
    venue=Venue(container="Physical Review D", container_short="Phys. Rev. D", volume="41", issue="1", pages="1-12",
                date="1990-02", year=1990, issn="0556-2821", publisher="APS"),
    key="cee1990old",
)  # fmt: skip


def graph(*entries: Entry, **options: Any) -> Graph:
    text = check_exporter(EXPORTER, EXPORTER.options(**options), entries)
    return Graph().parse(data=text, format="xml")


def item(found: Graph) -> Node:
    (node,) = (node for node, kind in found.subject_objects(Z.itemType) if str(kind) != "attachment")
    return node


def one(found: Graph, *path: Any, start: Node | None = None) -> str:
    node: Any = start or item(found)
    for step in path:
        node = found.value(node, step)
    return str(node) if node is not None else ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((Z.itemType,), "preprint"),
        ((DC.title,), "Bounds on $\\Lambda$CDM & friends"),
        ((DC.date,), "2024-11-15"),
        ((DCTERMS.abstract,), "First with $x < 1$.\n\nSecond."),
        ((DC.publisher, FOAF.name), "arXiv"),
        ((PRISM.number,), "arXiv:2411.10701"),
        ((Z.libraryCatalog,), "arXiv.org"),
        ((Z.citationKey,), "oord2024bounds"),
        ((DC.rights,), "http://creativecommons.org/licenses/by/4.0/"),
        ((DC.description,), "arXiv:2411.10701 [cs.CV]\nversion: 2"),
    ],
)
def test_a_preprint_has_each_field_where_zotero_looks(path: tuple[Any, ...], value: str) -> None:
    assert one(graph(PREPRINT), *path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((Z.itemType,), "journalArticle"),
        ((DC.date,), "1990-02"),
        ((BIB.pages,), "1-12"),
        ((DCTERMS.isPartOf, DC.title), "Physical Review D"),
        ((DCTERMS.isPartOf, DCTERMS.alternative), "Phys. Rev. D"),
        ((DCTERMS.isPartOf, PRISM.volume), "41"),
        ((DCTERMS.isPartOf, PRISM.number), "1"),
        ((DC.description,), "arXiv:hep-th/9901001"),
    ],
)
def test_a_published_paper_is_an_article_and_keeps_its_eprint(path: tuple[Any, ...], value: str) -> None:
    assert one(graph(ARTICLE), *path) == value


def test_identifiers_stand_on_the_item() -> None:
    found = graph(ARTICLE)
    plain = {str(each) for each in found.objects(item(found), DC.identifier)}
    urls = {one(found, RDF.value, start=each) for each in found.objects(item(found), DC.identifier)} - {""}
    assert {"DOI 10.1103/PhysRevD.41.1", "ISSN 0556-2821"} <= plain
    assert urls == {"https://arxiv.org/abs/hep-th/9901001"}


def test_a_preprint_has_the_doi_of_arxiv() -> None:
    found = graph(PREPRINT)
    assert "DOI 10.48550/arXiv.2411.10701" in {str(each) for each in found.objects(item(found), DC.identifier)}


def test_authors_are_in_order_and_a_collaboration_is_a_single_field() -> None:
    found = graph(PREPRINT)
    order = found.value(item(found), BIB.authors)
    people = [found.value(order, RDF[f"_{number}"]) for number in (1, 2, 3)]
    names = [(one(found, FOAF.surname, start=each), one(found, FOAF.givenName, start=each)) for each in people]
    assert names == [("van den Oord", "Aaron"), ("Steele", "Guy L., Jr."), ("Kimi Team", "")]


def test_categories_are_automatic_tags_in_words() -> None:
    found = graph(PREPRINT)
    tags = {one(found, RDF.value, start=tag) for tag in found.objects(item(found), DC.subject)}
    assert tags == {"Computer Science - Computer Vision and Pattern Recognition", "Computer Science - Machine Learning"}


def test_the_comment_is_a_child_note() -> None:
    found = graph(PREPRINT)
    assert one(found, DCTERMS.isReferencedBy, RDF.value) == "<p>Comment: 12 pages</p>"
    assert one(found, DCTERMS.isReferencedBy, RDF.type) == str(BIB.Memo)


def test_the_pdf_is_a_link_and_no_download() -> None:
    found = graph(PREPRINT)
    attachment = found.value(item(found), LINK.link)
    assert one(found, Z.linkMode, start=attachment) == "3"
    assert one(found, DC.identifier, RDF.value, start=attachment) == "https://arxiv.org/pdf/2411.10701v2"
    assert not list(graph(PREPRINT, attachments=False).objects(None, LINK.link))


@pytest.mark.parametrize(
    ("kind", "item_type", "path"),
    [
        ("paper-conference", "conferencePaper", (BIB.presentedAt, DC.title)),
        ("paper-conference", "conferencePaper", (DCTERMS.isPartOf, DC.title)),
        ("report", "report", (DC.publisher, FOAF.name)),
        ("thesis", "thesis", (DC.publisher, FOAF.name)),
        ("chapter", "bookSection", (DCTERMS.isPartOf, DC.title)),
        ("book", "book", (DCTERMS.isPartOf, DC.title)),
    ],
)
def test_other_publications_have_types_of_their_own(kind: str, item_type: str, path: tuple[Any, ...]) -> None:
    found = graph(ARTICLE.replace(venue=Venue(kind=kind, container="The place", year=1990)))
    assert one(found, Z.itemType) == item_type
    assert one(found, *path) == "The place"


def test_the_volume_of_a_book_stands_on_the_book() -> None:
    entry = ARTICLE.replace(venue=Venue(kind="book", container="The series", volume="3", year=1990))
    assert one(graph(entry), PRISM.volume) == "3"


def test_a_report_has_its_number() -> None:
    entry = ARTICLE.replace(venue=Venue(kind="report", container="CERN", year=1990), report_no="TH-1")
    assert one(graph(entry), PRISM.number) == "TH-1"


def test_all_items_are_in_the_collection_that_was_asked_for() -> None:
    found = graph(PREPRINT, ARTICLE, collection="To read")
    (collection,) = found.subjects(RDF.type, Z.Collection)
    assert one(found, DC.title, start=collection) == "To read"
    assert len(list(found.objects(collection, DCTERMS.hasPart))) == 2


def test_without_a_date_there_is_no_access_date_which_zotero_would_take_for_it() -> None:
    day = datetime.date(2025, 1, 2)
    assert one(graph(PREPRINT, accessed=day), DCTERMS.dateSubmitted) == "2025-01-02"
    assert one(graph(PREPRINT.replace(created=None), accessed=day), DCTERMS.dateSubmitted) == ""


def test_a_date_that_is_known_in_part_stays_so() -> None:
    assert one(graph(PREPRINT.replace(created=None, extra={DATE: "2024-11"})), DC.date) == "2024-11"


def test_no_two_items_share_a_node() -> None:
    entries = [entry.replace(key=f"key{number}") for number, entry in enumerate(hard_entries())]
    found = graph(*entries)
    items = [node for node, kind in found.subject_objects(Z.itemType) if str(kind) != "attachment"]
    assert len(items) == len(set(items)) == len(entries)
    assert all(len(list(found.objects(node, Z.itemType))) == 1 for node in items)
