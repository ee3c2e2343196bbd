"""Runs real programs, where they are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

__all__ = ["HERE", "blocks_in_halves", "in_halves", "items_in_halves", "lacks", "needs", "run"]

HERE: Final = Path(__file__).parent


def lacks(*needs: str) -> str:
    """Which of these programs or npm packages (`npm:name`) is not installed; "" for none."""
    for need in needs:
        package = need.removeprefix("npm:")
        if not ((HERE / "node_modules" / package).is_dir() if package != need else shutil.which(need)):
            return f"{need} is not installed"
    return ""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips a test where one of these is not installed."""
    missing = lacks(*programs)
    return pytest.mark.skipif(bool(missing), reason=missing)


def run(
    *words: str | Path, cwd: Path, timeout: float = 900, check: bool = True, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a program; its home is the folder, so that it leaves nothing elsewhere. GHCRTS makes pandoc quicker."""
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd), "LC_ALL": "C.UTF-8", "GHCRTS": "-A64m", **(env or {})},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=check,
    )


def in_halves(read: Callable[[Path], list[str]], halves: list[Path]) -> list[str]:
    """What is read of both, at the same time: programs take minutes over thousands."""
    with ThreadPoolExecutor(2) as executor:
        return [line for found in executor.map(read, halves) for line in found]


def blocks_in_halves(path: Path) -> list[Path]:
    """The entries of a .bib in two files."""
    blocks = path.read_text().split("\n\n@")
    middle = len(blocks) // 2
    halves = [path.with_name(f"half{number}.bib") for number in (0, 1)]
    for half, part in zip(halves, (blocks[:middle], ["", *blocks[middle:]]), strict=True):
        half.write_text("\n\n@".join(part) + "\n")
    return halves


def items_in_halves(path: Path) -> list[Path]:
    """The items of a CSL-JSON file in two."""
    items = json.loads(path.read_text())
    halves = [path.with_name(f"half{number}.json") for number in (0, 1)]
    for number, half in enumerate(halves):
        half.write_text(json.dumps(items[number::2]))
    return halves
