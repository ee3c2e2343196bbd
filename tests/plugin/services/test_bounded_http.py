"""No server keeps a request waiting for longer than the limits, or makes it hold more than they allow."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from itertools import chain

import pytest
import zstandard
from tests.fakes.raw_server import RawServer, answer, dripping, endless

from refmill.services.content_codings import BadCoding, unpacked
from refmill.services.limits import Exceeded, Limits
from refmill.services.net import HttpNet
from refmill_hooks import ServiceError

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(8 << 20))


def refusal(chunks: Callable[[], Iterable[bytes]], seconds: float = 10.0) -> tuple[ServiceError, int]:
    """What is told of an answer, and how often it was asked for."""
    with RawServer(chunks) as server, HttpNet(pause=0.001, limits=Limits(body=seconds, size=1 << 20)) as net:
        with pytest.raises(ServiceError) as caught:
            net.ask(server.url)
        assert str(caught.value).startswith("127.0.0.1:")
        return caught.value, len(server.requests)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(lambda: dripping(OK + b"X-Long: " + b"x" * 1000), id="a header"),
        pytest.param(lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02), id="answers to come"),
        pytest.param(lambda: chain([OK + b"Content-Length: 1000\r\n\r\n"], dripping(b"x" * 1000)), id="a body"),
        pytest.param(lambda: chain([CHUNKED], endless(b"1\r\nx\r\n", 0.02)), id="chunks"),
        pytest.param(lambda: chain([CHUNKED + b"0\r\n"], endless(b"A: b\r\n", 0.02)), id="trailers"),
    ],
)
def test_an_answer_that_drips_in_is_given_up_after_two_tries(chunks: Callable[[], Iterable[bytes]]) -> None:
    begun = time.monotonic()
    error, requests = refusal(chunks, 0.4)
    assert "was not complete after 0.4 s" in str(error)
    assert not error.is_lasting
    assert requests == 2
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("chunks", "told"),
    [
        pytest.param(lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "headers", id="answers to come"),
        pytest.param(lambda: chain([CHUNKED], endless(b"ffff\r\n" + b"x" * 65535 + b"\r\n")), "larger", id="chunks"),
        pytest.param(lambda: chain([OK + b"\r\n"], endless(b"x" * 65536)), "larger than 1 MiB", id="a body"),
        pytest.param(lambda: [answer(BOMB, "Content-Encoding: gzip")], "when unpacked", id="a bomb"),
        pytest.param(
            lambda: [answer(gzip.compress(BOMB), "Content-Encoding: gzip, gzip")],
            "when unpacked",
            id="a bomb in another",
        ),
        pytest.param(
            lambda: [
                answer(gzip.compress(bytes(8 << 20)), "Content-Encoding: gzip", "Location: /", status="302 Found")
            ],
            "redirects without end",
            id="a bomb behind a redirection",
        ),
    ],
)
def test_an_answer_that_is_too_large_is_refused_for_good(chunks: Callable[[], Iterable[bytes]], told: str) -> None:
    tracemalloc.start()
    error, _ = refusal(chunks)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told in str(error)
    assert error.is_lasting
    assert most < 12 << 20


def test_headers_without_end_are_refused() -> None:
    assert "100 headers" in str(refusal(lambda: chain([OK], endless(b"A: b\r\n")))[0])


def test_an_answer_packed_in_a_way_that_is_not_known_is_refused() -> None:
    assert "packed as br" in str(refusal(lambda: [answer(b"x", "Content-Encoding: br")])[0])


@pytest.mark.parametrize(
    ("packed", "codings"),
    [
        pytest.param(b"text", "", id="not at all"),
        pytest.param(b"text", "identity", id="identity"),
        pytest.param(gzip.compress(b"text"), "gzip", id="gzip"),
        pytest.param(gzip.compress(b"te") + gzip.compress(b"") + gzip.compress(b"xt"), "x-gzip", id="several members"),
        pytest.param(gzip.compress(b"text") + b"\0\0 behind it", "gzip", id="something behind gzip"),
        pytest.param(zlib.compress(b"text"), "deflate", id="deflate"),
        pytest.param(zlib.compress(b"text")[2:-4], "deflate", id="deflate without a header"),
        pytest.param(zstandard.compress(b"te") + zstandard.compress(b"xt"), "zstd", id="frames of zstd"),
        pytest.param(gzip.compress(zlib.compress(b"text")), "deflate, GZIP", id="deflate in gzip"),
    ],
)
def test_a_body_is_unpacked_as_its_header_says(packed: bytes, codings: str) -> None:
    assert unpacked(packed, codings, 100) == b"text"


def test_an_empty_body_is_empty_however_it_is_packed() -> None:
    assert unpacked(b"", "gzip", 100) == b""


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 1 << 18, (1 << 18) + 1, 3_000_000])
def test_a_body_of_any_size_is_unpacked_whole(size: int) -> None:
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    for codings, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.compress)):
        assert unpacked(pack(text), codings, size) == text


@pytest.mark.parametrize("codings", ["gzip", "deflate", "zstd"])
def test_a_body_that_is_packed_otherwise_is_refused(codings: str) -> None:
    with pytest.raises(BadCoding):
        unpacked(b"<html>", codings, 100)


def test_a_body_that_is_cut_off_is_refused() -> None:
    for packed in (gzip.compress(b"text" * 1000)[:-9], zlib.compress(b"text" * 1000)[:-5]):
        with pytest.raises(BadCoding, match="too early"):
            unpacked(packed, "gzip" if packed[0] == 0x1F else "deflate", 1 << 20)


def test_many_small_members_are_unpacked_in_a_time_that_grows_with_their_number() -> None:
    begun = time.monotonic()
    assert unpacked(gzip.compress(b"") * 100_000, "gzip", 100) == b""
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("codings", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_not_unpacked(codings: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress}[codings]
    with pytest.raises(Exceeded):
        unpacked(pack(bytes(8 << 20)), codings, 1 << 20)
