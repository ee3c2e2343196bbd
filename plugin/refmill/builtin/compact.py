"""A set of strings that takes 24 bytes a string or less, for what must be remembered of millions of entries."""

from __future__ import annotations

from array import array

__all__ = ["CompactSet"]

_PARTS = 32
_SMALLEST = 8
_MASK = (1 << 64) - 1


class CompactSet:
    """Holds 64-bit hashes by open addressing; two of a million strings share one by a chance of 1 in 37 million.

    It has parts that grow one at a time, so that growing needs little room beside what is there.
    """

    def __init__(self) -> None:
        self._parts: list[array[int] | None] = [None] * _PARTS
        self._counts = [0] * _PARTS

    def __len__(self) -> int:
        return sum(self._counts)

    def __contains__(self, item: str) -> bool:
        value = (hash(item) & _MASK) or 1
        slots = self._parts[value % _PARTS]
        if slots is None:
            return False
        mask = len(slots) - 1
        at = (value >> 5) & mask
        while held := slots[at]:
            if held == value:
                return True
            at = (at + 1) & mask
        return False

    def add(self, item: str) -> bool:
        """Whether the string is new; it is in the set from then on."""
        value = (hash(item) & _MASK) or 1
        part = value % _PARTS
        slots = self._parts[part]
        if slots is None:
            slots = self._parts[part] = array("Q", (0,)) * _SMALLEST
        mask = len(slots) - 1
        at = (value >> 5) & mask
        while held := slots[at]:
            if held == value:
                return False
            at = (at + 1) & mask
        slots[at] = value
        self._counts[part] += 1
        if self._counts[part] * 3 >= len(slots) * 2:
            self._parts[part] = _grown(slots)
        return True


def _grown(slots: array[int]) -> array[int]:
    larger = array("Q", (0,)) * (2 * len(slots))
    mask = len(larger) - 1
    for value in slots:
        if value:
            at = (value >> 5) & mask
            while larger[at]:
                at = (at + 1) & mask
            larger[at] = value
    return larger
