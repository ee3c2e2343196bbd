"""The stranger's distribution in samples/ installs, works and goes; the single file works as it is."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


def run(*words: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_distribution_is_installed_found_used_and_uninstalled(tmp_path: Path) -> None:
    pytest.importorskip("rispy")
    pytest.importorskip("hatchling")
    scratch = tmp_path / "scratch"
    venv.create(scratch, with_pip=False, symlinks=True)
    python = next(scratch.glob("bin/python")) if os.name != "nt" else scratch / "Scripts" / "python.exe"
    (site,) = scratch.rglob("site-packages")
    # what the tests have installed is there too, beneath the scratch environment's own packages
    (site / "beneath.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path) + "\n")
    paths = [str(ROOT / "plugin"), str(ROOT / "hooks")]
    (site / "project.pth").write_text("\n".join(paths) + "\n")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "-q", "--no-index", "--no-deps", "--no-build-isolation", SAMPLES / "refmill-ris", cwd=tmp_path)
    refmill = [python, "-m", "refmill.cli"]
    assert "refmill-ris 1.0.0" in run(*refmill, "plugins", cwd=tmp_path)
    dump, out = SAMPLES / "arxiv-abstracts.txt", tmp_path / "refs.ris"
    run(*refmill, "convert", dump, "--offline", "-o", out, cwd=tmp_path)
    assert out.read_text().count("TY  - ") == 10
    assert out.read_text().count("ER  - ") == 10
    run(*pip, "uninstall", "-q", "-y", "refmill-ris", cwd=tmp_path)
    assert "refmill-ris" not in run(*refmill, "plugins", cwd=tmp_path)


def test_the_distributions_own_tests_pass() -> None:
    pytest.importorskip("rispy")
    folder = SAMPLES / "refmill-ris"
    words = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        folder,
        folder,
    )
    run(*words, cwd=folder, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")


def test_the_single_file_writes_yaml_that_is_read_back(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    words = [sys.executable, "-m", "refmill.cli", "convert", SAMPLES / "goldens" / "refs.bib", "--enrich", "none"]
    told = run(*words, "--plugin", SAMPLES / "hayagriva_yaml.py", "--to", "hayagriva", "-o", "-", "-q", cwd=tmp_path)
    library = yaml.safe_load(told)
    assert len(library) == 10
    assert library["yang2024diffusionbased"]["serial-number"]["arxiv"] == "2411.10701"


def test_the_single_file_keeps_to_the_contract() -> None:
    from refmill.plugins.registry import Registry
    from refmill_hooks.testing import check_exporter

    assert check_exporter(Registry([SAMPLES / "hayagriva_yaml.py"], strict=True).exporters["hayagriva"])


def test_the_script_for_a_dask_cluster_converts(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    out = tmp_path / "refs.bib"
    told = run(sys.executable, SAMPLES / "dask_cluster.py", SAMPLES / "arxiv-snapshot.jsonl", out, cwd=tmp_path)
    assert "written    8 to" in told
    assert out.read_text().count("@misc") == 8
