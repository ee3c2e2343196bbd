"""Zotero's connector server and JabRef's HTTP server on loopback, as strict as they are."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.server import Server

TYPES = ("text/plain", "application/rdf+xml", "application/x-bibtex", "application/vnd.citationstyles.csl+json")


class _Manager:
    """A context manager; `url` is where it listens, `taken` what it was given.

    `replies`: bytes to send for a request such as `GET /libraries` instead of the right answer.
    """

    def __init__(self) -> None:
        self.replies: dict[str, bytes] = {}
        self.taken: list[str] = []
        self.requests: list[str] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Any:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes, headers: Any) -> tuple[int, Any]:
        raise NotImplementedError

    def headers(self) -> dict[str, str]:
        return {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        manager = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                manager.requests.append(f"{self.command} {parts.path}")
                length = self.headers.get("Content-Length")
                if self.headers.get("Host", "").split(":")[0] not in ("127.0.0.1", "localhost"):
                    status, told = 400, "bad Host"
                elif self.command == "POST" and length is None:
                    status, told = 411, "Content-Length is missing"
                else:
                    body = self.rfile.read(int(length or 0))
                    status, told = manager.answer(self.command, parts.path, parse_qs(parts.query), body, self.headers)
                if replaced := manager.replies.get(f"{self.command} {parts.path}"):
                    self.wfile.write(replaced)
                    self.close_connection = True
                    return
                data = told.encode() if isinstance(told, str) else json.dumps(told).encode()
                self.send_response(status)
                for name, value in manager.headers().items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_any  # noqa: N815, the names that http.server calls

            def log_message(self, format_name: str, *arguments: object) -> None:
                """Says nothing."""

        return Handler


class Zotero(_Manager):
    """`editable`: whether the selected library is; `refuses`: the status of every import, for faults."""

    def __init__(
        self, *, editable: bool = True, refuses: int = 0, reused: int = 0, version: str = "7.0.15", allows: bool = True
    ) -> None:
        self.version = version
        self.allows = allows
        self.items: list[dict[str, Any]] = []
        self.collections: dict[str, str] = {}
        self.editable = editable
        self.refuses = refuses
        self.reused = reused
        self.sessions: set[str] = set()
        self.moved: dict[str, str] = {}
        super().__init__()

    def headers(self) -> dict[str, str]:
        return {
            "X-Zotero-Version": self.version,
            "X-Zotero-Connector-API-Version": "3",
            "Zotero-Server-ID": "server-1",
        }

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes, headers: Any) -> tuple[int, Any]:
        own = headers.get("X-Zotero-Connector-API-Version")
        if not own and (headers.get("Origin") or headers.get("User-Agent", "").startswith("Mozilla/")):
            return 403, "Request not allowed"
        if path.startswith("/api/"):
            return self.api(method, path, body, headers)
        if path == "/connector/ping":
            return 200, "Zotero is running"
        kind = (headers.get("Content-Type") or "").partition(";")[0]
        if path == "/connector/getSelectedCollection":
            if kind != "application/json":
                return 400, "Content-Type must be application/json"
            targets = [{"id": "L1", "name": "My Library", "level": 0}, {"id": "C23", "name": "To read", "level": 1}]
            return 200, {
                "libraryID": 1,
                "libraryName": "My Library",
                "libraryEditable": self.editable,
                "targets": targets,
            }
        if path == "/connector/import":
            if kind not in TYPES:
                return 400, "Invalid content-type"
            session = query.get("session", [""])[0]
            if not session or session in self.sessions or self.reused:
                self.reused = max(self.reused - 1, 0)
                return 409, {"error": "SESSION_EXISTS"}
            self.sessions.add(session)
            if self.refuses:
                return self.refuses, {"libraryEditable": False} if self.refuses == 500 else "no translator"
            self.taken.append(body.decode())
            return 201, [{"itemType": "preprint"}]
        if path == "/connector/updateSession":
            wanted = json.loads(body)
            self.moved[wanted["sessionID"]] = wanted["target"]
            return 200, {}
        return 404, "No endpoint found"

    def api(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, Any]:
        """Version 10's local API; older ones only read."""
        if method == "GET":
            listed = [{"key": key, "data": {"name": name}} for name, key in self.collections.items()]
            return 200, listed if path.endswith("collections") else {}
        if path == "/api/local/authorize":
            return (200, {"key": "k1", "remember": False}) if self.allows else (403, "denied")
        if headers.get("Zotero-API-Key") != "k1":
            return 401, "authorise"
        if headers.get("Zotero-Server-ID") is None:
            return 428, "Zotero-Server-ID is missing"
        if headers.get("Zotero-Server-ID") != "server-1":
            return 412, "another server"
        objects = json.loads(body)
        if len(objects) > 50:
            return 413, "too many"
        keys = {str(at): {"key": f"K{len(self.items) + at}"} for at in range(len(objects))}
        if path.endswith("/collections"):
            self.collections |= {each["name"]: keys[str(at)]["key"] for at, each in enumerate(objects)}
        else:
            self.items += objects
        return 200, {"successful": keys, "unchanged": {}, "failed": {}}


class JabRef(_Manager):
    """`has_window`: whether a library is open in it."""

    def __init__(self, *, has_window: bool = True) -> None:
        self.has_window = has_window
        self.groups: list[str] = []
        super().__init__()

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes, headers: Any) -> tuple[int, Any]:
        if path == "/libraries":
            return 200, ["current"]
        if path == "/libraries/current/entries" and method == "POST":
            if not self.has_window:
                return 400, "No active library"
            if headers.get("Content-Type") != "application/x-bibtex":
                return 415, "unsupported"
            self.groups += query.get("group", [])
            self.taken.append(body.decode())
            return 200, ""
        return 404, "not found"
