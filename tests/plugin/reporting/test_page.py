"""The page of a run shows every entry and what became of it, to everybody, without a network or a script."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import html
from tests.fakes.arxiv_api import ArxivApi, Paper

from refmill.cli import main

ROWS = [
    {"id": "2401.00001", "title": "Old <title> & more", "categories": "cs.LG", "authors_parsed": [["Bee", "Ann", ""]],
     "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]},
    {"id": "2401.00002", "title": "", "categories": "math.PR", "comments": "Withdrawn by the author",
     "versions": [{"version": "v1", "created": "Sun, 1 Jan 2023 10:00:00 GMT"}]},
    {"id": "2401.00001", "title": "Again", "categories": "cs.LG"},
    {"id": "2401.99999", "title": "", "categories": "cs.LG"},
]  # fmt: skip
PAPERS = {"2401.00001": Paper("New title", versions=2), "2401.00002": Paper("Filled in", ("Carl Dee",))}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    dump = tmp_path / "rows.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "{broken\n")
    out = tmp_path / "report.html"
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        words = ["convert", str(dump), "--refresh", "-o", str(tmp_path / "refs.bib"), "--report", str(out), "-q"]
        assert main(words) == 1
    return out


def table(page: Path, caption: str) -> list[list[str]]:
    (found,) = html.parse(page).xpath(f"//table[caption='{caption}']")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found.xpath("tbody/tr")]


def test_every_entry_has_a_row(page: Path) -> None:
    rows = table(page, "Every entry, in the order of the output")
    assert [(row[0], row[2]) for row in rows] == [
        ("2401.00001", "New title"),
        ("2401.00002", "Filled in"),
        ("2401.99999", ""),
    ]
    assert rows[1][7] == "withdrawn"
    assert "title: arxiv" in rows[1][6]


def test_old_and_new_values_stand_side_by_side(page: Path) -> None:
    rows = table(page, "What gave way, and what stayed")
    assert ["2401.00001", "title", "Old <title> & more (snapshot)", "New title (arxiv)"] in rows


def test_missing_ids_duplicates_and_problems_are_listed(page: Path) -> None:
    assert table(page, "Missing and unknown ids") == [["2401.99999", "missing", "arXiv does not know this id"]]
    assert table(page, "Duplicates") == [["2401.00001"]]
    ((_, line, reason, raw),) = table(page, "Problems")
    assert (line, raw) == ("5", "{broken")
    assert "not a row" in reason


def test_years_and_categories_are_charted(page: Path) -> None:
    labels = html.parse(page).xpath("//svg/@aria-label")
    assert labels == [
        "Entries by year: 2023: 1, 2024: 1, none: 1",
        "Entries by primary category: cs.LG: 3",
    ]


def test_it_needs_no_network_and_no_script(page: Path) -> None:
    document = html.parse(page)
    assert document.xpath("//script | //link | //img | //iframe | //@src | //@onclick") == []
    assert "http" not in page.read_text()


def test_it_is_accessible(page: Path) -> None:
    document = html.parse(page)
    assert document.getroot().get("lang") == "en"
    assert document.findtext(".//title")
    assert len(document.xpath("//main")) == len(document.xpath("//h1")) == 1
    assert all(each.find("caption") is not None for each in document.xpath("//table"))
    assert all(each.get("scope") in ("col", "row") for each in document.xpath("//th"))
    assert all(each.get("role") == "img" and each.get("aria-label") for each in document.xpath("//svg"))
    levels = [int(each.tag[1]) for each in document.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_one_entry_makes_a_page_as_well(tmp_path: Path) -> None:
    dump, out = tmp_path / "ids.txt", tmp_path / "report.html"
    dump.write_text("1706.03762\n")
    main(["convert", str(dump), "--offline", "-o", str(tmp_path / "refs.bib"), "--report", str(out), "-q"])
    assert len(table(out, "Every entry, in the order of the output")) == 1


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_browser_shows_it(page: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    switches = (
        "headless no-sandbox disable-gpu disable-background-networking no-first-run window-size=1200,1600".split()
    )
    words = ["chromium", *(f"--{switch}" for switch in switches), f"--user-data-dir={tmp_path / 'profile'}"]
    words += [f"--screenshot={picture}", page.as_uri()]
    subprocess.run(words, capture_output=True, timeout=120, check=True)
    assert picture.stat().st_size > 10_000


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>&lt;b&gt;\u202e\x1b[31m</td></table>"
)


def test_no_value_becomes_markup_whatever_field_it_is_in(tmp_path: Path) -> None:
    row = {"id": "2401.00001", "title": HOSTILE, "categories": HOSTILE, "authors": HOSTILE, "comments": HOSTILE,
           "journal-ref": HOSTILE, "doi": HOSTILE, "report-no": HOSTILE, "license": HOSTILE, "abstract": HOSTILE,
           "submitter": HOSTILE, "authors_parsed": [[HOSTILE, HOSTILE, HOSTILE]], "update_date": HOSTILE,
           "versions": [{"version": HOSTILE, "created": HOSTILE}]}  # fmt: skip
    broken = json.dumps(row | {"id": HOSTILE})
    other = json.dumps({"id": "2401.00001", "title": "Other", "categories": "cs.LG"})
    dump, out, snapshot = tmp_path / f"a{HOSTILE.replace('/', '_')}.jsonl", tmp_path / "r.html", tmp_path / "s.json"
    item = {
        "id": HOSTILE,
        "type": "book",
        "title": HOSTILE,
        "author": [{"literal": HOSTILE}],
        "DOI": "10.1/x" + HOSTILE,
    }
    dump.write_text(f"{json.dumps(row)}\n{broken}\n{HOSTILE}\n{json.dumps(row)}\n")
    (tmp_path / "items.json").write_text(json.dumps([item]))
    snapshot.write_text(other + "\n")
    words = ["convert", str(dump), str(tmp_path / "items.json"), "2401.00009", "--snapshot", str(snapshot), "--refresh"]
    main([*words, "--offline", "-o", str(tmp_path / "refs.bib"), "--report", str(out), "-q"])
    document = html.parse(out)
    allowed = (
        "html head meta title style body main h1 h2 table caption thead tbody tr th td p ul li div figure figcaption"
        " svg text rect del ins"
    )
    assert {element.tag for element in document.iter()} <= set(allowed.split())
    attributes = {name for element in document.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on") or name in ("href", "src", "action")]
    assert "<script>alert(1)</script>" in document.getroot().text_content()
    assert "\x1b" not in out.read_text()
    assert "\u202e" not in out.read_text()


def test_the_report_names_a_file_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    dump, out = tmp_path / "a\udc80.jsonl", tmp_path / "report.json"
    dump.write_text(json.dumps({"id": "2401.00001", "title": "T", "categories": "cs.LG"}) + "\n{broken\n")
    problems = tmp_path / "problems.jsonl"
    words = ["convert", str(dump), "--offline", "-o", str(tmp_path / "b\udc80.bib"), "-q"]
    assert main([*words, "--report", str(out), "--problems", str(problems)]) == 1
    assert json.loads(out.read_bytes().decode("utf-8"))["counts"]["written"]
    assert json.loads(problems.read_bytes().decode("utf-8"))["file"].endswith("a\\udc80.jsonl")
    assert main([*words, "--report", str(tmp_path / "report.html")]) == 1
