"""Real programs that read what refmill writes; each gives back items of the same few fields, or is not installed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from tests.conformance.programs import HERE, run

__all__ = ["CLIENTS", "FIELDS", "Client", "Item", "better_bibtex"]

FIELDS: Final = ("title", "authors", "year", "doi", "eprint", "container", "volume", "pages", "abstract", "key")
CONTAINERS: Final = ("journal", "journaltitle", "booktitle", "series")
Item = dict[str, str]
"""Field -> what the client shows; authors are family names joined by `;`."""


@dataclass(frozen=True)
class Client:
    """`needs`: programs or npm packages. `read`: the items of a file; `formats`: what it reads."""

    name: str
    needs: tuple[str, ...]
    formats: tuple[str, ...]
    read: Callable[[Path, str], list[Item]]


def _pandoc(path: Path, format_name: str) -> list[Item]:
    source = {"bibtex": "bibtex", "biblatex": "biblatex", "csl-json": "csljson"}[format_name]
    told = run("pandoc", "-f", source, "-t", "csljson", path, cwd=path.parent).stdout
    return [_of_csl(item) for item in json.loads(told)]


def _citation_js(path: Path, format_name: str) -> list[Item]:
    return [_of_csl(item) for item in json.loads(run("node", HERE / "citation_js.mjs", path, cwd=path.parent).stdout)]


def better_bibtex(path: Path) -> Any:
    """`entries` and `errors` of Better BibTeX's parser; kept beside the file, for thousands take it minutes."""
    told = path.with_name(f"{path.name}.told")
    if not told.exists() or told.stat().st_mtime_ns < path.stat().st_mtime_ns:
        told.write_text(run("node", HERE / "better_bibtex.mjs", path, cwd=path.parent).stdout)
    return json.loads(told.read_text())


def _better_bibtex(path: Path, format_name: str) -> list[Item]:
    told = better_bibtex(path)
    return [_of_bib(entry["key"], entry["fields"], _bbt_name) for entry in told["entries"]]


def _bbt_name(author: Mapping[str, str]) -> str:
    return author.get("name") or " ".join(filter(None, (author.get("prefix"), author.get("lastName"))))


def _pybtex(path: Path, format_name: str) -> list[Item]:
    from pybtex.database import parse_file

    found = []
    for key, entry in parse_file(str(path), "bibtex").entries.items():
        people = entry.persons.get("author", [])
        names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
        found.append(_of_bib(key, {**{k.lower(): v for k, v in entry.fields.items()}, "author": names}, str))
    return found


def _bibutils(path: Path, format_name: str) -> list[Item]:
    xml = run("bib2xml", "-i", "utf8", path, cwd=path.parent).stdout.lstrip("\ufeff")
    return [_of_mods(each) for each in ElementTree.fromstring(xml)]


_NO_NUMBER = re.compile(r"^  pages +=(?! \{\d+(?:--\d+)?\},$).*\n", re.MULTILINE)
"""Pages that make JabRef's export to MODS fail as a whole."""
_NO_XML = re.compile(r"<!DOCTYPE[^>]*>|&#(?:\d|1\d|2\d|3[01]|5[56]\d{3});")
"""What JabRef's export to DocBook holds and a reader of XML refuses."""


def _jabref(path: Path, format_name: str) -> list[Item]:
    """From its export to MODS; authors from that to DocBook, for MODS parts them at the `and` in `Alexander`."""
    numbered = path.with_suffix(".numbered.bib")
    numbered.write_text(_NO_NUMBER.sub("", path.read_text()))
    exported = {}
    for name in ("mods", "docbook"):
        out = path.with_suffix(f".{name}")
        words = ("-n", "-i", f"{numbered},bibtex", "-o", f"{out},{name}")
        told = run("jabref", *words, cwd=path.parent, check=False)
        assert "Error occurred" not in told.stdout, told.stdout
        exported[name] = out.read_text(errors="replace")
    items = [_of_mods(each) for each in ElementTree.fromstring(exported["mods"])]
    authors = dict(map(_of_docbook, ElementTree.fromstring(_NO_XML.sub("", exported["docbook"]))))
    return [item | {"authors": authors.get(item["key"], "")} for item in items]


def _of_docbook(record: ElementTree.Element) -> tuple[str, str]:
    """Key and authors; particles have an element of their own."""
    people = record.iterfind("authorgroup/author")
    names = [[part.text or "" for part in person if part.tag != "firstname"] for person in people]
    return record.get("id", ""), ";".join(map(" ".join, names))


def _rdflib(path: Path, format_name: str) -> list[Item]:
    from rdflib import RDF, Graph, Namespace

    graph = Graph().parse(path, format="xml")
    z, dc, dcterms = (
        Namespace(f"http://{each}")
        for each in ("www.zotero.org/namespaces/export#", "purl.org/dc/elements/1.1/", "purl.org/dc/terms/")
    )
    bib, foaf = Namespace("http://purl.org/net/biblio#"), Namespace("http://xmlns.com/foaf/0.1/")
    prism = Namespace("http://prismstandard.org/namespaces/1.2/basic/")
    items: list[Item] = []
    for node, kind in graph.subject_objects(z.itemType):
        if str(kind) == "attachment":
            continue
        order = graph.value(node, bib.authors)
        count = len(list(graph.predicate_objects(order))) if order else 0
        people = [graph.value(order, RDF[f"_{n}"]) for n in range(1, count + 1)]
        names = [str(graph.value(person, foaf.surname)) for person in people if person is not None]
        plain = [str(each) for each in graph.objects(node, dc.identifier)]
        container = graph.value(node, dcterms.isPartOf)
        extra = re.search(r"arXiv:(\S+)", str(graph.value(node, dc.description) or ""))
        items.append(
            {
                "key": str(graph.value(node, z.citationKey) or ""),
                "title": str(graph.value(node, dc.title) or ""),
                "authors": ";".join(names),
                "year": str(graph.value(node, dc.date) or "")[:4],
                "doi": next((text[4:] for text in plain if text.startswith("DOI ")), ""),
                "eprint": extra[1] if extra else "",
                "container": str(graph.value(container, dc.title) or "") if container else "",
                "volume": str(
                    (container and graph.value(container, prism.volume)) or graph.value(node, prism.volume) or ""
                ),
                "pages": str(graph.value(node, bib.pages) or ""),
                "abstract": str(graph.value(node, dcterms.abstract) or ""),
            }
        )
    return items


CLIENTS: Final = (
    Client("pybtex", (), ("bibtex",), _pybtex),
    Client("pandoc", ("pandoc",), ("bibtex", "biblatex", "csl-json"), _pandoc),
    Client("Better BibTeX", ("node", "npm:@retorquere/bibtex-parser"), ("bibtex", "biblatex"), _better_bibtex),
    Client("citation-js", ("node", "npm:citation-js"), ("bibtex", "csl-json"), _citation_js),
    Client("bibutils", ("bib2xml",), ("bibtex",), _bibutils),
    Client("JabRef 3.8", ("jabref",), ("bibtex",), _jabref),
    Client("rdflib", (), ("zotero-rdf",), _rdflib),
)


def _of_csl(item: Mapping[str, Any]) -> Item:
    names = [
        author.get("literal")
        or " ".join(
            filter(None, (author.get("dropping-particle"), author.get("non-dropping-particle"), author.get("family")))
        )
        for author in item.get("author", [])
    ]
    issued = item.get("issued") or {}
    parts = issued.get("date-parts") or [[""]]
    eprint = re.search(r"arxiv\.org/abs/(\S+)", str(item.get("URL", ""))) or re.search(
        r"arXiv:(\S+)", str(item.get("number", ""))
    )
    return {
        "key": str(item.get("id", "")),
        "title": str(item.get("title", "")),
        "authors": ";".join(names),
        "year": str(parts[0][0]),
        "doi": str(item.get("DOI", "")),
        "eprint": eprint[1] if eprint else "",
        "container": str(item.get("container-title") or item.get("collection-title", "")),
        "volume": str(item.get("volume", "")),
        "pages": str(item.get("page", "")),
        "abstract": str(item.get("abstract", "")),
    }


def _of_bib(key: str, fields: Mapping[str, Any], name: Callable[[Any], str]) -> Item:
    return {
        "key": key,
        "title": str(fields.get("title", "")),
        "authors": ";".join(map(name, fields.get("author", []))),
        "year": str(fields.get("year") or fields.get("date", ""))[:4],
        "doi": str(fields.get("doi", "")),
        "eprint": str(fields.get("eprint", "")),
        "container": str(next(filter(None, map(fields.get, CONTAINERS)), "")),
        "volume": str(fields.get("volume", "")),
        "pages": str(fields.get("pages", "")),
        "abstract": str(fields.get("abstract", "")),
    }


def _of_mods(record: ElementTree.Element) -> Item:
    def texts(path: str, under: ElementTree.Element = record) -> list[str]:
        return [each.text or "" for each in under.iterfind(re.sub(r"(^|/)(\w)", r"\1{*}\2", path))]

    names = []
    for person in record.iterfind("{*}name"):
        if not {"author", "creator"}.issuperset(texts("role/roleTerm", person)):
            continue  # an editor or a translator
        parts = {each.get("type", ""): each.text or "" for each in person.iterfind("{*}namePart")}
        names.append(parts.get("family") or parts.get("") or " ".join(parts.values()))
    identifiers = {each.get("type", ""): each.text or "" for each in record.iterfind("{*}identifier")}
    url = re.search(r"arxiv\.org/abs/(\S+)", " ".join(texts("location/url")))
    year = texts("originInfo/dateIssued") or texts("relatedItem/part/date") or texts("part/date") or [""]
    details = {each.get("type", ""): " ".join(texts("number", each)) for each in record.iterfind(".//{*}detail")}
    extent = next(record.iterfind(".//{*}extent"), None)
    return {
        "key": record.get("ID", ""),
        "title": " ".join(texts("titleInfo/title")[:1] + texts("titleInfo/subTitle")[:1]),
        "authors": ";".join(names),
        "year": year[0][:4],
        "doi": identifiers.get("doi", ""),
        "eprint": identifiers.get("arXiv") or (url[1] if url else ""),
        "container": " ".join(texts("relatedItem/titleInfo/title")[:1]),
        "volume": details.get("volume", ""),
        "pages": details.get("page", "") if extent is None else "-".join(each.text or "" for each in extent),
        "abstract": " ".join(texts("abstract")),
    }
