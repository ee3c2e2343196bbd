"""`refmill merge` as a user meets it: a paper stands once, under a key that no other has."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from refmill.cli import main
from refmill_hooks.source import BLOCK

KNUTH = "@article{knuth1984, author = {Knuth, Donald E.}, title = {Literate Programming}, year = {1984}%s}\n"


def merged(folder: Path, *shards: str) -> list[str]:
    """The keys of the whole that these texts of .bib files make, in their order."""
    paths = [folder / f"{number}.bib" for number in range(len(shards))]
    for path, text in zip(paths, shards, strict=True):
        path.write_text(text)
    whole = folder / "whole.bib"
    assert main(["merge", *map(str, paths), "-o", str(whole)]) == 0
    return keys(whole)


def keys(library: Path) -> list[str]:
    return re.findall(r"^@\w+\{(.*),", library.read_text(), re.MULTILINE)


def papers(**titles: str) -> str:
    return "".join(f"@misc{{{key}, title = {{{title}}}}}\n" for key, title in titles.items())


def titles(library: Path) -> dict[str, str]:
    return dict(zip(keys(library), re.findall(r"title *= *\{+(\w+)", library.read_text()), strict=True))


def test_a_key_that_comes_later_is_given_to_no_other_paper(tmp_path: Path) -> None:
    merged(tmp_path, papers(smith2020a="Zero", smith2020="One"), papers(smith2020="Two", smith2020b="Three"))
    assert titles(tmp_path / "whole.bib") == {
        "smith2020a": "Zero",
        "smith2020": "One",
        "smith2020c": "Two",
        "smith2020b": "Three",
    }


def test_a_key_that_is_made_for_an_entry_without_one_is_not_taken_from_a_later_one(tmp_path: Path) -> None:
    merged(tmp_path, "@misc{, title = {Bees}}\n", papers(bees="Wasps"))
    assert titles(tmp_path / "whole.bib") == {"beesa": "Bees", "bees": "Wasps"}


def test_keys_that_differ_in_case_alone_are_kept_apart(tmp_path: Path) -> None:
    assert merged(tmp_path, papers(Bee="One"), papers(bee="Two", BEEA="Three")) == ["Bee", "beeb", "BEEA"]


def test_a_key_that_had_to_change_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merged(tmp_path, papers(smith2020="One"), papers(smith2020="Two"))
    assert "keys that were taken, and changed: 1 (smith2020 is smith2020a)" in capsys.readouterr().err


def test_a_shard_on_stdin_keeps_its_keys_as_one_in_a_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, whole = tmp_path / "first.bib", tmp_path / "whole.bib"
    first.write_text(papers(bee="One") + papers(bee="Two"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(papers(beea="Three").encode())))
    assert main(["merge", str(first), "-", "-o", str(whole)]) == 0
    assert keys(whole) == ["bee", "beeb", "beea"]


def test_a_shard_that_cannot_be_read_leaves_the_old_whole_as_it_was(tmp_path: Path) -> None:
    first, whole = tmp_path / "first.bib", tmp_path / "whole.bib"
    first.write_text(papers(bee="One"))
    whole.write_text("as it was")
    assert main(["merge", str(first), str(tmp_path / "absent.bib"), "-o", str(whole)]) == 2
    assert whole.read_text() == "as it was"


@pytest.mark.parametrize("suffix", [".bib", ".biblatex", ".json"])
def test_a_shard_that_convert_wrote_of_no_entries_is_one_and_is_told(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled, empty, whole = tmp_path / "filled.bib", tmp_path / f"empty{suffix}", tmp_path / "whole.bib"
    filled.write_text(papers(bee="One"))
    wish = ["--with", "select", "-O", "select.categories=none.XX"]
    assert main(["convert", str(filled), "--offline", *wish, "-o", str(empty)]) == 0
    assert main(["merge", str(filled), str(empty), "-o", str(whole)]) == 0
    assert keys(whole) == ["bee"]
    assert f"{empty}: a file without entries" in capsys.readouterr().err


def test_shards_of_no_entries_make_a_whole_of_none(tmp_path: Path) -> None:
    assert merged(tmp_path, "", "\n") == []


def test_a_shard_whose_beginning_alone_is_empty_is_read(tmp_path: Path) -> None:
    shard = tmp_path / "shard.bib"
    shard.write_text("\n" * BLOCK + papers(bee="One"))
    assert main(["merge", str(shard), "-o", str(tmp_path / "whole.bib")]) == 0
    assert keys(tmp_path / "whole.bib") == ["bee"]


def test_shards_of_a_format_that_is_written_only_are_refused_with_what_to_do_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, shard = tmp_path / "library.bib", tmp_path / "shard.rdf"
    library.write_text(papers(bee="One"))
    assert main(["convert", str(library), "--offline", "-o", str(shard), "-q"]) == 0
    assert main(["merge", str(shard), "-o", str(tmp_path / "whole.rdf")]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert "zotero-rdf is written, but cannot be read" in error
    assert "(.bib, .biblatex, .json), and merge these with -o all.rdf" in error


def test_a_paper_of_one_arxiv_id_and_key_is_written_once(tmp_path: Path) -> None:
    paper = "@misc{bee2024, title = {Bees}, eprint = {2401.00001}}\n"
    assert merged(tmp_path, paper, paper) == ["bee2024"]


def test_a_paper_of_one_doi_and_key_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = [KNUTH % ", doi = {10.1093/comjnl/27.2.97}", KNUTH % ", doi = {10.1093/COMJNL/27.2.97}, volume = {27}"]
    assert merged(tmp_path, *shards) == ["knuth1984"]
    assert "duplicates 1" in capsys.readouterr().err


def test_an_entry_without_id_and_doi_that_is_repeated_word_for_word_is_written_once(tmp_path: Path) -> None:
    assert merged(tmp_path, KNUTH % "", KNUTH % "") == ["knuth1984"]


def test_entries_without_id_and_doi_that_differ_in_anything_both_stay(tmp_path: Path) -> None:
    assert merged(tmp_path, KNUTH % ", edition = {1}", KNUTH % ", edition = {2}") == ["knuth1984", "knuth1984a"]


def test_a_paper_that_is_cited_under_two_keys_keeps_both(tmp_path: Path) -> None:
    doi = ", doi = {10.1093/comjnl/27.2.97}"
    assert merged(tmp_path, KNUTH % doi, (KNUTH % doi).replace("knuth1984", "lp")) == ["knuth1984", "lp"]


def test_entries_that_nothing_tells_apart_all_stay(tmp_path: Path) -> None:
    nameless = "@misc{, title = {Bees}}\n"
    assert merged(tmp_path, nameless, nameless) == ["bees", "beesa"]
