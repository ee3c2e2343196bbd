"""Whatever a dump holds, its reader tells what it cannot read, and never fails itself."""

from __future__ import annotations

import io
import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refmill.pipeline.reading import read_entries
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Source

REGISTRY = Registry()

ROW = (
    '{"id": "2401.00001", "submitter": "A", "authors": "A. Bee and C. Dee", "title": "T $x$", "comments": "12 pages",'
    ' "journal-ref": "J. Phys. A 7 (2007) 12", "doi": "10.1000/a", "report-no": null, "categories": "hep-th cs.CL",'
    ' "license": null, "abstract": "  We.", "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 00:00:00 GMT"}],'
    ' "update_date": "2024-01-02", "authors_parsed": [["Bee", "A.", ""]]}\n'
)
CSL = (
    '[{"id": "a", "type": "article-journal", "title": "T", "author": [{"family": "A", "given": "B"}, {"literal": "C"}],'
    ' "issued": {"date-parts": [[2020, 1, 2]]}, "accessed": {"raw": "2020"},'
    ' "volume": 7, "page": "1-2", "DOI": "10.1/a",'
    ' "note": "arXiv:2401.00001 [hep-th]; Comment: x", "keyword": "cs.CL", "ISSN": ["1"], "number": "2401.00001"}]\n'
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"><entry>'
    "<id>http://arxiv.org/abs/2401.00001v1</id><title>T</title><published>2024-01-01T00:00:00Z</published>"
    "<author><name>A. Bee</name></author><summary>We.</summary><arxiv:doi>10.1/a</arxiv:doi>"
    '<category term="hep-th"/><link href="x"/></entry></feed>\n'
)
OAI = (
    "<OAI-PMH><record><header><identifier>oai:arXiv.org:2401.00001</identifier></header><metadata><arXivRaw>"
    '<id>2401.00001</id><version version="v1"><date>Mon, 1 Jan 2024 00:00:00 GMT</date><size>1kb</size></version>'
    "<title>T</title><authors>A. Bee</authors><categories>hep-th</categories></arXivRaw></metadata></record>"
    "<record><metadata><dc><identifier>http://arxiv.org/abs/2401.00002</identifier><date>2024-01-01</date>"
    "<creator>Bee, A.</creator></dc></metadata></record></OAI-PMH>\n"
)
ABS = (
    "\\\\\narXiv:2401.00001\nFrom: A Bee <a@b>\nDate: Mon, 1 Jan 2024 00:00:00 GMT   (3kb)\n"
    "Date (revised v2): Tue, 2 Jan 2024 00:00:00 GMT   (0kb,I)\n\nTitle: T\nAuthors: A. Bee\nCategories: hep-th\n"
    "DOI: 10.1/a\n\\\\\n  We.\n\\\\\n"
)
TEXT = (
    "T\nA. Bee, C. Dee, E. Eff\n\nWe.\n\n12 pages\n\narXiv:2401.00001 - J. 7, 12\n"
    "Created: 2024-01-01 Updated: 2024-01-02\n\n"
)
BIB = (
    '@string{j = "J"}\n@article{a, title={T}, author={Bee, A. and {C}}, journal=j # {x}, year=2020, month=jan,\n'
    " eprint={2401.00001}, primaryclass={hep-th}, doi={10.1/a}, note={Comment: x}, date={2020-01-02}}\n"
)
DUMPS = {
    "snapshot": ROW * 2,
    "csl": CSL,
    "atom": ATOM,
    "oai": OAI,
    "abs": ABS,
    "listing": ABS,
    "text": TEXT,
    "bib": BIB,
}
DUMPS["ids"] = "2401.00001v2 10.1000/a hep-th/9901001\n"

VALUES = r"""null true NaN -1 0 1e999 -0.0 1.5 "" [] {} [[]] [{"a":1}] "\ud800" "\u0000\u001b" "10000-01-01"
    "0000-00-00" [[0]] [[10000,99,99]] "v-1" "v99999999" [[null]] [["a"]] [[["b"]]] {"date-parts":1} {"date-parts":[[]]}
    {"raw":1} "2024-02-30" "²" "Mon,\u00201\u0020Jan\u002099999" """.split()
VALUES.append("9" * 400)
PIECES = '\0 \ud7ff < & ]]> <!-- \x1b \u202e \\ { } " 0000 99999 ² ٣ \n\n @'.split(" ")


def told(reader: str, data: bytes) -> list[str]:
    """The problems of an input."""
    report, reasons = Report(), []
    report._problem = lambda file, line, reason, raw: reasons.append(reason)  # type: ignore[method-assign]
    before = len(REGISTRY.faulty)
    list(read_entries([(Source(io.BytesIO(data), "x"), REGISTRY.reader(reader))], REGISTRY, report))
    assert len(REGISTRY.faulty) == before, [fault for plugin in REGISTRY.faulty for fault in plugin.faults]
    return reasons


def mutated(text: str, dice: Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        piece = dice.choice(PIECES).encode() * dice.choice((1, 1, 1, 20))
        cut = dice.choice((0, 0, 1, 3, 30))
        data[at : at + cut] = piece if dice.random() < 0.7 else bytes([dice.randrange(256)])
    return bytes(data)


@given(st.sampled_from(sorted(DUMPS)), st.integers(0, 1 << 32))
@settings(max_examples=2500, deadline=None)
def test_no_reader_fails_on_a_damaged_dump(reader: str, seed: int) -> None:
    told(reader, mutated(DUMPS[reader], Random(seed)))


def paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, inside in inner for each in paths(inside, (*path, key)))]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("reader", ["csl", "snapshot"])
def test_no_reader_fails_on_a_value_of_another_kind(reader: str, value: str) -> None:
    for path in paths(json.loads(DUMPS[reader].split("\n")[0])):
        if not path:
            continue
        whole = json.loads(DUMPS[reader].split("\n")[0])
        place = whole
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = "@@"
        told(reader, json.dumps(whole).replace('"@@"', value).encode())


DEEP = {
    "csl": '[{"type": "book", "title": "a", "x": ' + "[" * 100_000 + "]" * 100_000 + "}]",
    "snapshot": '{"id": "2401.00001", "x": ' + '{"a":' * 100_000 + "1" + "}" * 100_001,
    "atom": ATOM.replace("T</title>", "<a>" * 100_000 + "</a>" * 100_000 + "</title>"),
    "oai": OAI.replace("<metadata>", "<metadata>" * 50_000),
    "bib": "@misc{a, title = " + "{" * 100_000 + "}" * 100_000 + "}",
}


@pytest.mark.parametrize("reader", DEEP)
def test_no_reader_fails_on_what_is_nested_without_end(reader: str) -> None:
    told(reader, DEEP[reader].encode())


@pytest.mark.parametrize("reader", DUMPS)
def test_no_reader_fails_on_one_long_line(reader: str) -> None:
    for piece in (b"x", b" ", b"\0", b"\xff", b"1,"):
        told(reader, DUMPS[reader].encode().rstrip() + piece * (500_000 // len(piece)))
