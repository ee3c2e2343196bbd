"""The four hooks. Each takes nothing, is called once a run and yields descriptions from `refmill_hooks.roles`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pluggy

from refmill_hooks.roles import Enricher, Exporter, Reader, Transform

__all__ = [
    "ENTRY_POINT_GROUP",
    "hookimpl",
    "refmill_enrichers",
    "refmill_exporters",
    "refmill_readers",
    "refmill_transforms",
]

ENTRY_POINT_GROUP: Final = "refmill"
"""The entry-point group under which a distribution names its plugin modules."""

hookimpl = pluggy.HookimplMarker("refmill")
hookspec = pluggy.HookspecMarker("refmill")


@hookspec
def refmill_readers() -> Iterable[Reader[Any]]:  # type: ignore[empty-body]
    """Yields the dump formats that a plugin reads."""


@hookspec
def refmill_enrichers() -> Iterable[Enricher[Any]]:  # type: ignore[empty-body]
    """Yields the sources that a plugin asks by identifier."""


@hookspec
def refmill_transforms() -> Iterable[Transform[Any]]:  # type: ignore[empty-body]
    """Yields what a plugin does to entries."""


@hookspec
def refmill_exporters() -> Iterable[Exporter[Any]]:  # type: ignore[empty-body]
    """Yields the output formats that a plugin writes."""
