"""Asks sources about entries: the store first, then files, then services; in windows, so that batches are full.

Enrichers that ask by the same kind of identifier stand in for one another; each kind is one stage of the flow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from refmill.errors import UsageError
from refmill.io.ready import Ready
from refmill.pipeline.checking import checked
from refmill.pipeline.reconcile import merge
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill.services.store import MAX_AGE, Store
from refmill_hooks import PROBLEM, Enricher, Entry, Missing, Net, ReadError, ServiceError

__all__ = ["Asking", "enrich", "lacks"]

_AT_ONCE: Final = 512
"""Entries looked up together in the store and in files."""

_HELD: Final = 2048
"""Entries held back at most while a batch fills up."""

Answer = tuple[Entry, str] | Missing | ServiceError


@dataclass
class Asking:
    """How to ask: `net` opens the network when it is first needed; None: never."""

    registry: Registry
    report: Report
    store: Store
    net: Callable[[], Net] | None
    options: Mapping[str, Any] = field(default_factory=dict)
    refresh: bool = False
    max_age: float | None = MAX_AGE


@dataclass
class _Waiting:
    """An entry in the window, and what it is waiting for."""

    entry: Entry
    key: str | None = None


def enrich(entries: Iterable[Entry], enrichers: Iterable[Enricher[Any]], asking: Asking) -> Iterator[Entry]:
    """The entries in their order, with what the enrichers know of them; every id asked for ends in the report."""
    for chain in _chains(enrichers):
        entries = _Stage(chain, asking).run(entries)
    return iter(entries)


def lacks(enrichers: Iterable[Enricher[Any]]) -> Callable[[Entry], bool]:
    """A test whether one of them would be asked about an entry."""
    chains = [(tuple(chain), _fills(chain)) for chain in _chains(enrichers)]

    def is_asked_about(entry: Entry) -> bool:
        for chain, fills in chains:
            if _is_lacking(entry, fills):
                for enricher in chain:
                    try:
                        if enricher.key(entry):
                            return True
                    except Exception:
                        return True  # its fault is told where it is asked
        return False

    return is_asked_about


def _chains(enrichers: Iterable[Enricher[Any]]) -> Iterable[list[Enricher[Any]]]:
    chains: dict[str, list[Enricher[Any]]] = {}
    for enricher in enrichers:
        chains.setdefault(enricher.asks, []).append(enricher)
    return chains.values()


def _fills(chain: list[Enricher[Any]]) -> frozenset[str]:
    return frozenset[str]().union(*(enricher.fills for enricher in chain))


def _is_lacking(entry: Entry, fills: frozenset[str]) -> bool:
    for name in fills:
        if not getattr(entry, name):
            return True
    return bool(entry.extra) and not fills.isdisjoint(entry.unverified)


class _Stage:
    """Enrichers of one kind of identifier."""

    def __init__(self, chain: list[Enricher[Any]], asking: Asking) -> None:
        self._asking = asking
        self._chain = chain
        self._local = [enricher for enricher in chain if enricher.local]
        self._remote = [enricher for enricher in chain if not enricher.local]
        self._fills = _fills(chain)
        self._batch = max((enricher.batch for enricher in self._remote), default=1)
        self._told: set[str] = set()
        self._can_ask = bool(self._remote) and asking.net is not None

    def run(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Entries leave in their order, as soon as none in front of them waits for a batch that fills up."""
        window: deque[_Waiting] = deque()
        fresh: list[_Waiting] = []
        answers: dict[str, Answer] = {}
        pending: dict[str, None] = {}
        for entry in entries:
            key = self._key(entry)
            if key is None and not window:
                yield entry
                continue
            window.append(_Waiting(entry, key))
            fresh.append(window[-1])
            if len(fresh) >= _AT_ONCE:
                self._look_up(fresh, answers, pending)
                fresh = []
                self._ask_all(pending, answers, partly=len(window) >= _HELD)
                yield from self._settled(window, answers, pending)
        self._look_up(fresh, answers, pending)
        self._ask_all(pending, answers, partly=True)
        yield from self._settled(window, answers, pending)

    def _ask_all(self, pending: dict[str, None], answers: dict[str, Answer], *, partly: bool) -> None:
        """Asks for full batches of what is pending; `partly`, for a last one that is not full as well."""
        if not self._can_ask:
            pending.clear()
        while len(pending) >= self._batch or (partly and pending):
            batch = list(islice(pending, self._batch))
            self._ask(batch, answers)
            for asked in batch:
                del pending[asked]

    def _key(self, entry: Entry) -> str | None:
        if isinstance(entry, Ready) or not (self._asking.refresh or _is_lacking(entry, self._fills)):
            return None
        for enricher in self._chain:
            try:
                if key := enricher.key(entry):
                    return key
            except Exception as error:
                self._asking.registry.fault(enricher, error)
        return None

    def _look_up(self, waiting: list[_Waiting], answers: dict[str, Answer], pending: dict[str, None]) -> None:
        """In the store, then in files; what neither knows goes on to the services."""
        keys = dict.fromkeys(each.key for each in waiting if each.key and each.key not in answers)
        wanted = [key for key in keys if key]
        for enricher in self._remote:
            lasting = [key for key in wanted if enricher.lasting(key)]
            passing = [key for key in wanted if not enricher.lasting(key)]
            stored = self._asking.store.get(enricher.name, passing, self._asking.max_age)
            stored |= self._asking.store.get(enricher.name, lasting, None)
            for key, found in stored.items():
                self._take(enricher, key, found.answer, answers)
            wanted = [key for key in wanted if key not in answers]
        for enricher in self._local:
            try:
                for key, raw in self._fetched(enricher, wanted):
                    if not isinstance(raw, Missing):
                        self._take(enricher, key, raw, answers)
            except ServiceError as error:
                self._asking.report.note(str(error))
            wanted = [key for key in wanted if not isinstance(answers.get(key), tuple)]
        pending.update(dict.fromkeys(key for key in wanted if key not in answers))

    def _ask(self, keys: list[str], answers: dict[str, Answer]) -> None:
        """The services one after the other, each for what those before it did not know."""
        for enricher in self._remote:
            wanted = [key for key in keys if not isinstance(answers.get(key), tuple)]
            for at in range(0, len(wanted), enricher.batch):
                batch = wanted[at : at + enricher.batch]
                fetched: list[tuple[str, bytes | Missing]] = []
                try:
                    for pair in self._fetched(enricher, batch):
                        fetched.append(pair)  # noqa: PERF402 - what came before an error counts
                except ServiceError as error:
                    failure = error
                else:
                    failure = ServiceError(f"{enricher.name} gave no answer")
                self._asking.store.put(enricher.name, fetched)
                for key, raw in fetched:
                    self._take(enricher, key, raw, answers)
                for key in batch:
                    answers.setdefault(key, failure)

    def _fetched(self, enricher: Enricher[Any], keys: list[str]) -> Iterator[tuple[str, bytes | Missing]]:
        """What the enricher yields for these keys and no others. Raises ServiceError; its own faults become one."""
        if not keys:
            return
        wanted = frozenset(keys)
        options = self._asking.options.get(enricher.name) or enricher.options()
        net = self._asking.net() if self._asking.net and not enricher.local else _NoNet(self._asking.report.say)
        try:
            for key, raw in enricher.fetch(keys, net, options):
                if key in wanted:
                    yield key, raw
        except ServiceError:
            raise
        except OSError as error:
            if enricher.local:
                raise UsageError(f"{error.filename or enricher.name}: cannot be read: {error.strerror}") from error
            raise ServiceError(f"{enricher.name}: {error}") from error
        except Exception as error:
            self._asking.registry.fault(enricher, error)
            reason = f"the enricher {enricher.name} failed: {type(error).__name__}: {error}"
            raise ServiceError(reason, is_lasting=True) from error

    def _take(self, enricher: Enricher[Any], key: str, raw: bytes | Missing, answers: dict[str, Answer]) -> None:
        if isinstance(raw, Missing):
            answers[key] = raw
            return
        try:
            understood = self._asking.registry.checked(enricher, enricher.entry(raw))
            entry, problems = checked(understood, checks_id=False)
        except ReadError as error:
            answers[key] = ServiceError(f"{enricher.name} gave an answer that cannot be read: {error}", is_lasting=True)
        except Exception as error:
            self._asking.registry.fault(enricher, error)
            reason = f"the enricher {enricher.name} failed: {type(error).__name__}: {error}"
            answers[key] = ServiceError(reason, is_lasting=True)
        else:
            extra = dict(entry.extra)
            told = [extra.pop(PROBLEM)] if PROBLEM in extra else []
            if told or problems:
                self._asking.report.incomplete(f"{enricher.name}: {key}", 0, "; ".join([*told, *problems]), "")
                entry = entry.replace(extra=extra)
            answers[key] = entry, enricher.name

    def _settled(
        self, window: deque[_Waiting], answers: dict[str, Answer], pending: dict[str, None]
    ) -> Iterator[Entry]:
        """The entries from the front on that wait for nothing more, each id told once."""
        report = self._asking.report
        while window and window[0].key not in pending:
            waiting = window.popleft()
            entry, key = waiting.entry, waiting.key
            answer = answers.get(key) if key else None
            if key and key not in self._told:
                self._told.add(key)
                self._tell(key, answer)
            if isinstance(answer, tuple):
                entry, disputes = merge(entry, answer[0])
                report.disputes(disputes)
                report.summary.enriched += 1
            yield entry
        waited_for = {waiting.key for waiting in window}
        for key in [key for key in answers if key not in waited_for]:
            del answers[key]
        self._told.intersection_update(waited_for)

    def _tell(self, key: str, answer: Answer | None) -> None:
        report = self._asking.report
        if isinstance(answer, tuple):
            report.found(key, answer[1])
        elif isinstance(answer, Missing):
            report.missing(key, answer.reason)
        elif answer is not None:
            report.unknown(key, str(answer), may_pass=not answer.is_lasting)
        elif self._asking.net is None:
            report.unknown(key, "offline, and neither the store nor a file knows it")
        else:
            report.unknown(key, f"not in {', '.join(enricher.name for enricher in self._chain)}")


class _NoNet:
    """The network of a local enricher: there is none."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def ask(self, url: str, **_: object) -> Any:
        raise ServiceError(f"{url}: an enricher that is declared local must not use the network")

    def say(self, text: str) -> None:
        self._say(text)
