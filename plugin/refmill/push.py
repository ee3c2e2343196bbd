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
from typing import TYPE_CHECKING, Any, Final

from refmill.errors import RefmillError
from refmill.registry import Registry
from refmill.store import Store
from refmill_hooks import Entry, Exporter

if TYPE_CHECKING:
    import requests

__all__ = ["PROGRAMS", "NotRunning", "PushError", "Pushed", "push"]

URL: Final = "http://127.0.0.1:23119"
"""Both programs listen there by default; Zotero names itself in a header."""

BATCH: Final = 50
_PATIENCE: Final = (3.0, 120.0)
"""Seconds to connect, and to wait for an answer: Zotero saves a batch in some."""


class PushError(RefmillError):
    """The program is there, and does not take the entries; the message says why and what to do."""


class NotRunning(PushError):
    """Nobody listens at the address."""


@dataclass
class Pushed:
    """How many entries went in, and how many were there already."""

    pushed: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


class Zotero:
    """The connector server. Raises PushError for another program, an old version, or a library that is read-only."""

    format: Final = "zotero-rdf"

    def __init__(self, collection: str | None) -> None:
        self._url = (os.environ.get("REFMILL_ZOTERO_URL") or URL).rstrip("/")
        self._session = _session({"X-Zotero-Connector-API-Version": "3"})
        answer = _sent(self._session, "GET", f"{self._url}/connector/ping", "Zotero")
        if "X-Zotero-Version" not in answer.headers:
            raise PushError(
                f"{self._url}: another program than Zotero answers there; is it JabRef? Quit it, start Zotero"
            )
        chosen = self._selected()
        if chosen.get("libraryEditable") is False:
            raise PushError(f"Zotero: the selected library {chosen.get('libraryName')!r} is read-only; select another")
        self.library = str(chosen.get("libraryID", ""))
        self._target = self._find(collection, chosen) if collection else ""

    def _selected(self) -> dict[str, Any]:
        answer = _sent(self._session, "POST", f"{self._url}/connector/getSelectedCollection", "Zotero", json={})
        if answer.status_code == 404:
            raise PushError("Zotero is too old: it does not tell its collections; version 5 or later does")
        if answer.status_code != 200:
            raise PushError(f"Zotero does not tell its collections (HTTP {answer.status_code}): {answer.text[:200]}")
        told = answer.json()
        return told if isinstance(told, dict) else {}

    def _find(self, name: str, chosen: dict[str, Any]) -> str:
        targets = [each for each in chosen.get("targets") or [] if str(each.get("id", "")).startswith("C")]
        for each in targets:
            if each.get("name") == name:
                return str(each["id"])
        known = ", ".join(sorted(str(each.get("name")) for each in targets)) or "none"
        raise PushError(f"Zotero has no collection {name!r}: make it there first. Known: {known}")

    def send(self, text: str) -> None:
        for _ in range(2):
            session = uuid.uuid4().hex
            answer = _sent(
                self._session,
                "POST",
                f"{self._url}/connector/import?session={session}",
                "Zotero",
                data=text.encode(),
                headers={"Content-Type": "application/rdf+xml"},
            )
            if answer.status_code != 409:
                break
        if answer.status_code == 500 and "libraryEditable" in answer.text:
            raise PushError("Zotero: the selected library is read-only; select another")
        if answer.status_code == 400:
            raise PushError(f"Zotero does not take the entries (HTTP 400): {answer.text[:200]}")
        if answer.status_code == 404:
            raise PushError("Zotero is too old: it has no import for connectors; version 5 or later has")
        if answer.status_code not in (200, 201):
            raise PushError(f"Zotero answers HTTP {answer.status_code}: {answer.text[:200]}")
        if self._target:
            wanted = {"sessionID": session, "target": self._target, "tags": ""}
            moved = _sent(self._session, "POST", f"{self._url}/connector/updateSession", "Zotero", json=wanted)
            if moved.status_code != 200:
                raise PushError(f"Zotero took the entries, but not into the collection (HTTP {moved.status_code})")


class JabRef:
    """The HTTP server, which the user turns on in the preferences. `collection` is a group."""

    format: Final = "bibtex"
    library = "current"

    def __init__(self, collection: str | None) -> None:
        self._url = (os.environ.get("REFMILL_JABREF_URL") or URL).rstrip("/")
        self._group = {"group": collection} if collection else {}
        self._session = _session({})
        answer = _sent(self._session, "GET", f"{self._url}/libraries", "JabRef")
        if "X-Zotero-Version" in answer.headers:
            raise PushError(f"{self._url}: Zotero answers there, not JabRef; set REFMILL_JABREF_URL to JabRef's port")
        if answer.status_code != 200:
            raise PushError(f"{self._url}: no JabRef that takes entries answers there (HTTP {answer.status_code})")

    def send(self, text: str) -> None:
        answer = _sent(
            self._session,
            "POST",
            f"{self._url}/libraries/current/entries",
            "JabRef",
            params=self._group,
            data=text.encode(),
            headers={"Content-Type": "application/x-bibtex"},
        )
        if answer.status_code == 400:
            raise PushError("JabRef has no open library to put entries into (HTTP 400): open its window and a library")
        if answer.status_code == 404:
            raise PushError("JabRef is too old: it takes no entries over HTTP; version 6 does")
        if answer.status_code not in (200, 201, 204):
            raise PushError(f"JabRef answers HTTP {answer.status_code}: {answer.text[:200]}")


PROGRAMS: Final[dict[str, type[Zotero] | type[JabRef]]] = {"zotero": Zotero, "jabref": JabRef}


def push(
    entries: Iterable[Entry],
    to: str,
    registry: Registry,
    *,
    collection: str | None = None,
    again: bool = False,
    options: Any = None,
    say: Callable[[str], None] = lambda text: None,
) -> Pushed:
    """Sends the entries in batches. What was sent to the library before is left out, unless `again`.

    Raises NotRunning and PushError; what was taken until then is remembered.
    """
    program = PROGRAMS[to](collection)
    exporter = registry.exporter(program.format)
    done = Pushed()
    service = f"push:{to}:{program.library}"
    with Store(say=say) as store:
        for batch in _batches(entries):
            named = {_name(entry): entry for entry in batch}
            known = {} if again else store.get(service, named, None)
            fresh = {name: entry for name, entry in named.items() if name not in known}
            done.known += len(batch) - len(fresh)
            if fresh:
                program.send(_file(list(fresh.values()), exporter, options or exporter.options(), done))
                store.put(service, [(name, b"1") for name in fresh])
                done.pushed += len(fresh)
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
            done.refused.append(f"{_name(entry)}: {error}")
    around = [part(options) if callable(part) else part for part in (exporter.opening, exporter.closing)]
    return around[0] + exporter.between.join(rendered) + around[1]


def _session(headers: dict[str, str]) -> requests.Session:
    import requests

    session = requests.Session()
    session.trust_env = False  # no proxy stands between two programs of one machine
    session.headers.update({"User-Agent": "refmill", **headers})
    return session


def _sent(session: requests.Session, method: str, url: str, program: str, **more: Any) -> requests.Response:
    import requests

    try:
        return session.request(method, url, timeout=_PATIENCE, **more)
    except requests.ConnectionError as error:
        hint = "" if program == "Zotero" else ", and turn on its HTTP server in the preferences"
        raise NotRunning(f"{program} is not running at {url.partition('/connector')[0]}: start it{hint}") from error
    except requests.Timeout as error:
        raise PushError(f"{program} does not answer in time: is a dialog open in it?") from error
    except requests.RequestException as error:
        raise PushError(f"{program} cannot be asked: {error}") from error
