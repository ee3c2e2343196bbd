"""The errors that refmill tells a user in one line.

RefmillError
├── UsageError      the command line, an option, a file: exit 2
│   └── NothingWritten  the run went to its end, and leaves its outputs as they were
│       └── NothingRead  there were records, and none could be read
└── PluginError     a plugin is at fault and --strict was asked for: exit 2
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["NothingRead", "NothingWritten", "PluginError", "RefmillError", "UsageError", "unknown_name"]


class RefmillError(Exception):
    """Something the user can mend; the message says what and how."""


class UsageError(RefmillError):
    """What was asked for cannot be done as it was asked."""


class NothingWritten(UsageError):
    """The outputs stay as they were, for what they would lose; the problems file tells what that is."""


class NothingRead(NothingWritten):
    """The inputs hold records, and none of them could be read; the problems file tells why."""


class PluginError(RefmillError):
    """A plugin is at fault; the message names it with its distribution."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that does not exist: it lists the known ones and the nearest."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean {near[0]!r}" if near else ""
    return UsageError(f"unknown {what} {name!r}{hint}? Known: {', '.join(names) or 'none'}")
