"""A .bib is cut into its blocks in every layout, and what is never closed costs itself alone."""

from __future__ import annotations

import io
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugin.builtin.bibtex.bibs import read

from refmill.builtin.bibtex import blocks as bib_blocks
from refmill.builtin.bibtex import reader as bib
from refmill.builtin.bibtex.blocks import blocks
from refmill.builtin.bibtex.fields import fields_of
from refmill.plugins.registry import Registry
from refmill_hooks import Source

LAST = "\n@misc{last, title={Last}}"


def titles(text: str) -> list[str]:
    return [entry.title for entry in read(text)[0]]


@pytest.mark.parametrize(
    "text",
    [
        "@misc{a,\n title = {One}\n}\n@misc{b,\n title = {Two}\n}\n",
        "@misc{a,\r\n title = {One}\r\n}\r\n@misc{b,\r\n title = {Two}\r\n}\r\n",
        "@misc{a, title={One}} @misc{b, title={Two}}",
        "@misc{a, title={One}}@misc{b, title={Two}}",
        "By bee@example (Ann Bee) @misc{a, title={One}} cee@example.org (Bo Cee)@misc{b, title={Two}}",
        "Text before @misc{a, title={One}} and between @misc{b, title={Two}} and behind",
        "@misc(a, title={One})\n@misc(b, title={Two})",
        '@misc(a, note="{"})", title={One})\n@misc(b, note={(}, title={Two})',
        "@ misc { a , title = {One} }\n@misc\n{b, title={Two}}",
        "\ufeff@misc{a, title={One}}\n\ufeff@misc{b, title={Two}}",
        "@string(x = {Y})\n@misc{a, title={One}}\n@preamble(x)\n@misc{b, title={Two}}",
        "% @misc{no, title={No}}\n@misc{a, title={One}} % @misc{no, title={No}}\n@misc{b, title={Two}}",
        "@misc{a, title={One}, note={@misc{x, y}\n@misc{z} \\}}}\n@misc{b, title={Two}}",
    ],
)
def test_entries_are_found_in_every_layout(text: str) -> None:
    entries, told = read(text)
    assert ([entry.title for entry in entries], told) == (["One", "Two"], [])


@pytest.mark.parametrize(
    "broken",
    [
        "@misc{a, title={A {B}, year=2001}",
        "@misc{a, title={A,\n year=2001",
        "@misc{a, title={A {B},\n year=2001}",
        "@misc(a, title={A}",
        '@misc(a, title="A)',
        "@string{a = {x}",
        "@preamble{",
        "@comment{ {",
    ],
)
def test_a_block_that_is_never_closed_is_told_and_costs_itself_alone(broken: str) -> None:
    text = f"{broken}\n@misc{{b, title={{B}}}}{LAST}"
    kind = broken[1:].partition("{")[0].partition("(")[0]
    assert titles(text) == ["B", "Last"]
    assert read(text)[1] == [f"the {kind} is never closed"]


def test_a_comment_that_is_closed_hides_the_entries_in_it() -> None:
    commented = "@comment{\n@article{no,\n title={No}\n}\n}"
    assert titles(commented + LAST) == titles(commented.replace("\n", "") + LAST) == ["Last"]


def test_a_comment_without_delimiters_hides_nothing() -> None:
    assert titles(f"@comment no braces{LAST}") == ["Last"]


def test_a_file_without_any_entry_is_told() -> None:
    assert read('{"id": "0704.0001"}\n{"id": "0704.0002"}\n') == ([], ["not BibTeX: there is no entry"])


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff% Encoding: UTF-8\n\n % nothing yet\n"])
def test_a_library_that_is_still_empty_is_none_of_these(text: str) -> None:
    assert read(text) == ([], [])


def test_fields_behind_a_brace_too_many_are_told() -> None:
    text = f"@misc{{a, title={{A}}}}, year={{2001}}\n}}{LAST}"
    assert titles(text) == ["A", "Last"]
    assert read(text)[1] == ["fields behind the end of an entry: a brace closes it too early"]


def test_fields_behind_the_end_of_an_entry_are_told_with_their_line() -> None:
    source = Source(io.BytesIO(b"@misc{a, title={A}}\n year = 2001\n}\n@misc{b}"))
    assert [source.line for _ in bib.records(source)] == [1, 2, 4]


def test_a_block_is_quoted_with_the_line_on_which_it_begins() -> None:
    source = Source(io.BytesIO(b"text\n\n@misc{a,\n title={A}}\n@misc{b} @misc{c}\n\n@misc\n{d}"))
    assert [source.line for _ in bib.records(source)] == [1, 3, 5, 5, 7]


def test_a_block_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bib_blocks, "LONGEST", 100)
    lines = ["@misc{a,", *[" x = {y},\n"] * 30, LAST]
    assert [block.kind for block in blocks(lines) if block.kind] == ["misc", "misc"]


@pytest.mark.parametrize("start", ["", "\ufeff", "\n", "  ", "% text\n\ufeff"])
def test_a_bib_is_known_by_its_first_entry(start: str) -> None:
    assert Registry().readers["bib"].sniff(f"{start}@misc{{a, title={{A}}}}".encode())


LINES = st.lists(st.text('@{}(),="# \nab%\\', max_size=40).map(lambda text: text + "\n"), max_size=6)


@given(LINES)
def test_no_character_is_lost_whatever_the_input(pieces: list[str]) -> None:
    assert "".join(block.text for block in blocks(pieces)) == "".join(pieces)


TOKENS = st.sampled_from(
    [
        *'@{}(),="#%\\\n \t',
        "@misc{a,\n",
        "@misc\n",
        "@article{b, x = ",
        "{c,",
        "@comment{",
        "@Comment(",
        "@comment text",
        "@string(",
        '@string("\n@comment{',
        "@preamble{",
        "x = {y},\n",
        'y = "z"',
        "@['Book', \"x\"]{d, e = 1}",
        "@{f,",
        "@key k,\n x = {y}",
        "%@misc{g,",
        "bee@misc (",
        "\\{",
        "\\\n",
        "\r",
        "\ufeff",
        "é",
        "title",
    ]
)
TEXTS = st.lists(TOKENS, max_size=14).map("".join)


@given(TEXTS, st.data())
@settings(max_examples=2000, deadline=None)
def test_the_blocks_are_the_same_whatever_the_pieces(text: str, data: st.DataObject) -> None:
    whole = list(blocks([text]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    assert list(blocks(text)) == whole
    assert list(blocks(text[start:end] for start, end in pairwise([0, *cuts, len(text)]))) == whole
    assert list(blocks(text.splitlines(keepends=True))) == whole


@given(st.lists(TOKENS, min_size=60, max_size=300).map("".join))
@settings(max_examples=200, deadline=None)
def test_the_blocks_of_longer_texts_are_the_same_too(text: str) -> None:
    whole = list(blocks([text]))
    assert list(blocks(text)) == whole
    assert "".join(block.text for block in whole) == text


@pytest.mark.parametrize("size", [1, 7, 3000, 1 << 16])
def test_blocks_longer_than_what_is_looked_ahead_are_the_same(size: int) -> None:
    entry = f"@misc{{a, x = {{{'y' * 5000}}}}}\n% {'%' * 5000} @misc{{no}}\n{'t' * 5000}\n@{{b, y = 1}}\n"
    text = entry * 3
    whole = [block.kind for block in blocks([text])]
    assert whole == ["misc", "", "entry", "", "misc", "", "entry", "", "misc", "", "entry", ""]
    assert [block.kind for block in blocks(text[at : at + size] for at in range(0, len(text), size))] == whole


BODY = "\n title = {T},\n journal = {J},\n}"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("@['JournalArticle', 'Conference']{key,", "inproceedings"),
        ("@['JournalArticle']{key,", "article"),
        ("@['JournalArticle', 'Review']{key,", "article"),
        ('@["Book", "Review"]{key,', "book"),
        ("@['BookSection']{key,", "incollection"),
        ("@['Dataset']{key,", "dataset"),
        ("@['CaseReport']{key,", "misc"),
        ("@[]{key,", "misc"),
        ("@{key,", "misc"),
        ("@ {key,", "misc"),
        ("@journal article{key,", "article"),
        ("@conference paper {key,", "inproceedings"),
        ('@"article"{key,', "article"),
        ("@'phdthesis' {key,", "phdthesis"),
        ("@<book>{key,", "book"),
        ("@@article{key,", "article"),
        ("@article:{key,", "article"),
        ("@1{key,", "misc"),
        ("@éntry{key,", "misc"),
        ("@['Journal (peer reviewed)']{key,", "article"),
        ("@article (journal){key,", "article"),
        ("@article (journal, peer reviewed){key,", "article"),
        ("@['a']{\n key\n ,", "misc"),
        ("@['a']{key, % a note", "misc"),
        ("@article{key, % a note", "article"),
        ("@[" + "'Review'," * 30 + "]{key,", "article"),
        ("@" + "x" * 150 + "{key,", "misc"),
    ],
)
def test_an_entry_whose_head_is_no_type_is_read(head: str, kind: str) -> None:
    (entry, last), told = read(f"{head}{BODY}{LAST}")
    assert (entry.title, entry.key, last.title, told) == ("T", "key", "Last", [])
    block = next(block for block in blocks([f"{head}{BODY}"]) if block.kind)
    assert fields_of(block.text, {}).kind == kind


@pytest.mark.parametrize(
    "head",
    ["@article key,", "@article[key,", "@misc<key,", "@article key", "@article 'key',", "@{key", "@article{{key},"],
)
def test_an_entry_whose_head_cannot_be_read_is_told(head: str) -> None:
    entries, told = read(f"{head}{BODY}{LAST}")
    assert ([entry.title for entry in entries], len(told)) == (["Last"], 1)


@pytest.mark.parametrize("key", ["k(1)", "10.1/x(1)", "k" * 300])
def test_an_odd_head_may_have_any_key_that_ends(key: str) -> None:
    entries, _ = read(f"@['Review']{{{key},{BODY}{LAST}")
    assert [entry.title for entry in entries] == ["T", "Last"]


@pytest.mark.parametrize("name", ["9x", "überschrift"])
def test_a_field_with_an_odd_name_costs_itself_alone_behind_an_odd_head(name: str) -> None:
    entries, told = read(f"@['Review']{{key,\n {name} = {{X}},{BODY}{LAST}")
    assert ([entry.title for entry in entries], told) == (["T", "Last"], [f"{name!r} is no name of a field"])


@pytest.mark.parametrize(
    "lost",
    [
        "@['a']{k 1, x,\n title={T}}",
        "@['a']{k1}",
        "@{k1}",
        "@{}",
        "@{k{1},\n title={T}}",
        "@{" + "k" * 3000 + ",\n title={T}}",
        "@{'type': 'article'}{k1,\n title={T}}",
        "@{article}{k1,\n title={T}}",
        "@article@{k1,\n title={T}}",
        "@article@{k1}",
        "@journal\narticle{k1,\n title={T}}",
        "@['a',\n 'b',\n 'c']{k1,\n title={T}}",
        "@[" + "'Review'," * 300 + "]{k1,\n title={T}}",
        "@" + "x" * 500 + "{k1, title={T}}",
        "@art}icle{b,\n title={T}}",
        "@art%icle{b,\n title={T}}",
        "@art\nicle{b,\n title={T}}",
        "@['a']{k1,\n title: T\n}",
        "article{b,\n title = {T},\n}",
        "article{b, year = 2001}",
        "#article{b,\n title={T}}",
        "＠article{b,\n title={T}}",
        "{b,\n title={T}}",
        "see @['a']{k 1, x, title={T}}",
    ],
)
def test_text_that_was_meant_as_an_entry_is_told_with_its_line(lost: str) -> None:
    source = Source(io.BytesIO(f"@book{{a, title={{A}}}}\n{lost}{LAST}".encode()))
    found = [(source.line, record.problem, record.text) for record in bib.records(source)]
    assert [problem for _, problem, _ in found] == ["", "not BibTeX: this begins as no entry does", ""]
    line, _, text = found[1]
    assert line in (2, 3)
    assert text.strip() in lost


def test_an_odd_entry_in_front_of_all_others_is_told() -> None:
    assert read(f"@{{k1}}{LAST}")[1] == read("@{k1}")[1] == ["not BibTeX: this begins as no entry does"]


@pytest.mark.parametrize("rest", ["journal = {J},\n year = 2001\n}", "% note\n year = 2001 }", 'x", year = {2001}}'])
def test_fields_behind_an_entry_that_closes_too_early_are_told(rest: str) -> None:
    entries, told = read(f'@article{{b,\n title = {{B}},\n author = "Ann Bee"}}\n {rest}{LAST}')
    assert ([entry.title for entry in entries], len(told)) == (["B", "Last"], 1)


@pytest.mark.parametrize(
    "text",
    [
        "@['JournalArticle', 'Conference']{k1,\n title={T1}}",
        "@{key,\n title={T1}}",
        "@journal article{key,\n title = {T1}}",
        '@"article"{key, year = 2001}',
        "@article{key 1,\n title={T1}}",
        "@['a']{\n k1\n ,\n title={T1}}",
        "@article key,\n title = {T1}}",
        "@article@{key,\n title = {T1}}",
        "@{'type': 'article'}{key,\n überschrift = {T1}}",
    ],
)
def test_a_bib_is_known_by_an_odd_entry(text: str) -> None:
    assert Registry().readers["bib"].sniff(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "@ home: see {x, y}",
        '@Entity.Of(name = "x", value = "y")\nclass A {\n int b = 1;\n}',
        '@media (min-width: 1px) {\n a[href="x"] { color: red }\n}',
        "@dataclass\nclass A:\n    x = 1\n",
        "bee@example.org {x, y = 1}",
    ],
)
def test_other_text_is_no_bib(text: str) -> None:
    assert not Registry().readers["bib"].sniff(text.encode())


@pytest.mark.parametrize("head", ["@misc{", "@misc{,", "@{", "@['Book']{", "@misc{ ,"])
def test_an_entry_without_a_key_is_read(head: str) -> None:
    entries, told = read(f"{head}{BODY}{LAST}")
    assert ([(entry.title, entry.key) for entry in entries], told) == ([("T", ""), ("Last", "last")], [])


@pytest.mark.parametrize(
    "text",
    [
        "by bee@example.org (Ann), x = 3",
        "@bee: for {x, y} see",
        "$Id: x.bib,v 1.2 2001/02/03 bee Exp $\n@(#)$Header: a, b $",
        "@todo: write it, soon\nx",
        "% @{no, title = {No}}",
        "@comment on {a, b = c}",
        "mail to bee@{example, x = y}",
        "@ home",
        "a @ b, c = d",
    ],
)
def test_other_text_between_blocks_stays_a_comment(text: str) -> None:
    assert [entry.title for entry in read(f"@misc{{a, title={{A}}}}\n{text}{LAST}")[0]] == ["A", "Last"]
    assert read(f"@misc{{a, title={{A}}}}\n{text}{LAST}")[1] == []


def test_a_list_in_the_place_of_a_type_ends_an_entry_that_is_not_closed() -> None:
    entries, told = read(f"@misc{{a, title={{A}},\n@['Book']{{b, title={{B}}}}{LAST}")
    assert ([entry.title for entry in entries], told) == (["B", "Last"], ["the misc is never closed"])


def test_text_between_entries_costs_linear_time() -> None:
    for piece in ("a = ", "a ", "(b)", "@(b) ", "\n@x", "\n@{x} y", " ", "{a, ", "%\n", "x" * 99 + "=\n", '"'):
        times = []
        for count in (50_000, 200_000):
            start = time.process_time()
            for _ in bib.records(Source(io.BytesIO(b"@book{a, b=1}\n" + piece.encode() * (count // len(piece))))):
                pass
            times.append(time.process_time() - start)
        assert times[1] < 0.3 or times[1] < 9 * times[0], f"{piece!r} took {times}"


def test_heads_cost_linear_time() -> None:
    for piece in ("@", "@ ", "@{", "@x,", "@x\n", "@['x',", "@x{y,", "\n@{a,", "\n@" + "x" * 150, "}@"):
        times = []
        for count in (50_000, 200_000):
            start = time.process_time()
            for _ in blocks([piece * (count // len(piece))]):
                pass
            times.append(time.process_time() - start)
        assert times[1] < 0.3 or times[1] < 9 * times[0], f"{piece!r} took {times}"
