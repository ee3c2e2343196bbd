"""Refuses to write a file that the run reads, or to write one twice, whatever name leads to it."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Hashable, Iterable, Iterator, Sequence
from os import fspath
from typing import Final

from refmill.errors import NothingWritten, UsageError
from refmill.io.file_names import identity, is_stream
from refmill.io.inputs import STDIN, input_files
from refmill.pipeline.job import Job
from refmill.plugins.registry import Registry
from refmill.reporting.summary import Summary

__all__ = ["Reading", "check_read_whole", "check_targets"]

_Named = tuple[str, str]
"""An option and its file."""


def check_targets(
    job: Job, registry: Registry, outputs: Sequence[str] | None = None, read: Sequence[_Named] = ()
) -> None:
    """Raise UsageError where an output, the report or the problems file is another file of the run.

    - `outputs`: those of a command that does not write in a format; the job's own by default.
    - `read`: what else the command reads.
    """
    targets = [("-o", path) for path in (job.outputs if outputs is None else outputs)]
    targets += [
        (option, fspath(path)) for option, path in (("--problems", job.problems), ("--report", job.report)) if path
    ]
    if not targets:
        return
    written: dict[Hashable, _Named] = {}
    for option, path in targets:
        which = identity(path)
        if which in written:
            other = written[which]
            raise UsageError(f"{option} {path}: given twice" if other[1] == path else _refusal(option, path, *other))
        if which is not None:
            written[which] = option, path
    for other_option, other_path in (*_kept(job, registry), *read):
        if target := written.get(identity(other_path)):
            raise UsageError(_refusal(*target, other_option, other_path))
    for reading in _OPEN:
        for path in reading.snapshots:
            if target := written.get(identity(path)):
                raise UsageError(_refusal(*target, "an open refmill.enrich", path))
    # What is not there yet is no input; what is written as it comes cannot wait until an input was read.
    refused: dict[Hashable, _Named] = {
        which: target
        for which, target in written.items()
        if isinstance(which, tuple) and not (job.overwrite and not is_stream(target[1]))
    }
    for path, was_named in input_files(job.inputs) if refused else ():
        if target := refused.get(_identity_of_input(path)):
            advice = "choose another name, or --overwrite: it is read to its end before it is replaced"
            if not was_named:
                advice = "it was found in a folder or by a pattern: write it elsewhere"
            elif is_stream(target[1]):
                advice = "choose another name"
            raise UsageError(f"{' '.join(target)}: it is an input too{_also(path, target[1])}; {advice}")
    for reading in _OPEN if refused else ():
        for path in reading.files():
            if target := refused.get(identity(path)):
                advice = "" if is_stream(target[1]) else ", or overwrite=True once it is read to its end"
                raise UsageError(
                    f"{' '.join(target)}: an open refmill.read reads it{_also(path, target[1])}; "
                    f"choose another name{advice}"
                )


def check_read_whole(job: Job, outputs: Sequence[str], summary: Summary) -> None:
    """Raise NothingWritten where an output takes the place of an input of which records would be lost."""
    if not job.overwrite:
        return
    replaced = {identity(path): path for path in outputs if not is_stream(path)}
    for reading in _OPEN:
        for path in reading.files():
            if (target := replaced.get(identity(path))) and (loss := reading.loss or _loss(summary)):
                raise NothingWritten(f"-o {target}: an open refmill.read reads it, and {loss}; {_LEFT}")
    if loss := _loss(summary):
        for path in _inputs(job.inputs):
            if target := replaced.get(_identity_of_input(path)):
                raise NothingWritten(f"-o {target}: it is an input too, and {loss}; {_LEFT}")


_LEFT: Final = "nothing is written; choose another name"


def _loss(summary: Summary) -> str:
    """What would be lost if the inputs were replaced, "" for nothing."""
    if summary.lost:
        return f"{summary.lost:,} records could not be read or written as a whole"
    if blocks := sum(summary.left_out.values()):
        return f"{blocks:,} blocks of the inputs ({', '.join(sorted(summary.left_out))}) are not written yet"
    return ""


class Reading:
    """The files that a caller in this process reads at his own pace. No run writes them while it lives and is open."""

    def __init__(self, inputs: Sequence[str] = (), snapshots: Sequence[str] = ()) -> None:
        self.snapshots = snapshots
        self._inputs = inputs
        self._summary: Summary | None = None
        _OPEN.add(self)

    def close(self) -> None:
        """Let runs write the files again."""
        _OPEN.discard(self)

    def end(self, summary: Summary) -> None:
        """Note that the inputs are read to their end."""
        self._summary = summary

    def files(self) -> Iterator[str]:
        """The files that are there still."""
        with contextlib.suppress(UsageError):
            yield from (path for path in _inputs(self._inputs) if path != STDIN)

    @property
    def loss(self) -> str:
        """What would be lost if the files were replaced, "" for nothing."""
        return "it is not read to its end" if self._summary is None else _loss(self._summary)


_OPEN: Final[weakref.WeakSet[Reading]] = weakref.WeakSet()
"""Of all threads: what one of them reads, no other may replace."""


def _refusal(option: str, path: str, other_option: str, other_path: str) -> str:
    return f"{option} {path}: it is the file of {other_option} too{_also(other_path, path)}; choose another name"


def _also(path: str, target: str) -> str:
    return f" ({path})" if path != target else ""


def _kept(job: Job, registry: Registry) -> Iterator[_Named]:
    """What the job reads and must never write."""
    for path in registry.files:
        yield "--plugin", path
    if job.snapshots:
        from refmill.builtin.snapshot.enricher import index_places

        for path in job.snapshots:
            yield "--snapshot", path
            yield from (("the index of a --snapshot", str(place)) for place in index_places(path))


def _inputs(inputs: Iterable[str]) -> Iterator[str]:
    """The files that the inputs stand for; a missing one is told by who opens it."""
    return (path for path, _ in input_files(inputs))


def _identity_of_input(path: str) -> Hashable:
    return identity("/dev/stdin" if path == STDIN else path)
