"""Sets of strings that take few bytes a string, for what must be remembered of millions of entries."""

from __future__ import annotations

from array import array

__all__ = ["CompactSet", "IdSet"]

_PARTS = 32
_SHIFT = 5
_SMALLEST = 8
_LOW = (1 << 30) - 1
"""The bits of a hash that tell its place: arithmetic on small numbers is faster."""
_FULL = 0.7
"""How much of a part is taken before it grows: what is nearly full is slow to search."""


class CompactSet:
    """Holds 64-bit hashes by open addressing; two of a million strings share one by a chance of 1 in 37 million.

    A string takes 12 to 24 bytes. It has parts that grow one at a time, so that growing takes little room.
    """

    def __init__(self) -> None:
        self._parts: list[array[int] | None] = [None] * _PARTS
        self._free = [int(_SMALLEST * _FULL)] * _PARTS
        """How many more each part takes before it grows."""

    def __len__(self) -> int:
        return sum(len(slots) - slots.count(0) for slots in self._parts if slots)

    def __contains__(self, item: str) -> bool:
        value = hash(item) or 1
        slots = self._parts[value & _LOW & (_PARTS - 1)]
        return slots is not None and slots[_place(slots, value)] == value

    def add(self, item: str) -> bool:
        """Whether the string is new; it is in the set from then on."""
        value = hash(item) or 1
        low = value & _LOW
        part = low & (_PARTS - 1)
        slots = self._parts[part]
        if slots is None:
            slots = self._parts[part] = _room_for(_SMALLEST)
        at = (low >> _SHIFT) % len(slots)
        while held := slots[at]:
            if held == value:
                return False
            at = (at + 1) % len(slots)
        slots[at] = value
        self._free[part] -= 1
        if not self._free[part]:
            self._parts[part] = _grown(slots)
            self._free[part] = int(len(slots) * _FULL)
        return True


def _room_for(size: int) -> array[int]:
    return array("q", (0,)) * size


def _place(slots: array[int], value: int) -> int:
    """Where the value stands, or the free slot where it would."""
    at = ((value & _LOW) >> _SHIFT) % len(slots)
    while (held := slots[at]) and held != value:
        at = (at + 1) % len(slots)
    return at


def _grown(slots: array[int]) -> array[int]:
    """Twice the room, with the same values."""
    size = 2 * len(slots)
    larger = _room_for(size)
    for value in filter(None, slots):
        at = ((value & _LOW) >> _SHIFT) % size
        while larger[at]:
            at = (at + 1) % size
        larger[at] = value
    return larger


_NUMBERS = {f"{number:03}": (number >> 3, 1 << (number & 7)) for number in range(1000)}
"""Three digits -> the byte and the bit that stand for them."""


class IdSet:
    """A set for arXiv ids, which are numbered through.

    It holds a bit each, for up to a thousand that have all but three digits in common. Any other string is held as a
    CompactSet holds it.
    """

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = {}
        self._others = CompactSet()

    def add(self, item: str) -> bool:
        """Whether the string is new; it is in the set from then on."""
        place = _NUMBERS.get(item[-3:])
        if place is None or " " in item:
            return self._others.add(item)
        bits = self._bits.get(item[:-3])
        if bits is None:
            bits = self._bits[item[:-3]] = bytearray(125)
        at, bit = place
        if bits[at] & bit:
            return False
        bits[at] |= bit
        return True
