"""Plugins installed for real, as distributions on disk: what is wrong with one costs that one alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = "from refmill_hooks import Entry, Exporter, Reader, hookimpl\n\n"
GOOD = HEAD + (
    "def render(entry, options):\n    return entry.id + '\\n'\n\n"
    "@hookimpl\ndef refmill_exporters():\n"
    "    yield Exporter(name='good', title='ids', render=render, suffixes=('.good',))\n"
)
WHOLE = HEAD + (
    "def write(entries, out, options):\n    out.write(str(1 // 0))\n\n"
    "@hookimpl\ndef refmill_exporters():\n"
    "    yield Exporter(name='whole', title='all at once', write=write, suffixes=('.whole',))\n"
)
DUMP = "".join(f"We study.\n\narXiv:2403.{number:05}\nCreated: 2024-03-02\n\n" for number in range(1, 1201))


def module(body: str, name: str = "mine") -> str:
    return HEAD + body.replace("NAME", name)


FAULTY = {
    "fails to import": ("import nothing_of_that_name\n", "ModuleNotFoundError"),
    "has a syntax error": ("def (:\n", "SyntaxError"),
    "leaves by exit": ("import sys\nsys.exit(3)\n", "SystemExit"),
    "misspells a hook": (module("@hookimpl\ndef refmill_exporter():\n    return []\n"), "refmill_exporter"),
    "forgets the mark": (module("def refmill_exporters():\n    return []\n"), "yields nothing"),
    "yields the wrong type": (module("@hookimpl\ndef refmill_exporters():\n    yield 'text'\n"), "is no Exporter"),
    "raises in its hook": (module("@hookimpl\ndef refmill_exporters():\n    yield 1 // 0\n"), "ZeroDivisionError"),
    "takes a taken name": (
        module("@hookimpl\ndef refmill_exporters():\n    yield Exporter(name='bibtex', title='x', render=str)\n"),
        "is taken by exporters.bibtex (refmill",
    ),
    "needs a newer contract": (
        module("@hookimpl\ndef refmill_exporters():\n    yield Exporter(name='x', title='x', render=str, needs=99)\n"),
        "needs contract 99",
    ),
    "has a bad name": (
        module("@hookimpl\ndef refmill_exporters():\n    yield Exporter(name='Bad Name', title='x', render=str)\n"),
        "lower-case words joined by hyphens",
    ),
}


class Place:
    """A folder of installed distributions, and refmill run with it on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.site.mkdir()
        (folder / "dump.txt").write_text(DUMP)

    def install(self, name: str, source: str, version: str = "1.2") -> None:
        (self.site / f"{name}.py").write_text(source)
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[refmill]\n{name} = {name}\n")

    def refmill(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "refmill.cli", *words],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.site)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(("source", "told"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_plugin_costs_itself_and_is_named(source: str, told: str, place: Place) -> None:
    place.install("good", GOOD)
    place.install("mine", source)
    listed = place.refmill("plugins")
    assert listed.returncode == 1
    assert "mine 1.2" in listed.stdout
    assert told in listed.stdout
    assert "good 1.2             ok" in listed.stdout
    done = place.refmill("convert", "dump.txt", "--offline", "-o", "refs.good", "-o", "refs.bib")
    assert done.returncode == 0, done.stderr
    assert len((place.folder / "refs.good").read_text().splitlines()) == 1200
    assert "plugin mine (mine 1.2)" in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("source", "told"), FAULTY.values(), ids=FAULTY)
def test_strict_makes_each_fault_an_error(source: str, told: str, place: Place) -> None:
    place.install("mine", source)
    done = place.refmill("convert", "dump.txt", "--offline", "--strict", "-o", "refs.bib")
    assert done.returncode == 2
    assert "plugin mine (mine 1.2)" in done.stderr
    assert told in done.stderr
    assert not (place.folder / "refs.bib").exists()


def test_an_exporter_that_raises_on_the_thousandth_entry_costs_that_entry(place: Place) -> None:
    place.install(
        "mine", GOOD.replace("return entry.id", "return '' + str(1 // (entry.id != '2403.01000')) + entry.id")
    )
    done = place.refmill("convert", "dump.txt", "--offline", "-o", "refs.good", "--problems", "problems.jsonl")
    assert done.returncode == 1
    assert len((place.folder / "refs.good").read_text().splitlines()) == 1199
    assert "2403.01000" in (place.folder / "problems.jsonl").read_text()
    assert "plugin mine (mine 1.2): exporter good: ZeroDivisionError" in done.stderr
    strict = place.refmill("convert", "dump.txt", "--offline", "-o", "refs.good", "--strict")
    assert strict.returncode == 2


def test_an_exporter_that_fails_as_a_whole_ends_the_run_and_strict_names_its_plugin(place: Place) -> None:
    place.install("mine", WHOLE)
    words = ["convert", "dump.txt", "--offline", "-o", "refs.whole"]
    done, strict = place.refmill(*words), place.refmill(*words, "--strict")
    assert (done.returncode, strict.returncode) == (2, 2)
    assert "refs.whole: the exporter whole failed: " in done.stderr
    assert "plugin mine (mine 1.2): exporter whole: ZeroDivisionError" in strict.stderr
    assert not (place.folder / "refs.whole").exists()


def test_what_a_plugin_prints_does_not_reach_stdout(place: Place) -> None:
    place.install("mine", "print('at import')\n" + GOOD.replace("    return", "    print('at work')\n    return"))
    done = place.refmill("convert", "dump.txt", "--offline", "--to", "good", "-o", "-", "-q")
    assert len(done.stdout.splitlines()) == 1200
    assert "at import" in done.stderr
    assert "at work" in done.stderr


def test_a_transform_that_raises_leaves_the_entry_as_it_was(place: Place) -> None:
    place.install(
        "mine",
        "from refmill_hooks import Transform, hookimpl\n\n"
        "def apply(entry, options):\n    return entry.replace(title=str(1 // (entry.id != '2403.00007')))\n\n"
        "@hookimpl\ndef refmill_transforms():\n    yield Transform(name='ones', title='x', apply=apply)\n",
    )
    done = place.refmill("convert", "dump.txt", "--offline", "--with", "ones", "-o", "refs.json")
    assert done.returncode == 1
    assert (place.folder / "refs.json").read_text().count('"title":"1"') == 1199
    assert "transform ones" in done.stderr


def test_a_reader_that_raises_costs_its_record_and_does_not_know_files_it_stumbles_over(place: Place) -> None:
    place.install(
        "mine",
        HEAD + "def records(source):\n    for number, line in enumerate(source.lines(), 1):\n"
        "        source.line = number\n        yield line\n\n"
        "def entry(record):\n    return Entry(id=record, title=str(1 // (record != '2403.00002')), source='mine')\n\n"
        "@hookimpl\ndef refmill_readers():\n"
        "    yield Reader(name='mine', title='x', sniff=lambda head: head[10 ** 9], records=records, entry=entry)\n",
    )
    (place.folder / "list").write_text("2403.00001\n2403.00002\n2403.00003\n")
    done = place.refmill("convert", "list", "--from", "mine", "--enrich", "none", "-o", "refs.json")
    assert done.returncode == 1
    assert (place.folder / "refs.json").read_text().count('"title"') == 2
    assert place.refmill("convert", "dump.txt", "--offline", "-o", "refs.json").returncode == 0


def test_a_slow_plugin_is_named(place: Place) -> None:
    place.install("mine", "import time\ntime.sleep(0.15)\n" + GOOD)
    listed = place.refmill("plugins", "--time")
    (line,) = [line for line in listed.stdout.splitlines() if "mine 1.2" in line]
    assert line.endswith(", slow")


def test_commands_that_need_no_plugin_import_none(place: Place) -> None:
    place.install("mine", "print('imported')\n" + GOOD)
    for words in (["--help"], ["--version"], ["store"], ["convert", "--help"]):
        done = place.refmill(*words)
        assert "imported" not in done.stdout + done.stderr, words


def test_an_unknown_format_points_at_the_plugin_that_failed(place: Place) -> None:
    place.install("mine", "import nothing_of_that_name\n" + GOOD)
    done = place.refmill("convert", "dump.txt", "--offline", "--to", "good", "-o", "refs.good")
    assert done.returncode == 2
    assert "`refmill plugins` tells what is wrong with mine" in done.stderr
