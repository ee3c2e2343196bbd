"""Where a paper was published, as the registry of its DOI says: CSL-JSON by content negotiation at doi.org.

How it is asked: citation.crosscite.org/docs.html. The registries' types: api.crossref.org/types,
support.datacite.org/docs/datacite-content-resolver.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from refmill_hooks import (
    OF_INSTITUTIONS,
    Answer,
    Enricher,
    Entry,
    Missing,
    Net,
    NoOptions,
    ReadError,
    ServiceError,
    Venue,
    hookimpl,
)
from refmill_hooks.text import squeeze

URL: Final = "https://doi.org/"
ACCEPT: Final = "application/vnd.citationstyles.csl+json"
REGISTRIES: Final = frozenset(
    {"api.crossref.org", "data.crossref.org", "data.crosscite.org", "api.datacite.org", "data.datacite.org"}
)
"""Where doi.org sends who asks for CSL-JSON."""

_ABSENT: Final = {
    404: "does not know this DOI",
    410: "knows this DOI no more",
    204: "has no CSL-JSON of this DOI",
    406: "has no CSL-JSON of this DOI",
}
"""HTTP status -> what it says of a DOI."""

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,60}>")
_KINDS: Final = {
    "journal-article": "article-journal",
    "article-journal": "article-journal",
    "proceedings-article": "paper-conference",
    "paper-conference": "paper-conference",
    "book-chapter": "chapter",
    "book-part": "chapter",
    "book-section": "chapter",
    "reference-entry": "chapter",
    "chapter": "chapter",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "report": "report",
    "dissertation": "thesis",
    "thesis": "thesis",
}
"""The registries' types and CSL's -> the kind of a venue. Preprints and data sets are none."""


@hookimpl
def refmill_enrichers() -> Iterator[Enricher[NoOptions]]:
    yield Enricher(
        name="doi",
        title="doi.org: journal, volume, pages and publisher by the publisher's DOI",
        asks="doi",
        key=lambda entry: entry.doi[0] if entry.doi else None,
        fetch=fetch,
        entry=entry,
        batch=1,  # where one DOI meets a refusal, the others are none of its business
        fills=frozenset({"venue"}),
    )


def fetch(keys: Sequence[str], net: Net, options: NoOptions) -> Iterable[tuple[str, bytes | Missing]]:
    """One request a DOI. Raises ServiceError for a refusal, and for what is no CSL-JSON."""
    base = os.environ.get("REFMILL_DOI_URL") or URL
    host = urlsplit(base).netloc.rpartition("@")[2]
    for key in keys:
        url = base.rstrip("/") + "/" + quote(key, safe="/:;()<>.,-_")
        answer = net.ask(url, headers={"Accept": ACCEPT}, follow=REGISTRIES)
        if why := _ABSENT.get(answer.status):
            yield key, Missing(reason=f"{host}: it {why} (HTTP {answer.status})")
        elif answer.status != 200:
            raise ServiceError(f"{url} answers HTTP {answer.status}", is_lasting=True)
        elif _is_record(answer):
            yield key, answer.body
        else:
            kind = answer.headers.get("content-type", "something").partition(";")[0]
            raise ServiceError(f"{url} answers with {kind} that is no CSL-JSON of this DOI", is_lasting=True)


def entry(raw: bytes) -> Entry:
    """Its DOI and venue, no more: title and authors are arXiv's own affair. Raises ReadError."""
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(f"not CSL-JSON: {error}") from error
    if not isinstance(record, dict) or not _said(record.get("DOI")):
        raise ReadError("not CSL-JSON: it names no DOI")
    return Entry(doi=(_said(record["DOI"]),), venue=_venue(record), source="doi")


def _is_record(answer: Answer) -> bool:
    try:
        entry(answer.body)
    except ReadError:
        return False
    return True


def _venue(record: dict[str, Any]) -> Venue | None:
    kind = _KINDS.get(_said(record.get("type")))
    container = _said(record.get("container-title"))
    if kind is None or (kind in ("article-journal", "chapter", "paper-conference") and not container):
        return None
    publisher = _said(record.get("publisher"))
    if kind in OF_INSTITUTIONS and not container:
        container, publisher = publisher, ""
    date = _date(record)
    return Venue(
        kind=kind,
        container=container,
        container_short=_said(record.get("container-title-short") or record.get("short-container-title")),
        volume=_said(record.get("volume")),
        issue=_said(record.get("issue")),
        pages=_said(record.get("page") or record.get("article-number")).replace("\u2013", "-").replace("--", "-"),
        year=int(date[:4]) if date else None,
        date=date,
        publisher=publisher,
        issn=_said(record.get("ISSN")),
    )


def _said(value: Any) -> str:
    """The text, or the first of several, without markup."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, int):
        return str(value)
    return squeeze(html.unescape(_TAG.sub("", value))) if isinstance(value, str) else ""


def _date(record: dict[str, Any]) -> str:
    """`2007-07-15`, as exact as it is told: the date of print, or the first of all."""
    for name in ("published-print", "issued", "published", "published-online"):
        parts = record.get(name)
        parts = parts.get("date-parts") if isinstance(parts, dict) else None
        numbers = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
        try:
            year, *rest = (int(number) for number in numbers[:3])
        except (TypeError, ValueError):
            continue
        if 1000 <= year <= 2999 and all(1 <= number <= 31 for number in rest) and (not rest or rest[0] <= 12):
            return "-".join([str(year), *(f"{number:02}" for number in rest)])
    return ""
