"""`refmill update` changes what arXiv knows by now, and not a byte besides."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.arxiv_api import ArxivApi, Paper
from tests.shared import shared

from refmill.builtin.bib_blocks import blocks
from refmill.builtin.bib_edit import BibText
from refmill.cli import main

LIBRARY = """\
% my library
@string{prl = "Phys. Rev. Lett."}
@preamble{"\\newcommand{\\x}{y}"}

@article{vaswani,
    author =       "Vaswani, Ashish",
    title = {Attention {Is} All You Need},
    journal = {arXiv preprint arXiv:1706.03762},
    year = 2017,
    file = {:a.pdf:PDF},
    my-field = "kept",
}

@misc{done2024,
  title        = {Published},
  eprint       = {2401.00002},
  doi          = {10.1103/Known.1},
  year         = {2024}
}
@article{other, title={No arXiv here}, journal=prl, year={2000}}

@Comment{jabref-meta: databaseType:bibtex;}
"""
PAPERS = {
    "1706.03762": Paper(
        "Attention", journal_ref="Phys. Rev. D 76, 013009 (2018)", dois=("10.1103/PhysRevD.76.013009",)
    ),
    "2401.00002": Paper("Published"),
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.bib"
    path.write_text(LIBRARY)
    return path


def updated(library: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        return main(["update", str(library), *words])


def test_without_write_it_prints_a_diff_and_changes_nothing(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert updated(library, monkeypatch) == 0
    told = capsys.readouterr()
    assert "+    journal = {Phys. Rev. D}," in told.out
    assert "changed    1" in told.err
    assert library.read_text() == LIBRARY
    assert [path.name for path in library.parent.iterdir()] == ["library.bib"]


def test_a_published_version_brings_its_journal_and_the_eprint_is_kept(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert updated(library, monkeypatch, "--write") == 0
    removed, added = set(), set()
    for line in difflib.ndiff(LIBRARY.splitlines(), library.read_text().splitlines()):
        {"-": removed, "+": added}.get(line[0], set()).add(line[2:])
    assert removed == {
        "    journal = {arXiv preprint arXiv:1706.03762},",
        "    year = 2017,",
    }
    assert added == {
        "    journal = {Phys. Rev. D},",
        "    year = {2018},",
        "    volume = {76},",
        "    pages = {013009},",
        "    doi = {10.1103/PhysRevD.76.013009},",
        "    eprint = {1706.03762},",
        "    archiveprefix = {arXiv},",
        "    primaryclass = {cs.LG},",
    }
    assert (library.parent / "library.bib.bak").read_text() == LIBRARY


def test_what_only_told_the_eprint_goes_when_the_journal_comes(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write_text(
        "@article{corr,\n  title = {Attention},\n  journal = {CoRR},\n  volume = {abs/1706.03762},\n"
        "  eid = {arXiv:1706.03762},\n  number = {arXiv:1706.03762},\n  year = {2017},\n}\n"
    )
    assert updated(library, monkeypatch, "--write") == 0
    text = library.read_text()
    assert "eid" not in text
    assert "number" not in text
    assert "abs/" not in text
    assert text.startswith(
        "@article{corr,\n  title = {Attention},\n  journal = {Phys. Rev. D},\n  volume = {76},\n  year"
    )
    assert "  eprint = {1706.03762},\n" in text


def test_a_second_update_changes_nothing(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    updated(library, monkeypatch, "--write")
    once = library.read_bytes()
    updated(library, monkeypatch, "--write")
    assert library.read_bytes() == once


def test_line_ends_of_windows_stay(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write_bytes(LIBRARY.replace("\n", "\r\n").encode())
    updated(library, monkeypatch, "--write")
    data = library.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"Phys. Rev. D}" in data


def test_what_nobody_answers_stays(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["update", str(library), "--write"]) == 3
    assert library.read_text() == LIBRARY
    assert "unknown    2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no entry has an arXiv id"),
        (b"@misc{a, title={x}}", "no entry has an arXiv id"),
    ],
)
def test_a_library_that_cannot_be_updated_is_told(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "library.bib"
    path.write_bytes(content)
    assert main(["update", str(path)]) == 2
    assert told in capsys.readouterr().err


VALUES = st.text('ab {}\\"=,#\n', max_size=12).filter(lambda text: BALANCED(text))


def BALANCED(text: str) -> bool:
    depth = 0
    bare = text.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and not text.endswith("\\") and '"' not in text


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_a_field_is_changed_in_its_place_whatever_the_others_hold(values: list[str]) -> None:
    before = "".join(f"  f{number} = {{{value}}},\n" for number, value in enumerate(values))
    text = f"@misc{{key,\n{before}  last = 2000\n}}"
    changed = BibText(text).changed("article", {"last": "{2001}", "new": "{x}"})
    assert changed == f"@article{{key,\n{before}  last = {{2001}},\n  new = {{x}}\n}}"


def test_real_libraries_are_cut_and_joined_without_loss() -> None:
    for path in shared("data/bib").glob("*.bib"):
        text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        assert "".join(block.text for block in blocks([text])) == text
