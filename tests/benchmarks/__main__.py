"""Measures refmill beside its floor and its peers, in one run, as ratios; writes RESULTS.md.

    python -m tests.benchmarks [--full]

Times are CPU times of one process, the best of several. The floor is `orjson.loads` of the same rows, line by line
(`json.loads` where orjson is not installed, and the table says so). Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.rows import rows, text_dump, written

from refmill.pipeline import Job, run
from refmill.registry import Registry
from refmill_hooks import Source

RESULTS = Path(__file__).with_name("RESULTS.md")
ROWS = 20_000
BUDGETS = {"csl-json": 3.5, "bibtex": 4.5, "zotero-rdf": 4.5}
SUFFIXES = {"csl-json": "json", "bibtex": "bib", "zotero-rdf": "rdf"}


def best(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of CPU time."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def floor_of(lines: list[bytes]) -> tuple[str, float]:
    try:
        from orjson import loads

        name = "orjson"
    except ImportError:
        from json import loads

        name = "json"
    return name, best(lambda: [loads(line) for line in lines], 5)


def conversions(folder: Path, floor: float, registry: Registry) -> Iterator[tuple[str, float, str]]:
    """What is done, how many floors it takes, the budget."""
    reader = registry.readers["snapshot"]
    data = (folder / "rows.jsonl").read_bytes()
    yield "decode rows into records", best(lambda: list(reader.records(Source(io.BytesIO(data))))) / floor, "0.9"
    records = list(reader.records(Source(io.BytesIO(data))))
    yield "understand records as entries", best(lambda: [reader.entry(record) for record in records]) / floor, "–"
    for name, budget in BUDGETS.items():
        out = str(folder / f"out.{SUFFIXES[name]}")
        job = Job(inputs=[str(folder / "rows.jsonl")], outputs=[out], enrichers=())
        yield (
            f"snapshot → {name}, abstracts kept",
            best(lambda job=job: run(job, registry, jobs=1)) / floor,
            str(budget),
        )  # type: ignore[misc]
    job = Job(inputs=[str(folder / "dump.txt")], outputs=[str(folder / "text.bib")], enrichers=())
    yield "text dump → bibtex", best(lambda: run(job, registry, jobs=1)) / floor, "4.5"


def peers(folder: Path, floor: float) -> Iterator[tuple[str, float]]:
    """Other ways to a .bib from the same rows, a tenth of them, scaled up."""
    some = [json.loads(line) for line in (folder / "rows.jsonl").read_bytes().splitlines()[: ROWS // 10]]

    def by_pybtex() -> None:
        from pybtex.database import BibliographyData, Entry, Person

        library = BibliographyData()
        for row in some:
            persons = {"author": [Person(first=given, last=family) for family, given, *_ in row["authors_parsed"]]}
            library.entries[row["id"]] = Entry("misc", {"title": row["title"], "abstract": row["abstract"]}, persons)
        library.to_string("bibtex")

    def by_bibtexparser() -> None:
        import bibtexparser
        from bibtexparser.model import Entry, Field

        library = bibtexparser.Library()
        for row in some:
            author = " and ".join(f"{family}, {given}" for family, given, *_ in row["authors_parsed"])
            values = {"author": author, "title": row["title"], "abstract": row["abstract"], "eprint": row["id"]}
            library.add(Entry("misc", row["id"], [Field(name, value) for name, value in values.items()]))
        bibtexparser.write_string(library)

    for name, work in (("pybtex, objects and writer", by_pybtex), ("bibtexparser 2, writer", by_bibtexparser)):
        yield name, best(work, 2) * 10 / floor


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


def two_jobs(folder: Path) -> float:
    """How many times as fast two processes are, by the clock, on 100,000 rows."""
    spent: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for jobs, times in spent.items():
            words = ["convert", str(folder / "100000.jsonl"), "--enrich", "none", "--jobs", str(jobs), "-q"]
            start = time.perf_counter()
            subprocess.run([sys.executable, "-m", "refmill.cli", *words, "-o", str(folder / "jobs.bib")], check=True)
            times.append(time.perf_counter() - start)
    return min(spent[1]) / min(spent[2])


def index(folder: Path) -> tuple[float, float, float]:
    """CPU seconds to index 100,000 rows, milliseconds to look up and understand 1,000, bytes an id."""
    from refmill.builtin.enrichers import snapshot
    from refmill_hooks.testing import FakeNet

    net = FakeNet(lambda url, form: b"")
    file = folder / "100000.jsonl"
    options = snapshot.SnapshotOptions(files=(str(file),))
    start = time.process_time()
    list(snapshot.fetch(["1501.00001"], net, options))
    built = time.process_time() - start
    ids = [f"{year}{month:02}.{number:05}" for year in (15,) for month in range(1, 11) for number in range(1, 9900, 99)]

    def look_up() -> None:
        found = [snapshot.entry(raw) for _, raw in snapshot.fetch(ids[:1000], net, options) if isinstance(raw, bytes)]
        assert len(found) == 1000, len(found)

    size = Path(f"{file}.refmill-index").stat().st_size
    return built, best(look_up) * 1000, size / 100_000


def help_time() -> tuple[float, float]:
    """CPU milliseconds of `refmill --help` and of a Python that does nothing."""

    def spent(*words: str) -> float:
        times = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, *words], capture_output=True, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times) * 1000

    return spent("-m", "refmill.cli", "--help"), spent("-c", "")


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
        floor_name, floor = floor_of(data.splitlines())
        lines += [
            "# Benchmarks",
            "",
            f"Written by `python -m tests.benchmarks`; {platform.python_implementation()} {platform.python_version()},"
            f" {os.cpu_count()} processors. {ROWS:,} generated rows of {len(data) // ROWS:,} bytes. One floor is"
            f" `{floor_name}.loads` of each row. A budget is the goal; a ratio above it is missed by that much.",
            "",
        ]
        table("One process, in floors", ("what", "ratio", "budget"), list(conversions(folder, floor, registry)))
        table("Peers, in floors", ("the same rows to a .bib by", "ratio"), list(peers(folder, floor)))
        counts = [10_000, 100_000, *([1_000_000] if full else [])]
        table(
            "Peak memory, snapshot → bibtex",
            ("rows", "MiB", "MiB without 32 bytes an entry"),
            [(f"{count:,}", peak, peak - count * 32 / (1 << 20)) for count, peak in memory(folder, counts)],
        )
        table("Two processes against one, 100,000 rows", ("times as fast", "goal"), [(two_jobs(folder), "1.7")])
        built, looked_up, size = index(folder)
        table(
            "Index of a snapshot of 100,000 rows",
            ("build, floors of as many rows", "1,000 looked up, floors of 1,000 rows", "bytes an id"),
            [(built / (floor * 100_000 / ROWS), looked_up / 1000 / (floor * 1000 / ROWS), size)],
        )
        helped, bare = help_time()
        table("Start", ("`refmill --help`, CPU of a bare Python", "goal"), [(helped / bare, "4.5")])
    RESULTS.write_text("\n".join(lines))
    print("\n".join(lines))  # noqa: T201 - the table is what the command is for


if __name__ == "__main__":
    main()
