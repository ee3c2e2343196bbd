"""A stranger's mistake is told by the type checker, before it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".mypy_cache"
PLUGIN = """\
from collections.abc import Iterator
from dataclasses import dataclass

from refmill_hooks import Entry, Exporter, Name, hookimpl
from refmill_hooks.text import plain


@dataclass(frozen=True, kw_only=True)
class Options:
    short: bool = False


def render(entry: Entry, options: Options) -> str:
    return plain(entry.title)


@hookimpl
def refmill_exporters() -> Iterator[Exporter[Options]]:
    yield Exporter(name="mine", title="mine", render=render, options=Options)
"""
MISTAKES = {
    "plain(entry.title)": {
        "plain(entry.titel)": '"Entry" has no attribute "titel"',
        "plain(entry.authors)": 'Argument 1 to "plain" has incompatible type',
        "plain(entry.title, maths=True)": 'Unexpected keyword argument "maths"',
        "entry.created": "Incompatible return value type",
        'Name(familly="x").family': 'Unexpected keyword argument "familly"',
        "plain(options.shorter)": '"Options" has no attribute "shorter"',
    },
    "render=render": {"render=len": 'Argument "render" to "Exporter" has incompatible type', "rendr=render": "rendr"},
}


def checked(source: str, folder: Path) -> tuple[int, str]:
    file = folder / f"mine{len(list(folder.iterdir()))}.py"
    file.write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(CACHE), str(file)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_right_plugin_passes_and_each_mistake_is_told(tmp_path: Path) -> None:
    assert checked(PLUGIN, tmp_path) == (0, "Success: no issues found in 1 source file\n")
    for right, mistakes in MISTAKES.items():
        for wrong, told in mistakes.items():
            status, output = checked(PLUGIN.replace(right, wrong), tmp_path)
            assert status == 1, wrong
            assert told in output, output
