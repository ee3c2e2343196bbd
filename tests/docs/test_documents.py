"""README.md and hooks/README.md run as they are printed, and say all there is to say."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.arxiv_api import ArxivApi, Paper
from tests.fakes.oai_pmh import OaiPmh

import refmill_hooks
from refmill.cli import _COMMANDS
from refmill_hooks import Enricher, Entry, Exporter, Name, Reader, Transform, Venue, specs

ROOT = Path(__file__).parents[2]
README, GUIDE = ROOT / "README.md", ROOT / "hooks" / "README.md"
BLOCK = re.compile(r"(?:^`(?P<file>[\w.-]+)`:\n\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLS = re.compile(r"pip install")
NEEDS_MORE = ("refmill push",)
"""Commands that need what a test does not have: programs that run."""


def blocks(document: Path) -> Iterator[tuple[str, str, str]]:
    for match in BLOCK.finditer(document.read_text()):
        yield match["file"] or "", match["language"], match["code"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the samples, dumps under the names that the documents use, and refmill on the path."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copy(ROOT / "samples" / "arxiv-abstracts.txt", tmp_path / "dump.txt")
    (tmp_path / "dumps").mkdir()
    shutil.copy(tmp_path / "dump.txt", tmp_path / "dumps")
    shutil.copy(ROOT / "samples" / "arxiv-snapshot.jsonl", tmp_path / "arxiv-metadata-oai-snapshot.json")
    for name in ("library.bib", "part-1.bib", "part-2.bib"):
        shutil.copy(ROOT / "samples" / "goldens" / "refs.bib", tmp_path / name)
    return tmp_path


class Papers(dict[str, Paper]):
    """Whatever is asked for exists."""

    def __contains__(self, arxiv_id: object) -> bool:
        return True

    def __missing__(self, arxiv_id: str) -> Paper:
        return Paper(f"On {arxiv_id}")


def run_blocks(document: Path, place: Path, environment: dict[str, str]) -> int:
    ran = 0
    for file, language, code in blocks(document):
        if language == "python" and file:
            (place / file).write_text(code)
        elif language == "python":
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=place, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            ran += 1
        elif language == "sh":
            for line in code.splitlines():
                if INSTALLS.search(line) or any(word in line for word in NEEDS_MORE):
                    continue
                done = subprocess.run(["bash", "-ec", line], cwd=place, env=environment, capture_output=True, text=True)
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
                ran += 1
    return ran


@pytest.mark.parametrize(("document", "least"), [(README, 8), (GUIDE, 8)], ids=["README", "hooks/README"])
def test_every_block_runs_as_it_is_printed(document: Path, least: int, place: Path) -> None:
    scripts = sysconfig.get_path("scripts")
    with ArxivApi(Papers()) as api, OaiPmh([("2401.00001", "2024-05-02")]) as oai:
        environment = os.environ | {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "REFMILL_ARXIV_URL": api.url,
            "REFMILL_OAI_URL": oai.url,
        }
        assert run_blocks(document, place, environment) >= least


def test_the_test_command_is_what_ci_runs() -> None:
    tests = ".venv/bin/python -m pytest -n auto --dist loadfile"
    command = f"python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && {tests}"
    assert f"\n{command}\n" in README.read_text()
    assert f"({command})" in (ROOT / ".ci" / "run").read_text()


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text()
    for command in _COMMANDS:
        assert f"refmill {command}" in text, command


@pytest.mark.parametrize("name", [name for name in specs.__all__ if name.startswith("refmill_")])
def test_every_hook_stands_as_a_heading_with_its_signature(name: str) -> None:
    hook = getattr(specs, name)
    assert f"### `{name}{inspect.signature(hook)}`".replace("'", "") in GUIDE.read_text()


@pytest.mark.parametrize("role", [Reader, Enricher, Transform, Exporter], ids=lambda role: role.__name__)
def test_every_field_of_every_role_is_documented(role: type) -> None:
    table = GUIDE.read_text().partition(f"| field of `{role.__name__}` |")[2].partition("\n\n")[0]
    for field in dataclasses.fields(role):
        assert f"`{field.name}`" in table, field.name


@pytest.mark.parametrize("model", [Entry, Name, Venue], ids=lambda model: model.__name__)
def test_every_field_of_the_model_is_documented(model: type) -> None:
    for name in model.__struct_fields__:  # type: ignore[attr-defined]
        assert f"`{name}`" in GUIDE.read_text(), name


def test_every_name_of_the_contract_is_documented() -> None:
    text = GUIDE.read_text()
    for name in refmill_hooks.__all__:
        assert name in text, name


def test_every_environment_variable_is_in_the_readme() -> None:
    used = set()
    for path in (ROOT / "plugin").rglob("*.py"):
        used |= set(re.findall(r"\bREFMILL_[A-Z]+(?:_[A-Z]+)*\b", path.read_text()))
    assert used
    for name in used:
        assert f"`{name}`" in README.read_text(), name
