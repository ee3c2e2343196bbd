"""The arrows of the house go one way: cli -> api -> rooms -> registry -> refmill_hooks <- builtin, strangers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugin" / "refmill"
HOOKS = ROOT / "hooks" / "refmill_hooks"

LAYERS = (
    {"limits", "process_worker", "stopping", "store_tables"},
    {
        "checking",
        "errors",
        "identifiers",
        "builtin",
        "ready",
        "report_page",
        "summary",
        "terminal",
        "unpacking",
        "zotero_items",
    },
    {"file_names", "atomic", "bounded_http", "content_codings", "process_pool"},
    {"options", "merge", "wire", "store", "scaffold"},
    {"local_programs", "net", "registry", "zotero_api"},
    {"inputs", "report"},
    {"reading", "enrichment", "outputs", "progress", "harvest", "harvest_files", "harvest_stream", "oai_list"},
    {"planning"},
    {"worker"},
    {"parallel", "clashes"},
    {"pipeline"},
    {"update", "push", "citing", "citing_bibtex", "citing_markup", "joining"},
    {"api"},
    {"cli"},
)
"""From the ground to the roof; a module imports from layers below its own, and from its own."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layer_of(module: str) -> int:
    return next((number for number, names in enumerate(LAYERS) if module in names), -1)


@pytest.mark.parametrize("path", sorted(HOOKS.rglob("*.py")), ids=lambda path: path.name)
def test_the_contract_imports_pluggy_msgspec_and_the_standard_library_only(path: Path) -> None:
    allowed = {"refmill_hooks", "pluggy", "msgspec", "__future__"} | set(sys.stdlib_module_names)
    assert {name.split(".")[0] for name in imports(path)} <= allowed | (
        {"pytest"} if path.name == "testing.py" else set()
    )


@pytest.mark.parametrize("path", sorted((PLUGIN / "builtin").rglob("*.py")), ids=lambda path: path.name)
def test_a_built_in_plugin_imports_nothing_of_the_house_but_other_built_ins(path: Path) -> None:
    ours = [name for name in imports(path) if name.split(".")[0] == "refmill"]
    assert all(name.startswith("refmill.builtin") for name in ours)


@pytest.mark.parametrize("path", sorted(PLUGIN.glob("*.py")), ids=lambda path: path.name)
def test_a_module_imports_from_its_own_layer_or_below(path: Path) -> None:
    if path.stem == "__init__":
        return
    own = layer_of(path.stem)
    assert own >= 0, f"{path.stem} stands in no layer"
    for name in imports(path):
        if name.startswith("refmill."):
            assert layer_of(name.split(".")[1]) <= own, f"{path.stem} imports {name}"


_STREAMS_OF_BYTES = ("sys.stdout.buffer", "sys.stdout.fileno", "sys.stderr.flush")


@pytest.mark.parametrize("path", sorted(PLUGIN.rglob("*.py")), ids=lambda path: path.name)
def test_only_the_door_to_the_terminal_prints(path: Path) -> None:
    if path.stem == "terminal":
        return
    tree = ast.parse(path.read_text())
    # What plugins print goes to stderr, and stdout as an output takes the bytes of a format.
    allowed = {
        id(part)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and ast.unparse(node.func) == "contextlib.redirect_stdout")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in _STREAMS_OF_BYTES)
        or (isinstance(node, ast.Assign) and ast.unparse(node) == "sys.stdout = sys.stderr")
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("print", "warnings.warn"), f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and id(node) not in allowed:
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr"), f"line {node.lineno}"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("refmill_hooks", ("requests", "pybtex", "bibtexparser", "lxml", "rich")),
        ("refmill", ("requests", "pybtex", "bibtexparser", "lxml", "rich", "msgspec")),
        ("refmill.cli", ("requests", "pybtex", "bibtexparser", "lxml", "rich", "msgspec", "pluggy")),
    ],
)
def test_importing_it_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []
