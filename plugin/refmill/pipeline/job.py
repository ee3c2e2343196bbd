"""What a user asked for, and the plugins with their options that do it, checked before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from refmill.errors import UsageError
from refmill.io.file_names import STDOUT
from refmill.io.outputs import Output
from refmill.plugins.options import distribute, fill
from refmill.plugins.registry import Registry
from refmill.services.store import MAX_AGE
from refmill_hooks import Enricher, Exporter, Transform

__all__ = ["DEFAULT_ENRICHERS", "KEYS", "Job", "Plan", "planned"]

DEFAULT_ENRICHERS: Final = ("arxiv",)
KEYS: Final = "keys"
SNAPSHOT: Final = "snapshot"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a user asked for. `outputs` are paths, with `to` the format of the only one; `options` are `name=value`.

    `snapshots` are files asked before the network; `versions` is `keep` or `strip`; `max_age` is in seconds; with
    `overwrite`, an output may be an input.
    """

    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    to: str | None = None
    input_format: str | None = None
    options: Sequence[str] = ()
    snapshots: Sequence[str] = ()
    enrichers: Sequence[str] = DEFAULT_ENRICHERS
    transforms: Sequence[str] = ()
    offline: bool = False
    refresh: bool = False
    versions: str = "keep"
    max_age: float | None = MAX_AGE
    problems: str | Path | None = None
    report: str | Path | None = None
    overwrite: bool = False


@dataclass
class Plan:
    """The plugins of a job with their options, named and checked before anything is read."""

    outputs: list[Output]
    enrichers: list[Enricher[Any]]
    transforms: list[Transform[Any]]
    options: dict[str, Any] = field(default_factory=dict)


def planned(job: Job, registry: Registry) -> Plan:
    """The plan for a job. Raises UsageError for anything named that cannot be had."""
    if job.to and len(job.outputs) != 1:
        raise UsageError("--to goes with exactly one -o; let the suffixes of several outputs choose their formats")
    exporters = [registry.exporter(job.to) if job.to else _exporter_for(path, registry) for path in job.outputs]
    names = [name for name in job.enrichers if name != SNAPSHOT]
    enrichers = [registry.enricher(name) for name in names]
    if job.snapshots:
        enrichers.insert(0, registry.enricher(SNAPSHOT))
        for file in job.snapshots:
            if not Path(file).is_file():
                raise UsageError(f"--snapshot {file}: there is no such file")
    transforms = [registry.transform(name) for name in job.transforms]
    plugins: list[Exporter[Any] | Enricher[Any] | Transform[Any]] = [*exporters, *enrichers, *transforms]
    if KEYS in registry.transforms:
        plugins.append(registry.transform(KEYS))
    dealt = distribute(job.options, {plugin.name: plugin.options for plugin in plugins})
    if job.snapshots:
        dealt[SNAPSHOT]["files"] = ",".join(job.snapshots)
    options = {plugin.name: fill(plugin.options, dealt[plugin.name], plugin.name) for plugin in plugins}
    outputs = [
        Output(path, exporter, options[exporter.name]) for path, exporter in zip(job.outputs, exporters, strict=True)
    ]
    return Plan(outputs, enrichers, transforms, options)


def _exporter_for(path: str, registry: Registry) -> Exporter[Any]:
    if path == STDOUT:
        raise UsageError("-o -: stdout has no suffix: choose the format by --to")
    return registry.exporter_for(path)
