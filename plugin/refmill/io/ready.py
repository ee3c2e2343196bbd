"""Entries that another process has rendered already, and what it sends of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from refmill_hooks import Entry
from refmill_hooks.journal_refs import with_venue

__all__ = ["Piece", "Problem", "Ready", "Shard"]


class Ready(Entry, frozen=True, kw_only=True, gc=False):
    """A rendered entry, with what the flow must know of it: id, version, marks and the key it has alone.

    - `identity`: what tells it from others where its id does not, by the version and the key that it was read with.
    - `is_lacking`: it is to be enriched first, and was not rendered.
    - `at`: its number in its shard; `rendered_key`: the key that its texts hold, None where an exporter refused it or
      wrote nothing; the main process hears that from it once more, and tells it.
    - `shard`: set by who receives it.
    """

    identity: str = ""
    is_lacking: bool = False
    at: int = 0
    rendered_key: str | None = None
    shard: Any = None

    def whole(self) -> Entry:
        """The entry itself, with the key it has by now; what is lacking is without its venue yet."""
        entry: Entry = self.shard.reread(self.at)
        entry = entry.replace(key=self.key, version=self.version)
        return entry if self.is_lacking else with_venue(entry)


class Piece(msgspec.Struct, gc=False):
    """Bytes of an input; where these are in a file of this machine, `path`, `inode`, `start` and `size` say where."""

    data: bytes = b""
    path: str = ""
    inode: int = 0
    start: int = 0
    size: int = 0

    def read(self, begin: int = 0, end: int | None = None) -> bytes:
        """The bytes from begin to end, all by default. Raises OSError where the file is not what it was."""
        if not self.path:
            return self.data[begin:end]
        wanted = (self.size if end is None else end) - begin
        with open(self.path, "rb") as file:  # noqa: PTH123 - a Path would be made for each piece
            file.seek(self.start + begin)
            data = file.read(wanted)
            if len(data) < wanted or os.fstat(file.fileno()).st_ino != self.inode:
                raise OSError(errno.EIO, "it was changed while it was read", self.path)
        return data


class Problem(msgspec.Struct, gc=False):
    """A record that could not be read, or not in full; `before`: how many entries of its shard were read by then."""

    before: int
    line: int
    reason: str
    raw: str
    is_incomplete: bool


class Shard(msgspec.Struct, gc=False):
    """What a worker made of a piece of the input.

    - `texts`: for each output, what was rendered, in UTF-8, with what stands between two entries behind each; `ends`:
      where that of each entry ends. On their way to the main process they may wait, one after the other, in `file`.
    - `begins`: where in the piece the record of each entry begins, and where the piece ends; `lines`: how many it has.
    - `latin1_lines`: how many lines were not UTF-8.
    - `reread`: makes the whole entry of one's number; None in the process that rendered it.
    """

    entries: list[Ready]
    texts: list[memoryview]
    ends: list[list[int]]
    begins: list[int]
    lines: int
    problems: list[Problem]
    skipped: int
    notes: list[str]
    latin1_lines: int = 0
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    file: str = ""
    reread: Callable[[int], Entry] | None = None

    def claim(self) -> None:
        """Takes the texts over from `file` and removes that."""
        if not self.file:
            return
        path, self.file = Path(self.file), ""
        whole = memoryview(path.read_bytes())
        path.unlink()
        begin = 0
        for ends in self.ends:
            self.texts.append(whole[begin : begin + ends[-1]])
            begin += ends[-1]
