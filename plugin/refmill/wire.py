"""One HTTP request and what came of it: an answer, or the trouble it met and what that means."""

from __future__ import annotations

import datetime
import email.utils
import enum
import importlib.metadata
import ipaddress
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from refmill_hooks import Answer

if TYPE_CHECKING:
    import requests

__all__ = ["Limits", "Then", "Trouble", "exchange", "is_this_machine", "new_session"]

PROJECT: Final = "https://github.com/refmill/refmill"

_BUSY = frozenset({406, 408, 429})
"""What a service says under load, besides all of 5xx."""

_BLOCK: Final = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait, in seconds, and how much to take.

    - `connect`, `read`, `body`: for a connection, for the next bytes, for the whole answer.
    - `size`: bytes of an answer, decompressed.
    - `retry_after`: the longest wait that a service may ask for; one that asks for more is left alone.
    """

    connect: float = 10.0
    read: float = 60.0
    body: float = 180.0
    size: int = 32 << 20
    retry_after: float = 300.0


class Then(enum.Enum):
    """What trouble means for the question that met it, and for the next ones to the same host."""

    AGAIN = enum.auto()
    UNREACHABLE = enum.auto()
    GIVE_UP = enum.auto()
    CLOSE = enum.auto()  # give up, and ask this host nothing more


class Trouble(msgspec.Struct):
    """`reason` goes on from the name of the host; `retry_after` is in seconds."""

    reason: str
    then: Then = Then.AGAIN
    retry_after: float = 0.0


def exchange(
    session: requests.Session,
    url: str,
    *,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str],
    limits: Limits,
    clock: Callable[[], float] = time.monotonic,
) -> Answer | Trouble:
    """GET `url`, or POST `form` to it; follows no redirection. 403, 5xx and the busy ones are trouble."""
    import urllib3

    started = clock()
    try:
        with session.request(
            "GET" if form is None else "POST",
            url,
            data=form,
            headers=dict(headers),
            timeout=(limits.connect, limits.read),
            allow_redirects=False,
            stream=True,
            # no proxy stands between two programs of one machine
            proxies=dict.fromkeys(("http", "https", "all"), "") if is_this_machine(urlsplit(url).hostname) else None,
        ) as response:
            blocks: list[bytes] = []
            size = 0
            # read1 returns what has come, where read would wait for a whole block of a body that drips in
            while block := response.raw.read1(_BLOCK, decode_content=True):
                blocks.append(block)
                size += len(block)
                if size > limits.size:
                    return Trouble(f"its answer is larger than {limits.size >> 20} MiB", Then.GIVE_UP)
                if clock() - started > limits.body:
                    return Trouble(f"its answer was not complete after {limits.body:g} s")
            answered = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(status=response.status_code, headers=answered, body=b"".join(blocks))
            is_choice = answer.status == 406 and "Accept" in headers  # of formats; arXiv says 406 under load
            return answer if is_choice else _judged(answer, limits)
    except (OSError, UnicodeError, urllib3.exceptions.HTTPError) as error:
        return _trouble(error)


def new_session() -> requests.Session:
    """A session of one connection that says who is asking."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.headers["User-Agent"] = _user_agent()
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1))
    return session


def is_this_machine(name: str | None) -> bool:
    """Whether a host's name or address stays on this machine."""
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return name == "localhost"


def _user_agent() -> str:
    try:
        version = importlib.metadata.version("refmill")
    except importlib.metadata.PackageNotFoundError:
        version = "unreleased"
    contact = " ".join(os.environ.get("REFMILL_CONTACT", "").encode("ascii", "ignore").decode().split())
    return f"refmill/{version} ({PROJECT}; contact: {contact or 'none given'})"


def _judged(answer: Answer, limits: Limits) -> Answer | Trouble:
    if answer.status == 403:
        return Trouble("it denies access (403) and must not be asked again now", Then.CLOSE)
    if answer.status < 500 and answer.status not in _BUSY:
        return answer
    reason = f"it {'says slow down' if answer.status == 429 else 'is busy or out of order'} ({answer.status})"
    wanted = _retry_after(answer.headers)
    if wanted > limits.retry_after:
        return Trouble(f"{reason} and wants to be left alone for {math.ceil(wanted / 60)} min", Then.CLOSE)
    return Trouble(reason, retry_after=wanted)


def _trouble(error: Exception) -> Trouble:
    import requests
    import urllib3

    if isinstance(error, requests.ConnectionError):
        # without retries of its own, urllib3 says so only of connections that were never made
        if error.args and isinstance(error.args[0], urllib3.exceptions.MaxRetryError):
            return Trouble(f"it cannot be reached ({_cause(error)})", Then.UNREACHABLE)
        return Trouble(f"the connection broke off ({_cause(error)})")
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return Trouble("it does not answer in time")
    if isinstance(error, requests.RequestException | UnicodeError):
        return Trouble(f"it cannot be asked ({error})", Then.GIVE_UP)
    return Trouble(f"its answer broke off ({_cause(error)})")


def _cause(error: BaseException) -> str:
    """What the system said, at the bottom of the errors that libraries put on top of it."""
    told = str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            told = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return told


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds, 0 where the header is absent or makes no sense; a date counts from the service's own clock."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    until = _http_date(text)
    now = _http_date(headers.get("date", "")) or datetime.datetime.now(datetime.UTC)
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def _http_date(text: str) -> datetime.datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.UTC)
