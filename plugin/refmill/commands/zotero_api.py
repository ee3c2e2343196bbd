"""Zotero's local API, which version 10 lets write: tags stay manual, collections are made, keys are kept.

It answers as the web API does: www.zotero.org/support/dev/web_api/v3/write_requests.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from refmill.commands.zotero_items import note_of, zotero_item
from refmill.services.local_programs import Connection, PushError, decoded
from refmill.services.wire import quoted
from refmill_hooks import Entry

__all__ = ["LocalApi"]

_WRITES: Final = 10
"""The version of Zotero from which its local API takes items."""


class _Permission(msgspec.Struct):
    key: str | int | None = None


class _Failure(msgspec.Struct):
    message: str = "no reason is given"


class _Object(msgspec.Struct):
    key: str | int


class _CollectionData(msgspec.Struct):
    name: str = ""


class _Collection(msgspec.Struct):
    key: str | int
    data: _CollectionData | None = None


class _Written(msgspec.Struct):
    """What became of the objects, each named by its position among those that were sent."""

    successful: dict[str, _Object] | None = None
    unchanged: dict[str, str | int] | None = None
    failed: dict[str, _Failure] | None = None


class LocalApi:
    """The API of a Zotero that lets refmill write. Raises PushError for anything refused."""

    def __init__(self, zotero: Connection, headers: dict[str, str], collection: str | None) -> None:
        self._zotero = zotero
        self._headers = headers
        self._collections = [self._collection(collection)] if collection else []

    @classmethod
    def of(cls, zotero: Connection, version: str, collection: str | None) -> LocalApi | None:
        """The API, or None where it is not there, turned off, or the user does not allow it."""
        major = version.partition(".")[0]
        if not (major.isascii() and major.isdecimal() and len(major) < 5 and int(major) >= _WRITES):
            return None
        there = zotero.sent("GET", "/api/")
        if there.status != 200:
            return None
        server = there.headers.get("zotero-server-id", "")
        allowed = zotero.sent("POST", "/api/local/authorize", json={"appName": "refmill"})
        key = decoded(allowed, "Zotero", _Permission).key if allowed.status == 200 else None
        if not key:
            return None
        return cls(zotero, {"Zotero-API-Key": str(key), "Zotero-Server-ID": server}, collection)

    def send(self, entries: list[Entry]) -> None:
        """Put the entries in, each with its remarks as a child note."""
        made = self._post("items", [zotero_item(entry, self._collections) for entry in entries])
        notes = [
            {"itemType": "note", "parentItem": key, "note": note}
            for entry, key in zip(entries, made, strict=True)
            if (note := note_of(entry))
        ]
        if notes:
            self._post("items", notes)

    def _collection(self, name: str) -> str:
        found = self._zotero.sent("GET", "/api/users/0/collections", headers=self._headers)
        for each in decoded(found, "Zotero", list[_Collection]) if found.status == 200 else []:
            if each.data and each.data.name == name:
                return str(each.key)
        return self._post("collections", [{"name": name}])[0]

    def _post(self, what: str, objects: list[dict[str, Any]]) -> list[str]:
        """The keys of what was made, in the order of the objects. Raises PushError where one was not."""
        headers = self._headers | {"Zotero-Write-Token": uuid.uuid4().hex}
        answer = self._zotero.sent("POST", f"/api/users/0/{what}", json=objects, headers=headers)
        if answer.status == 401:
            raise PushError("Zotero's local API asks for permission anew: run again and allow it")
        if answer.status != 200:
            raise PushError(f"Zotero's local API answers HTTP {answer.status}: {quoted(answer.body)}")
        written = decoded(answer, "Zotero", _Written)
        if written.failed:
            first = next(iter(written.failed.values()))
            raise PushError(
                f"Zotero's local API refuses {len(written.failed)} of {len(objects)}: {quoted(first.message)}"
            )
        keys = {at: str(each.key) for at, each in (written.successful or {}).items()}
        keys |= {at: str(key) for at, key in (written.unchanged or {}).items()}
        places = [str(at) for at in range(len(objects))]
        if silent := sum(at not in keys for at in places):
            raise PushError(f"Zotero's local API does not tell what became of {silent} of {len(objects)}")
        return [keys[at] for at in places]
