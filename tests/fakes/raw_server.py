"""A server on loopback that sends whatever bytes a test likes, at whatever pace."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator

__all__ = ["RawServer", "answer", "dripping", "endless"]


class RawServer:
    """Answers each connection with the chunks that `chunks` gives, then closes it; use it as a context manager.

    `requests` has the first line of each request.
    """

    def __init__(self, chunks: Callable[[], Iterable[bytes]]) -> None:
        self.requests: list[str] = []
        self._chunks = chunks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.requests.append(connection.recv(1 << 16).split(b"\r\n")[0].decode())
            for chunk in self._chunks():
                connection.sendall(chunk)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def dripping(text: bytes, pause: float = 0.05) -> Iterator[bytes]:
    """One byte after the other."""
    for at in range(len(text)):
        yield text[at : at + 1]
        time.sleep(pause)


def endless(text: bytes, pause: float = 0.0) -> Iterator[bytes]:
    """The same again and again."""
    while True:
        yield text
        time.sleep(pause)
