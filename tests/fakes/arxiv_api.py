"""arXiv's query API on loopback: its two generations, its traps, and the faults that a test plans.

As arXiv/arxiv-search answers since November 2025 (`legacy=False`) and as the server before it did.
"""

from __future__ import annotations

import datetime
import enum
import gzip
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from tests.fakes.server import Server

_LOOKS_LIKE_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}")


class Fault(enum.Enum):
    """What goes wrong with one answer."""

    THROTTLED = enum.auto()
    THROTTLED_FOR_A_SECOND = enum.auto()
    THROTTLED_UNTIL_A_DATE = enum.auto()
    THROTTLED_FOR_AN_HOUR = enum.auto()
    FORBIDDEN = enum.auto()
    OVERLOADED = enum.auto()
    RESET = enum.auto()
    DRIPPING = enum.auto()
    CUT_BODY = enum.auto()
    CUT_FEED = enum.auto()
    EMPTY_FEED = enum.auto()
    PARTIAL_FEED = enum.auto()
    UNKNOWN_COUNTED = enum.auto()
    HTML = enum.auto()
    PLAIN_TEXT = enum.auto()
    WRONG_TYPE = enum.auto()
    HUGE_TITLE = enum.auto()
    HUGE_BODY = enum.auto()
    ENTITY_BOMB = enum.auto()
    UNREADABLE_ENTRY = enum.auto()
    NAMELESS_ERROR = enum.auto()
    DUPLICATES = enum.auto()
    FOREIGN_ID = enum.auto()
    MOVED_WITHIN = enum.auto()
    MOVED_AWAY = enum.auto()
    NOT_FOUND = enum.auto()


@dataclass(frozen=True)
class Paper:
    """Facts of one paper; it has `versions` versions, submitted a month after each other."""

    title: str
    authors: tuple[str, ...] = ("Ann Bee",)
    abstract: str = "We study things."
    categories: tuple[str, ...] = ("cs.LG",)
    first: datetime.date = datetime.date(2024, 11, 16)
    versions: int = 1
    comment: str = ""
    journal_ref: str = ""
    dois: tuple[str, ...] = ()

    def submitted(self, version: int) -> str:
        return f"{self.first + datetime.timedelta(days=30 * (version - 1))}T08:18:33Z"


@dataclass(frozen=True)
class Request:
    """One request as the server saw it."""

    time: float
    method: str
    path: str
    form: Mapping[str, str]
    headers: Mapping[str, str]
    connection: int

    @property
    def ids(self) -> list[str]:
        return self.form.get("id_list", "").split(",")


@dataclass
class ArxivApi:
    """A context manager; `url` is where it listens. `faults` befall the first answers, one each, None being none."""

    papers: Mapping[str, Paper]
    legacy: bool = False
    faults: Iterable[Fault | None] = ()
    gzip: bool = True
    refuses: frozenset[str] = frozenset()
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plan = list(self.faults)
        self.random = random.Random(4)
        self.server = Server(("127.0.0.1", 0), _Handler)
        self.server.api = self  # type: ignore[attr-defined]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/api/query"

    def __enter__(self) -> ArxivApi:
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, form: Mapping[str, str], fault: Fault | None) -> tuple[int, str]:
        """Status and feed."""
        ids = form.get("id_list", "").split(",")
        wrong = next(
            (arxiv_id for arxiv_id in ids if arxiv_id in self.refuses or not _LOOKS_LIKE_ID.search(arxiv_id)), None
        )
        if wrong is not None or fault is Fault.NAMELESS_ERROR:
            return 200 if self.legacy else 400, self.error(wrong)
        size = int(form.get("max_results", "10"))
        if size == 0:
            return 500, "<h1>Internal Server Error</h1>"
        found = {self.found(arxiv_id) for arxiv_id in ids} - {None}
        known: list[tuple[str, int]] = sorted(pair for pair in found if pair)
        self.random.shuffle(known)
        total = len(ids) if fault is Fault.UNKNOWN_COUNTED else len(known)
        if fault is Fault.EMPTY_FEED:
            known, total = [], 0
        elif fault is Fault.PARTIAL_FEED:
            del known[-1]
        entries = [self.entry(arxiv_id, version) for arxiv_id, version in known[:size]]
        if fault is Fault.DUPLICATES:
            entries *= 2
        elif fault is Fault.FOREIGN_ID:
            entries.insert(0, self.entry("1312.2021", 1, Paper("Of something else")))
        elif fault is Fault.HUGE_TITLE:
            entries[0] = re.sub("<title>", "<title>" + "long " * 2_200_000, entries[0])
        elif fault is Fault.UNREADABLE_ENTRY:
            entries[0] = entries[0].replace("<title>", "<title>AT&T ")
        elif fault is Fault.ENTITY_BOMB:
            entries = [re.sub("<title>", '<title a="&i;">&i;', entry) for entry in entries]
        return 200, self.feed(entries, total, bomb=fault is Fault.ENTITY_BOMB)

    def found(self, element: str) -> tuple[str, int] | None:
        """The paper and version that the raw element of id_list matches exactly."""
        arxiv_id, v, version = element.rpartition("v")
        if v and version.isdecimal() and arxiv_id in self.papers:
            return (arxiv_id, int(version)) if 1 <= int(version) <= self.papers[arxiv_id].versions else None
        return (element, self.papers[element].versions) if element in self.papers else None

    def feed(self, entries: list[str], total: int, *, bomb: bool = False) -> str:
        name = "ArXiv" if self.legacy else "arXiv"
        kind = ' type="html"' if self.legacy else ""
        opensearch = "http://a9.com/-/spec/opensearch/1.1/"
        doctype = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            + (f'<!DOCTYPE feed [<!ENTITY a "{"ha" * 50}">{doctype}]>\n' if bomb else "")
            + f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="{opensearch}"'
            + ("" if self.legacy else ' xmlns:arxiv="http://arxiv.org/schemas/atom"')
            + f">\n  <title{kind}>{name} Query: search_query=&amp;id_list=</title>\n"
            + "  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>\n"
            + f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
            + "".join(entries)
            + "</feed>\n"
        )

    def entry(self, arxiv_id: str, version: int, paper: Paper | None = None) -> str:
        paper = paper or self.papers[arxiv_id]
        arxiv = ' xmlns:arxiv="http://arxiv.org/schemas/atom"' if self.legacy else ""
        scheme = ' scheme="http://arxiv.org/schemas/atom"' if self.legacy else ""
        lines = [
            f"<id>http://arxiv.org/abs/{arxiv_id}v{version}</id>",
            f"<title>{escape(paper.title)}</title>",
            f"<updated>{paper.submitted(version)}</updated>",
            f"<published>{paper.submitted(1)}</published>",
            f"<summary>{'  ' if self.legacy else ''}{escape(paper.abstract)}\n</summary>",
            f'<link href="https://arxiv.org/abs/{arxiv_id}v{version}" rel="alternate" type="text/html"/>',
            *(f'<category term="{term}" scheme="http://arxiv.org/schemas/atom"/>' for term in paper.categories),
            f'<arxiv:primary_category{arxiv} term="{paper.categories[0]}"{scheme}/>',
            *(f"<arxiv:doi{arxiv}>{escape(doi)}</arxiv:doi>" for doi in paper.dois),
            *(f"<author><name>{escape(author)}</name></author>" for author in paper.authors),
        ]
        if paper.comment:
            lines.append(f"<arxiv:comment{arxiv}>{escape(paper.comment)}</arxiv:comment>")
        if paper.journal_ref:
            lines.append(f"<arxiv:journal_ref{arxiv}>{escape(paper.journal_ref)}</arxiv:journal_ref>")
        return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>\n"

    def error(self, arxiv_id: str | None) -> str:
        said = "internal error" if arxiv_id is None else f"incorrect id format for {arxiv_id}"
        scheme = "http" if self.legacy else "https"
        about = f"{scheme}://arxiv.org/api/errors" + ("" if arxiv_id is None else f"#{said.replace(' ', '_')}")
        entry = (
            f"<entry><id>{about}</id><title>Error</title><summary>{said}</summary>"
            f"<updated>2026-04-12T22:59:06Z</updated><author><name>arXiv api core</name></author></entry>"
        )
        return self.feed([entry], 1)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format_name: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._serve(dict(parse_qsl(body, keep_blank_values=True)))

    def _serve(self, form: dict[str, str]) -> None:
        api: ArxivApi = self.server.api  # type: ignore[attr-defined]
        headers = {name.lower(): value for name, value in self.headers.items()}
        api.requests.append(Request(time.monotonic(), self.command, self.path, form, headers, self.client_address[1]))
        fault = api.plan.pop(0) if api.plan else None
        if fault in _THROTTLES:
            self._send(429, b"Rate exceeded.", "text/plain", _THROTTLES[fault]())
        elif fault in _STATUSES:
            status, location = _STATUSES[fault]
            self._send(status, b"<h1>no</h1>", "text/html", {"Location": location} if location else {})
        elif fault is Fault.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif fault is Fault.HTML:
            self._send(200, b"<!DOCTYPE html><html><body>Please log in to the network</body></html>", "text/html")
        elif fault is Fault.PLAIN_TEXT:
            self._send(200, b"Rate exceeded.", "text/plain")
        elif fault is Fault.HUGE_BODY:
            self._send(200, b"<feed>" + b" " * (33 << 20), "application/atom+xml")
        else:
            status, text = api.answer(form, fault)
            body = text.encode()
            if fault is Fault.CUT_FEED:
                body = body[: len(body) * 2 // 3]
            kind = "text/plain" if fault is Fault.WRONG_TYPE else "application/atom+xml"
            self._send(status, body, kind, fault=fault)

    def _send(
        self, status: int, body: bytes, kind: str, extra: Mapping[str, str] | None = None, fault: Fault | None = None
    ) -> None:
        api: ArxivApi = self.server.api  # type: ignore[attr-defined]
        self.send_response(status)
        if api.gzip and "gzip" in self.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if fault is Fault.DRIPPING:
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(0.01)
            elif fault is Fault.CUT_BODY:
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
            else:
                self.wfile.write(body)
        except OSError:  # the client has gone, as it may
            self.close_connection = True


def _in_a_second() -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    return {"Retry-After": format_datetime(now + datetime.timedelta(seconds=1), usegmt=True)}


_THROTTLES = {
    Fault.THROTTLED: dict[str, str],
    Fault.THROTTLED_FOR_A_SECOND: lambda: {"Retry-After": "1"},
    Fault.THROTTLED_FOR_AN_HOUR: lambda: {"Retry-After": "3600"},
    Fault.THROTTLED_UNTIL_A_DATE: _in_a_second,
}
_STATUSES = {
    Fault.FORBIDDEN: (403, ""),
    Fault.OVERLOADED: (503, ""),
    Fault.NOT_FOUND: (404, ""),
    Fault.MOVED_WITHIN: (301, "/api/query/"),
    Fault.MOVED_AWAY: (302, "http://login.example/"),
}
