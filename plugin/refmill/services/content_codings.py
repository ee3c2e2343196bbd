"""The body of an HTTP answer unpacked, bounded at each layer: a few bytes may stand for as many as one likes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from refmill.services.limits import Exceeded

__all__ = ["BadCoding", "UnknownCoding", "unpacked"]

_LAYERS: Final = 3
"""More than these nobody uses in earnest."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLOCK: Final = 1 << 18
_SLICE: Final = 1 << 13
"""Bytes given to zlib at once, which copies what it leaves of them for each of many small members."""


class BadCoding(ValueError):
    """A body that is not packed as its header says."""


class UnknownCoding(BadCoding):
    """A body that is packed in a way that is not known, or too often."""


def unpacked(body: bytes, codings: str, limit: int) -> bytes:
    """Undo the codings of a `Content-Encoding`. Raises BadCoding, and Exceeded above `limit` bytes at any layer."""
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _LAYERS:
        raise UnknownCoding(f"packed {len(names)} times")
    for name in reversed(names if body else []):
        body = _collected(_blocks(body, name), limit)
    return body


def _collected(blocks: Iterator[bytes], limit: int) -> bytes:
    taken: list[bytes] = []
    size = 0
    for block in blocks:
        taken.append(block)
        size += len(block)
        if size > limit:
            raise Exceeded(f"its answer is larger than {limit >> 20} MiB when unpacked")
    return b"".join(taken)


def _blocks(body: bytes, name: str) -> Iterator[bytes]:
    try:
        if name in ("gzip", "x-gzip"):
            yield from _inflated(body, _GZIP)
        elif name == "deflate":
            yield from _inflated(body, zlib.MAX_WBITS if _has_zlib_header(body) else -zlib.MAX_WBITS)
        elif name == "zstd":
            yield from _of_zstd(body)
        else:
            raise UnknownCoding(f"packed as {name}")
    except zlib.error as error:
        raise BadCoding(f"not {name}: {error}") from error


def _inflated(body: bytes, window: int) -> Iterator[bytes]:
    """Unpack member after member; what follows the last one and is none is left out, as browsers do."""
    unpacker = zlib.decompressobj(window)
    is_first = is_begun = True
    for at in range(0, len(body), _SLICE):
        rest = body[at : at + _SLICE]
        while rest:
            if unpacker.eof:
                if window != _GZIP:
                    return
                unpacker = zlib.decompressobj(window)
                is_first = is_begun = False
            try:
                block = unpacker.decompress(rest, _BLOCK)
            except zlib.error:
                if is_first or is_begun:
                    raise
                return
            is_begun = is_begun or bool(block)
            yield block
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    while not unpacker.eof:
        block = unpacker.decompress(b"", _BLOCK)
        if not block and not unpacker.eof:
            raise BadCoding("it ends too early")
        yield block


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0


def _of_zstd(body: bytes) -> Iterator[bytes]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body, read_across_frames=True)
    try:
        while block := reader.read(_BLOCK):
            yield block
    except zstandard.ZstdError as error:
        raise BadCoding(f"not zstd: {error}") from error
