"""A stream that hands out its bytes in blocks of a size of one's own."""

from __future__ import annotations

import io

__all__ = ["Blocks"]


class Blocks(io.BytesIO):
    """Gives `size` bytes at a time, however many are asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)
