"""What a path names: a file, over all links that lead to it; a device or a pipe; a stream that is open already."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Hashable
from pathlib import Path
from typing import Final

from refmill.errors import UsageError

__all__ = ["STDOUT", "identity", "is_stdout", "is_stream", "open_descriptor", "real_path", "unwritable"]

STDOUT: Final = "-"
_STANDARD: Final = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/dev/fd/(?P<dev>\d+)|/proc/(?P<process>self|thread-self|\d+)(?:/task/\d+)?/fd/(?P<proc>\d+)")
_MOST_LINKS: Final = 40
"""As many as Linux follows."""


def open_descriptor(path: str) -> int | None:
    """Return the number of the open stream that a path leads to, None where it leads to no stream of this process.

    Links are followed one by one: the last one would lead to the file behind the stream.
    """
    if path == STDOUT:
        return 1
    here = Path(path)
    with contextlib.suppress(OSError):
        for _ in range(_MOST_LINKS):
            here = Path("/", str(here.absolute()).lstrip("/"))  # two slashes may stand in front
            in_folder = Path(os.path.realpath(here.parent), here.name)
            for name in (here, in_folder):
                number = _number(str(name))
                if number is not None:
                    return number
            if not in_folder.is_symlink():
                break
            here = in_folder.parent / in_folder.readlink()
    return None


def _number(path: str) -> int | None:
    found = _DESCRIPTOR.fullmatch(path)
    if found and found["process"] in (None, "self", "thread-self", str(os.getpid())):
        return int(found["dev"] or found["proc"])
    return _STANDARD.get(path)


def is_stdout(path: str) -> bool:
    """Whether the path leads to standard output."""
    return "\0" not in path and open_descriptor(path) == 1


def is_stream(path: str) -> bool:
    """Whether what is written there goes on elsewhere: to stdout, a device, a pipe, an open stream.

    Raises UsageError for what is no path.
    """
    _check(path)
    if open_descriptor(path) is not None:
        return True
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def real_path(path: str | Path) -> Path:
    """The file that a path leads to over all symbolic links.

    Raises UsageError for a folder, links in a circle, and what is no path.
    """
    _check(str(path))
    real = Path(os.path.realpath(path))
    try:
        if real.is_symlink():
            real.stat()
    except OSError as error:
        raise unwritable(path, error) from error
    if real.is_dir() or str(path).endswith(os.sep):
        raise UsageError(f"{path}: cannot be written: it is a folder; name a file in it")
    return real


def identity(path: str) -> Hashable:
    """What tells a file from others, whatever name leads to it; None for a device, which several may share.

    Raises UsageError for what is no path.
    """
    _check(path)
    descriptor = open_descriptor(path)
    try:
        status = Path(path).stat() if descriptor is None else os.fstat(descriptor)
    except OSError:
        return STDOUT if descriptor == 1 else os.path.realpath(path)
    if stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode):
        return status.st_dev, status.st_ino
    return STDOUT if descriptor == 1 else None


def unwritable(path: str | Path, error: OSError) -> UsageError:
    """The error that tells why a file cannot be written."""
    return UsageError(f"{path}: cannot be written: {error.strerror or error}")


def _check(path: str) -> None:
    if "\0" in path:
        raise UsageError(f"{path}: no file can have this name: it holds a NUL")
