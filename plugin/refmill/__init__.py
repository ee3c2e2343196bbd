"""refmill: dumps of arXiv metadata in, references for reference managers out.

The four verbs are loaded when they are first used, so that `import refmill` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refmill.api import convert, enrich, export, read
    from refmill.errors import PluginError, RefmillError, UsageError
    from refmill.reporting.summary import Summary
    from refmill_hooks import Entry, Name, Venue, Version

__all__ = [
    "Entry",
    "Name",
    "PluginError",
    "RefmillError",
    "Summary",
    "UsageError",
    "Venue",
    "Version",
    "convert",
    "enrich",
    "export",
    "read",
]

_HOMES = {
    "refmill.api": ("convert", "enrich", "export", "read"),
    "refmill.errors": ("PluginError", "RefmillError", "UsageError"),
    "refmill.reporting.summary": ("Summary",),
    "refmill_hooks": ("Entry", "Name", "Venue", "Version"),
}


def __getattr__(name: str) -> Any:
    import importlib

    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'refmill' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
