"""From what a user names to opened sources, each with its reader: files, folders, globs, archives, stdin, ids."""

from __future__ import annotations

import codecs
import contextlib
import glob
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from refmill.errors import UsageError
from refmill.io.unpacking import BROKEN, PlainFile, Rewound, sources_in
from refmill.plugins.registry import Registry
from refmill_hooks import Reader, Source
from refmill_hooks.identifiers import BadIdentifier, bare_doi, parse_id
from refmill_hooks.source import BLOCK

__all__ = ["STDIN", "Opened", "input_files", "open_inputs", "size_of"]

STDIN: Final = "-"
IDS: Final = "ids"
"""The reader of ids that stand on the command line."""

_NO_ENTRIES = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*\]\s*)*")
"""What refmill writes where there is no entry to write: nothing as BibTeX, an empty list as CSL-JSON."""

Opened = tuple[Source, Reader[Any]]


def open_inputs(
    inputs: Iterable[str],
    registry: Registry,
    *,
    input_format: str | None = None,
    note: Callable[[str], None] = lambda text: None,
    damaged: Callable[[str, str], None] = lambda name, reason: None,
) -> Iterator[Opened]:
    """Opens one source after the other, with the reader that recognises it (or the one called `input_format`).

    An input is a path, a folder (read recursively, hidden files left out), a glob, `-` for stdin, or an arXiv id or DOI
    in any spelling. What lies in a folder or an archive and is no dump is left out and told through `note`; what cannot
    be read there, through `damaged` with the reason. A file without content is read by who reads files of its suffix.
    Raises UsageError for an input that was named and cannot be read.
    """
    named = list(inputs)
    ids = [text for text in named if _is_id(text)]
    files = list(input_files(named, damaged))
    if not files and not ids:
        raise UsageError("nothing to read: name a dump, a folder of dumps, - for stdin, or arXiv ids")
    if ids:
        listed = io.BytesIO("\n".join(ids).encode())
        yield Source(listed, "command line"), registry.reader(IDS)
    opened, because = 0, ""
    for path, was_named in files:
        begun = opened
        try:
            for source in _sources(path):
                try:
                    reader = _recognise(source, registry, input_format, note)
                except UsageError as error:
                    if was_named and "!" not in source.name:
                        raise
                    note(f"left out: {error}")
                    continue
                except BROKEN as error:
                    if was_named and "!" not in source.name:
                        raise
                    because = f"; {source.name}: {_reason(error)}"
                    damaged(source.name, _reason(error))
                    continue
                opened += 1
                yield source, reader
        except BROKEN as error:
            if was_named and opened == begun:
                raise UsageError(f"{path}: {_reason(error)}") from error
            damaged(path, _reason(error))
    if files and not opened and not ids:
        raise UsageError(f"{', '.join(named)}: there is no dump in it that refmill can read{because}")


def input_files(
    inputs: Iterable[str], damaged: Callable[[str, str], None] = lambda name, reason: None
) -> Iterator[tuple[str, bool]]:
    """The files that the inputs stand for, ids aside, and whether each was named by the user itself."""
    return (found for text in inputs if not _is_id(text) for found in _files(text, damaged))


def size_of(inputs: Iterable[str]) -> int:
    """Bytes of all files that the inputs stand for, those of stdin aside."""
    return sum(Path(path).stat().st_size for path, _ in input_files(inputs) if Path(path).is_file())


def _is_id(text: str) -> bool:
    if text == STDIN or Path(text).exists():
        return False
    try:
        parse_id(text)
    except BadIdentifier as error:
        if type(error) is not BadIdentifier:
            raise UsageError(f"{text}: {error}") from error
        return bool(bare_doi(text))
    return True


def _files(text: str, damaged: Callable[[str, str], None]) -> Iterator[tuple[str, bool]]:
    """The files an input stands for, and whether each was named by the user itself."""
    path = Path(text)
    if not text:
        raise UsageError("an input is empty: name a dump, a folder of dumps, - for stdin, or arXiv ids")
    if text == STDIN or path.is_file() or path.is_fifo() or path.is_char_device():
        yield text, True
    elif path.is_dir():
        yield from ((str(found), False) for found in _visible_files(path, damaged))
    elif matches := [match for match in _matches(text) if match.exists()]:
        for match in matches:
            inside = _visible_files(match, damaged) if match.is_dir() and "**" not in text else iter((match,))
            yield from ((str(found), False) for found in inside if found.is_file())
    else:
        raise UsageError(f"{text}: no such file or folder, and no arXiv id or DOI")


def _matches(pattern: str) -> list[Path]:
    """What a glob stands for, in order; `**` follows no links, for these may go round in circles."""
    anchor = Path(pattern).anchor
    if not glob.has_magic(pattern):
        return []
    try:
        found = Path(anchor).glob(pattern.removeprefix(anchor))
        return sorted(path for path in found if not _is_hidden(path, set(Path(pattern).parts)))
    except (ValueError, NotImplementedError):
        return []  # no pattern that can be: `a**b`


def _visible_files(folder: Path, damaged: Callable[[str, str], None]) -> Iterator[Path]:
    def cannot_be_read(error: OSError) -> None:
        damaged(str(error.filename), _reason(error))

    found = [
        Path(inside, name)
        for inside, _, names in os.walk(folder, onerror=cannot_be_read)
        for name in names
        if not _is_hidden(Path(inside, name).relative_to(folder))
    ]
    yield from sorted(path for path in found if path.is_file())


def _is_hidden(path: Path, shown: Iterable[str] = ()) -> bool:
    return any(part.startswith(".") and part not in (".", "..", *shown) for part in path.parts)


def _sources(path: str) -> Iterator[Source]:
    """The dumps in a file. Raises what is in BROKEN."""
    with contextlib.ExitStack() as stack:
        if path == STDIN:
            raw, name = cast(BinaryIO, sys.stdin.buffer), "<stdin>"
        else:
            raw, name = cast(BinaryIO, stack.enter_context(Path(path).open("rb"))), path
        yield from sources_in(raw, name, PlainFile if path != STDIN and Path(path).is_file() else Source)


def _reason(error: BaseException) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _recognise(
    source: Source, registry: Registry, input_format: str | None, note: Callable[[str], None]
) -> Reader[Any]:
    rest = source.stream
    head = rest.read(BLOCK)
    source.stream = cast(BinaryIO, Rewound(head, rest))
    if len(head) < BLOCK and _NO_ENTRIES.fullmatch(head):
        note(f"{source.name}: a file without entries")
    if input_format is not None:
        return registry.reader(input_format)
    if not head.strip(b" \t\r\n\f\xef\xbb\xbf"):
        return _reader_by_suffix(source.name, registry, may_go_on=len(head) == BLOCK)
    claims = [reader for reader in registry.readers.values() if _sniffs(reader, head)]
    if len(claims) > 1:
        suffixes = [suffix.lower() for suffix in Path(source.name).suffixes]
        claims = [reader for reader in claims if any(suffix in suffixes for suffix in reader.suffixes)] or claims
    if len(claims) > 1:
        claims = [reader for reader in claims if registry.owner(reader).built_in] or claims
    if not claims:
        rest.read(1)  # what is damaged here is told as such
        raise UsageError(
            f"{source.name}: {_kind(head)}; `refmill formats` lists what can be read, --from NAME chooses one"
        )
    return claims[0]


def _reader_by_suffix(name: str, registry: Registry, *, may_go_on: bool) -> Reader[Any]:
    """A reader for a file that begins with nothing; any of its suffix, unless there may be something behind that."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    claims = [reader for reader in registry.readers.values() if any(suffix in suffixes for suffix in reader.suffixes)]
    if not claims or (may_go_on and len(claims) > 1):
        raise UsageError(f"{name}: nothing to read, it is empty; --from NAME says which format it is")
    return claims[0]


def _kind(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "it is UTF-16, save it as UTF-8"
    return "it is a binary file" if b"\x00" in head else "no reader knows this format"


def _sniffs(reader: Reader[Any], head: bytes) -> bool:
    try:
        return reader.sniff(head)
    except Exception:
        return False  # a reader that stumbles over a file does not know it
