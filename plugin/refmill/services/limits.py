"""How long to wait for a service, and how much to take from it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Exceeded", "Limits"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one request, in seconds and bytes.

    - `connect`, `read`, `body`: for a connection, for the next bytes, for the whole answer with its headers.
    - `size`: bytes of an answer, packed and unpacked.
    - `retry_after`: the longest wait that a service may ask for; one that asks for more is left alone.
    """

    connect: float = 10.0
    read: float = 60.0
    body: float = 180.0
    size: int = 32 << 20
    retry_after: float = 300.0


class Exceeded(Exception):
    """An answer exceeds a limit; the message goes on from the name of the host. `is_slow`: it is one of time."""

    def __init__(self, reason: str, *, is_slow: bool = False) -> None:
        super().__init__(reason)
        self.is_slow = is_slow
