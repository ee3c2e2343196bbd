"""Entries that another process has rendered already, and what it sends of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from refmill_hooks import Entry
from refmill_hooks.journal_refs import with_venue

__all__ = ["Problem", "Ready", "Shard"]


class Ready(Entry, frozen=True, kw_only=True, gc=False):
    """A rendered entry, with what the flow must know of it: id, version, marks and the key it has alone.

    - `identity`: what tells it from others where its id does not, by the version and the key that it was read with.
    - `is_lacking`: it is to be enriched first, and was not rendered.
    - `is_refused`: an exporter refused it; the main process hears that from it once more, and tells it.
    - `shard`, `at`: where its texts are, and `rendered_key`: the key that they hold; set by who receives it.
    """

    identity: str = ""
    is_lacking: bool = False
    is_refused: bool = False
    shard: Any = None
    at: int = 0
    rendered_key: str = ""

    @property
    def is_as_rendered(self) -> bool:
        """Whether its texts are good."""
        return not self.is_refused and self.key == self.rendered_key

    def whole(self) -> Entry:
        """The entry itself, with the key it has by now; what is lacking is without its venue yet."""
        entry: Entry = self.shard.reread(self.at)
        entry = entry.replace(key=self.key, version=self.version)
        return entry if self.is_lacking else with_venue(entry)


class Problem(msgspec.Struct, gc=False):
    """A record that could not be read, or not in full."""

    line: int
    reason: str
    raw: str
    is_incomplete: bool


class Shard(msgspec.Struct, gc=False):
    """What a worker made of a piece of the input.

    - `texts`: for each output, what was rendered, in UTF-8, with what stands between two entries behind each; `ends`:
      where that of each entry ends.
    - `begins`: where in the piece the record of each entry begins, and where the piece ends; `lines`: how many it has.
    - `latin1_lines`: how many lines were not UTF-8.
    - `reread`: makes the whole entry of one's number; None in the process that rendered it.
    """

    entries: list[Ready]
    texts: list[bytes]
    ends: list[list[int]]
    begins: list[int]
    lines: int
    problems: list[Problem]
    skipped: int
    notes: list[str]
    latin1_lines: int = 0
    reread: Callable[[int], Entry] | None = None
