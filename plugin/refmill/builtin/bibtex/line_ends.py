"""Text whose lines end with line feeds, for who looks for lines in it, beside the original with its own line ends."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter

__all__ = ["Lines"]

_END = re.compile(r"\r\n|\r|\n")


class Lines:
    """A text as it stands, and `plain`, the same with a line feed for each CRLF and CR."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.plain = original
        self._pairs: list[int] = []
        if "\r" in original:
            self.plain = original.replace("\r\n", "\n").replace("\r", "\n")
            begins = (found.start() for found in re.finditer("\r\n", original))
            self._pairs = [begin - before for before, begin in enumerate(begins)]

    @property
    def end(self) -> str:
        """The line end that the text has most often; a line feed where it has none."""
        ends = Counter(_END.findall(self.original))
        return max(ends, key=ends.__getitem__, default="\n")

    def place(self, at: int) -> int:
        """Where in the original the place of the plain text is."""
        return at + bisect_left(self._pairs, at)
