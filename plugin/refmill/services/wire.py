"""One HTTP request and what came of it: an answer, or the trouble it met and what that means."""

from __future__ import annotations

import datetime
import email.utils
import enum
import importlib.metadata
import ipaddress
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from refmill.services.content_codings import BadCoding, UnknownCoding, unpacked
from refmill.services.limits import Exceeded, Limits
from refmill_hooks import Answer

if TYPE_CHECKING:
    import requests

__all__ = ["REDIRECTS", "Then", "Trouble", "exchange", "is_this_machine", "quoted", "received", "user_agent"]

PROJECT: Final = "https://github.com/refmill/refmill"

_BUSY = frozenset({406, 408, 429})
"""What a service says under load, besides all of 5xx."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BLOCK: Final = 1 << 16


class Then(enum.Enum):
    """What trouble means for the question that met it, and for the next ones to the same host."""

    AGAIN = enum.auto()
    SELDOM = enum.auto()  # again, but only a few times: each one takes long
    UNREACHABLE = enum.auto()
    GIVE_UP = enum.auto()
    CLOSE = enum.auto()  # give up, and ask this host nothing more


class Trouble(msgspec.Struct):
    """`reason` goes on from the name of the host; `retry_after` is in seconds.

    `is_lasting`: another run would meet it too.
    """

    reason: str
    then: Then = Then.AGAIN
    retry_after: float = 0.0
    is_lasting: bool = False


def exchange(
    session: requests.Session,
    url: str,
    *,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str],
    limits: Limits,
) -> Answer | Trouble:
    """GET `url`, or POST `form` to it; follows no redirection. 403, 5xx and the busy ones are trouble."""
    method = "GET" if form is None else "POST"
    answer = received(session, method, url, limits, data=form, headers=dict(headers))
    if isinstance(answer, Trouble):
        return answer
    is_choice = answer.status == 406 and "Accept" in headers  # of formats; arXiv says 406 under load
    return answer if is_choice else _judged(answer, limits)


def received(session: requests.Session, method: str, url: str, limits: Limits, **more: Any) -> Answer | Trouble:
    """The answer to one request, whatever its status; follows no redirection.

    The session is one of `bounded_http`; `more` are arguments of `requests.Request`.
    """
    import requests
    import urllib3

    try:
        request = session.prepare_request(requests.Request(method, url, **more))
        # no proxy stands between two programs of one machine
        proxies = dict.fromkeys(("http", "https", "all"), "") if is_this_machine(urlsplit(url).hostname) else {}
        settings: Any = session.merge_environment_settings(url, proxies, True, None, None)
        # session.send would read the whole body of a redirection, and unpack it without bounds
        adapter = session.get_adapter(request.url or url)
        with adapter.send(request, timeout=(limits.connect, limits.read), **settings) as response:
            answered = {name.lower(): value for name, value in response.headers.items()}
            body = b"" if response.status_code in REDIRECTS else _body(response, limits)
            return Answer(status=response.status_code, headers=answered, body=body)
    except Exceeded as error:
        return Trouble(str(error), Then.SELDOM if error.is_slow else Then.GIVE_UP, is_lasting=not error.is_slow)
    except UnknownCoding as error:
        return Trouble(f"its answer cannot be unpacked ({error})", Then.GIVE_UP, is_lasting=True)
    except BadCoding as error:
        return Trouble(f"its answer cannot be unpacked ({error})")
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        return _trouble(error)


def _body(response: requests.Response, limits: Limits) -> bytes:
    blocks: list[bytes] = []
    size = 0
    # read1 returns what has come, where read would wait for a whole block of a body that drips in
    while block := response.raw.read1(_BLOCK, decode_content=False):
        blocks.append(block)
        size += len(block)
        if size > limits.size:
            raise Exceeded(f"its answer is larger than {limits.size >> 20} MiB")
    return unpacked(b"".join(blocks), response.headers.get("Content-Encoding", ""), limits.size)


def quoted(text: str | bytes, longest: int = 200) -> str:
    """What a service says as a part of one line: without line breaks and control characters, and not too long."""
    if isinstance(text, bytes):
        text = text[: 4 * longest].decode("utf-8", "replace")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def is_this_machine(name: str | None) -> bool:
    """Whether a host's name or address stays on this machine."""
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return name == "localhost"


def user_agent() -> str:
    """What a request says of who is asking."""
    try:
        version = importlib.metadata.version("refmill")
    except importlib.metadata.PackageNotFoundError:
        version = "unreleased"
    contact = " ".join(os.environ.get("REFMILL_CONTACT", "").encode("ascii", "ignore").decode().split())
    return f"refmill/{version} ({PROJECT}; contact: {contact or 'none given'})"


def _judged(answer: Answer, limits: Limits) -> Answer | Trouble:
    if answer.status == 403:
        return Trouble("it denies access (403) and must not be asked again now", Then.CLOSE, is_lasting=True)
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
        return _broken_off("the connection", error)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return Trouble("it does not answer in time")
    if isinstance(error, requests.RequestException | ValueError):
        return Trouble(f"it cannot be asked ({quoted(str(error))})", Then.GIVE_UP, is_lasting=True)
    return _broken_off("its answer", error)


def _broken_off(what: str, error: Exception) -> Trouble:
    from http.client import HTTPException, IncompleteRead, RemoteDisconnected

    root = _root(error)
    if isinstance(root, HTTPException) and not isinstance(root, RemoteDisconnected | IncompleteRead):
        return Trouble(f"its answer is not as HTTP has it ({_cause(error)})", is_lasting=True)
    return Trouble(f"{what} broke off ({_cause(error)})")


def _cause(error: BaseException) -> str:
    """Return in words what lies at the bottom of the errors that libraries put on top of it."""
    from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

    root = _root(error)
    if isinstance(root, OSError) and root.strerror:
        return quoted(root.strerror)
    if isinstance(root, IncompleteRead):
        return "it is shorter than its headers or its parts say"
    if isinstance(root, BadStatusLine) and not isinstance(root, RemoteDisconnected):
        return f"it begins with {quoted(str(root), 40)}"
    return quoted(str(root))


def _root(error: BaseException) -> BaseException:
    """Return what the system said, or http.client, among the errors that led to this one; else the first of them."""
    from http.client import HTTPException

    root = error
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HTTPException):
            return cause
        if not (isinstance(root, OSError) and root.strerror) or (isinstance(cause, OSError) and cause.strerror):
            root = cause
        inner = next((part for part in cause.args if isinstance(part, BaseException)), None)
        cause = cause.__cause__ or cause.__context__ or inner
    return root


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
