"""Fetches lists over OAI-PMH, politely and resumably, into a dump that the reader `oai` and `--snapshot` take.

arXiv's service: info.arxiv.org/help/oa. Resumption tokens of arXiv expire at the next midnight. A list whose token
expired is asked for again: from its newest date stamp on where it is sorted by these, else all of it. Recorded lists
of arXiv are sorted by id.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from refmill.builtin.cutting.xml_records import is_other_kind
from refmill.commands.harvest_files import Files, Harvested
from refmill.commands.harvest_stream import Stream
from refmill.commands.oai_list import CLOSING, NO_RECORDS, Page, Record, empty, opening, page_of
from refmill.errors import UsageError
from refmill.io.file_names import is_stream
from refmill_hooks import Answer, Net, ReadError, ServiceError

__all__ = ["URL", "Harvest", "Harvested", "harvest"]

URL: Final = "https://oaipmh.arxiv.org/oai"

RESTARTS: Final = 3
"""So often in a row a list is asked for again that gets no newer for it: a day's list may have several pages."""

_ALL_AGAIN: Final = (
    "the list is not sorted by date: asking for all of it again; fewer days at once (--from, --until) take less time"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """What to fetch: a set such as `cs` or `physics:hep-th`, days `YYYY-MM-DD` of the records' last change."""

    output: str
    set: str = ""
    from_: str = ""
    until: str = ""
    prefix: str = "arXiv"


def harvest(wanted: Harvest, net: Net, say: Callable[[str], None] = lambda text: None) -> Harvested:
    """Fetches page after page into a file beside the output, which takes its name when the list is whole.

    Run again after an interruption, it goes on where it was; stdout, a device or a pipe is written as the pages come,
    and a list that breaks off there is not whole. Raises ServiceError where the service cannot be asked,
    UsageError for what cannot be asked or written, or is refused by the service.
    """
    query = _query(wanted)
    url = _url()
    with Stream(wanted.output) if is_stream(wanted.output) else Files(wanted.output) as files:
        done = files.begun(url.geturl(), query)
        if done.pages:
            say(f"going on after {done.records:,} records")
        while not done.is_whole:
            page = _page(url, done, net)
            if page.code and done.token:
                say(f"the resumption token is refused, it may have expired ({page.error})")
                _restart(done)
                say(f"asking again from {done.since} on" if done.since else _ALL_AGAIN)
                files.keep(done)
                _check_refusals(done)
            elif (text := _taken(page, done)) is None:
                say(_ALL_AGAIN)
                files.keep(done)
            else:
                files.add(text, done)
                say(f"{done.records:,} records in {done.pages:,} pages, up to {done.day or '?'}")
        files.finish(done)
    return done


def _query(wanted: Harvest) -> dict[str, str]:
    for name, day in (("--from", wanted.from_), ("--until", wanted.until)):
        if day and not _is_day(day):
            raise UsageError(f"{name} {day} is no day; write it as YYYY-MM-DD")
    if wanted.from_ and wanted.until and wanted.from_ > wanted.until:
        raise UsageError(f"--from {wanted.from_} is after --until {wanted.until}")
    query = {"metadataPrefix": wanted.prefix, "set": wanted.set, "from": wanted.from_, "until": wanted.until}
    return {name: value for name, value in query.items() if value}


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None  # of the ways to write a date, the protocol knows one


def _url() -> SplitResult:
    text = os.environ.get("REFMILL_OAI_URL", "").strip() or URL
    try:
        url = urlsplit(text)
        is_address = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"REFMILL_OAI_URL is {text!r}: it must begin with http:// or https:// and name a host")
    return url


def _page(url: SplitResult, done: Harvested, net: Net) -> Page:
    """The page that comes next, or the refusal of its token. Raises ServiceError, UsageError for a refused query."""
    if done.token:
        query = {"verb": "ListRecords", "resumptionToken": done.token}
    else:
        query = {"verb": "ListRecords"} | done.query | ({"from": done.since} if done.since else {})
    asked = "&".join(filter(None, (url.query, urlencode(query))))
    answer = net.ask(url._replace(query=asked, fragment="").geturl(), usable=partial(_complaint, done))
    if answer.status != 200:
        raise ServiceError(f"{done.url} answers HTTP {answer.status}", is_lasting=True)
    page = page_of(answer.body)
    if done.token or page.code in ("", NO_RECORDS):
        return page
    refused = f"{done.url} refuses the query: {page.error}"
    if done.pages:
        raise ServiceError(refused, is_lasting=True)
    raise UsageError(f"{refused}; check --set, --prefix, --from and --until")


def _complaint(done: Harvested, answer: Answer) -> str | None:
    if answer.status != 200:
        return None
    try:
        page = page_of(answer.body)
    except ReadError as error:
        kind = answer.headers.get("content-type", "something").partition(";")[0]
        if is_other_kind(answer.body) and "html" not in kind:
            raise ServiceError(f"it sent {kind} that is no answer of OAI-PMH", is_lasting=True) from error
        return str(error)
    # asked for again from a day on, the list may be empty only where those of that day left it at its other end
    if page.code == NO_RECORDS and (done.token or (done.refused_at and "until" not in done.query)):
        return "it says that there are no records, amid the list of them"
    if page.token and page.token == done.token:
        return "it answers a token with the same token"
    return None


def _taken(page: Page, done: Harvested) -> bytes | None:
    """What the page adds to the output, counted in `done`; None where the list must be asked for anew."""
    if page.code == NO_RECORDS and not done.size:
        done.is_whole = True
        done.pages += 1
        return empty(done.query, page)
    since = done.since
    new = [record for record in page.records if _is_new(record, done)]
    if since and not done.is_sorted:
        _begin_anew(done)
        return None
    done.pages += 1
    done.token = page.token
    done.is_whole = not page.token
    parts = [record.text + b"\n" for record in new]
    if not done.size:
        parts.insert(0, opening(done.query, page))
    if done.is_whole:
        parts.append(CLOSING)
    return b"".join(parts)


def _is_new(record: Record, done: Harvested) -> bool:
    """Whether the record was not listed before; counts it."""
    if record.day and record.identifier and _was_listed(record, done):
        return False
    done.records += 1
    done.deleted += record.is_deleted
    return True


def _was_listed(record: Record, done: Harvested) -> bool:
    if record.day < done.day:
        done.is_sorted = False
        return False
    if record.day > done.day:
        done.day = record.day
        done.seen.clear()
    mark = f"{record.identifier} {record.datestamp}"
    if mark in done.seen:
        return True
    done.seen.add(mark)
    return False


def _restart(done: Harvested) -> None:
    """Prepares to ask for the list again, its token being refused."""
    done.token = ""
    done.refusals = 1 if done.day > done.refused_at else done.refusals + 1
    done.refused_at = max(done.day, done.refused_at)
    if not done.since:
        _begin_anew(done)  # what is left of the list may bear any date stamp


def _begin_anew(done: Harvested) -> None:
    done.token = done.day = ""
    done.size = done.pages = done.records = done.deleted = 0
    done.seen.clear()


def _check_refusals(done: Harvested) -> None:
    if done.refusals > RESTARTS:
        raise ServiceError(
            f"{done.url} refuses its own resumption tokens; the list was asked for again {RESTARTS} times"
            f" from {done.since or 'its beginning'} on; ask for fewer days at once with --from and --until",
            is_lasting=True,
        )
