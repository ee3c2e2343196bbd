"""A set of strings that takes 16 bytes a string or less, for what must be remembered of millions of entries."""

from __future__ import annotations

from array import array

__all__ = ["CompactSet"]

_SMALLEST = 1 << 10
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
        if self._count * 3 >= len(self._slots) * 2:
            self._grow()
        slot, is_new = _slot(self._slots, (hash(item) & _MASK) or 1)
        if is_new:
            self._slots[slot] = (hash(item) & _MASK) or 1
            self._count += 1
        return is_new

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._slots)))
        for value in self._slots:
            if value:
                larger[_slot(larger, value)[0]] = value
        self._slots = larger


def _slot(slots: array[int], value: int) -> tuple[int, bool]:
    mask = len(slots) - 1
    at = value & mask
    while (held := slots[at]) and held != value:
        at = (at + 1) & mask
    return at, not held
