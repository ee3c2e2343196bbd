"""arXiv's query API, asked by id in batches.

How it answers: info.arxiv.org/help/api/user-manual.html. What is not written there: it searches for each element of
`id_list` as it stands, so only canonical ids are found; it answers in any order; an empty feed can mean ids that do not
exist as well as a server under load (lukasschwab/arxiv.py issues 43, 129, 158).
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

import msgspec

from refmill.builtin.arxiv_api.reader import ErrorEntry, entry_of_feed, fields_of_feed, identity
from refmill.builtin.cutting.xml_records import Cutter, is_other_kind
from refmill_hooks import Answer, Enricher, Entry, Missing, Net, NoOptions, ReadError, ServiceError, hookimpl
from refmill_hooks.identifiers import ArxivId, BadIdentifier, parse_id

URL: Final = "https://export.arxiv.org/api/query"
BATCH: Final = 100

WITNESS: Final = "0704.0001"
"""A paper that exists. An empty feed is not believed; asked for beside the ids in question, the witness tells whether
the service does not know them or is not itself."""

UNKNOWN_ID: Final = Missing(reason="arXiv does not know this id")

_TOTAL = re.compile(rb"<(?:[\w.-]+:)?totalResults[^<>]*>\s*(\d+)\s*<")
_REFUSED = frozenset({400, 413, 414})
"""Statuses that are the question's fault: an id that the API does not take, or too many of them."""


class Question(msgspec.Struct):
    """Ids to ask for, and whether they were asked for before, without a clear answer."""

    keys: Sequence[str]
    again: bool = False


class Feed(msgspec.Struct):
    """An answer: the entries by id and version, the error it holds.

    `readable`: every entry was understood and says its version; `complete`: there are as many as it says, and none that
    was not asked for. `refused`: the status refuses the question, and no entry says why.
    """

    entries: dict[ArxivId, bytes]
    error: str
    readable: bool
    complete: bool
    refused: bool = False


@hookimpl
def refmill_enrichers() -> Iterator[Enricher[NoOptions]]:
    yield Enricher(
        name="arxiv",
        title="arXiv's query API",
        asks="arxiv",
        key=key,
        fetch=fetch,
        entry=entry,
        batch=BATCH,
        lasting=lambda key: parse_id(key).version is not None,
    )


def key(entry: Entry) -> str | None:
    """The id as the API finds it, with the version that was given; None for what is no canonical id."""
    try:
        return entry.versioned_id if parse_id(entry.versioned_id).versioned == entry.versioned_id else None
    except BadIdentifier:
        return None


def entry(raw: bytes) -> Entry:
    """Raises ReadError."""
    return entry_of_feed(fields_of_feed(raw), "arxiv")


def fetch(keys: Sequence[str], net: Net, options: NoOptions) -> Iterable[tuple[str, bytes | Missing]]:
    """Asks, and asks again for what was answered unclearly; raises ServiceError where that does not help.

    What is absent from a complete answer is Missing; what is absent from an empty, incomplete or partly unreadable one
    is asked for again, beside a paper that exists. An id that an error names is Missing too; where it names none, the
    question is halved.
    """
    url = os.environ.get("REFMILL_ARXIV_URL") or URL
    questions = deque([Question(tuple(dict.fromkeys(keys)))] if keys else ())
    unclear: dict[str, str] = {}
    is_lasting = True
    while questions:
        question = questions.popleft()
        feed = _ask(question, net, url)
        found = _matched(question.keys, feed)
        yield from found.items()
        rest = [key for key in question.keys if key not in found]
        if feed.error:
            named = [key for key in rest if feed.error.endswith(f" {key}")]
            yield from ((key, Missing(reason=f"arXiv does not take this id: {feed.error}")) for key in named)
            rest = [key for key in rest if key not in named]
            if len(rest) == 1 and not named and not found:
                unclear[rest[0]] = feed.error
                is_lasting = is_lasting and feed.refused
            elif rest:
                cut = len(rest) if named or found else len(rest) // 2
                questions.extend(Question(part) for part in (rest[:cut], rest[cut:]) if part)
        elif rest and feed.entries and feed.readable and (feed.complete or question.again):
            yield from ((key, UNKNOWN_ID) for key in rest)
        elif rest and not question.again:
            room = BATCH - 1
            questions.extend(Question(rest[at : at + room], again=True) for at in range(0, len(rest), room))
        else:
            unclear.update(dict.fromkeys(rest, "an entry cannot be read"))
            is_lasting = is_lasting and not rest
    if unclear:
        told = "; ".join(f"arXiv gave no clear answer for {key}: {why}" for key, why in unclear.items())
        raise ServiceError(told, is_lasting=is_lasting)


def _ask(question: Question, net: Net, url: str) -> Feed:
    keys = list(question.keys)
    if question.again and WITNESS not in keys:
        keys.append(WITNESS)
    form = {"id_list": ",".join(keys), "start": "0", "max_results": str(len(keys))}
    answer = net.ask(url, form=form, usable=partial(_complaint, may_be_empty=WITNESS not in keys))
    if answer.status in _REFUSED:
        error = f"{url} answers HTTP {answer.status}"
        feed = _read(answer.body, asked=keys, error=error)
        feed.refused = feed.error == error
        return feed
    if answer.status != 200:
        raise ServiceError(f"{url} answers HTTP {answer.status}: it is not arXiv's query API", is_lasting=True)
    return _read(answer.body, asked=keys)


def _complaint(answer: Answer, *, may_be_empty: bool) -> str | None:
    """Why an answer has to be asked for again: it is no whole feed, or empty though it cannot be.

    Raises ServiceError for what never was a feed.
    """
    if answer.status != 200:
        return None
    kind = answer.headers.get("content-type", "something").partition(";")[0]
    if is_other_kind(answer.body) and "html" not in kind:
        raise ServiceError(f"it sent {kind} that is no feed", is_lasting=True)
    cutter = Cutter([answer.body])
    entries = sum(1 for _ in cutter)
    if not cutter.whole:
        return f"it sent {kind} that is not a whole feed"
    return None if entries or may_be_empty else "it sent an empty feed"


def _read(body: bytes, *, asked: Sequence[str], error: str = "") -> Feed:
    entries: dict[ArxivId, bytes] = {}
    readable = True
    for _, record in Cutter([body]):
        try:
            entries.setdefault(identity(fields_of_feed(record)), record)
        except ErrorEntry as told:
            error = told.said
        except ReadError:
            readable = False
    total = _TOTAL.search(body)
    ids = {parse_id(key).id for key in asked}
    return Feed(
        entries,
        error,
        readable=readable and all(arxiv_id.version for arxiv_id in entries),
        complete=all(arxiv_id.id in ids for arxiv_id in entries) and (total is None or int(total[1]) == len(entries)),
    )


def _matched(keys: Sequence[str], feed: Feed) -> dict[str, bytes]:
    """The entries by the keys they answer: a version that was asked for exactly, else the newest.

    Where the newest may be absent from an unclear answer, an older one that was asked for too does not stand in for it.
    """
    newest: dict[str, ArxivId] = {}
    for arxiv_id in feed.entries:
        if arxiv_id.id not in newest or (arxiv_id.version or 0) > (newest[arxiv_id.id].version or 0):
            newest[arxiv_id.id] = arxiv_id
    found: dict[str, bytes] = {}
    for key in keys:
        wanted = parse_id(key)
        answer: ArxivId | None = wanted
        if wanted.version is None:
            answer = newest.get(wanted.id)
            if answer and not feed.complete and answer.version and answer.versioned in keys:
                continue
        if answer in feed.entries:
            found[key] = feed.entries[answer]
    return found
