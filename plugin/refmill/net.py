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

from refmill.wire import Limits, Then, Trouble, exchange, is_this_machine, new_session
from refmill_hooks import Answer, ServiceError

if TYPE_CHECKING:
    import requests

__all__ = ["PAUSE", "HttpNet", "Limits"]

PAUSE: Final = 3.0
"""Seconds between the starts of two requests to one service; arXiv's terms allow no fewer."""

TRIES: Final = 7
UNREACHABLE_TRIES: Final = 3
"""Of a host to which no connection can be made: a machine without a network gets its answer in seconds."""

FAILED_ASKS: Final = 2
"""So many questions in a row, each given up after all its tries, and a host is taken to be down."""

_LONGEST_BACK_OFF: Final = 20
"""Pauses."""

_MARGIN: Final = 1.02
"""The network carries one request faster than another, and the pause is measured at the other end."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
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
        self._closed: dict[str, str] = {}
        self._refused: set[str] = set()

    def __enter__(self) -> HttpNet:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
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
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServiceError(f"{url!r} is not the address of a service: it must begin with http:// or https://")
        host = parts.netloc
        service = self._service(parts.hostname, host)
        with service.lock:
            if host in self._closed:
                raise ServiceError(self._closed[host])
            tries = unreachable = 0
            while True:
                outcome = self._try(service, url, form, headers or {}, follow)
                answered = isinstance(outcome, Answer)
                if isinstance(outcome, Answer):
                    complaint = usable(outcome) if usable else None
                    if complaint is None:
                        service.failed_asks = 0
                        return outcome
                    outcome = Trouble(complaint)
                tries += 1
                unreachable = unreachable + 1 if outcome.then is Then.UNREACHABLE else 0
                hopeless = outcome.then in (Then.GIVE_UP, Then.CLOSE) or unreachable == UNREACHABLE_TRIES
                if hopeless or tries == TRIES:
                    raise self._given_up(service, host, outcome, answered)
                self._back_off(parts.hostname, host, outcome, tries)

    def _given_up(self, service: _Service, host: str, trouble: Trouble, answered: bool) -> ServiceError:
        message = f"{host}: {trouble.reason}"
        if trouble.then is Then.AGAIN and not answered:
            service.failed_asks += 1
        if trouble.then in (Then.CLOSE, Then.UNREACHABLE) or service.failed_asks == FAILED_ASKS:
            self._closed[host] = message
        return ServiceError(message)

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
                self._services[domain] = _Service(new_session())
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
    ) -> Answer | Trouble:
        """One request, and one more for each redirection that is followed, each at its time."""
        for _ in range(_LONGEST_REDIRECTION):
            here = urlsplit(url)
            wait = service.started + self._pause_for(here.hostname or "") * _MARGIN - self._clock()
            if wait > 0:
                self._sleep(wait)
            service.started = self._clock()
            outcome = exchange(service.session, url, form=form, headers=headers, limits=self._limits, clock=self._clock)
            if isinstance(outcome, Trouble) or outcome.status not in _REDIRECTS:
                return outcome
            url = urljoin(url, outcome.headers.get("location", ""))
            there = urlsplit(url)
            trusted = there.hostname == here.hostname or there.hostname in follow
            if not trusted or there.scheme not in (here.scheme, "https"):
                return Trouble(f"it points to {url}, which is not followed", Then.GIVE_UP)
            if outcome.status == 303:
                form = None
        return Trouble("it redirects without end", Then.GIVE_UP)


def _pause_of_environment() -> float:
    text = os.environ.get("REFMILL_ARXIV_PAUSE", "").strip()
    try:
        pause = float(text) if text else PAUSE
    except ValueError:
        pause = math.nan
    if not 0 <= pause < math.inf:
        raise ValueError(f"REFMILL_ARXIV_PAUSE is {text!r}: it must be a number of seconds, such as 3")
    return pause
