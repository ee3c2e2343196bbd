"""HTTP answers that come to an end: bounded in time and in bytes, their headers too, however a server sends them.

The time-outs of `requests` are for one read each: a server that sends a byte a second, or `100 Continue` without end,
keeps a request waiting for as long as it likes.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from functools import lru_cache, partial
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

from refmill.services.limits import Exceeded, Limits

__all__ = ["new_session"]

_HEADERS: Final = 1 << 20
"""Bytes of a status and its headers, with all that come before them."""


class _Adapter(HTTPAdapter):
    """Connections whose answers raise Exceeded where they exceed the limits, one connection a host."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        super().__init__(pool_connections=1, pool_maxsize=1)

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        if not issubclass(pool.ConnectionCls, _Bounded):
            pool.ConnectionCls = _bounded(pool.ConnectionCls, self._limits)
        return pool


class _Bounded:
    """Marks the connections of this module."""


@lru_cache(16)
def _bounded(connection: type, limits: Limits) -> type:
    response = staticmethod(partial(_Response, limits))
    return type(f"Bounded{connection.__name__}", (_Bounded, connection), {"response_class": response})


class _Response(http.client.HTTPResponse):
    def __init__(self, limits: Limits, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self._wire = _Wire(self.fp.detach(), sock, limits)
        self.fp = io.BufferedReader(self._wire)

    def begin(self) -> None:
        super().begin()
        self._wire.is_in_headers = False


class _Wire(io.RawIOBase):
    """What comes over a connection, until a limit is exceeded."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, limits: Limits) -> None:
        self._raw = raw
        self._sock = sock
        self._limits = limits
        self._deadline = time.monotonic() + limits.body
        self._size = 0
        self.is_in_headers = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        patience = self._sock.gettimeout()
        try:
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left if patience is None else min(left, patience))
            size: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            if time.monotonic() < self._deadline:
                raise
            raise Exceeded(f"its answer was not complete after {self._limits.body:g} s", is_slow=True) from None
        finally:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(patience)
        self._size += size or 0
        if self.is_in_headers and self._size > _HEADERS:
            raise Exceeded(f"the headers of its answer are larger than {_HEADERS >> 20} MiB")
        if self._size > self._limits.size + _HEADERS:
            raise Exceeded(f"its answer is larger than {self._limits.size >> 20} MiB")
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


def new_session(limits: Limits, headers: dict[str, str]) -> requests.Session:
    """Return a session of one connection a host, bounded by the limits."""
    session = requests.Session()
    session.headers.update(headers)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(limits))
    return session
