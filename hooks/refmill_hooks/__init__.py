"""The contract of refmill: all that a plugin may import.

It needs pluggy, msgspec and the standard library only. A plugin is a module with functions marked `@hookimpl` that
yield descriptions: `Reader`, `Enricher`, `Transform`, `Exporter`. The guide with complete files
is README.md: beside this module where refmill is installed, in hooks/ in a clone.
"""

from refmill_hooks.entry import (
    DATE,
    EXECUTES,
    MERGED,
    OF_INSTITUTIONS,
    PRINTED_ID,
    PROBLEM,
    REPLACED_KEY,
    SUSPECT,
    UNVERIFIED,
    WITHDRAWN,
    Entry,
    Name,
    Venue,
    Version,
)
from refmill_hooks.roles import (
    CONTRACT,
    Answer,
    Enricher,
    Exporter,
    Missing,
    Net,
    NoOptions,
    Reader,
    ReadError,
    ServiceError,
    SkipRecord,
    Transform,
)
from refmill_hooks.source import Source
from refmill_hooks.specs import ENTRY_POINT_GROUP, hookimpl

__all__ = [
    "CONTRACT",
    "DATE",
    "ENTRY_POINT_GROUP",
    "EXECUTES",
    "MERGED",
    "OF_INSTITUTIONS",
    "PRINTED_ID",
    "PROBLEM",
    "REPLACED_KEY",
    "SUSPECT",
    "UNVERIFIED",
    "WITHDRAWN",
    "Answer",
    "Enricher",
    "Entry",
    "Exporter",
    "Missing",
    "Name",
    "Net",
    "NoOptions",
    "ReadError",
    "Reader",
    "ServiceError",
    "SkipRecord",
    "Source",
    "Transform",
    "Venue",
    "Version",
    "hookimpl",
]
