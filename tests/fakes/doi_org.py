"""doi.org on loopback: content negotiation, a registry behind a redirection, DOIs that nobody knows."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

from tests.fakes.server import Server


class DoiOrg:
    """Answers with CSL-JSON for the DOIs in `records`, a text for a page instead; use it as a context manager."""

    def __init__(self, records: Mapping[str, Mapping[str, object] | str]) -> None:
        self.records = records
        self.asked: list[str] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> DoiOrg:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(self.path)
                if path.startswith("/registry/"):
                    self.registry(path.removeprefix("/registry/"))
                elif path[1:] in fake.records:
                    fake.asked.append(path[1:])
                    self.answer(302, b"", location="/registry" + self.path)
                else:
                    self.answer(404, b"<html>DOI Not Found</html>")

            def registry(self, doi: str) -> None:
                if "citationstyles.csl+json" not in self.headers.get("Accept", ""):
                    self.answer(406, b"")
                    return
                record = fake.records[doi]
                self.answer(200, record.encode() if isinstance(record, str) else json.dumps(record).encode())

            def answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format_name: str, *arguments: object) -> None:
                """Says nothing."""

        return Handler
