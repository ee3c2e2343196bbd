"""A harvest to stdout, a device or a pipe: nothing is kept, so it cannot go on once it was interrupted."""

from __future__ import annotations

from collections.abc import Mapping

from refmill.commands.harvest_files import Harvested
from refmill.io import atomic
from refmill_hooks import ServiceError

__all__ = ["Stream"]


class Stream:
    """Writes a list as it comes. As a context manager it takes the place of `Files`.

    Raises UsageError where it cannot be written, ServiceError where the list has to be asked for from its beginning.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._files = atomic.Files()
        self._written = 0

    def __enter__(self) -> Stream:
        self._target = self._files.open(self._path)
        return self

    def __exit__(self, *exception: object) -> None:
        self._files.discard()

    def begun(self, url: str, query: Mapping[str, str]) -> Harvested:
        """A harvest from the beginning."""
        return Harvested(url, dict(query))

    def add(self, text: bytes, done: Harvested) -> None:
        """Writes what comes next."""
        self._check(done)
        self._target.write(text)
        self._written += len(text)
        done.size = self._written

    def keep(self, done: Harvested) -> None:
        """Checks that the list goes on behind what is written."""
        self._check(done)

    def finish(self, done: Harvested) -> None:
        """Writes what is still held back."""
        self._files.finish()

    def _check(self, done: Harvested) -> None:
        if done.size < self._written:
            raise ServiceError(f"{done.url} wants to be asked for all of the list again; a file (-o FILE) allows that")
