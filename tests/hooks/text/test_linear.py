"""No text is long enough to make the hot path slow: four times the text takes about four times as long."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Iterator
from itertools import product
from types import ModuleType

import pytest

from refmill.builtin import ids
from refmill.builtin.arxiv_api import reader as atom
from refmill.builtin.bibtex import reader as bib
from refmill.builtin.csl_json import reader as csl
from refmill.builtin.listings import abs_reader
from refmill.builtin.listings import reader as listing
from refmill.builtin.oai_pmh import reader as oai
from refmill.builtin.snapshot import reader as snapshot
from refmill.builtin.text_dump import reader as text
from refmill_hooks import ReadError, SkipRecord, Source
from refmill_hooks.author_lists import split_authors
from refmill_hooks.categories import categories_in
from refmill_hooks.identifiers import BadIdentifier, find_ids, parse_id, split_dois
from refmill_hooks.journal_refs import names_more, venue_of
from refmill_hooks.text import html, latex, paragraphs, plain, protect_capitals, unprotected
from refmill_hooks.withdrawn import withdrawn


def is_id(text: str) -> bool:
    try:
        parse_id(text)
    except BadIdentifier:
        return False
    return True


WORK: dict[str, Callable[[str], object]] = {
    "plain": plain,
    "html": html,
    "latex": latex,
    "latex to ASCII": lambda each: latex(each, ascii_only=True),
    "paragraphs": paragraphs,
    "protect_capitals": protect_capitals,
    "unprotected": unprotected,
    "split_authors": split_authors,
    "parse_id": lambda each: is_id(f"a{each}a"),
    "find_ids": lambda each: list(find_ids(each)),
    "split_dois": split_dois,
    "withdrawn": withdrawn,
    "venue_of": lambda each: venue_of(each),
    "names_more": names_more,
    "categories_in": categories_in,
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
    "10.1000/",
    "abs/",
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
PIECES += ["\\(", "\\[", "\\%", "10.1234/", "abs/", "\u00a0", "a-", "'", "[", "\u0327\u0301", "oai:arxiv.org:", "aA"]
AROUND = [
    ("", ""),
    ("AB ", "x"),
    ("X", "y 1"),
    ("x", "y vol 1"),
    ("x", " terror"),
    ("$\\frac", "(($"),
    ("{-", "}"),
]
"""What opens the guards in front of slow ways, and what ends a match in vain."""
SIZE = 8_000


@pytest.fixture(autouse=True, scope="module")
def _no_garbage_of_others() -> Iterator[None]:
    """What other tests left in memory is no part of what is measured."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def seconds(work: Callable[[str], object], text: str, rounds: int = 2) -> float:
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        work(text)
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize("name", WORK)
def test_repeated_pieces_of_any_kind_stay_linear(name: str) -> None:
    work = WORK[name]
    for piece, (head, tail) in product(PIECES, AROUND):
        usual, short, long = (head + piece * (SIZE * times // len(piece)) + tail for times in (1, 2, 8))
        if seconds(work, usual, rounds=1) < 0.02:
            continue
        grown = seconds(work, long) / max(seconds(work, short), 1e-4)
        assert grown < 9, f"{name} of {(head, piece, tail)} took {grown:.0f} times as long for four times the text"


MODULES = (abs_reader, atom, bib, csl, ids, listing, oai, snapshot, text)
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
    b" ",
    b"1",
    b"\\\\\nPaper: ",
    b"arXiv:2411.00001\nDate: x\n\n",
    b"%%%---" * 20 + b" x\n",
]


FRAMES = {
    text: b"Title\nAnn%bBee, C. Dee\n\nWe study.\n\n%b pp\n\narXiv:2403.01234 - %b\nCreated: 2024-03-02 Updated:%bx\n",
    abs_reader: b"\\\\\narXiv%b:%b1\nFrom: <%bx\nDate: (%bx\nTitle%b:\n\\\\%bx\n",
    ids: b"arxiv%b:%bx\n",
    oai: b"<OAI-PMH><record %b><metadata %b><id>x%by</id></metadata></record></OAI-PMH>",
    atom: b"<feed %b><entry %b><id>x%by</id></entry></feed>",
}
"""Records with gaps that any text may fill."""


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


@pytest.mark.parametrize("module", FRAMES, ids=[module.__name__.rpartition(".")[2] for module in FRAMES])
def test_no_part_of_a_record_is_long_enough_to_hang_its_reader(module: ModuleType) -> None:
    frame = FRAMES[module]
    for piece in (b" ", b"\t", b"1", b"a", b"(", b"[a", b"<", b"abs/", b"1 a ", b"10.1000/", b"%-"):
        start = time.process_time()
        consumed(module, frame.replace(b"%b", piece * (30_000 // len(piece))))
        assert time.process_time() - start < 0.5, f"{piece!r}"
