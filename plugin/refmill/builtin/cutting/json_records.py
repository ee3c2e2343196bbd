"""Cuts JSON into its outermost objects without holding more than one: an array of them, or one after the other.

A damage costs the objects that it touches. Behind a missing quote or brace nothing is where its signs say, so that the
next object is looked for by its shape: a brace, and a name with which the objects of a dump begin, but none that only
people or dates inside of them have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from refmill.builtin.cutting.json_names import INNER_NAMES, ITEM_NAMES

__all__ = ["AROUND", "LONGEST", "Lost", "is_json", "objects"]

LONGEST: Final = 16 << 20
"""Bytes of an object; the longest real ones, with some 3,000 authors, have 200 kB."""

AROUND: Final = b" \t\r\n,[]\xef\xbb\xbf"
"""What stands around objects, the byte order marks of joined files among it."""

_SUSPECT: Final = 1 << 16
"""Bytes from which on an object that does not end is asked whether it is damaged."""

_HELD: Final = 1 << 20
"""Bytes of a damaged stretch that are handed out whole; of a longer one only the beginning is."""

_SHOWN: Final = 1000

_BETWEEN: Final = re.compile(rb"[\s,\[\]}\xef\xbb\xbf]*+")
_TO_BRACE: Final = re.compile(rb'[^"{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}]*+)*+', re.DOTALL)
_TO_QUOTE: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_TO_SIGN: Final = re.compile(rb'[^"{}]*+')
_OPENING: Final = ord("{")
_NOT_A_NUMBER: Final = re.compile(rb'("(?:[^"\\]|\\.)*+")|-?\b(?:NaN|Infinity)\b', re.DOTALL)
_BEGINNING: Final = re.compile(rb'\{\s*+"([^"\\\0-\x1f]{1,100})"\s*+:')
_VALUE: Final = re.compile(rb'"\s*+:\s*+\[?\s*+\Z')
_BEHIND_ONE: Final = re.compile(rb"\}[\s,\[\]]*+\Z")
_IN_FRONT: Final = 200
"""Bytes in front of a brace that tell whether it is a value inside of an object."""
_LONGEST_BEGINNING: Final = 200
_TRIES: Final = 4
"""How many of what looks like beginnings are taken for parts of one object."""

_CUT_OFF: Final = "cut off"
_DAMAGED: Final = "damaged"

_decode = msgspec.json.Decoder(msgspec.Raw).decode


class Lost(msgspec.Struct, gc=False):
    """A stretch of the input that is too long to be held: how it begins, and why it is given up."""

    beginning: bytes
    reason: str


def is_json(data: bytes) -> bool:
    """Return whether it is one value of JSON; `NaN` is one, as Python writes it."""
    return not _fault(data)


def _fault(data: bytes) -> str:
    """Return "" for one value of JSON, _CUT_OFF for the beginning of one, else _DAMAGED."""
    try:
        _decode(data)
    except RecursionError:
        return _DAMAGED
    except msgspec.DecodeError as error:
        if b"NaN" in data or b"Infinity" in data:
            numbers = _NOT_A_NUMBER.sub(lambda found: found[1] or b"0", data)
            if numbers != data:
                return _fault(numbers)
        return _CUT_OFF if "truncated" in str(error) else _DAMAGED
    return ""


def _indentation(data: bytearray, at: int) -> int | None:
    """Return how many blanks stand in front of this place on its line, None where anything else does."""
    front = data[max(at - _IN_FRONT, 0) : at]
    blanks = front[front.rfind(b"\n") + 1 :]
    return len(blanks) if not blanks.strip(b" \t") else None


def objects(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes | Lost]]:
    """Yield `(line, object)`, each ending with the brace that closes it, and in the same way what is damaged."""
    return _Cutter(blocks).objects()


class _Cutter:
    """Cuts a stream that it holds in pieces.

    `_start`: where the stretch at hand begins, on the line `_line`; `_at`: up to where it was looked at.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._data = bytearray()
        self._start = self._at = 0
        self._line = 1
        self._whole = b""  # the last object that is whole
        self._indentation: int | None = None
        self._open: tuple[int, int, bool] | None = None

    def objects(self) -> Iterator[tuple[int, bytes | Lost]]:
        while self._reach_text():
            yield from self._object() if self._data[self._at] == _OPENING else self._stretch()

    def _more(self) -> bool:
        """Take the next block, and let go of what is cut off."""
        keep = max(self._start - _IN_FRONT, 0)
        del self._data[:keep]
        self._start, self._at = self._start - keep, self._at - keep
        block = next(self._blocks, b"")
        self._data += block
        return bool(block)

    def _start_at(self, at: int) -> None:
        self._line += self._data.count(b"\n", self._start, at) - self._data.count(b"\n", at, self._start)
        self._start = self._at = at

    def _reach_text(self) -> bool:
        """Go behind what stands between objects; False at the end of the input."""
        while True:
            self._start_at(_BETWEEN.match(self._data, self._at).end())  # type: ignore[union-attr]
            if self._at < len(self._data):
                return True
            if not self._more():
                return False

    def _object(self) -> Iterator[tuple[int, bytes | Lost]]:
        """Yield the object that begins here, and where it is damaged, those that begin in what it seems to hold."""
        while True:
            is_closed = self._reach_end()
            if self._at - self._start > LONGEST and not is_closed and self._open:
                yield from self._too_long(*self._open)
                return
            piece = bytes(self._data[self._start : self._at])
            if is_closed and is_json(piece):
                self._whole, self._indentation = piece, _indentation(self._data, self._start)
                yield self._line, piece
                self._start_at(self._at)
                return
            begins = self._beginnings(self._start + 1, self._at)
            if not begins:
                yield from self._stretch()
                return
            yield from self._parts([self._start, *begins])

    def _reach_end(self) -> bool:
        """Go to the end of the object; False where it has none, is damaged or longer than LONGEST."""
        data, at, depth = self._data, self._start, 0
        is_in_string = False
        self._open = None
        suspect = _SUSPECT
        while True:
            reach = _TO_QUOTE if is_in_string else _TO_BRACE
            at = reach.match(data, at).end()  # type: ignore[union-attr]
            sign = data[at : at + 1]
            if sign == b"{":
                depth += 1
            elif sign == b"}":
                depth -= 1
                if depth == 0:
                    self._at = at + 1
                    return True
            elif sign == b'"':
                is_in_string = not is_in_string
            else:  # the end of the data, or of them a backslash
                length = len(data) - self._start
                if length > suspect:
                    suspect *= 2
                    if _fault(bytes(data[self._start :])) == _DAMAGED:
                        break
                    if length > LONGEST:
                        self._open = at, depth, is_in_string
                        break
                looked_at = at - self._start
                if not self._more():
                    break
                at = self._start + looked_at
                continue
            at += 1
        self._at = len(data)
        return False

    def _beginnings(self, start: int, end: int, most: int = 0) -> list[int]:
        """Return the places where objects of the outermost level seem to begin, perhaps only the first few.

        They are indented no more than the object at hand or the last whole one, are no values, and begin with no name
        that objects inside of them have; behind anything but the end of another, only with a name that tells an item.
        """
        found: list[int] = []
        own = self._deepest()
        inside = INNER_NAMES | {name[1] for name in _BEGINNING.finditer(self._whole, 1)}
        items = ITEM_NAMES.union(_BEGINNING.findall(self._whole, 0, _LONGEST_BEGINNING)[:1])
        for match in _BEGINNING.finditer(self._data, start, end):
            at, name = match.start(), match[1]
            if name in inside and name not in items:
                continue
            front = self._data[max(at - _IN_FRONT, 0) : at]
            blanks = _indentation(self._data, at)
            if _VALUE.search(front) or not (own is None or blanks is None or blanks <= own):
                continue
            if name in items or blanks is not None or _BEHIND_ONE.search(front):
                found.append(at)
                if len(found) == most:
                    break
        return found

    def _deepest(self) -> int | None:
        """Return how far objects of the outermost level are indented at most, None where that is not known."""
        is_object = _BEGINNING.match(self._data, self._start) is not None
        own = _indentation(self._data, self._start) if is_object else None
        return self._indentation if own is None else max(own, self._indentation or 0)

    def _parts(self, starts: list[int]) -> Iterator[tuple[int, bytes | Lost]]:
        """Yield the stretches between these, of which several may be one object; the last is left."""
        number = 0
        while number < len(starts) - 1:
            end = number + 1
            whole = b""
            for behind in range(end, min(end + _TRIES, len(starts))):
                piece = self._between(starts[behind])
                fault = _fault(piece)
                if not fault:
                    end, whole = behind, piece
                if fault != _CUT_OFF:
                    break
            yield self._line, whole or self._damaged(starts[end])
            self._start_at(starts[end])
            number = end

    def _too_long(self, at: int, depth: int, is_in_string: bool) -> Iterator[tuple[int, bytes | Lost]]:
        """Let go of an object that is longer than LONGEST, up to its end; where it is damaged, up to the next one.

        `at`, `depth` and `is_in_string`: up to where it was looked at, and what is open there.
        """
        line = self._line
        lost = Lost(bytes(self._data[self._start : self._start + _SHOWN]), f"given up: longer than {LONGEST >> 20} MiB")
        is_behind_string = False
        while True:
            part = (_TO_QUOTE if is_in_string else _TO_SIGN).match(self._data, at)
            assert part
            sign = bytes(self._data[part.end() : part.end() + 1])
            following = (bytes(part[0]) + sign).lstrip()[:1]
            is_damaged = b"\n" in part[0] if is_in_string else is_behind_string and following not in b",:]}"
            is_behind_string = is_behind_string and not following
            at = part.end()
            if is_damaged:
                self._start_at(max(part.start() - _IN_FRONT, 0))  # the last string may hold the next beginning
                yield from self._stretch(line, lost)
                return
            if sign == b'"':
                is_behind_string = is_in_string
                is_in_string = not is_in_string
            elif sign in (b"{", b"}"):
                depth += 1 if sign == b"{" else -1
                if depth == 0:
                    self._start_at(at + 1)
                    yield line, lost
                    return
            else:  # the end of the data, or of them a backslash
                self._start_at(at)
                if not self._more():
                    self._start_at(len(self._data))
                    yield line, lost
                    return
                at = self._start
                continue
            at += 1

    def _stretch(self, line: int = 0, lost: Lost | None = None) -> Iterator[tuple[int, bytes | Lost]]:
        """Yield what stands in front of the next object; it belongs to what was `lost` from this line on, if given."""
        line = line or self._line
        while not (begins := self._beginnings(self._at, len(self._data), 1)):
            self._at = max(self._start + 1, len(self._data) - _LONGEST_BEGINNING)
            if self._at - self._start > _HELD:
                lost = lost or self._lost(self._at)
                self._start_at(self._at)
            if not self._more():
                break
        end = begins[0] if begins else len(self._data)
        yield line, lost or self._damaged(end)
        self._start_at(end)

    def _between(self, end: int) -> bytes:
        return bytes(self._data[self._start : end]).rstrip(AROUND)

    def _damaged(self, end: int) -> bytes | Lost:
        return self._lost(end) if end - self._start > _HELD else self._between(end)

    def _lost(self, end: int) -> Lost:
        beginning = bytes(self._data[self._start : self._start + _SHOWN])
        length = round((end - self._start) / (1 << 20))
        return Lost(beginning, f"given up: where it ends was not found within {length} MiB")
