"""Several processes give the bytes of one, and tell the same of what went wrong."""

from __future__ import annotations

import gzip
import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.benchmarks.rows import rows
from tests.fakes.arxiv_api import ArxivApi, Paper
from tests.fakes.doi_org import DoiOrg

import refmill
from refmill.errors import UsageError
from refmill.io.ready import Piece, Shard
from refmill.io.unpacking import PlainFile
from refmill.pipeline import parallel, worker
from refmill.pipeline.run import Job, run
from refmill.plugins.registry import Registry
from refmill.reporting.summary import Summary

TITLE = {"title": "One title for all", "authors_parsed": [["Bee", "Ann", ""]]}


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_SHARD", 20_000)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """600 rows in many shards: keys that collide, repeated and withdrawn papers, rows that cannot be read."""
    lines = [json.dumps(row | (TITLE if number % 7 == 0 else {})) for number, row in enumerate(rows(600))]
    lines[200:200] = [lines[10], "{broken", "", lines[150]]
    lines[500] = '"no row"'
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def converted(dump: Path, folder: Path, executor: Executor | None, **job: Any) -> tuple[Summary, list[bytes]]:
    folder.mkdir()
    outputs = [str(folder / name) for name in ("refs.bib", "refs.json", "refs.rdf")]
    problems = folder / "problems.jsonl"
    wanted: dict[str, Any] = {
        "inputs": [str(dump)],
        "outputs": outputs,
        "enrichers": (),
        "problems": str(problems),
    } | job
    summary = run(Job(**wanted), Registry(), jobs=1 if executor is None else 3, executor=executor)
    return summary, [Path(output).read_bytes() for output in [*outputs, problems]]


def told(summary: Summary) -> dict[str, Any]:
    return {name: value for name, value in vars(summary).items() if name != "written"}


def compared(dump: Path, folder: Path) -> tuple[Summary, list[bytes]]:
    """What two processes give, which is what one gives."""
    one, expected = converted(dump, folder / "one", None)
    with parallel.process_pool(2) as executor:
        several, found = converted(dump, folder / "several", executor)
    assert found == expected
    assert told(several) == told(one)
    return several, found


def converted_by(render: str, dump: Path, out: object, *words: object) -> subprocess.CompletedProcess[str]:
    """A run with an exporter of one's own, whose `render` has this body."""
    plugin = dump.with_name("mine.py")
    plugin.write_text(
        "import multiprocessing, os\nfrom refmill_hooks import Exporter, hookimpl\n\n"
        f"def render(entry, options):\n    {render}\n\n"
        "@hookimpl\ndef refmill_exporters():\n    yield Exporter(name='mine', title='mine', render=render)\n"
    )
    command = ["convert", dump, "--enrich", "none", "--plugin", plugin, "--to", "mine", "-o", out, *words]
    return subprocess.run([sys.executable, "-m", "refmill.cli", *map(str, command)], capture_output=True, text=True)


def test_the_bytes_and_the_summary_are_those_of_one_process(dump: Path, tmp_path: Path) -> None:
    one, expected = converted(dump, tmp_path / "one", None)
    with ThreadPoolExecutor(2) as executor:
        several, found = converted(dump, tmp_path / "several", executor)
    assert found == expected
    assert told(several) == told(one)
    assert one.unreadable == 2
    assert one.duplicates == 2


def test_processes_of_this_machine_read_their_pieces_of_the_file_themselves(dump: Path, tmp_path: Path) -> None:
    compared(dump, tmp_path)


def test_rows_longer_than_a_piece_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_SHARD", 300)
    dump = tmp_path / "rows.jsonl"
    dump.write_text(_short_rows(60))
    assert compared(dump, tmp_path)[0].read == 60


def test_a_line_without_end_costs_no_row_but_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_SHARD", 300)
    monkeypatch.setattr(parallel, "_LONGEST", 3000)
    dump = tmp_path / "rows.jsonl"
    first, rest = _short_rows(5), _short_rows(60).splitlines(keepends=True)[5:]
    dump.write_text("".join([first, "x" * 20_000, "\n", *rest]))
    expected = converted(dump, tmp_path / "one", None)[1]
    with parallel.process_pool(2) as executor:
        several, found = converted(dump, tmp_path / "several", executor)
    assert found[:3] == expected[:3]
    assert several.unreadable


def _short_rows(count: int) -> str:
    rows = (
        {"id": f"2403.{number:05}", "categories": "cs.DL", "abstract": "x" * (2000 if number % 7 == 3 else 9)}
        for number in range(1, count + 1)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_workers_leave_nothing_in_the_temporary_folder(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with parallel.process_pool(2) as executor:
        converted(dump, tmp_path / "several", executor)
        assert list(folder.iterdir()) == [Path(executor.folder)]
    assert list(folder.iterdir()) == []


def test_what_cannot_be_set_aside_in_a_file_comes_all_the_same(dump: Path, tmp_path: Path) -> None:
    expected = converted(dump, tmp_path / "one", None)[1]
    with parallel.process_pool(2) as executor:
        Path(executor.folder).rmdir()
        assert converted(dump, tmp_path / "several", executor)[1] == expected


def test_a_file_that_cannot_be_written_whole_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "full"
    path.touch()
    monkeypatch.setattr(tempfile, "mkstemp", lambda **_: (os.open(path, os.O_RDONLY), str(path)))
    shard = Shard([], [memoryview(b"text")], [[4]], [], 0, [], 0, [])
    worker._set_aside(shard, str(tmp_path))
    assert (shard.file, shard.texts) == ("", [b"text"])
    assert not path.exists()


def test_a_file_of_texts_is_gone_once_they_are_taken_over(tmp_path: Path) -> None:
    shard = Shard([], [memoryview(b"one,two,"), memoryview(b"1,")], [[4, 8], [2]], [], 0, [], 0, [])
    worker._set_aside(shard, str(tmp_path))
    assert shard.texts == []
    shard.claim()
    assert shard.texts == [b"one,two,", b"1,"]
    assert list(tmp_path.iterdir()) == []


def test_what_lacks_something_is_enriched_in_its_place(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.loads(line) for line in dump.read_text().splitlines()[:100]]
    for row in lines[::9]:
        row["title"] = ""
    dump.write_text("".join(json.dumps(row) + "\n" for row in lines))
    papers = {row["id"]: Paper(f"Found {row['id']}", ("Carl Dee",)) for row in lines}
    outputs = []
    with ArxivApi(papers) as api, ThreadPoolExecutor(2) as executor:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        for number, each in enumerate((None, executor)):
            monkeypatch.setenv("REFMILL_STORE", str(tmp_path / f"store{number}"))
            _, found = converted(dump, tmp_path / str(number), each, enrichers=("arxiv",))
            outputs.append(found)
    assert outputs[0] == outputs[1]
    assert outputs[0][0].count(b"Found") == 12


def test_what_a_doi_record_says_of_the_venue_goes_before_the_journal_reference(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in dump.read_text().splitlines()[:40]]
    dump.write_text("".join(json.dumps(row | {"journal-ref": "Phys. Rev. D 1, 2 (2007)"}) + "\n" for row in rows))
    record = {"type": "journal-article", "container-title": "Journal of Dees", "volume": "77", "page": "5",
              "issued": {"date-parts": [[2009]]}}  # fmt: skip
    records = {row["doi"]: record | {"DOI": row["doi"], "title": row["title"]} for row in rows if row["doi"]}
    outputs = []
    with DoiOrg(records) as server, ThreadPoolExecutor(2) as executor:
        monkeypatch.setenv("REFMILL_DOI_URL", server.url)
        for number, each in enumerate((None, executor)):
            monkeypatch.setenv("REFMILL_STORE", str(tmp_path / f"store{number}"))
            outputs.append(converted(dump, tmp_path / str(number), each, enrichers=("doi",))[1])
    assert outputs[0] == outputs[1]
    assert outputs[0][0].count(b"Journal of Dees") == len(records) > 5


def test_an_exporter_of_ones_own_and_its_faults_are_the_same(dump: Path, tmp_path: Path) -> None:
    found = []
    for jobs in (1, 2):
        out = tmp_path / f"{jobs}.keys"
        render = "return f\"{entry.key} {1 // (entry.id != '1501.00003')}\\n\""
        done = converted_by(render, dump, out, "--jobs", jobs)
        assert done.returncode == 1
        assert "ZeroDivisionError" in done.stderr
        found.append(out.read_text())
    assert found[0] == found[1]
    assert len(found[0].splitlines()) == 598


def test_a_damaged_archive_gives_what_stands_before_the_damage(dump: Path, tmp_path: Path) -> None:
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(dump.read_bytes())[:-40_000])
    assert b"broken off here" in compared(packed, tmp_path)[1][-1]


def test_a_worker_that_dies_is_told_and_leaves_the_output_as_it_was(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "refs.out"
    out.write_text("as it was")
    done = converted_by("os._exit(9) if multiprocessing.parent_process() else None", dump, out, "--jobs", 2)
    assert done.returncode == 2
    assert "a worker process ended by itself" in done.stderr
    assert out.read_text() == "as it was"


def test_bad_lines_at_the_beginning_of_each_shard_cost_themselves(tmp_path: Path) -> None:
    dump = tmp_path / "rows.jsonl"
    lines = [json.dumps(row) for row in rows(200)]
    bad = ("{broken", lines[3][: len(lines[3]) // 2], '"no row"', lines[4].replace('"title": "', '"title": "\udcff'))
    for at in range(0, 200, 5):
        lines[at] = bad[at // 5 % len(bad)]
    dump.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    assert compared(dump, tmp_path)[0].read == 170


def test_shards_that_are_written_are_let_go(tmp_path: Path) -> None:
    dump = tmp_path / "rows.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows(2000)))
    with ThreadPoolExecutor(2) as executor:
        converted(dump, tmp_path / "warm", executor)
        tracemalloc.start()
        converted(dump, tmp_path / "several", executor)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held < dump.stat().st_size / 4


def test_rows_that_share_a_line_are_told_apart_when_their_keys_are_settled(tmp_path: Path) -> None:
    same = [row | TITLE for row in rows(7)]
    dump = tmp_path / "rows.jsonl"
    first, *rest = map(json.dumps, same)
    dump.write_text(f"{first}\n{rest[0]} {rest[1]}\n{rest[2]},{rest[0]}\n{rest[3]}{rest[4]} {rest[5]}\n")
    summary, (bib, *_) = compared(dump, tmp_path)
    assert (summary.read, summary.duplicates) == (8, 1)
    assert all(row["id"].encode() in bib for row in same)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(lambda good: [*good, *["{broken"] * 900], id="damaged to the end"),
        pytest.param(lambda good: [*good[:50], *[f"{row}xxx" for row in good], *good[50:]], id="damaged in between"),
        pytest.param(lambda good: [*good, f"{good[0]} x"], id="something behind the last row"),
        pytest.param(lambda good: [*good, json.dumps(json.loads(good[0]), indent=1), *good], id="an indented row"),
    ],
)
def test_a_piece_is_read_as_the_input_it_is_cut_from(lines: Callable[[list[str]], list[str]], tmp_path: Path) -> None:
    dump = tmp_path / "rows.jsonl"
    dump.write_text("\n".join(lines([json.dumps(row) for row in rows(100)])) + "\n")
    compared(dump, tmp_path)


def test_an_executor_that_cannot_work_is_told_and_leaves_the_output_as_it_was(dump: Path, tmp_path: Path) -> None:
    class Exhausted(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    out = tmp_path / "refs.bib"
    out.write_text("as it was")
    with Exhausted() as executor, pytest.raises(UsageError, match="--jobs 1 may"):
        run(Job(inputs=[str(dump)], outputs=[str(out)], enrichers=()), Registry(), jobs=2, executor=executor)
    assert out.read_text() == "as it was"


def test_a_file_that_was_changed_is_not_taken_for_the_one_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"0123456789")
    piece = Piece(path=str(path), inode=path.stat().st_ino, start=2, size=6)
    assert (piece.read(), piece.read(1, 3)) == (b"234567", b"34")
    with path.open("rb+") as file:
        file.truncate(5)
    with pytest.raises(OSError, match="changed"):
        piece.read()
    (tmp_path / "other").write_bytes(b"9876543210")
    (tmp_path / "other").replace(path)
    with pytest.raises(OSError, match="changed"):
        piece.read()


def test_a_file_that_is_gone_when_an_entry_is_read_once_more_is_told(dump: Path, tmp_path: Path) -> None:
    class Vanishing(ThreadPoolExecutor):
        def submit(self, *words: Any, **named: Any) -> Any:
            future = super().submit(*words, **named)
            future.result()
            piece = words[-1]
            piece.path, piece.inode, piece.size = str(tmp_path / "gone"), 1, len(piece.data)
            return future

    with Vanishing() as executor, pytest.raises(UsageError, match="cannot be read once more"):
        run(
            Job(inputs=[str(dump)], outputs=[str(tmp_path / "refs.bib")], enrichers=()),
            Registry(),
            jobs=2,
            executor=executor,
        )


def test_no_temporary_folder_is_needed(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: Any) -> Any:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    compared(dump, tmp_path)


def test_what_a_plugin_prints_stays_out_of_the_output(dump: Path) -> None:
    done = converted_by("print('NOISE'); return entry.id + '\\n'", dump, "-", "--jobs", 2, "-q")
    assert "NOISE" not in done.stdout
    assert len(done.stdout.splitlines()) == 599


def test_the_problems_stand_in_the_order_of_one_process(dump: Path, tmp_path: Path) -> None:
    lines = dump.read_text().splitlines()
    lines[::50] = [line[:40] for line in lines[::50]]
    dump.write_text("\n".join(lines).replace('"doi": "10.1000/', '"doi": "11.1000/') + "\n")
    found = []
    for jobs in (1, 2):
        problems = tmp_path / f"{jobs}.jsonl"
        render = "return entry.id + '\\n' if entry.id[-1] != '7' else int('no')"
        converted_by(render, dump, tmp_path / "refs.out", "--jobs", jobs, "--problems", problems)
        found.append(problems.read_text())
    assert found[0] == found[1]
    assert len(found[0].splitlines()) > 200


def test_a_disk_that_fails_at_first_is_read_again_from_the_start(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(5000)

    path = tmp_path / "rows.jsonl"
    path.write_text(_short_rows(2000))
    source = PlainFile(Failing(path.read_bytes()), str(path))
    broken: list[Exception] = []
    pieces = parallel._pieces(source, Registry().readers["snapshot"], True, broken)
    assert pieces is not None
    assert b"".join(piece.read() for piece in pieces) == path.read_bytes()
    assert broken == []


def test_an_error_ends_no_process_but_its_own() -> None:
    other = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))

    def failing() -> None:
        with parallel.process_pool(1) as executor:
            executor.submit(int).result()
            other.start()
            executor.submit(divmod, 1, 0).result()

    with pytest.raises(ZeroDivisionError):
        failing()
    assert other.is_alive()
    other.kill()
    other.join()


@pytest.fixture
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[bytes], list[Path]]]:
    """A run of two processes in full swing, and where its workers are seen as long as they live."""
    if not Path("/proc/self/task").exists():
        pytest.skip("tells the children of a process by /proc")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    dump = tmp_path / "rows.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows(20_000)))
    words = ["convert", dump, "--enrich", "none", "--jobs", "2", "-o", tmp_path / "refs.bib"]
    run = subprocess.Popen([sys.executable, "-m", "refmill.cli", *map(str, words)], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    while len(workers := children.read_text().split()) < 2:
        time.sleep(0.01)
    time.sleep(0.2)  # Python itself ignores an interrupt while it forks
    with run:
        yield run, [Path("/proc", worker) for worker in workers]
        run.kill()


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGINT, signal.SIGINT], [signal.SIGTERM]], ids=str)
def test_a_run_that_is_ended_leaves_no_worker_and_no_part_file(
    signals: list[signal.Signals], at_work: tuple[subprocess.Popen[bytes], list[Path]], tmp_path: Path
) -> None:
    run, workers = at_work
    for number in signals:
        run.send_signal(number)
        time.sleep(0.05)
    assert run.wait(20) in (130, 143, -signal.SIGINT)
    assert not (tmp_path / "refs.bib.part").exists()
    assert not any(worker.exists() for worker in workers)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_workers_end_when_the_main_process_is_killed_and_leave_no_texts(
    at_work: tuple[subprocess.Popen[bytes], list[Path]], tmp_path: Path
) -> None:
    run, workers = at_work
    run.kill()
    run.wait()
    deadline = time.monotonic() + 20
    while any(worker.exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker is left"
        time.sleep(0.05)
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("text", ["[{}]", "We study.\n\narXiv:2403.01234\nCreated: 2024-03-02\n"])
def test_a_format_that_cannot_be_cut_is_read_by_one_process(text: str, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_text(text.replace("{}", json.dumps(next(rows(1)), indent=1)))
    one = converted(dump, tmp_path / "one", None)[1]
    with ThreadPoolExecutor(2) as executor:
        assert converted(dump, tmp_path / "several", executor)[1] == one


def test_small_inputs_take_one_process_by_default(dump: Path) -> None:
    assert parallel.default_jobs([str(dump)]) == 1


def test_big_inputs_take_several_however_they_are_named(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_WORTH_IT", dump.stat().st_size)
    monkeypatch.setattr(parallel.os, "sched_getaffinity", lambda process: range(3), raising=False)
    for name in (dump, dump.parent, dump.parent / "*.jsonl"):
        assert parallel.default_jobs([str(name), "1706.03762"]) == 3


def test_workers_that_were_started_in_another_folder_find_the_input(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with parallel.process_pool(1) as executor:
        executor.submit(int).result()
        monkeypatch.chdir(dump.parent)
        several, _ = converted(Path(dump.name), tmp_path / "several", executor)
    assert several.read > 500


def test_a_dask_cluster_runs_it(dump: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    one = converted(dump, tmp_path / "one", None)[1][0]
    out = tmp_path / "dask.bib"
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        refmill.convert(dump, out, enrichers=(), jobs=2, executor=client.get_executor(pure=False))
    assert out.read_bytes() == one


def test_shards_that_were_converted_apart_are_merged_with_unique_keys(dump: Path, tmp_path: Path) -> None:
    lines = dump.read_text().splitlines(keepends=True)
    shards = []
    for number, part in enumerate((lines[:300], lines[300:])):
        shard = tmp_path / f"{number}.jsonl"
        shard.write_text("".join(part))
        refmill.convert(shard, shard.with_suffix(".bib"), enrichers=())
        shards.append(str(shard.with_suffix(".bib")))
    merged = tmp_path / "all.bib"
    done = subprocess.run([sys.executable, "-m", "refmill.cli", "merge", *shards, "-o", str(merged), "-q"], check=False)
    assert done.returncode == 0
    keys = [line for line in merged.read_text().splitlines() if line.startswith("@")]
    assert len(keys) == len(set(keys)) >= 598
