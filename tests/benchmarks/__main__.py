"""Measures refmill beside its floor and its peers, in one run, as ratios; writes RESULTS.md.

    python -m tests.benchmarks [--full]

Times are CPU times of one process. The floor is `orjson.loads` of the same rows, line by line, none of them kept
(`json.loads` where it is not installed, and the table says so). It is taken before and after each piece of work, for a
machine that others use too changes its speed; a ratio is the median of several such rounds. Peers that are not
installed are left out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from pathlib import Path
from sysconfig import get_config_var
from typing import Any

from tests.benchmarks.peers import LIBRARIES, by_bare_loop
from tests.benchmarks.rows import rows, text_dump, written

from refmill.pipeline.reading import drop_duplicates
from refmill.pipeline.run import Job, run
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Source
from refmill_hooks.journal_refs import with_venue

RESULTS = Path(__file__).with_name("RESULTS.md")
ROWS = 20_000
BUDGETS = {"csl-json": 3.5, "bibtex": 4.5, "zotero-rdf": 4.5}
SUFFIXES = {"csl-json": "json", "bibtex": "bib", "zotero-rdf": "rdf"}


ROUNDS = 7
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of programs that are timed: an installed package has its bytecode at hand."""


class Floor:
    """The rows that are loaded, and how many times as long other work takes."""

    def __init__(self, data: bytes) -> None:
        try:
            from orjson import loads

            self.name = "orjson"
        except ImportError:
            from json import loads

            self.name = "json"
        self._loads = loads
        self._lines = data.splitlines()

    def ratio(self, work: Callable[[], object], rounds: int = ROUNDS) -> float:
        ratios = []
        before = self._seconds()
        for _ in range(rounds):
            spent = seconds(work)
            after = self._seconds()
            ratios.append(spent / ((before + after) / 2))
            before = after
        return statistics.median(ratios)

    def microseconds(self) -> float:
        return statistics.median(self._seconds() for _ in range(ROUNDS)) / len(self._lines) * 1e6

    def _seconds(self) -> float:
        return seconds(lambda: _used_up(map(self._loads, self._lines)))


def _used_up(things: Iterable[object]) -> None:
    """Makes them all and keeps none, as a stream does: to keep thousands of them takes several times as long."""
    deque(things, maxlen=0)


def seconds(work: Callable[[], object]) -> float:
    """CPU time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def conversions(folder: Path, floor: Floor, registry: Registry) -> Iterator[tuple[str, float, str]]:
    """What is done, how many floors it takes, the budget."""
    records = registry.readers["snapshot"].records
    yield "decode rows into records", floor.ratio(lambda: _used_up(records(_source(folder, "rows.jsonl")))), "0.9"
    for name, budget in BUDGETS.items():
        out = str(folder / f"out.{SUFFIXES[name]}")
        job = Job(inputs=[str(folder / "rows.jsonl")], outputs=[out], enrichers=())
        ratio = floor.ratio(lambda job=job: run(job, registry, jobs=1))  # type: ignore[misc]
        yield f"snapshot → {name}, abstracts kept", ratio, str(budget)
    job = Job(inputs=[str(folder / "dump.txt")], outputs=[str(folder / "text.bib")], enrichers=())
    yield "text dump → bibtex", floor.ratio(lambda: run(job, registry, jobs=1)), "4.5"


def stages(folder: Path, floor: Floor, registry: Registry) -> Iterator[tuple[str, float]]:
    """What each stage takes by itself, in floors; in a run they disturb each other's caches, and more."""
    snapshot, text, keys = registry.readers["snapshot"], registry.readers["text"], registry.transform("keys")
    rows = list(snapshot.records(Source(io.BytesIO((folder / "rows.jsonl").read_bytes()))))
    dump = (folder / "dump.txt").read_bytes()
    pieces = list(text.records(Source(io.BytesIO(dump))))
    entries = [snapshot.entry(row) for row in rows]
    found = [with_venue(entry) for entry in entries]
    assert keys.stream
    give_keys, options = keys.stream, keys.options()
    keyed = list(give_keys(iter(found), options))
    yield "snapshot: rows into records", floor.ratio(lambda: _used_up(snapshot.records(_source(folder, "rows.jsonl"))))
    yield "snapshot: records into entries", floor.ratio(lambda: _used_up(map(snapshot.entry, rows)))
    yield "text dump: text into records", floor.ratio(lambda: _used_up(text.records(_source(folder, "dump.txt"))))
    yield "text dump: records into entries", floor.ratio(lambda: _used_up(map(text.entry, pieces)))
    yield "ids that were seen", floor.ratio(lambda: _used_up(drop_duplicates(entries, Report())))
    yield "journal references into venues", floor.ratio(lambda: _used_up(map(with_venue, entries)))
    yield "citation keys", floor.ratio(lambda: _used_up(give_keys(iter(found), options)))
    for name in BUDGETS:
        exporter = registry.exporter(name)
        assert exporter.render
        render = partial(map, exporter.render, keyed, repeat(exporter.options()))
        yield f"entries into {name}", floor.ratio(lambda render=render: _used_up(render()))  # type: ignore[misc]


def _source(folder: Path, name: str) -> Source:
    return Source(io.BytesIO((folder / name).read_bytes()), name)


def peers(folder: Path, floor: Floor) -> Iterator[tuple[str, float]]:
    """Other ways to do the work; libraries are given a tenth of the rows, and their ratios scaled up."""
    bare = partial(by_bare_loop, folder / "rows.jsonl", folder / "bare.json")
    yield "a bare loop to CSL-JSON that does no more than it must", floor.ratio(bare)
    some = [json.loads(line) for line in (folder / "rows.jsonl").read_bytes().splitlines()[: ROWS // 10]]
    for name, work in LIBRARIES.items():
        yield name, floor.ratio(partial(work, some), 3) * 10


def memory(folder: Path, counts: list[int]) -> Iterator[tuple[int, float]]:
    """Peak MiB of a process that converts so many rows to BibTeX."""
    for count in counts:
        dump = folder / f"{count}.jsonl"
        with dump.open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows(count))
        # the peak of this process alone: getrusage would tell that of its parent where it is higher
        code = (
            "import sys; from refmill.cli import main; main(sys.argv[1:]);"
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        )
        words = ["convert", str(dump), "--enrich", "none", "--jobs", "1", "-q", "-o", str(folder / "memory.bib")]
        told = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True).stdout
        yield count, int(told) / 1024
        if count != 100_000:
            dump.unlink()


def two_jobs(folder: Path) -> tuple[float, float]:
    """How many times as fast two processes are, by the clock, on 100,000 rows.

    And how many times as much two get done that have nothing to do with each other, the most that this machine can
    give.
    """

    def spent(*jobs: int) -> float:
        start = time.perf_counter()
        words = [sys.executable, "-m", "refmill.cli", "convert", str(folder / "100000.jsonl"), "--enrich", "none", "-q"]
        running = [
            subprocess.Popen([*words, "--jobs", str(job), "-o", str(folder / f"{number}.bib")], env=INSTALLED)
            for number, job in enumerate(jobs)
        ]
        assert not any(process.wait() for process in running)
        return time.perf_counter() - start

    rounds = [(spent(1), spent(2), spent(1, 1)) for _ in range(5)]
    return (
        statistics.median(one / two for one, two, _ in rounds),
        statistics.median(2 * one / apart for one, _, apart in rounds),
    )


def index(folder: Path, floor: Floor) -> tuple[float, float, float]:
    """Floors of as many rows to index 100,000 of them, and to look up and understand 1,000; bytes an id."""
    from refmill.builtin.snapshot import enricher as snapshot
    from refmill_hooks.testing import FakeNet

    net = FakeNet(lambda url, form: b"")
    file = folder / "100000.jsonl"
    options = snapshot.SnapshotOptions(files=(str(file),))
    built = floor.ratio(lambda: list(snapshot.fetch(["1501.00001"], net, options)), 1) * ROWS / 100_000
    ids = [f"{year}{month:02}.{number:05}" for year in (15,) for month in range(1, 11) for number in range(1, 9900, 99)]

    def look_up() -> None:
        found = [snapshot.entry(raw) for _, raw in snapshot.fetch(ids[:1000], net, options) if isinstance(raw, bytes)]
        assert len(found) == 1000, len(found)

    size = Path(f"{file}.refmill-index").stat().st_size
    return built, floor.ratio(look_up) * ROWS / 1000, size / 100_000


def help_time() -> tuple[float, float]:
    """CPU milliseconds of `refmill --help` and of a Python that does nothing."""

    def spent(*words: str) -> float:
        times = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, *words], capture_output=True, check=False, env=INSTALLED)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times) * 1000

    return spent("-m", "refmill.cli", "--help"), spent("-c", "")


def _python() -> str:
    """Name and version, and whether it was built to be fast: the floor does not depend on that, the work does."""
    is_fast = "--enable-optimizations" in (get_config_var("CONFIG_ARGS") or "")
    build = "optimized" if is_fast else "not optimized"
    return f"{platform.python_implementation()} {platform.python_version()} ({build} when built)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="measure the memory of a million rows too (minutes)")
    full = parser.parse_args().full
    registry = Registry()
    lines: list[str] = []

    def table(title: str, head: tuple[str, ...], body: list[tuple[Any, ...]]) -> None:
        lines.extend([f"## {title}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"])
        lines.extend(
            "| " + " | ".join(f"{c:.2f}" if isinstance(c, float) else str(c) for c in row) + " |" for row in body
        )
        lines.append("")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = written(ROWS)
        (folder / "rows.jsonl").write_bytes(data)
        (folder / "dump.txt").write_text("".join(text_dump(ROWS)))
        floor = Floor(data)
        lines += [
            "# Benchmarks",
            "",
            f"Written by `python -m tests.benchmarks`; {_python()}, {os.cpu_count()} processors. {ROWS:,} generated"
            f" rows of {len(data) // ROWS:,} bytes. One floor is `{floor.name}.loads` of each row, none of them kept:"
            f" {floor.microseconds():.1f} µs a row here. A budget is the goal; a ratio above it is missed by that much,"
            " and the second table says what costs it.",
            "",
        ]
        table("One process, in floors", ("what", "ratio", "budget"), list(conversions(folder, floor, registry)))
        table("Where the time goes, in floors", ("stage by itself", "ratio"), list(stages(folder, floor, registry)))
        table("Peers, in floors", ("the same rows by", "ratio"), list(peers(folder, floor)))
        counts = [10_000, 100_000, *([1_000_000] if full else [])]
        table(
            "Peak memory, snapshot → bibtex",
            ("rows", "MiB", "MiB without 32 bytes an entry"),
            [(f"{count:,}", peak, peak - count * 32 / (1 << 20)) for count, peak in memory(folder, counts)],
        )
        as_fast, at_most = two_jobs(folder)
        table(
            "Two processes against one, 100,000 rows",
            ("times as fast", "two that share nothing", "goal"),
            [(as_fast, at_most, "1.7")],
        )
        table(
            "Index of a snapshot of 100,000 rows",
            ("build, floors of as many rows", "1,000 looked up, floors of 1,000 rows", "bytes an id"),
            [index(folder, floor)],
        )
        helped, bare = help_time()
        table("Start", ("`refmill --help`, CPU of a bare Python", "goal"), [(helped / bare, "4.5")])
    RESULTS.write_text("\n".join(lines))
    print("\n".join(lines))  # noqa: T201 - the table is what the command is for


if __name__ == "__main__":
    main()
