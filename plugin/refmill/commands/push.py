"""Hands entries to a running Zotero or JabRef over its local HTTP interface.

Zotero's connector server: zotero/zotero: chrome/content/zotero/xpcom/server/server_connector.js. JabRef's HTTP server:
JabRef/jabref: jabsrv.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import msgspec

from refmill.commands.zotero_api import LocalApi
from refmill.plugins.registry import Registry
from refmill.services.local_programs import Connection, NotRunning, PushError, decoded
from refmill.services.store import Store
from refmill.services.wire import quoted
from refmill_hooks import Entry, Exporter

__all__ = ["PROGRAMS", "NotRunning", "PushError", "Pushed", "push"]

URL: Final = "http://127.0.0.1:23119"
"""Both programs listen there by default; Zotero names itself in a header."""

BATCH: Final = 50
_VERSION: Final = "x-zotero-version"

Render = Callable[[str, list[Entry]], str]
"""Format and entries -> the text of a file."""


@dataclass
class Pushed:
    """How many entries went in, how many were there already, and why the others cannot be written, by name."""

    pushed: int = 0
    known: int = 0
    refused: dict[str, str] = field(default_factory=dict)


class _Target(msgspec.Struct):
    id: str | int = ""
    name: str | None = None


class _Selected(msgspec.Struct):
    library_id: str | int = msgspec.field(default="", name="libraryID")
    library_name: str = msgspec.field(default="", name="libraryName")
    is_editable: bool = msgspec.field(default=True, name="libraryEditable")
    targets: list[_Target] | None = None


class Zotero:
    """The connector server. Raises PushError for another program, an old version, or a library that is read-only."""

    def __init__(self, collection: str | None, render: Render) -> None:
        self._render = render
        url = os.environ.get("REFMILL_ZOTERO_URL") or URL
        self._zotero = Connection("Zotero", url, {"X-Zotero-Connector-API-Version": "3"})
        answer = self._zotero.sent("GET", "/connector/ping")
        if _VERSION not in answer.headers:
            raise PushError(
                f"{self._zotero.url}: another program than Zotero answers there (HTTP {answer.status}); is it JabRef?"
                " Quit it, start Zotero"
            )
        self.api = LocalApi.of(self._zotero, answer.headers[_VERSION], collection)
        if self.api:
            self.library = "local"
            return
        chosen = self._selected()
        if chosen.is_editable is False:
            name = quoted(chosen.library_name or "")
            raise PushError(f"Zotero: the selected library {name!r} is read-only; select another")
        self.library = "" if chosen.library_id is None else str(chosen.library_id)
        self._target = self._find(collection, chosen) if collection else ""

    def _selected(self) -> _Selected:
        answer = self._zotero.sent("POST", "/connector/getSelectedCollection", json={})
        if answer.status == 404:
            raise PushError("Zotero is too old: it does not tell its collections (HTTP 404); version 5 or later does")
        if answer.status != 200:
            raise PushError(f"Zotero does not tell its collections (HTTP {answer.status}): {quoted(answer.body)}")
        return decoded(answer, "Zotero", _Selected)

    def _find(self, name: str, chosen: _Selected) -> str:
        targets = [each for each in chosen.targets or [] if str(each.id).startswith("C")]
        for each in targets:
            if each.name == name:
                return str(each.id)
        known = quoted(", ".join(sorted(each.name or "" for each in targets)), 1000) or "none"
        raise PushError(f"Zotero has no collection {name!r}: make it there first. Known: {known}")

    def send(self, entries: list[Entry]) -> None:
        if self.api:
            self.api.send(entries)
            return
        text = self._render("zotero-rdf", entries)
        for _ in range(2):
            session = uuid.uuid4().hex
            answer = self._zotero.sent(
                "POST",
                f"/connector/import?session={session}",
                data=text.encode(),
                headers={"Content-Type": "application/rdf+xml"},
            )
            if answer.status != 409:
                break
        if answer.status == 500 and b"libraryEditable" in answer.body:
            raise PushError("Zotero: the selected library is read-only (HTTP 500); select another")
        if answer.status == 400:
            raise PushError(f"Zotero does not take the entries (HTTP 400): {quoted(answer.body)}")
        if answer.status == 404:
            raise PushError("Zotero is too old: it has no import for connectors (HTTP 404); version 5 or later has")
        if answer.status not in (200, 201):
            raise PushError(f"Zotero answers HTTP {answer.status}: {quoted(answer.body)}")
        if self._target:
            wanted = {"sessionID": session, "target": self._target, "tags": ""}
            moved = self._zotero.sent("POST", "/connector/updateSession", json=wanted)
            if moved.status != 200:
                raise PushError(f"Zotero took the entries, but not into the collection (HTTP {moved.status})")


class JabRef:
    """The HTTP server, which the user turns on in the preferences. `collection` is a group."""

    library = "current"

    def __init__(self, collection: str | None, render: Render) -> None:
        self._render = render
        self._group = {"group": collection} if collection else {}
        url = os.environ.get("REFMILL_JABREF_URL") or URL
        self._jabref = Connection("JabRef", url, {}, hint=", and turn on its HTTP server in the preferences")
        url = self._jabref.url
        answer = self._jabref.sent("GET", "/libraries")
        if _VERSION in answer.headers:
            raise PushError(f"{url}: Zotero answers there, not JabRef; set REFMILL_JABREF_URL to JabRef's port")
        if answer.status != 200:
            raise PushError(f"{url}: no JabRef that takes entries answers there (HTTP {answer.status})")
        decoded(answer, f"{url}: another program than JabRef", list[str])

    def send(self, entries: list[Entry]) -> None:
        text = self._render("bibtex", entries)
        answer = self._jabref.sent(
            "POST",
            "/libraries/current/entries",
            params=self._group,
            data=text.encode(),
            headers={"Content-Type": "application/x-bibtex"},
        )
        if answer.status == 400:
            raise PushError("JabRef has no open library to put entries into (HTTP 400): open its window and a library")
        if answer.status == 404:
            raise PushError("JabRef is too old: it takes no entries over HTTP (HTTP 404); version 6 does")
        if answer.status not in (200, 201, 204):
            raise PushError(f"JabRef answers HTTP {answer.status}: {quoted(answer.body)}")


PROGRAMS: Final[dict[str, type[Zotero] | type[JabRef]]] = {"zotero": Zotero, "jabref": JabRef}


def push(
    entries: Iterable[Entry],
    to: str,
    registry: Registry,
    *,
    collection: str | None = None,
    again: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Pushed:
    """Sends the entries in batches. What was sent to the library before is left out, unless `again`.

    Raises NotRunning and PushError; what was taken until then is remembered.
    """
    done = Pushed()

    def render(format_name: str, entries: list[Entry]) -> str:
        exporter = registry.exporter(format_name)
        return _file(entries, exporter, exporter.options(), done)

    program = PROGRAMS[to](collection, render)
    library = f"{to}:{program.library}"
    own: set[str] = set()  # two entries of one run may share a DOI
    with Store(say=say) as store:
        for batch in _batches(entries):
            names = [_name(entry) for entry in batch]
            known = set[str]() if again else store.pushed(library, names) - own
            fresh = [entry for entry, name in zip(batch, names, strict=True) if name not in known]
            done.known += len(batch) - len(fresh)
            if fresh:
                refused_before = len(done.refused)
                program.send(fresh)
                taken = [_name(entry) for entry in fresh if _name(entry) not in done.refused]
                store.remember_pushed(library, taken)
                own.update(taken)
                done.pushed += len(fresh) - (len(done.refused) - refused_before)
                say(f"{done.pushed:,} entries pushed")
    return done


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while batch := list(islice(left, BATCH)):
        yield batch


def _name(entry: Entry) -> str:
    return entry.versioned_id or (f"doi:{entry.doi[0].lower()}" if entry.doi else f"key:{entry.key}")


def _file(entries: list[Entry], exporter: Exporter[Any], options: Any, done: Pushed) -> str:
    assert exporter.render
    rendered = []
    for entry in entries:
        try:
            rendered.append(exporter.render(entry, options))
        except ValueError as error:
            done.refused[_name(entry)] = str(error)
    around = [part(options) if callable(part) else part for part in (exporter.opening, exporter.closing)]
    return around[0] + exporter.between.join(rendered) + around[1]
