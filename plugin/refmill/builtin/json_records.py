"""Cuts JSON into its outermost objects without holding more than one: an array of them, or one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["LONGEST", "objects"]

LONGEST: Final = 16 << 20
"""Bytes of an object; the longest real ones, with some 3,000 authors, have 200 kB."""

_SUSPECT: Final = 1 << 20
"""Bytes from which on an object is asked whether it is several, of which one does not end."""

_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+(?P<closed>")?|[{}]', re.DOTALL)
_REST = re.compile(rb'(?:[^"\\]|\\.)*+(?P<closed>")?', re.DOTALL)
"""Of a string."""


def objects(blocks: Iterable[bytes], begin: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
    """`(line, object)`, each ending with the brace that closes it; what is cut off at the end is handed out too.

    One that does not end swallows what follows; `begin` tells where the next one surely begins. The two may be handed
    out as one, but never those behind them.
    """
    data = bytearray()
    at = depth = start = 0
    is_in_string = False
    line = begun = 1
    suspect = _SUSPECT
    for block in blocks:
        data += block
        while match := _REST.match(data, at) if is_in_string else _MARK.search(data, at):
            sign = match[0]
            at = match.end()
            if is_in_string or sign[:1] == b'"':
                is_in_string = not match["closed"]
                if is_in_string:
                    break  # it goes on in the next block
            elif sign == b"{":
                if depth == 0:
                    line += data.count(b"\n", start, match.start())
                    start, begun = match.start(), line
                depth += 1
            elif sign == b"}" and depth:
                depth -= 1
                if depth == 0:
                    yield begun, bytes(data[start:at])
                    line += data.count(b"\n", start, at)
                    start = at
                    suspect = _SUSPECT
        else:
            at = len(data)
        if start:
            del data[:start]
            at, start = at - start, 0
        if begin and len(data) > suspect:
            *_, last = (0, *(found.start() for found in begin.finditer(data, 1)))
            if last:
                yield begun, bytes(data[:last])
                line += data.count(b"\n", 0, last)
                del data[:last]
                at = depth = 0
                is_in_string = False
            suspect = _SUSPECT if last else 2 * len(data)
        if len(data) > LONGEST:
            break
    if data.strip() and (depth or data.lstrip()[:1] == b"{"):
        yield begun, bytes(data[:LONGEST])
