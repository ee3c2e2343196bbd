"""A set of strings that takes 16 bytes a string or less, for what must be remembered of millions of entries."""

from __future__ import annotations

from array import array

__all__ = ["CompactSet"]

_PARTS = 32
_SMALLEST = 8
_MASK = (1 << 64) - 1


class CompactSet:
    """Holds 64-bit hashes by open addressing; two of a million strings share one by a chance of 1 in 37 million.

    It has parts that grow one at a time and by little, so that no more than half of the room is ever empty.
    """

    def __init__(self) -> None:
        self._parts: list[array[int] | None] = [None] * _PARTS
        self._counts = [0] * _PARTS

    def __len__(self) -> int:
        return sum(self._counts)

    def __contains__(self, item: str) -> bool:
        value = (hash(item) & _MASK) or 1
        slots = self._parts[value % _PARTS]
        return slots is not None and slots[_place(slots, value)] == value

    def add(self, item: str) -> bool:
        """Whether the string is new; it is in the set from then on."""
        value = (hash(item) & _MASK) or 1
        part = value % _PARTS
        slots = self._parts[part]
        if slots is None:
            slots = self._parts[part] = array("Q", (0,)) * _SMALLEST
        at = _place(slots, value)
        if slots[at]:
            return False
        slots[at] = value
        self._counts[part] += 1
        if self._counts[part] * 10 >= len(slots) * 7:
            self._parts[part] = _grown(slots)
        return True


def _place(slots: array[int], value: int) -> int:
    """Where the value stands, or the free slot where it would."""
    size = len(slots)
    at = (value >> 5) % size
    while (held := slots[at]) and held != value:
        at += 1
        if at == size:
            at = 0
    return at


def _grown(slots: array[int]) -> array[int]:
    larger = array("Q", (0,)) * (len(slots) * 7 // 5)
    for value in slots:
        if value:
            larger[_place(larger, value)] = value
    return larger
