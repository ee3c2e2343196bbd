"""The network as enrichers are handed it: paced, patient, on one connection a service.

How arXiv wants to be asked: info.arxiv.org/help/api/tou.html (one request every three seconds over a single
connection, all its interfaces together) and arxiv.org/robots.txt (who goes on after a 403 is taken for an attack).
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from refmill.services.limits import Limits
from refmill.services.wire import REDIRECTS, Then, Trouble, exchange, is_this_machine, quoted, user_agent
from refmill_hooks import Answer, ServiceError

if TYPE_CHECKING:
    import requests

__all__ = ["PAUSE", "HttpNet", "Limits"]

PAUSE: Final = 3.0
"""Seconds between the starts of two requests to one service; arXiv's terms allow no fewer."""

_LONGEST_PAUSE: Final = 3600.0

TRIES: Final = 7
UNREACHABLE_TRIES: Final = 3
"""Of a host to which no connection can be made: a machine without a network gets its answer in seconds."""

SLOW_TRIES: Final = 2
"""Of a host whose answer takes longer than the limit: each try takes minutes."""

FAILED_ASKS: Final = 2
"""So many questions in a row, each given up after all its tries, and a host is taken to be down."""

_LONGEST_BACK_OFF: Final = 20
"""Pauses."""

_MARGIN: Final = 1.02
"""The network carries one request faster than another, and the pause is measured at the other end."""

_LONGEST_REDIRECTION: Final = 5


@dataclass
class _Service:
    """One connection, and when the last request over it began."""

    session: requests.Session
    started: float = -math.inf
    failed_asks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class HttpNet:
    """The `Net` of real runs, over requests. Close it, or use it as a context manager.

    - `pause`: seconds between the starts of requests to one service, by default REFMILL_ARXIV_PAUSE or 3. Fewer than 3
      are refused for any host but this machine itself. All back-off is counted in pauses. ValueError for nonsense.
    - `say`: told in one line what is being waited for.
    - `clock`, `sleep`, `seed` (of the jitter): for tests.
    """

    def __init__(
        self,
        *,
        pause: float | None = None,
        say: Callable[[str], None] = lambda text: None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        seed: int | None = None,
    ) -> None:
        self._pause = _pause_of_environment() if pause is None else pause
        self.say = say
        self._limits = limits or Limits()
        self._clock = clock
        self._sleep = sleep
        self._random = random.Random(seed)
        self._services: dict[str, _Service] = {}
        self._services_lock = threading.Lock()
        self._closed: dict[str, Trouble] = {}
        self._refused: set[str] = set()

    def __enter__(self) -> HttpNet:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        for service in self._services.values():
            service.session.close()

    def ask(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        usable: Callable[[Answer], str | None] | None = None,
        follow: Collection[str] = (),
    ) -> Answer:
        """As `refmill_hooks.Net` says. A host that is out of reach or denies access is asked nothing more."""
        name, host = _parts(url)
        service = self._service(name, host)
        with service.lock:
            tries = unreachable = slow = 0
            while True:
                host, outcome = self._try(service, url, form, headers or {}, follow)
                answered = isinstance(outcome, Answer)
                if isinstance(outcome, Answer):
                    complaint = _complaint(outcome, usable)
                    if complaint is None:
                        service.failed_asks = 0
                        return outcome
                    outcome = complaint
                tries += 1
                unreachable = unreachable + 1 if outcome.then is Then.UNREACHABLE else 0
                slow += outcome.then is Then.SELDOM
                hopeless = outcome.then in (Then.GIVE_UP, Then.CLOSE) or unreachable == UNREACHABLE_TRIES
                if hopeless or tries == TRIES or slow == SLOW_TRIES:
                    raise self._given_up(service, host, outcome, answered)
                self._back_off(name, host, outcome, tries)

    def _given_up(self, service: _Service, host: str, trouble: Trouble, answered: bool) -> ServiceError:
        if trouble.then in (Then.AGAIN, Then.SELDOM) and not answered:
            service.failed_asks += 1
        if trouble.then in (Then.CLOSE, Then.UNREACHABLE) or service.failed_asks == FAILED_ASKS:
            self._closed[host] = msgspec.structs.replace(trouble, then=Then.GIVE_UP)
        return ServiceError(f"{host}: {trouble.reason}", is_lasting=trouble.is_lasting)

    def _back_off(self, name: str, host: str, trouble: Trouble, tries: int) -> None:
        pauses = 1 if trouble.then is Then.UNREACHABLE else min(2**tries, _LONGEST_BACK_OFF)
        wait = max(pauses * self._pause_for(name), trouble.retry_after) * self._random.uniform(1.0, 1.25)
        self.say(f"{host}: {trouble.reason}; next try in {wait:.{0 if wait >= 1 else 2}f} s")
        self._sleep(wait)

    def _service(self, name: str, host: str) -> _Service:
        """Hosts of one domain are one service: arXiv counts its API, its OAI server and its feeds together."""
        domain = host if is_this_machine(name) else ".".join(name.split(".")[-2:])
        with self._services_lock:
            if domain not in self._services:
                from refmill.services.bounded_http import new_session

                headers = {"User-Agent": user_agent(), "Accept-Encoding": "gzip"}
                self._services[domain] = _Service(new_session(self._limits, headers))
            return self._services[domain]

    def _pause_for(self, name: str) -> float:
        if self._pause >= PAUSE or is_this_machine(name):
            return self._pause
        if name not in self._refused:
            self._refused.add(name)
            self.say(f"{name}: a pause of {self._pause:g} s is refused, only this machine may be asked so fast")
        return PAUSE

    def _try(
        self,
        service: _Service,
        url: str,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
        follow: Collection[str],
    ) -> tuple[str, Answer | Trouble]:
        """One request, and one more for each redirection that is followed, each at its time; the host asked last."""
        name, host = _parts(url)
        for _ in range(_LONGEST_REDIRECTION):
            if host in self._closed:
                return host, self._closed[host]
            wait = service.started + self._pause_for(name) * _MARGIN - self._clock()
            if wait > 0:
                self._sleep(wait)
            service.started = self._clock()
            outcome = exchange(service.session, url, form=form, headers=headers, limits=self._limits)
            if isinstance(outcome, Trouble) or outcome.status not in REDIRECTS:
                return host, outcome
            target = _target(url, outcome.headers.get("location", ""), follow)
            if isinstance(target, Trouble):
                return host, target
            url = target
            name, host = _parts(url)
            if outcome.status == 303:
                form = None
        return host, Trouble("it redirects without end", Then.GIVE_UP, is_lasting=True)


def _parts(url: str) -> tuple[str, str]:
    """The name of the host, and with its port. Raises ServiceError."""
    try:
        parts = urlsplit(url)
        name = parts.hostname
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError as error:
        raise ServiceError(f"{quoted(url)} is not the address of a service: {error}", is_lasting=True) from error
    if parts.scheme not in ("http", "https") or not name:
        message = f"{quoted(url)!r} is not the address of a service: it must begin with http:// or https://"
        raise ServiceError(message, is_lasting=True)
    return name, f"[{name}]{port}" if ":" in name else f"{name}{port}"


def _target(url: str, location: str, follow: Collection[str]) -> str | Trouble:
    """Where a redirection leads, if it is to be followed."""
    here = urlsplit(url)
    try:
        target = urljoin(url, location)
        there = urlsplit(target)
        is_address = bool(location) and bool(there.hostname) and there.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        return Trouble(f"it points to {quoted(location)!r}, which is no address", Then.GIVE_UP, is_lasting=True)
    trusted = there.hostname == here.hostname or there.hostname in follow
    if not trusted or there.scheme not in (here.scheme, "https"):
        return Trouble(f"it points to {quoted(target)}, which is not followed", Then.GIVE_UP, is_lasting=True)
    return target


def _complaint(answer: Answer, usable: Callable[[Answer], str | None] | None) -> Trouble | None:
    try:
        complaint = usable(answer) if usable else None
    except ServiceError as error:
        return Trouble(str(error), is_lasting=error.is_lasting)
    if complaint is None:
        return None
    if "html" in answer.headers.get("content-type", "").lower():
        return Trouble(f"{complaint}; this may be a page to log in at", is_lasting=True)
    return Trouble(complaint)


def _pause_of_environment() -> float:
    text = os.environ.get("REFMILL_ARXIV_PAUSE", "").strip()
    try:
        pause = float(text) if text else PAUSE
    except ValueError:
        pause = math.nan
    if not 0 <= pause <= _LONGEST_PAUSE:
        raise ValueError(f"REFMILL_ARXIV_PAUSE is {text!r}: it must be a number of seconds, such as 3")
    return pause
