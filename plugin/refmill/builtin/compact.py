"""A set of strings that takes 16 bytes a string or less, for what must be remembered of millions of entries."""

from __future__ import annotations

from array import array

__all__ = ["CompactSet"]

_SMALLEST = 1 << 5
_MASK = (1 << 64) - 1


class CompactSet:
    """Holds 64-bit hashes by open addressing; two of a million strings share one by a chance of 1 in 37 million."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, item: str) -> bool:
        """Whether the string is new; it is in the set from then on."""
        slots = self._slots
        mask = len(slots) - 1
        value = (hash(item) & _MASK) or 1
        at = value & mask
        while held := slots[at]:
            if held == value:
                return False
            at = (at + 1) & mask
        slots[at] = value
        self._count += 1
        if self._count * 3 >= len(slots) * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._slots)))
        mask = len(larger) - 1
        for value in self._slots:
            if value:
                at = value & mask
                while larger[at]:
                    at = (at + 1) & mask
                larger[at] = value
        self._slots = larger
