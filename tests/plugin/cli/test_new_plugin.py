"""`refmill new-plugin` writes distributions whose own tests pass at once, and that refmill takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from refmill.cli import main
from refmill.plugins.registry import Registry
from refmill.plugins.scaffold import ROLES


@pytest.mark.parametrize("role", ROLES)
def test_its_own_tests_pass_and_refmill_takes_it(role: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert main(["new-plugin", role, "my-own", "--folder", str(folder)]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    registry = Registry([folder / "refmill_my_own.py"], strict=True)
    assert "my-own" in getattr(registry, f"{role}s")


@pytest.mark.parametrize("role", ROLES)
def test_what_it_writes_is_clean(role: str, tmp_path: Path) -> None:
    main(["new-plugin", role, "mine", "--folder", str(tmp_path / "mine")])
    module = tmp_path / "mine" / "refmill_mine.py"
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(Path(__file__).parents[3] / ".mypy_cache"),
        module,
    ]
    done = subprocess.run(mypy, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["exporter", "Bad_Name"], "lower-case words"),
        (["exportr", "mine"], "did you mean 'exporter'"),
        (["exporter", "mine", "--folder", "{full}"], "not empty"),
    ],
)
def test_what_cannot_be_is_told(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["new-plugin", *(word.replace("{full}", str(tmp_path)) for word in words)]) == 2
    assert told in capsys.readouterr().err
