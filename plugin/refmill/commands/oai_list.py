"""A list of OAI-PMH: its pages, each understood as far as a harvest must, and the one document they are written as.

The protocol: openarchives.org/OAI/openarchivesprotocol.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from refmill.builtin.cutting.xml_records import Cutter, content_of, local_name, parsed
from refmill_hooks import ReadError

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

__all__ = ["CLOSING", "NO_RECORDS", "Page", "Record", "empty", "opening", "page_of"]

NO_RECORDS: Final = "noRecordsMatch"
"""The code of the error that is no failure: nothing in the repository is as it was asked for."""

CLOSING: Final = b"</ListRecords>\n</OAI-PMH>\n"

_DECLARED: Final = 'xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
"""The namespaces of the document."""

_RECORD = re.compile(rb"<((?:[\w.-]+:)?record)[\s>]")
_DATESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}Z)?")
_LIST = "ListRecords"


@dataclass(frozen=True)
class Record:
    """One record: its XML as it goes into the document, and what its header says, "" for what it does not.

    `datestamp` is as the service writes it, a day or a time.
    """

    text: bytes
    identifier: str
    datestamp: str
    is_deleted: bool

    @property
    def day(self) -> str:
        """The datestamp without a time of day, `2024-05-01`."""
        return self.datestamp[:10]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The records of one answer and the token of the next one, "" on the last; or the code of an error, and its words.

    `date` is when the service answered, `address` where; both are its own words.
    """

    date: str
    address: str
    records: tuple[Record, ...] = ()
    token: str = ""
    code: str = ""
    said: str = ""

    @property
    def error(self) -> str:
        """The code of the error and what the service says of it."""
        return f"{self.code}: {self.said or 'no reason is given'}"


@lru_cache(1)  # an answer is looked at before it is taken
def page_of(answer: bytes) -> Page:
    """Understands an answer to ListRecords. Raises ReadError where it is not whole, or neither a list nor an error."""
    cutter = Cutter([answer])
    cut = [record for _, record in cutter]
    root = _frame(answer.strip())
    if not cutter.whole or root is None or local_name(root) != "OAI-PMH":
        raise ReadError("it sent something that is not a whole answer of OAI-PMH")
    date, address = _text(root, "responseDate"), _text(root, "request")
    for error in root.iterfind("{*}error"):
        if code := (error.get("code") or "").strip():
            return Page(date=date, address=address, code=code, said=" ".join(content_of(error).split()))
    listed = root.find(f"{{*}}{_LIST}")
    if listed is not None:
        records = tuple(map(_record, cut))
        return Page(date=date, address=address, records=records, token=_text(listed, "resumptionToken"))
    raise ReadError("it sent an answer of OAI-PMH that has neither a list of records nor the code of an error")


def opening(query: Mapping[str, str], page: Page) -> bytes:
    """The beginning of the document, before the records of the first page; CLOSING is its end."""
    return f"{_about(query, page)}<{_LIST}>\n".encode()


def empty(query: Mapping[str, str], page: Page) -> bytes:
    """The whole document of a list without records."""
    error = f"<error code={quoteattr(page.code)}>{escape(page.said)}</error>"
    return f"{_about(query, page)}{error}\n</OAI-PMH>\n".encode()


def _about(query: Mapping[str, str], page: Page) -> str:
    asked = "".join(f" {name}={quoteattr(value)}" for name, value in query.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<OAI-PMH {_DECLARED}>\n"
        f"<responseDate>{escape(page.date)}</responseDate>\n"
        f'<request verb="{_LIST}"{asked}>{escape(page.address)}</request>\n'
    )


def _frame(answer: bytes) -> _Element | None:
    """The answer without its records, so that a malformed one among them costs no more than itself."""
    from lxml import etree

    first = _RECORD.search(answer)
    end = b"</%b>" % first[1] if first else b""
    last = answer.rfind(end) if first else -1
    if first and last >= 0:
        answer = answer[: first.start()] + answer[last + len(end) :]
    try:
        return etree.fromstring(answer, _parser(recover=False))
    except etree.XMLSyntaxError:
        return None


@cache
def _parser(*, recover: bool) -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=recover,
        recover=recover,
    )


def _record(cut: bytes) -> Record:
    """A malformed record goes into the document as it stands, for the reader to tell of; its header is guessed."""
    from lxml import etree

    element: _Element | None
    try:
        element = parsed(cut)
    except ReadError:
        element, text = etree.fromstring(cut, _parser(recover=True)), cut
    else:
        text = _in_document(element)
    header = element.find("{*}header") if element is not None else None
    if header is None:
        return Record(text, "", "", False)
    stamp = _DATESTAMP.match(_text(header, "datestamp"))
    return Record(text, _text(header, "identifier"), stamp[0] if stamp else "", header.get("status") == "deleted")


def _in_document(record: _Element) -> bytes:
    """The XML of a record that stands in the document, whose namespaces it need not declare again."""
    from lxml import etree

    root = parsed(f"<{_LIST} {_DECLARED}/>".encode())
    root.append(record)
    etree.cleanup_namespaces(record)
    text: bytes = etree.tostring(root, encoding="utf-8")
    return text[text.index(b">") + 1 : text.rindex(b"</")]


def _text(element: _Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    return content_of(found).strip() if found is not None else ""
