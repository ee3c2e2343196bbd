"""A new file that takes the place of another when it is whole; used by refmill's outputs and by the snapshot index.

It lies in the contract because both the core and the built-in plugins write files, and neither imports the other.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import weakref
from pathlib import Path


class PrivateFile:
    """Temporary file beside `target`, under a name that nobody else has, for its owner alone until it replaces it.

    `target` must be resolved: a symbolic link there would be replaced. Call `discard` however the work ends; where an
    interrupt comes before that, the file goes with this object, or with the process.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        # Hidden, so that a folder that is read as input does not show it; short, so that any name has room for it.
        self.path = target.with_name(f".refmill-{os.urandom(8).hex()}")
        self._mode = 0o600
        self._remove: weakref.finalize[..., PrivateFile] | None = None
        self._inode: int | None = None

    def open(self) -> int:
        """Return the descriptor of the new file. Raises OSError."""
        # A new file gets the permissions that the umask and the folder give, as the system itself computes them.
        is_new = not self.target.exists()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._remove = weakref.finalize(self, _removed, self.path, os.getpid())  # first, for an interrupt in between
        try:
            handle = os.open(self.path, flags, 0o666 if is_new else 0o600)
        except FileExistsError:
            self._remove.detach()
            raise
        status = os.fstat(handle)
        self._mode, self._inode = stat.S_IMODE(status.st_mode), status.st_ino
        self._set_mode(0o600)
        return handle

    def hold(self, source: Path) -> None:
        """Make the file another name of a resolved path, or a copy where the file system has none. Raises OSError."""
        self._remove = weakref.finalize(self, _removed, self.path, os.getpid())
        try:
            os.link(source, self.path)
            self._inode = self.path.lstat().st_ino
        except (FileNotFoundError, FileExistsError):
            self._remove.detach()
            raise
        except OSError:  # a file system without hard links, or one that refuses them for files of others
            self._remove.detach()
            with source.open("rb") as old, os.fdopen(self.open(), "wb") as copy:
                shutil.copyfileobj(old, copy)
                copy.flush()
                os.fsync(copy.fileno())
            self.dress(source)

    def dress(self, like: Path | None = None) -> None:
        """Give the closed file the mode of the target (or of another file), and its owner and group where possible."""
        mode = self._mode
        with contextlib.suppress(FileNotFoundError):
            status = (like or self.target).stat()
            mode = stat.S_IMODE(status.st_mode)
            if hasattr(os, "chown"):
                try:
                    os.chown(self.path, status.st_uid, status.st_gid)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.chown(self.path, -1, status.st_gid)
        self._set_mode(mode)  # last: a change of the owner clears some of its bits

    def replace(self) -> None:
        """Put the file in the place of the target. Raises OSError."""
        self.path.replace(self.target)
        if self._remove:
            self._remove.detach()

    def create(self) -> None:
        """Put the file where the target is to be and there is none yet. Raises FileExistsError, OSError."""
        try:
            os.link(self.path, self.target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(self.target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.target)) from None
            self.path.rename(self.target)

    def is_in_place(self) -> bool:
        """Whether this file is what bears the name of the target."""
        try:
            return self._inode is not None and self._inode == self.target.lstat().st_ino
        except OSError:
            return False

    def withdraw(self) -> None:
        """Take back what was put at the target, and nothing else that is there."""
        if self.is_in_place():
            with contextlib.suppress(OSError):
                self.target.unlink()

    def keep(self) -> None:
        """Leave the file under its private name, for a later run to go on with."""
        if self._remove:
            self._remove.detach()

    def discard(self) -> None:
        """Remove the file unless it has replaced the target."""
        if self._remove and self._remove.alive:
            _removed(self.path, os.getpid())
            self._remove.detach()  # last, for an interrupt in between

    def _set_mode(self, mode: int) -> None:
        with contextlib.suppress(PermissionError):  # a file system without permissions
            self.path.chmod(mode)


def _removed(path: Path, process: int) -> None:
    """Removes a file that this process made; a copy of the process holds the same objects, and must leave it."""
    if os.getpid() == process:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
