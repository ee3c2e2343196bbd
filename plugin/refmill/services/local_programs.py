"""Talks to a program of this machine over HTTP: bounded, without redirections, with a clear word for an odd answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from refmill.errors import RefmillError
from refmill.services.limits import Limits
from refmill.services.wire import REDIRECTS, Then, Trouble, quoted, received
from refmill_hooks import Answer

if TYPE_CHECKING:
    import requests

__all__ = ["Connection", "NotRunning", "PushError", "decoded"]

_LIMITS: Final = Limits(connect=3.0, read=120.0, body=180.0)
"""Zotero saves a batch in some seconds."""

T = TypeVar("T")


class PushError(RefmillError):
    """The program is there, and does not take the entries; the message says why and what to do."""


class NotRunning(PushError):
    """Nobody listens at the address."""


class Connection:
    """A program at an address. `hint`: what else to do than to start it. Use it as a context manager, or close it."""

    def __init__(self, program: str, url: str, headers: dict[str, str], *, hint: str = "") -> None:
        from refmill.services.bounded_http import new_session

        self.program = program
        self.url = url.rstrip("/")
        self._hint = hint
        self._limits = _LIMITS
        self._session: requests.Session = new_session(self._limits, {"User-Agent": "refmill", **headers})
        self._session.trust_env = False  # no proxy stands between two programs of one machine

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()

    def sent(self, method: str, path: str, **more: Any) -> Answer:
        """The answer, whatever its status but a redirection. Raises NotRunning and PushError."""
        answer = received(self._session, method, self.url + path, self._limits, **more)
        if isinstance(answer, Trouble):
            if answer.then is Then.UNREACHABLE:
                raise NotRunning(f"{self.program} is not running at {self.url}: start it{self._hint}")
            raise PushError(f"{self.program} at {self.url}: {answer.reason}; is a dialog open in it?")
        if answer.status in REDIRECTS:
            target = quoted(answer.headers.get("location", ""))
            raise PushError(
                f"{self.url} points to {target or 'nowhere'}, which is not followed: another program than"
                f" {self.program} answers there"
            )
        return answer


def decoded(answer: Answer, program: str, kind: type[T]) -> T:
    """The JSON of an answer as a value of that kind. Raises PushError for any other."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else quoted(str(error))
        raise PushError(f"{program} sends an answer that is not as its interface has it: {reason}") from error
