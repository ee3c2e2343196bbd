"""arXiv's OAI-PMH service on loopback: pages with resumption tokens, errors, and the faults that a test plans."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from tests.fakes.server import Server

PAGE = 3

EXPIRED, BUSY, CUT, GONE = "expired", "busy", "cut", "gone"
"""Faults: the token is not known any more, 503, half a page, 404."""


class OaiPmh:
    """Lists `records`, pairs of id and date stamp, in pages of three, in their order.

    - `faults`: what befalls the answers by their number, counted from 1; bytes are answered as they are.
    - `spell`: how a token is written in XML.
    - `refuses_tokens`: each of its own.
    - `ignores_from`: lists from the beginning whatever is asked.
    """

    def __init__(
        self,
        records: Sequence[tuple[str, str]],
        faults: Mapping[int, str | bytes] | None = None,
        *,
        spell: Callable[[str], str] = escape,
        refuses_tokens: bool = False,
        ignores_from: bool = False,
    ) -> None:
        self.records = records
        self.faults = faults or {}
        self.requests: list[dict[str, str]] = []
        self._spell = spell
        self._refuses_tokens = refuses_tokens
        self._ignores_from = ignores_from
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/oai"

    def __enter__(self) -> OaiPmh:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        self.requests.append(query)
        fault = self.faults.get(len(self.requests))
        token = query.get("resumptionToken", "")
        if isinstance(fault, bytes):
            return 200, fault
        if fault in (BUSY, GONE):
            return (503 if fault == BUSY else 404), b"<html>Retry after 10 seconds</html>"
        if fault == EXPIRED or (token and self._refuses_tokens):
            return 200, document('<error code="badResumptionToken">it expired</error>')
        asked = dict(parse_qsl(token)) if token else query
        start, since = int(asked.get("start", 0)), "" if self._ignores_from else asked.get("from", "")
        listed = [each for each in self.records if each[1] >= since and each[1] <= query.get("until", "9")]
        page = listed[start : start + PAGE]
        if not page:
            return 200, document('<error code="noRecordsMatch">none</error>')
        rest = f"start={start + PAGE}&from={since}" if start + PAGE < len(listed) else ""
        records = "".join(record(arxiv_id, day) for arxiv_id, day in page)
        ending = f"<resumptionToken>{self._spell(rest)}</resumptionToken>"
        body = document(f"<ListRecords>{records}{ending}</ListRecords>")
        return 200, body[: len(body) // 2] if fault == CUT else body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, body = fake.answer(dict(parse_qsl(urlsplit(self.path).query)))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format_name: str, *arguments: object) -> None:
                """Says nothing."""

        return Handler


def document(inner: str) -> bytes:
    """A whole answer that holds this."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2024-05-05T00:00:00Z</responseDate><request>http://arxiv.org/oai2</request>{inner}</OAI-PMH>"
    ).encode()


def record(arxiv_id: str, day: str, title: str = "Paper") -> str:
    """A record; with a hyphen before the id, a deleted one."""
    if arxiv_id.startswith("-"):
        return (
            f'<record><header status="deleted"><identifier>oai:arXiv.org:{arxiv_id[1:]}</identifier>'
            f"<datestamp>{day}</datestamp></header></record>"
        )
    return (
        f"<record><header><identifier>oai:arXiv.org:{arxiv_id}</identifier><datestamp>{day}</datestamp></header><metadata>"
        f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{arxiv_id}</id><created>{day}</created><authors><author>'
        f"<keyname>Bee</keyname><forenames>Ann</forenames></author></authors><title>{title} {arxiv_id}</title>"
        f"<categories>cs.LG</categories></arXiv></metadata></record>"
    )
