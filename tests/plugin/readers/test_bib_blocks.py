"""A .bib is cut into its blocks in every layout, and what is never closed costs itself alone."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugin.readers.bibs import read

from refmill.builtin import bib_blocks
from refmill.builtin.bib_blocks import blocks
from refmill.builtin.readers import bib
from refmill.registry import Registry
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


def test_a_block_is_quoted_with_the_line_on_which_it_begins() -> None:
    source = Source(io.BytesIO(b"text\n\n@misc{a,\n title={A}}\n@misc{b} @misc{c}\n\n@misc\n{d}"))
    assert [source.line for _ in bib.records(source)] == [3, 5, 5, 7]


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


HEADS = st.sampled_from(
    ["@misc{a,\n", "@misc\n", "{b,", "@comment{", "}", "%", ")", "@string(", "x = {y},\n", '"', "\n"]
)


@given(st.lists(HEADS, max_size=12).map("".join))
def test_the_blocks_are_the_same_whatever_the_pieces(text: str) -> None:
    assert [block for block in blocks(text.splitlines(keepends=True)) if block.kind] == [
        block for block in blocks([text]) if block.kind
    ]
