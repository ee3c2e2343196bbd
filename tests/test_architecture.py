"""The arrows go one way: cli -> commands, api -> pipeline -> io, services, reporting, plugins -> refmill_hooks."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugin" / "refmill"
HOOKS = ROOT / "hooks" / "refmill_hooks"

GROUND: Final = frozenset({"errors", "stopping"})
FLOOR: Final = frozenset({"io", "services", "reporting", "plugins"}) | GROUND
ROOMS: Final[Mapping[str, frozenset[str]]] = {
    "errors": frozenset(),
    "stopping": frozenset(),
    "io": FLOOR,
    "services": FLOOR,
    "reporting": FLOOR,
    "plugins": FLOOR,
    "pipeline": FLOOR,
    "commands": FLOOR | {"pipeline", "builtin"},
    "api": FLOOR | {"pipeline", "commands"},
    "cli": FLOOR | {"pipeline", "commands", "api"},
    "builtin": frozenset(),
}
"""Room -> the rooms that it may import from beside itself."""

EXCEPTIONS: Final = {
    ("refmill.io.unpacking", "refmill.builtin.cutting.zstd_frames"),  # one decompressor for inputs and snapshots
    ("refmill.builtin.snapshot.enricher", "refmill.builtin.arxiv_api.reader"),  # an index of feeds
    ("refmill.builtin.snapshot.enricher", "refmill.builtin.oai_pmh.reader"),  # an index of a harvest
    ("refmill.pipeline.clashes", "refmill.builtin.snapshot.enricher"),  # where the index of a snapshot lies
}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, and what it takes from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def module_of(path: Path) -> str:
    parts = path.relative_to(PLUGIN.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """All modules of the program by name."""
    return {module_of(path): path for path in sorted(PLUGIN.rglob("*.py"))}


@cache
def arrows(module: str) -> frozenset[str]:
    """The modules of the program that one imports, but for the rooms themselves, which hold nothing."""
    named = {name for name in imports(modules()[module]) if name in modules() and name != module}
    return frozenset(name for name in named if modules()[name].name != "__init__.py" or name == "refmill.cli")


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("module", sorted(name for name in modules() if room_of(name)))
def test_a_module_imports_from_its_own_room_or_from_those_below(module: str) -> None:
    room = room_of(module)
    for name in arrows(module):
        allowed = ROOMS[room] | {room}
        assert room_of(name) in allowed or (module, name) in EXCEPTIONS, f"{module} imports {name}"


def test_each_exception_is_needed() -> None:
    assert all(name in arrows(module) for module, name in EXCEPTIONS)


def test_no_modules_import_one_another_in_a_circle() -> None:
    done: set[str] = set()
    way: list[str] = []

    def walk(module: str) -> None:
        assert module not in way, " -> ".join([*way[way.index(module) :], module])
        if module in done:
            return
        way.append(module)
        for name in arrows(module):
            walk(name)
        way.pop()
        done.add(module)

    for module in modules():
        walk(module)


@pytest.mark.parametrize("path", sorted(HOOKS.rglob("*.py")), ids=lambda path: str(path.relative_to(HOOKS)))
def test_the_contract_imports_pluggy_msgspec_and_the_standard_library_only(path: Path) -> None:
    allowed = {"refmill_hooks", "pluggy", "msgspec", "__future__"} | set(sys.stdlib_module_names)
    assert {name.split(".")[0] for name in imports(path)} <= allowed


@pytest.mark.parametrize("path", sorted((PLUGIN / "builtin").rglob("*.py")), ids=module_of)
def test_a_built_in_plugin_imports_what_lies_in_its_own_folder_or_cuts_for_several(path: Path) -> None:
    own = module_of(path.parent if path.parent != PLUGIN / "builtin" else path)
    for name in arrows(module_of(path)):
        allowed = name.startswith((own, "refmill.builtin.cutting"))
        assert allowed or (module_of(path), name) in EXCEPTIONS, name


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
