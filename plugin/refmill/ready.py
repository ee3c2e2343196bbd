"""Entries that another process has rendered already."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from refmill_hooks import Entry

__all__ = ["Ready"]

_unpacked: Callable[[bytes], Entry] = msgspec.msgpack.Decoder(Entry).decode


class Ready(Entry, frozen=True, kw_only=True, gc=False):
    """A rendered entry, with what the flow must know of it: id, version, dates, marks and the key it has alone.

    - `identity`: what tells it from others, by the key that it was read with.
    - `texts`: in UTF-8, one an output, b"" where the exporter refused; they hold the key `alone`.
    - `packed`: the whole entry in msgpack, for the case that it must be rendered again.
    """

    identity: str = ""
    texts: tuple[bytes, ...] = ()
    alone: str = ""
    packed: bytes = b""

    def whole(self) -> Entry:
        """The entry itself, with the key it has by now."""
        return _unpacked(self.packed).replace(key=self.key)

    def text(self, output: int) -> bytes:
        """What was rendered for this output, b"" where it is not good or none."""
        return self.texts[output] if self.key == self.alone else b""
