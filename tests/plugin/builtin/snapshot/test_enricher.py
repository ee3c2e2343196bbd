"""Local files as a source: whatever their packing, a record is found by its id without reading the file again."""

from __future__ import annotations

import bz2
import contextlib
import gc
import gzip
import json
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard
from tests.shared import shared

from refmill.builtin.cutting.xml_records import parsed
from refmill.builtin.snapshot import enricher as snapshot
from refmill.builtin.snapshot import index as snapshot_index
from refmill.builtin.snapshot.enricher import SnapshotOptions, entry, fetch
from refmill_hooks import Answer, ReadError
from refmill_hooks._private_file import PrivateFile


class Told:
    """A network that only listens to what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def ask(self, url: str, **_: object) -> Answer:
        raise AssertionError(f"a local source asked {url}")

    def say(self, text: str) -> None:
        self.lines.append(text)


def row(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"2401.{number:05}",
        "title": f"Paper {number}",
        "authors": "Ann Bee",
        "categories": "cs.LG",
        "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}],
        "authors_parsed": [["Bee", "Ann", ""]],
    } | fields


def titles(file: Path, *keys: str, net: Told | None = None) -> dict[str, str]:
    found = fetch(keys, net or Told(), SnapshotOptions(files=(str(file),)))
    return {key: entry(raw).title for key, raw in found if isinstance(raw, bytes)}


def lines(*rows: dict[str, object]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


@pytest.fixture(autouse=True)
def _kept_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a small file gets an index on disk here, and nothing is remembered from test to test."""
    monkeypatch.setattr(snapshot_index, "_SMALL", 0)
    monkeypatch.setattr(snapshot, "_indices", {})


def zipped(data: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arxiv-metadata-oai-snapshot.json", data)


PACKINGS: dict[str, Callable[[bytes, Path], object]] = {
    "rows.json": lambda data, path: path.write_bytes(data),
    "rows.json.gz": lambda data, path: path.write_bytes(gzip.compress(data)),
    "rows.json.bz2": lambda data, path: path.write_bytes(bz2.compress(data)),
    "rows.json.xz": lambda data, path: path.write_bytes(lzma.compress(data)),
    "rows.json.zst": lambda data, path: path.write_bytes(zstandard.compress(data)),
    "archive.zip": zipped,
}


@pytest.mark.parametrize("name", PACKINGS)
def test_a_record_is_found_however_the_file_is_packed(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    PACKINGS[name](lines(*map(row, range(1, 400))), file)
    assert titles(file, "2401.00001", "2401.00399", "2401.77777") == {
        "2401.00001": "Paper 1",
        "2401.00399": "Paper 399",
    }


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda rows: json.dumps(rows), id="an array on one line"),
        pytest.param(lambda rows: json.dumps(rows, indent=2), id="a pretty-printed array"),
        pytest.param(lambda rows: "[" + ",\n".join(map(json.dumps, rows)) + "]", id="an array of lines"),
        pytest.param(lambda rows: "\r\n".join(map(json.dumps, rows)), id="CRLF and no last line end"),
        pytest.param(lambda rows: "\n\n".join(map(json.dumps, rows)), id="blank lines between"),
        pytest.param(lambda rows: "\n".join(json.dumps({"x": 1} | each) for each in rows), id="id not in front"),
    ],
)
def test_a_record_is_found_in_every_layout_of_json(
    layout: Callable[[list[dict[str, object]]], str], tmp_path: Path
) -> None:
    file = tmp_path / "rows.json"
    file.write_text(layout([row(number) for number in range(1, 20)]))
    assert titles(file, "2401.00001", "2401.00019") == {"2401.00001": "Paper 1", "2401.00019": "Paper 19"}


def test_a_second_look_reads_the_index_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1), row(2)))
    assert titles(file, "2401.00002") == {"2401.00002": "Paper 2"}
    assert (tmp_path / "rows.json.refmill-index").is_file()
    monkeypatch.setattr(snapshot, "_indices", {})
    monkeypatch.setattr(snapshot_index.SnapshotIndex, "_build", None)
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}


def test_a_changed_file_gets_a_new_index(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}
    file.write_bytes(lines(row(2), row(1, title="Changed")))
    assert titles(file, "2401.00001") == {"2401.00001": "Changed"}


def test_a_file_that_is_no_index_but_bears_its_name_is_left_alone_and_the_index_is_in_the_cache(tmp_path: Path) -> None:
    file, foreign = tmp_path / "rows.json", tmp_path / "rows.json.refmill-index"
    file.write_bytes(lines(row(1)))
    foreign.write_bytes(b"my notes")
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}
    assert foreign.read_bytes() == b"my notes"


def test_a_database_of_the_user_that_bears_the_name_of_the_index_is_left_alone(tmp_path: Path) -> None:
    file, foreign = tmp_path / "rows.json", tmp_path / "rows.json.refmill-index"
    file.write_bytes(lines(row(1)))
    with contextlib.closing(sqlite3.connect(foreign)) as connection:
        connection.executescript("CREATE TABLE about (name TEXT, value TEXT); INSERT INTO about VALUES ('stamp', 'x')")
    before = foreign.read_bytes()
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}
    assert foreign.read_bytes() == before


def test_where_no_folder_can_be_written_to_the_index_is_for_this_run_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    monkeypatch.setattr(snapshot, "_cache", lambda: tmp_path)
    make_read_only(tmp_path, monkeypatch)
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]


def test_an_index_answers_every_thread(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    titles(file, "2401.00001")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(titles, file, "2401.00001").result() == {"2401.00001": "Paper 1"}


def test_a_build_that_fails_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.json.gz"
    file.write_bytes(gzip.compress(lines(*map(row, range(1, 999))))[:-20])
    with pytest.raises(OSError, match="not whole"):
        titles(file, "2401.00001")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json.gz"]


def make_read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = PrivateFile.open

    def refused(self: PrivateFile) -> int:
        if self.target.parent == folder:
            raise PermissionError(13, "Permission denied", str(folder))
        return opened(self)

    monkeypatch.setattr(PrivateFile, "open", refused)


def test_where_the_folder_is_read_only_the_index_stands_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    cache = tmp_path / "cache"
    monkeypatch.setattr(snapshot, "_cache", lambda: cache)
    make_read_only(tmp_path, monkeypatch)
    assert titles(file, "2401.00001") == {"2401.00001": "Paper 1"}
    assert [path.suffix for path in cache.iterdir()] == [".refmill-index"]
    assert not (tmp_path / "rows.json.refmill-index").exists()


def test_an_id_with_a_version_is_answered_only_by_that_version(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    assert titles(file, "2401.00001v1", "2401.00001v2") == {"2401.00001v1": "Paper 1"}


def test_of_several_rows_of_one_id_the_last_counts(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1), row(2), row(1, title="Later")))
    assert titles(file, "2401.00001") == {"2401.00001": "Later"}


def test_a_record_longer_than_a_block_is_found(tmp_path: Path) -> None:
    file = tmp_path / "rows.json.gz"
    file.write_bytes(gzip.compress(lines(row(1), row(2, abstract="x" * 9_000_000), row(3))))
    assert titles(file, "2401.00002", "2401.00003") == {"2401.00002": "Paper 2", "2401.00003": "Paper 3"}


def test_a_row_of_a_plain_file_is_found_however_long_it_is(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1), row(2, abstract="x" * 100_000), row(3)))
    assert titles(file, "2401.00002", "2401.00003") == {"2401.00002": "Paper 2", "2401.00003": "Paper 3"}


@pytest.mark.parametrize("name", [name for name in PACKINGS if name != "rows.json"])
def test_a_packed_file_that_is_not_whole_is_refused_by_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    PACKINGS[name](lines(*map(row, range(1, 4000))), file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(OSError, match="not whole") as refused:
        titles(file, "2401.00001")
    assert refused.value.filename == str(file)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_array_that_is_not_closed_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([row(1), row(2)], indent=1).removesuffix("]"))
    with pytest.raises(OSError, match="not closed") as refused:
        titles(file, "2401.00001")
    assert refused.value.filename == str(file)


def test_a_file_that_holds_no_metadata_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text("Once upon a time.")
    with pytest.raises(OSError, match="no arXiv metadata"):
        titles(file, "2401.00001")


def test_the_index_holds_nothing_but_ids_and_places_of_a_plain_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(*(row(number, abstract="words " * 300) for number in range(1, 2000))))
    titles(file, "2401.00001")
    index = tmp_path / "rows.json.refmill-index"
    assert index.stat().st_size * 20 < file.stat().st_size
    with contextlib.closing(sqlite3.connect(index)) as connection:
        assert connection.execute("SELECT count(*) FROM blocks").fetchone() == (0,)


def test_an_answer_of_oai_pmh_serves_as_well(tmp_path: Path) -> None:
    file = tmp_path / "page.xml.gz"
    file.write_bytes(shared("data/oai/page001.xml.gz").read_bytes())
    assert titles(file, "0704.0002") == {"0704.0002": "Sparsity-certifying Graph Decompositions"}


def test_a_feed_of_the_api_serves_as_well(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(shared("data/atom/arxivpy_id_1605.08386_s0_m100_199195aa31ad.xml").read_bytes())
    assert list(titles(file, "1605.08386")) == ["1605.08386"]


def test_a_feed_that_is_cut_off_serves_as_far_as_it_goes_and_that_is_told(tmp_path: Path) -> None:
    paper = "<entry><id>http://arxiv.org/abs/2401.0000{0}v1</id><title>Paper {0}</title></entry>"
    feed = '<feed xmlns="http://www.w3.org/2005/Atom">' + "".join(map(paper.format, range(1, 4)))
    file = tmp_path / "feed.xml"
    file.write_text(feed[:-20])
    net = Told()
    assert titles(file, "2401.00001", "2401.00003", net=net) == {"2401.00001": "Paper 1"}
    assert net.lines == [
        f"{file}: 1 of its records cannot be read and answer nothing; the first: {_not_well_formed(feed)}"
    ]


def _not_well_formed(feed: str) -> str:
    with pytest.raises(ReadError) as failure:
        parsed(feed[feed.rindex("<entry>") : -20].encode())
    return str(failure.value)


def test_an_index_that_nobody_asks_any_more_closes_its_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(lines(row(1)))
    titles(file, "2401.00001")
    (connection,) = (index._connection for index in snapshot._indices.values())
    snapshot._indices.clear()
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_line_that_does_not_end_is_told_and_those_behind_it_answer(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "rows"
    endless = b'{"x": "' + b"x" * (20 << 20) + b'"}\n'
    file.write_bytes(pack(lines(row(1)) + endless + b"damaged\n\n" + lines(row(2))))
    net = Told()
    assert titles(file, "2401.00001", "2401.00002", net=net) == {"2401.00001": "Paper 1", "2401.00002": "Paper 2"}
    assert net.lines[-1] == f"{file}: 2 of its lines have no id and answer nothing"


def test_a_damaged_row_of_an_indented_array_hides_no_other(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    text = json.dumps([row(number) for number in range(1, 9)], indent=1).replace('"Paper 4"', '"Paper 4')
    file.write_text(text)
    net = Told()
    keys = [f"2401.{number:05}" for number in range(1, 9)]
    assert list(titles(file, *keys, net=net)) == [key for key in keys if key != "2401.00004"]
    assert "1 of its records cannot be read and answer nothing" in net.lines[-1]
