"""Entries that another process has rendered already."""

from __future__ import annotations

from typing import Any

from refmill_hooks import Entry
from refmill_hooks.journal_refs import with_venue

__all__ = ["Ready"]


class Ready(Entry, frozen=True, kw_only=True, gc=False):
    """A rendered entry, with what the flow must know of it: id, version, dates, marks and the key it has alone.

    - `identity`: what tells it from others, by the key that it was read with.
    - `texts`: in UTF-8, one an output, b"" where the exporter refused; they hold the key `alone`.
    - `begin`, `end`: where in its shard the record stands, for the case that it must be rendered again.
    - `reread`: makes the whole entry of these two; None in the process that rendered it.
    """

    identity: str = ""
    texts: tuple[bytes, ...] = ()
    alone: str = ""
    begin: int = 0
    end: int = 0
    reread: Any = None

    def whole(self) -> Entry:
        """The entry itself, with the key it has by now; what was not rendered is to be enriched first."""
        entry: Entry = self.reread(self.begin, self.end)
        entry = entry.replace(key=self.key, version=self.version)
        return with_venue(entry) if self.texts else entry

    def text(self, output: int) -> bytes:
        """What was rendered for this output, b"" where it is not good or none."""
        return self.texts[output] if self.key == self.alone else b""
