"""Fetches lists over OAI-PMH, politely and resumably, into a dump that the reader `oai` and `--snapshot` take.

The protocol: openarchives.org/OAI/openarchivesprotocol.html; arXiv's service: info.arxiv.org/help/oa. Resumption tokens
of arXiv expire at the next midnight; a list whose token expired is asked for again from its last date stamp on.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec

from refmill.builtin.xml_records import Cutter
from refmill.errors import UsageError
from refmill_hooks import Answer, Net, ServiceError

__all__ = ["URL", "Harvest", "Harvested", "harvest"]

URL: Final = "https://oaipmh.arxiv.org/oai"

_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken\b[^<>]*>([^<]*)</")
_ERROR = re.compile(rb"<(?:\w+:)?error\s[^<>]*?code\s*=\s*[\"'](\w+)[\"'][^<>]*?(?:/>|>([^<]*)<)")
_DATESTAMP = re.compile(rb"<(?:\w+:)?datestamp>\s*(\d{4}-\d\d-\d\d)")
_DELETED = re.compile(rb"<(?:\w+:)?header\b[^<>]*\sstatus\s*=\s*[\"']deleted[\"']")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NO_RECORDS: Final = "noRecordsMatch"
_TOKEN_EXPIRED: Final = "badResumptionToken"


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """What to fetch: a set such as `cs` or `physics:hep-th`, days `YYYY-MM-DD` of the records' last change."""

    output: str
    set: str = ""
    from_: str = ""
    until: str = ""
    prefix: str = "arXiv"


class Harvested(msgspec.Struct):
    """How far a harvest is; kept beside the output until it is whole.

    `size` is in bytes of the part file; `datestamp` is the last that was seen.
    """

    query: dict[str, str]
    token: str = ""
    datestamp: str = ""
    size: int = 0
    pages: int = 0
    records: int = 0
    deleted: int = 0
    restarts: int = 0


def harvest(wanted: Harvest, net: Net, say: Callable[[str], None] = lambda text: None) -> Harvested:
    """Fetches page after page into `output.part` and renames it when the list is whole.

    Run again after an interruption, it goes on where it was. Raises ServiceError where the service cannot be asked or
    refuses the query, UsageError for what cannot be asked or written.
    """
    query = _query(wanted)
    output = Path(wanted.output)
    part, state = (output.with_name(output.name + suffix) for suffix in (".part", ".harvest"))
    done = _begun(state, part, query, say)
    url = os.environ.get("REFMILL_OAI_URL") or URL
    try:
        with part.open("ab") as stream:
            stream.truncate(done.size)
            while True:
                page = _page(url, done, net, say)
                if page is None:
                    continue
                data = page + b"\n"
                stream.write(gzip.compress(data) if output.suffix == ".gz" else data)
                stream.flush()
                os.fsync(stream.fileno())
                done.size = stream.tell()
                _keep(state, done)
                say(f"{done.records:,} records in {done.pages:,} pages, up to {done.datestamp or '?'}")
                if not done.token:
                    break
        part.replace(output)
        state.unlink()
    except OSError as error:
        raise UsageError(f"{error.filename or output}: cannot be written: {error.strerror}") from error
    return done


def _query(wanted: Harvest) -> dict[str, str]:
    for name, day in (("--from", wanted.from_), ("--until", wanted.until)):
        if day and not _DATE.fullmatch(day):
            raise UsageError(f"{name} {day}: write a day as YYYY-MM-DD")
    query = {"metadataPrefix": wanted.prefix, "set": wanted.set, "from": wanted.from_, "until": wanted.until}
    return {name: value for name, value in query.items() if value}


def _begun(state: Path, part: Path, query: dict[str, str], say: Callable[[str], None]) -> Harvested:
    try:
        done = msgspec.json.decode(state.read_bytes(), type=Harvested)
    except FileNotFoundError:
        return Harvested(query)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{state}: cannot be read ({error}); delete it to begin anew") from error
    if done.query != query:
        raise UsageError(f"{state}: another query is under way: {done.query}; finish it, or delete the file")
    if not part.exists() or part.stat().st_size < done.size:
        raise UsageError(f"{part}: what was fetched before is gone; delete {state} to begin anew")
    say(f"going on after {done.records:,} records")
    return done


def _keep(state: Path, done: Harvested) -> None:
    new = state.with_name(state.name + ".new")
    new.write_bytes(msgspec.json.encode(done))
    new.replace(state)


def _page(url: str, done: Harvested, net: Net, say: Callable[[str], None]) -> bytes | None:
    """The next page, counted in `done`; None where the list must be asked for again from a date stamp."""
    query = {"verb": "ListRecords"} | ({"resumptionToken": done.token} if done.token else done.query | _since(done))
    answer = net.ask(f"{url}?{urlencode(query)}", usable=_complaint)
    if answer.status != 200:
        raise ServiceError(f"{url} answers HTTP {answer.status}")
    body = answer.body
    if (error := _ERROR.search(body)) and b"<ListRecords" not in body:
        code, said = error[1].decode(), (error[2] or b"").decode("utf-8", "replace").strip()
        if code == _TOKEN_EXPIRED and done.token:
            done.token = ""
            done.restarts += 1
            say(f"the resumption token expired; asking again from {done.datestamp} on")
            return None
        if code != _NO_RECORDS:
            raise ServiceError(f"{url} refuses the query: {code}: {said}")
    done.pages += 1
    for _, record in Cutter([body]):
        done.records += b"<error" not in record[:20]
        done.deleted += _DELETED.search(record[:500]) is not None
        if stamp := _DATESTAMP.search(record):
            done.datestamp = stamp[1].decode()
    token = _TOKEN.search(body)
    done.token = token[1].decode().strip() if token else ""
    return body


def _since(done: Harvested) -> dict[str, str]:
    return {"from": done.datestamp} if done.restarts and done.datestamp else {}


def _complaint(answer: Answer) -> str | None:
    if answer.status != 200:
        return None
    cutter = Cutter([answer.body])
    for _ in cutter:
        pass
    return None if cutter.whole else "it sent something that is not a whole answer of OAI-PMH"
