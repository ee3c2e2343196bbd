"""Finds plugins, keeps their faults to themselves, and knows who provides what.

Built-in plugins are entry points of the distribution `refmill` and come in by the door that strangers use. This is the
only module that touches pluggy's hooks; it knows no format.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec
import pluggy

from refmill.errors import PluginError, UsageError, unknown_name
from refmill.plugins.options import describe
from refmill_hooks import ENTRY_POINT_GROUP, Enricher, Entry, Exporter, Reader, Transform, specs

__all__ = ["Plugin", "Registry"]

T = TypeVar("T")

_MOST_FAULTS = 5

_HOOKS: Mapping[str, type] = {
    "refmill_readers": Reader,
    "refmill_enrichers": Enricher,
    "refmill_transforms": Transform,
    "refmill_exporters": Exporter,
}


@dataclass
class Plugin:
    """One plugin module: where it comes from, what it provides (`exporter ris`), what is wrong with it, load time."""

    name: str
    distribution: str
    version: str
    provides: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def built_in(self) -> bool:
        """Whether it came with refmill itself."""
        return self.distribution == "refmill"

    @property
    def state(self) -> str:
        """`ok`, `skipped` (nothing of it is used) or `partly` (some of it is)."""
        if not self.faults:
            return "ok"
        return "partly" if self.provides else "skipped"

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})".replace(" )", ")")


class Registry:
    """What the installed plugins and the files given by `--plugin` provide, by role and name.

    With `strict`, the first fault of a plugin raises PluginError; otherwise it is noted in `plugins` and the rest runs.
    """

    def __init__(self, files: Sequence[str | Path] = (), *, strict: bool = False) -> None:
        self.plugins: list[Plugin] = []
        self.readers: dict[str, Reader[Any]] = {}
        self.enrichers: dict[str, Enricher[Any]] = {}
        self.transforms: dict[str, Transform[Any]] = {}
        self.exporters: dict[str, Exporter[Any]] = {}
        self.files = [str(file) for file in files]
        self.strict = strict
        self._owners: dict[tuple[type, str], Plugin] = {}
        self._manager = pluggy.PluginManager("refmill")
        self._manager.add_hookspecs(specs)
        for point, plugin in _installed():
            with self._guarded(plugin):
                self._add(plugin, point.load())
        for file in files:
            self._add_file(Path(file))

    @property
    def faulty(self) -> list[Plugin]:
        """The plugins that could not be loaded or broke the contract."""
        return [plugin for plugin in self.plugins if plugin.faults]

    def owner(self, role: Reader[Any] | Enricher[Any] | Transform[Any] | Exporter[Any]) -> Plugin:
        """The plugin that provides this description."""
        return self._owners[type(role), role.name]

    def fault(self, role: Reader[Any] | Enricher[Any] | Transform[Any] | Exporter[Any], error: Exception) -> None:
        """Notes what a plugin's code raised at work, once a cause. Raises PluginError if strict."""
        plugin = self.owner(role)
        reason = f"{type(role).__name__.lower()} {role.name}: {_told(error)}"
        if self.strict:
            raise PluginError(f"plugin {plugin}: {reason}") from error
        if len(plugin.faults) < _MOST_FAULTS and reason not in plugin.faults:
            plugin.faults.append(reason)

    def checked(self, role: Reader[Any] | Enricher[Any] | Transform[Any], entry: Any) -> Entry:
        """Return what a plugin made if it is an Entry with values of the right types. Raises TypeError or ValueError.

        Built-in plugins are checked by their types.
        """
        if self.owner(role).built_in:
            return entry  # type: ignore[no-any-return]
        if not isinstance(entry, Entry):
            raise TypeError(f"it returned {type(entry).__name__}, not an Entry")
        msgspec.json.decode(msgspec.json.encode(entry), type=Entry)
        return entry

    def reader(self, name: str) -> Reader[Any]:
        """The reader of this name. Raises UsageError where there is none, with the names that there are."""
        return self._named("input format", name, self.readers)

    def enricher(self, name: str) -> Enricher[Any]:
        """The enricher of this name; UsageError as `reader`."""
        return self._named("enricher", name, self.enrichers)

    def transform(self, name: str) -> Transform[Any]:
        """The transform of this name; UsageError as `reader`."""
        return self._named("transform", name, self.transforms)

    def exporter(self, name: str) -> Exporter[Any]:
        """The exporter of this name; UsageError as `reader`."""
        return self._named("output format", name, self.exporters)

    def exporter_for(self, path: str) -> Exporter[Any]:
        """The exporter that the file's suffix means; a built-in one goes before a stranger's.

        Raises UsageError, naming the choices, where no exporter or several claim the suffix.
        """
        suffix = Path(path).suffix.lower()
        claims = [exporter for exporter in self.exporters.values() if suffix in exporter.suffixes]
        ours = [exporter for exporter in claims if self.owner(exporter).built_in]
        choice = ours or claims
        if len(choice) == 1:
            return choice[0]
        if choice:
            names = ", ".join(exporter.name for exporter in choice)
            raise UsageError(f"{path}: several formats write {suffix} files: choose one by --to: {names}")
        known = ", ".join(f"{name} ({' '.join(e.suffixes)})" for name, e in sorted(self.exporters.items()))
        raise UsageError(f"{path}: no format is known for the suffix {suffix!r}: choose one by --to: {known}")

    def _named(self, what: str, name: str, table: Mapping[str, T]) -> T:
        if name in table:
            return table[name]
        failed = [plugin.name for plugin in self.faulty]
        error = unknown_name(what, name, table)
        raise (
            UsageError(f"{error}; `refmill plugins` tells what is wrong with {', '.join(failed)}") if failed else error
        )

    def _add_file(self, path: Path) -> None:
        if not path.is_file():
            raise UsageError(f"--plugin {path}: there is no such file")
        plugin = Plugin(path.stem, str(path), "")
        with self._guarded(plugin):
            spec = importlib.util.spec_from_file_location(f"refmill_plugin_{path.stem}", path)
            if spec is None or spec.loader is None:
                raise ImportError("not a Python file: its name must end in .py")
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module  # dataclasses and pickle look their module up there
            spec.loader.exec_module(module)
            self._add(plugin, module)

    @contextlib.contextmanager
    def _guarded(self, plugin: Plugin) -> Iterator[None]:
        """Whatever goes wrong inside is the plugin's fault alone; what it prints goes to stderr."""
        self.plugins.append(plugin)
        start = time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a plugin may call its errors
            self._fault(plugin, _told(error), error)
        finally:
            plugin.seconds = time.perf_counter() - start

    def _fault(self, plugin: Plugin, reason: str, cause: BaseException | None = None) -> None:
        plugin.faults.append(reason)
        if self.strict:
            raise PluginError(f"plugin {plugin}: {reason}") from cause

    def _add(self, plugin: Plugin, module: ModuleType) -> None:
        name = f"{plugin.distribution}:{plugin.name}"
        self._manager.register(module, name)
        try:
            self._manager.check_pending()
            described = [(kind, role) for hook, kind in _HOOKS.items() for role in self._described(module, hook, kind)]
        except BaseException:
            self._manager.unregister(name=name)
            raise
        if not described:
            self._fault(plugin, "yields nothing: does it mark its functions with @hookimpl?")
        for kind, role in described:
            self._enter(plugin, kind, role)

    def _described(self, module: ModuleType, hook: str, kind: type) -> Iterator[Any]:
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            for role in implementation.function() or ():
                if not isinstance(role, kind):
                    raise TypeError(f"{hook} yields {role!r}, which is no {kind.__name__}")
                yield role

    def _enter(self, plugin: Plugin, kind: type, role: Any) -> None:
        tables: dict[type, dict[str, Any]] = {
            Reader: self.readers,
            Enricher: self.enrichers,
            Transform: self.transforms,
            Exporter: self.exporters,
        }
        table = tables[kind]
        what = f"{kind.__name__.lower()} {role.name}"
        if role.name in table:
            self._fault(plugin, f"the name of {what!r} is taken by {self._owners[kind, role.name]}")
            return
        if not plugin.built_in and hasattr(role, "options"):
            describe(role.options)
        table[role.name] = role
        self._owners[kind, role.name] = plugin
        plugin.provides.append(what)


def _installed() -> list[tuple[importlib.metadata.EntryPoint, Plugin]]:
    found = []
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        distribution = point.dist
        name, version = (distribution.name, distribution.version) if distribution else ("?", "")
        found.append((point, Plugin(point.name, name, version)))
    found.sort(key=lambda pair: (not pair[1].built_in, pair[1].distribution, pair[1].name))
    return found


def _told(error: BaseException) -> str:
    """The error in one line, with the plugin's own line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}".replace("\n", " ")
