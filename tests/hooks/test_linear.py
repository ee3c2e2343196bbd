"""No text is long enough to make the hot path slow: four times the text takes about four times as long."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Iterator

import pytest

from refmill.builtin.readers import abs, atom, bib, csl, ids, listing, oai, snapshot, text
from refmill_hooks import ReadError, SkipRecord, Source
from refmill_hooks.author_lists import split_authors
from refmill_hooks.identifiers import find_ids, split_dois
from refmill_hooks.journal_refs import venue_of
from refmill_hooks.text import html, latex, paragraphs, plain, protect_capitals, unprotected
from refmill_hooks.withdrawn import withdrawn

WORK: dict[str, Callable[[str], object]] = {
    "plain": plain,
    "html": html,
    "latex": latex,
    "latex to ASCII": lambda each: latex(each, ascii=True),
    "paragraphs": paragraphs,
    "protect_capitals": protect_capitals,
    "unprotected": unprotected,
    "split_authors": split_authors,
    "find_ids": lambda each: list(find_ids(each)),
    "split_dois": split_dois,
    "withdrawn": withdrawn,
    "venue_of": venue_of.__wrapped__,
}
PIECES = [
    "{",
    "}",
    "{}",
    "$",
    "\\",
    "\\'",
    "\\'{",
    "<",
    "&",
    "~",
    "^",
    "_",
    "a ",
    "A",
    "1",
    "1,",
    "(",
    "A. B, ",
    "and ",
    "The ",
    "10.1/",
    "arXiv:",
    "é",
    "\n",
    "\n\n",
    "  ",
    "\\citet{a}",
    "$a$",
    "1501.",
    "&amp;",
    "Ã©",
    "n\u0308",
    "$\\rm x_\\a{",
    "\\rm ",
    "_\\a{",
    "\\begin{array}&",
    "Mu~noz y ",
    "\\H o",
]
SIZE = 6_000


@pytest.fixture(autouse=True, scope="module")
def _no_garbage_of_others() -> Iterator[None]:
    """What other tests left in memory is no part of what is measured."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def seconds(work: Callable[[str], object], text: str) -> float:
    spent = []
    for _ in range(2):
        start = time.process_time()
        work(text)
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize("name", WORK)
def test_repeated_pieces_of_any_kind_stay_linear(name: str) -> None:
    work = WORK[name]
    for piece in PIECES:
        short = piece * (SIZE // len(piece))
        if seconds(work, short * 4) < 0.02:
            continue
        grown = seconds(work, short * 8) / max(seconds(work, short * 2), 1e-4)
        assert grown < 9, f"{name} of {piece!r} took {grown:.0f} times as long for four times the text"


MODULES = (abs, atom, bib, csl, ids, listing, oai, snapshot, text)
READERS = {module.__name__.rpartition(".")[2]: module for module in MODULES}
LINES = [
    b"{",
    b"[" * 50,
    b"}",
    b"[",
    b'"',
    b"\\\\",
    b"<record>",
    b"<entry>",
    b"@a{",
    b"@a{b,\n",
    b"@comment{\n",
    b"@string{a = a # a}\n",
    b"a = {} ",
    b"a = {",
    b"\n",
    b"-" * 78 + b"\n",
    b"<!--",
    b"<![CDATA[",
    b"\\\\\narXiv:",
    b"Title: a\n",
    b'{"id": ',
    b'{"id":"a",',
    b"words ",
    b"a, b and c\n",
    b"\x00",
]


def consumed(module: object, data: bytes) -> None:
    (reader,) = module.refmill_readers()  # type: ignore[attr-defined]
    for record in reader.records(Source(io.BytesIO(data))):
        try:
            reader.entry(record)
        except (ReadError, SkipRecord):
            continue


@pytest.mark.parametrize("name", READERS)
def test_readers_stay_linear_and_raise_nothing_of_their_own(name: str) -> None:
    module = READERS[name]
    for piece in LINES:
        times = []
        for count in (30_000, 120_000):
            data = piece * (count // len(piece))
            start = time.process_time()
            consumed(module, data)
            times.append(time.process_time() - start)
        assert times[1] < 0.3 or times[1] < 9 * times[0], f"{name}: {piece!r} took {times}"


def test_a_line_of_ten_megabytes_and_fifty_thousand_authors_are_read() -> None:
    start = time.process_time()
    plain("x" * 10_000_000 + "{")
    assert len(split_authors(", ".join(f"A. Author{number}" for number in range(50_000)))) == 50_000
    latex("{" * 100_000)
    assert time.process_time() - start < 10
