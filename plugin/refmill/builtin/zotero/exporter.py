"""Zotero RDF: everything that Zotero keeps of an item, with notes, tags, links, key and collection.

The elements are those that Zotero's own importer reads (zotero/translators: RDF.js and Zotero RDF.js).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from refmill_hooks import Entry, Exporter, Name, Venue, hookimpl
from refmill_hooks.categories import category_names
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.remarks import remarks
from refmill_hooks.text import plain, printable

_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:z="http://www.zotero.org/namespaces/export#"
         xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:dcterms="http://purl.org/dc/terms/"
         xmlns:bib="http://purl.org/net/biblio#"
         xmlns:foaf="http://xmlns.com/foaf/0.1/"
         xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/"
         xmlns:link="http://purl.org/rss/1.0/modules/link/">
"""

_TYPES = {
    "article-journal": ("journalArticle", "bib:Article"),
    "paper-conference": ("conferencePaper", "rdf:Description"),
    "report": ("report", "bib:Report"),
    "thesis": ("thesis", "bib:Thesis"),
    "chapter": ("bookSection", "bib:BookSection"),
    "book": ("book", "bib:Book"),
}
"""CSL type of the venue -> Zotero's item type and the element of the item."""

_CONTAINERS = {
    "article-journal": "bib:Journal",
    "paper-conference": "bib:Journal",
    "chapter": "bib:Book",
    "book": "bib:Series",
}
"""CSL type of the venue -> the element of what the item is part of; each item has its own."""

_NUMBERED = frozenset({"bib:Journal", "bib:Book"})
"""Containers that hold volume and number; else these stand on the item."""

_RIGHTS = "License"
"""The remark that Zotero has a field for."""


@dataclass(frozen=True, kw_only=True)
class ZoteroOptions:
    abstract: bool = field(default=True, metadata={"help": "write abstracts"})
    attachments: bool = field(default=True, metadata={"help": "link the PDF of the preprint"})
    collection: str = field(default="", metadata={"help": "put all items into this collection"})
    date: Literal["first", "latest"] = field(default="first", metadata={"help": "date of the first or newest version"})
    accessed: datetime.date | None = field(default=None, metadata={"help": "the access date to write"})


@hookimpl
def refmill_exporters() -> Iterator[Exporter[ZoteroOptions]]:
    yield Exporter(
        name="zotero-rdf",
        title="Zotero RDF, the richest way into Zotero",
        suffixes=(".rdf",),
        media_type="application/rdf+xml",
        opening=_opening,
        render=render,
        closing="</rdf:RDF>\n",
        options=ZoteroOptions,
    )


def _opening(options: ZoteroOptions) -> str:
    if not options.collection:
        return _OPENING
    title = _safe(options.collection)
    return f'{_OPENING}  <z:Collection rdf:about="#collection">\n    <dc:title>{title}</dc:title>\n  </z:Collection>\n'


def render(entry: Entry, options: ZoteroOptions) -> str:
    """The item, its note and its link; nodes of their own, so that no two items share or merge any."""
    name = _fragment(entry.key or entry.id.replace("/", "_"))
    item_type, element = _TYPES.get(entry.venue.kind, _TYPES["article-journal"]) if entry.venue else (
        "preprint",
        "rdf:Description",
    )  # fmt: skip
    notes = "".join([_note(label, remark) for label, remark in remarks(entry) if label != _RIGHTS])
    arxiv = ArxivId(_safe(entry.id), entry.version if isinstance(entry.version, int) else None) if entry.id else None
    link = options.attachments and arxiv
    lines = [f'  <{element} rdf:about="#item_{name}">', f"<z:itemType>{item_type}</z:itemType>"]
    _add_lines(lines, entry, arxiv, options)
    if notes:
        lines.append(f'<dcterms:isReferencedBy rdf:resource="#note_{name}"/>')
    if link:
        lines.append(f'<link:link rdf:resource="#pdf_{name}"/>')
    parts = ["\n    ".join(lines), f"\n  </{element}>\n"]
    if notes:
        parts.append(f'  <bib:Memo rdf:about="#note_{name}"><rdf:value>{notes}</rdf:value></bib:Memo>\n')
    if link:
        parts.append(
            f'  <z:Attachment rdf:about="#pdf_{name}">\n'
            "    <z:itemType>attachment</z:itemType>\n    <z:linkMode>3</z:linkMode>\n"
            "    <dc:title>Preprint PDF</dc:title>\n    <link:type>application/pdf</link:type>\n"
            f"    <dc:identifier>{_uri(link.pdf_url)}</dc:identifier>\n"
            "  </z:Attachment>\n"
        )
    if options.collection:
        member = f'<dcterms:hasPart rdf:resource="#item_{name}"/>'
        parts.append(f'  <rdf:Description rdf:about="#collection">{member}</rdf:Description>\n')
    return "".join(parts)


def _note(label: str, remark: str) -> str:
    """Paragraphs of HTML inside of XML."""
    text = _plain(f"{label}: {remark}")
    if "\n\n" in text:
        return "".join([f"&lt;p&gt;{_xml(_xml(paragraph))}&lt;/p&gt;" for paragraph in text.split("\n\n")])
    return f"&lt;p&gt;{_xml(_xml(text))}&lt;/p&gt;"


def _add_lines(lines: list[str], entry: Entry, arxiv: ArxivId | None, options: ZoteroOptions) -> None:
    """Adds the elements of the item; what is made of the id of `arxiv` is as safe as that."""
    add = lines.append
    venue = entry.venue
    if entry.title:
        add(f"<dc:title>{_text(entry.title)}</dc:title>")
    if entry.authors:
        persons = "".join([_person(name) for name in entry.authors])
        add(f"<bib:authors><rdf:Seq>{persons}</rdf:Seq></bib:authors>")
    if date := reference_date(entry, latest=options.date == "latest"):
        add(f"<dc:date>{_safe(date)}</dc:date>")
        if options.accessed:
            add(f"<dcterms:dateSubmitted>{options.accessed}</dcterms:dateSubmitted>")
    if entry.abstract and options.abstract:
        add(f"<dcterms:abstract>{_text(entry.abstract)}</dcterms:abstract>")
    if arxiv and not venue:
        add("<dc:publisher><foaf:Organization><foaf:name>arXiv</foaf:name></foaf:Organization></dc:publisher>")
        add(f"<prism:number>arXiv:{arxiv.id}</prism:number>")
    if entry.doi:
        add(f"<dc:identifier>DOI {_safe(entry.doi[0])}</dc:identifier>")
    elif arxiv and not venue:
        add(f"<dc:identifier>DOI {arxiv.doi}</dc:identifier>")
    if arxiv:
        add(f"<dc:identifier>{_uri(arxiv.url)}</dc:identifier>")
        add("<z:libraryCatalog>arXiv.org</z:libraryCatalog>")
    if venue:
        lines += filter(None, _venue_lines(venue))
        if venue.kind == "report" and entry.report_no:
            add(f"<prism:number>{_text(entry.report_no)}</prism:number>")
    if entry.key:
        add(f"<z:citationKey>{_safe(entry.key)}</z:citationKey>")
    if entry.license:
        add(f"<dc:rights>{_safe(entry.license)}</dc:rights>")
    if arxiv:
        version = f"\nversion: {arxiv.version}" if arxiv.version else ""
        citation = ArxivId(arxiv.id).citation(_category(entry.primary_category))
        add(f"<dc:description>{citation}{version}</dc:description>")
    lines += _tags(entry.categories)


def _venue_lines(venue: Venue) -> Iterator[str]:
    volume = _element("prism:volume", venue.volume)
    container = _CONTAINERS.get(venue.kind, "")
    inner = _element("dc:title", venue.container)
    publisher = venue.publisher
    if container in _NUMBERED:
        inner += _element("dcterms:alternative", venue.container_short) + volume + _element("prism:number", venue.issue)
    elif not container:
        publisher = publisher or venue.container  # the institution or university
    if container and inner:
        yield f"<dcterms:isPartOf><{container}>{inner}</{container}></dcterms:isPartOf>"
    if container not in _NUMBERED:
        yield volume
    if venue.kind == "paper-conference" and venue.container:
        conference = f"<bib:Conference><dc:title>{_text(venue.container)}</dc:title></bib:Conference>"
        yield f"<bib:presentedAt>{conference}</bib:presentedAt>"
    if venue.pages:
        yield f"<bib:pages>{_text(venue.pages)}</bib:pages>"
    if venue.issn:
        yield f"<dc:identifier>ISSN {_safe(venue.issn)}</dc:identifier>"
    if publisher:
        name = f"<foaf:name>{_text(publisher)}</foaf:name>"
        yield f"<dc:publisher><foaf:Organization>{name}</foaf:Organization></dc:publisher>"


def _element(name: str, value: str) -> str:
    return f"<{name}>{_text(value)}</{name}>" if value else ""


def _person(name: Name) -> str:
    family, given = name.family, name.given
    if name.literal or not (given or name.suffix):
        parts = f"<foaf:surname>{_text(name.literal or family)}</foaf:surname>"
    else:
        if not (family.isalpha() and family.isascii()):
            family = _name_text(family)
        given = _name_text(f"{given}, {name.suffix}" if name.suffix else given)
        parts = f"<foaf:surname>{family}</foaf:surname><foaf:givenName>{given}</foaf:givenName>"
    return f"<rdf:li><foaf:Person>{parts}</foaf:Person></rdf:li>"


@lru_cache(1 << 10)
def _tags(categories: tuple[str, ...]) -> list[str]:
    tag = "<dc:subject><z:AutomaticTag><rdf:value>{}</rdf:value></z:AutomaticTag></dc:subject>"
    return [tag.format(_safe(name)) for name in category_names(categories)]


def _uri(url: str) -> str:
    return f"<dcterms:URI><rdf:value>{url}</rdf:value></dcterms:URI>"


def _plain(text: str) -> str:
    return plain(text, math=True)


def _text(text: str) -> str:
    return _xml(_plain(text))


_name_text = lru_cache(1 << 12)(_text)


def _safe(text: str) -> str:
    """Text that XML 1.0 takes, as element content."""
    return _xml(text if text.isprintable() else printable(text))


_IN_FRAGMENT = re.compile(r"[^\w!$*+./:;?@-]")


def _fragment(name: str) -> str:
    """A name for the nodes of an item, as it stands in an attribute behind `#`: signs encoded as in URLs."""
    if name.isalnum():
        return name
    return _IN_FRAGMENT.sub(lambda match: quote(match[0], safe=""), printable(name))


_category = lru_cache(1 << 8)(_safe)


def _xml(text: str) -> str:
    """Printable text, escaped."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text
