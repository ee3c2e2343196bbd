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
from refmill.zotero_items import note_of, zotero_item
from refmill_hooks import Entry, Exporter

if TYPE_CHECKING:
    import requests

__all__ = ["PROGRAMS", "NotRunning", "PushError", "Pushed", "push"]

URL: Final = "http://127.0.0.1:23119"
"""Both programs listen there by default; Zotero names itself in a header."""

BATCH: Final = 50
_API_WRITES: Final = 10
"""The version of Zotero from which its local API takes items."""

_PATIENCE: Final = (3.0, 120.0)
"""Seconds to connect, and to wait for an answer: Zotero saves a batch in some."""


class PushError(RefmillError):
    """The program is there, and does not take the entries; the message says why and what to do."""


class NotRunning(PushError):
    """Nobody listens at the address."""


Render = Callable[[str, list[Entry]], str]
"""Format and entries -> the text of a file."""


@dataclass
class Pushed:
    """How many entries went in, and how many were there already."""

    pushed: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


class _LocalApi:
    """Zotero's local API, which version 10 lets write: tags stay manual, collections are made, keys are kept."""

    def __init__(self, session: requests.Session, url: str, headers: dict[str, str], collection: str | None) -> None:
        self._session = session
        self._url = f"{url}/api/users/0"
        self._headers = headers
        self._collections = [self._collection(collection)] if collection else []

    @classmethod
    def of(cls, session: requests.Session, url: str, version: str, collection: str | None) -> _LocalApi | None:
        """The API, or None where it is not there, turned off, or the user does not allow it."""
        major = version.partition(".")[0]
        if not major.isdecimal() or int(major) < _API_WRITES:
            return None
        there = _sent(session, "GET", f"{url}/api/", "Zotero")
        if there.status_code != 200:
            return None
        server = there.headers.get("Zotero-Server-ID", "")
        allowed = _sent(session, "POST", f"{url}/api/local/authorize", "Zotero", json={"appName": "refmill"})
        key = allowed.json().get("key") if allowed.status_code == 200 else None
        if not key:
            return None
        return cls(session, url, {"Zotero-API-Key": str(key), "Zotero-Server-ID": server}, collection)

    def send(self, entries: list[Entry]) -> None:
        made = self._post("items", [zotero_item(entry, self._collections) for entry in entries])
        notes = [
            {"itemType": "note", "parentItem": made[str(at)], "note": note}
            for at, entry in enumerate(entries)
            if str(at) in made and (note := note_of(entry))
        ]
        if notes:
            self._post("items", notes)

    def _collection(self, name: str) -> str:
        found = _sent(self._session, "GET", f"{self._url}/collections", "Zotero", headers=self._headers)
        for each in found.json() if found.status_code == 200 else []:
            if each.get("data", {}).get("name") == name:
                return str(each["key"])
        return next(iter(self._post("collections", [{"name": name}]).values()))

    def _post(self, what: str, objects: list[dict[str, Any]]) -> dict[str, str]:
        """Position -> key of what was made. Raises PushError where anything was refused."""
        headers = self._headers | {"Zotero-Write-Token": uuid.uuid4().hex}
        answer = _sent(self._session, "POST", f"{self._url}/{what}", "Zotero", json=objects, headers=headers)
        if answer.status_code == 401:
            raise PushError("Zotero's local API asks for permission anew: run again and allow it")
        if answer.status_code != 200:
            raise PushError(f"Zotero's local API answers HTTP {answer.status_code}: {answer.text[:200]}")
        told = answer.json()
        if failed := told.get("failed"):
            first = next(iter(failed.values()))
            raise PushError(
                f"Zotero's local API refuses {len(failed)} of {len(objects)}: {first.get('message', first)}"
            )
        return {at: str(each["key"]) for at, each in told.get("successful", {}).items()}


class Zotero:
    """The connector server. Raises PushError for another program, an old version, or a library that is read-only."""

    def __init__(self, collection: str | None, render: Render) -> None:
        self._render = render
        self._url = (os.environ.get("REFMILL_ZOTERO_URL") or URL).rstrip("/")
        self._session = _session({"X-Zotero-Connector-API-Version": "3"})
        answer = _sent(self._session, "GET", f"{self._url}/connector/ping", "Zotero")
        if "X-Zotero-Version" not in answer.headers:
            raise PushError(
                f"{self._url}: another program than Zotero answers there; is it JabRef? Quit it, start Zotero"
            )
        self.api = _LocalApi.of(self._session, self._url, answer.headers["X-Zotero-Version"], collection)
        if self.api:
            self.library = "local"
            return
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

    def send(self, entries: list[Entry]) -> None:
        if self.api:
            self.api.send(entries)
            return
        text = self._render("zotero-rdf", entries)
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

    library = "current"

    def __init__(self, collection: str | None, render: Render) -> None:
        self._render = render
        self._url = (os.environ.get("REFMILL_JABREF_URL") or URL).rstrip("/")
        self._group = {"group": collection} if collection else {}
        self._session = _session({})
        answer = _sent(self._session, "GET", f"{self._url}/libraries", "JabRef")
        if "X-Zotero-Version" in answer.headers:
            raise PushError(f"{self._url}: Zotero answers there, not JabRef; set REFMILL_JABREF_URL to JabRef's port")
        if answer.status_code != 200:
            raise PushError(f"{self._url}: no JabRef that takes entries answers there (HTTP {answer.status_code})")

    def send(self, entries: list[Entry]) -> None:
        text = self._render("bibtex", entries)
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
    say: Callable[[str], None] = lambda text: None,
) -> Pushed:
    """Sends the entries in batches. What was sent to the library before is left out, unless `again`.

    Raises NotRunning and PushError; what was taken until then is remembered.
    """
    done = Pushed()

    def render(format: str, entries: list[Entry]) -> str:
        exporter = registry.exporter(format)
        return _file(entries, exporter, exporter.options(), done)

    program = PROGRAMS[to](collection, render)
    service = f"push:{to}:{program.library}"
    with Store(say=say) as store:
        for batch in _batches(entries):
            named = {_name(entry): entry for entry in batch}
            known = {} if again else store.get(service, named, None)
            fresh = {name: entry for name, entry in named.items() if name not in known}
            done.known += len(batch) - len(fresh)
            if fresh:
                program.send(list(fresh.values()))
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
