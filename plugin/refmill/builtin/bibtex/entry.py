"""What the fields of a .bib say, as an entry; what no field of the entry takes is kept verbatim."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

from refmill.builtin.bibtex.authors import authors_of
from refmill.builtin.bibtex.dates import take_date
from refmill.builtin.bibtex.fields import BibFields
from refmill.builtin.bibtex.ids import IS_ARXIV, arxiv_id_of, saying_no_more, wrong_eprint
from refmill.builtin.bibtex.layout import CONTAINERS, KEPT, KEPT_TYPE, OTHER_TYPES, TYPES
from refmill_hooks import DATE, EXECUTES, PRINTED_ID, PROBLEM, UNVERIFIED, Entry, Venue
from refmill_hooks.categories import categories_in, category_name, checked_categories
from refmill_hooks.identifiers import ArxivId, is_arxiv_doi, split_dois
from refmill_hooks.remarks import fields_of_remarks, split_remarks
from refmill_hooks.text import executing_commands, latex, plain, squeeze, unprotected

__all__ = ["entry_of"]

_WORD_TO_KIND: Final = {word: kind for kind, words in TYPES.items() for word in words} | {
    "inbook": "chapter",
    "conference": "paper-conference",
    "mastersthesis": "thesis",
    "periodical": "article-journal",
}
_CLASSES = re.compile(r"[\s,;\[\]{}]+")
_SHOWN: Final = 60


def entry_of(found: BibFields) -> Entry:
    """The entry; under `bib:name` in `extra`, verbatim, each field that it has no place for or cannot make out."""
    kind = found.kind
    left = _with_subtitles(found.fields)  # each step takes out of it what the entry has from there
    problems = list(found.problems)
    extra: dict[str, str] = {}
    arxiv_id = arxiv_id_of(left)
    wrong = wrong_eprint(left)
    if wrong and not (arxiv_id and arxiv_id.id.endswith(f"/{wrong.text}")):
        problems.append(str(wrong))
        extra |= {} if arxiv_id else {PRINTED_ID: wrong.text}
    if arxiv_id:
        for name in set(saying_no_more(arxiv_id, left)):
            del left[name]
    noted, remarked = _take_remarks(left)
    extra |= remarked
    authors, truncated = authors_of(left.pop("author", ""))
    written = take_date(left, problems)
    venue = _take_venue(kind, left, written)
    day = datetime.date.fromisoformat(written) if len(written) == 10 and not venue else None
    if truncated:
        extra[UNVERIFIED] = "authors"
    if written and not venue and not day:
        extra[DATE] = written
    if arxiv_id:
        _take_what_is_said_of_preprints(left, arxiv_id, venue)
    made = {
        "title": squeeze(unprotected(left.pop("title", ""))),
        "abstract": unprotected(left.pop("abstract", "")),
        "categories": _take_categories(left, arxiv_id, problems),
        "doi": _take_dois(left) + noted.pop("doi", ()),
    }
    if problems:
        extra[PROBLEM] = "; ".join(problems)
    if any(kind in types for types in OTHER_TYPES.get(venue.kind if venue else "", ())) and (venue or not arxiv_id):
        extra[KEPT_TYPE] = kind
    if executing := executing_commands(" ".join(left.values())):
        extra[EXECUTES] = " ".join(executing)
    return Entry(
        id=arxiv_id.id if arxiv_id else "",
        version=arxiv_id.version if arxiv_id else None,
        authors=authors,
        created=day,
        venue=venue,
        key=found.key,
        source="bib",
        extra=extra | {KEPT + name: value for name, value in left.items()},
        **(made | noted),
    )


def _with_subtitles(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that are not empty, each subtitle joined to its title, as people cite it."""
    joined = {name: value for name, value in fields.items() if value}
    for name in ("title", "booktitle", "journaltitle"):
        title, subtitle = joined.get(name), joined.get(name.replace("title", "subtitle"))
        if title and subtitle:
            del joined[name.replace("title", "subtitle")]
            if not squeeze(title).lower().endswith(squeeze(subtitle).lower()):
                joined[name] = f"{title} {subtitle}" if title[-1] in ":?!." else f"{title}: {subtitle}"
    return joined


def _take_remarks(left: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields and keys of `extra` by the labels in the note; what has no label stays in the note."""
    pairs = list(split_remarks(squeeze(left.get("note", ""))))
    if not any(label for label, _ in pairs):
        return {}, {}
    left["note"] = " ".join(text for label, text in pairs if not label)
    if not left["note"]:
        del left["note"]
    return fields_of_remarks((label, unprotected(text)) for label, text in pairs if label)


def _take_venue(kind: str, left: dict[str, str], written: str) -> Venue | None:
    of = _WORD_TO_KIND.get(kind)
    names = CONTAINERS.get(of or "", ())
    holder = next((name for name in (*names, "journal") if name in left), "")
    if of is None or IS_ARXIV.match(left.get(holder, "")) or (not holder and of != "book"):
        return None
    return Venue(
        kind=of,
        container=squeeze(unprotected(left.pop(holder, ""))),
        container_short=squeeze(unprotected(left.get("shortjournal", ""))),  # is kept too, as no BibTeX has it
        volume=left.pop("volume", ""),
        issue=_first(left, "number", "issue"),
        pages=squeeze(_first(left, "pages", "eid").replace("---", "-").replace("--", "-").replace("–", "-")),
        year=int(written[:4]) if written else None,
        date=written,
        publisher=squeeze(unprotected(left.pop("publisher", ""))),
        issn=left.pop("issn", ""),
    )


def _first(left: dict[str, str], *names: str) -> str:
    """Takes the first of these; the others stay."""
    return next((left.pop(name) for name in names if name in left), "")


def _take_what_is_said_of_preprints(left: dict[str, str], arxiv_id: ArxivId, venue: Venue | None) -> None:
    """What an exporter writes of itself where an entry has an id."""
    if left.get("version", "").removeprefix("v") == str(arxiv_id.version):
        del left["version"]
    if left.get("pubstate") == "prepublished" and not venue:
        del left["pubstate"]


def _take_categories(left: dict[str, str], arxiv_id: ArxivId | None, problems: list[str]) -> tuple[str, ...]:
    """arXiv's codes, the primary class first; of the keywords those that name categories."""
    codes: dict[str, None] = {}
    for name in ("primaryclass", "eprintclass") if arxiv_id else ():
        classes = [code for code in _CLASSES.split(left.get(name, "")) if code]
        if classes and all(map(category_name, classes)):
            codes |= dict.fromkeys(classes)
            del left[name]
        elif rejected := checked_categories(tuple(map(_without_set, classes)))[1]:
            problems.append(f"{' '.join(rejected)[:_SHOWN]!r} in {name} is no category")
    named, others = categories_in(squeeze(unprotected(left.get("keywords", ""))))
    if named:
        del left["keywords"]
        left |= {"keywords": latex(", ".join(others))} if others else {}
    return tuple(codes | dict.fromkeys(named))


def _without_set(code: str) -> str:
    """`quant-ph` of `physics:quant-ph`, as Zotero writes the sets of OAI-PMH."""
    before, colon, name = code.partition(":")
    return name if colon and category_name(before) else code


def _take_dois(left: dict[str, str]) -> tuple[str, ...]:
    """The publishers' DOIs; a field in which none is found stays."""
    text = left.get("doi", "")
    dois = split_dois(plain(text) if "\\" in text or "{" in text or "$" in text else text)
    if dois:
        del left["doi"]
    return tuple(doi for doi in dois if not is_arxiv_doi(doi))
