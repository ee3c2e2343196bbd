"""Refreshes a .bib: what arXiv and the registries of DOIs know of its entries by now, and nothing else changed.

An entry is touched only where its own identifier was answered. It gains what it lacks: the eprint, a publisher's DOI,
and where it is still a preprint, journal, volume and pages. Keys, order, comments and all other fields stay.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from refmill.builtin.bibtex.blocks import Block, blocks
from refmill.builtin.bibtex.edit import BibText
from refmill.builtin.bibtex.entry import entry_of
from refmill.builtin.bibtex.fields import fields_of
from refmill.builtin.bibtex.layout import CONTAINERS, TYPES
from refmill.builtin.bibtex.line_ends import Lines
from refmill.errors import UsageError
from refmill.io.atomic import Files
from refmill.io.file_names import real_path, unwritable
from refmill.pipeline.job import Job
from refmill.pipeline.run import entries_of
from refmill.plugins.registry import Registry
from refmill.reporting.progress import Progress
from refmill.reporting.report import Report
from refmill.stopping import signals_held
from refmill_hooks import Entry, ReadError
from refmill_hooks._private_file import PrivateFile
from refmill_hooks.identifiers import carries_class
from refmill_hooks.text import latex, latex_identifier

__all__ = ["Updated", "update", "write"]

_KEPT: Final = "surrogateescape"
"""Bytes that are not UTF-8 go through the text and are written as they were."""
_PREPRINTS = frozenset({"misc", "online", "unpublished", "article", "techreport", "report", "electronic"})


@dataclass
class Updated:
    """The bytes of a library before and after, which keys changed, and the report of the run."""

    before: bytes
    after: bytes
    changed: list[str]
    found: int
    report: Report


@dataclass
class _Block:
    """`text` as it stands in the library, the rest as it is understood; `problem`: why it cannot be edited."""

    text: str
    problem: str = ""
    kind: str = ""
    fields: dict[str, str] | None = None
    entry: Entry | None = None


def update(path: Path, job: Job, registry: Registry, progress: Progress | None = None) -> Updated:
    """What the library would be; writes nothing. `job` says whom to ask.

    Raises UsageError for a file that cannot be read or holds no entry with an arXiv id.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: it is no file; update takes a .bib file")
        before = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    text, encoding = _decoded(before)
    blocks = list(_blocks(text))
    asked = [
        Entry(id=block.entry.id, key=str(number), doi=block.entry.doi, source="bib")
        for number, block in enumerate(blocks)
        if block.entry and block.entry.id
    ]
    problems = [block.problem for block in blocks if block.problem]
    if not asked:
        raise UsageError(
            f"{path}: no entry {'that can be edited ' if problems else ''}has an arXiv id{_listed(problems)}"
        )
    changed: list[str] = []
    with entries_of(job, registry, entries=asked, progress=progress, keys=False) as (answers, report):
        for problem in problems:
            report.say(f"{path}: {problem}")
        for answer in answers:
            block = blocks[int(answer.key)]
            assert block.entry
            text = _refreshed(block, answer)
            if not _fits(text, encoding):
                report.say(
                    f"{path}: {block.entry.key} is left as it was: {encoding} has no sign for what it would gain"
                )
            elif text != block.text:
                block.text = text
                changed.append(block.entry.key)
    after = "".join(block.text for block in blocks).encode(encoding, _KEPT)
    return Updated(before, after, changed, len(asked), report)


def write(path: Path, updated: Updated) -> Path:
    """Replaces the library, the old one kept beside it under a name that no file has yet; returns that.

    A symbolic link is followed. The old library is the very file that it was, so that it has what a program that still
    holds it open writes. Raises UsageError where the library cannot be written, or another program changed it since it
    was read.
    """
    try:
        library = real_path(path)
        backup = PrivateFile(library)
        try:
            with Files() as files:
                files.open(str(path)).write(updated.after)
                files.finish()
                try:
                    backup.hold(library)
                except FileNotFoundError as error:
                    raise UsageError(f"{path}: another program removed it meanwhile; nothing is written") from error
                with signals_held():
                    _replace(path, library, updated, backup, files)
        finally:
            backup.discard()
    except OSError as error:
        raise unwritable(path, error) from error
    return backup.target


def _replace(path: Path, library: Path, updated: Updated, backup: PrivateFile, files: Files) -> None:
    """Put the backup in its place, then the library; where the library is not replaced, the backup is withdrawn."""
    changed = UsageError(f"{path}: another program changed it meanwhile; nothing is written, update it again")
    before = _inode(library)
    try:
        for name in _backup_names(library):
            backup.target = name
            with contextlib.suppress(FileExistsError):
                backup.create()
                break
        if before is None:
            raise FileNotFoundError
        if library.read_bytes() != updated.before:
            raise changed
        files.commit()
        if backup.target.read_bytes() != updated.before:  # written on by who had opened it
            backup.target.replace(library)
            raise changed
    except FileNotFoundError as error:
        if _inode(library) is not None:
            raise
        last = f"its last state is {backup.target}"
        raise UsageError(f"{path}: another program removed it meanwhile; {last}") from error
    except BaseException:
        if _inode(library) == before:  # else the interrupt came behind the last step
            backup.withdraw()
        raise


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _backup_names(library: Path) -> Iterator[Path]:
    yield library.with_name(f"{library.name}.bak")
    yield from (library.with_name(f"{library.name}.bak.{number}") for number in count(1))


def _decoded(library: bytes) -> tuple[str, str]:
    """The text of a library, of which no byte is lost, and its encoding: UTF-8 unless nothing but Latin-1 is in it."""
    text = library.decode("utf-8", _KEPT)
    others = {sign for sign in set(text) if not sign.isascii()}
    if others and all("\udc80" <= sign <= "\udcff" for sign in others):
        return library.decode("latin-1"), "latin-1"
    return text, "utf-8"


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding, _KEPT)
    except UnicodeEncodeError:
        return False
    return True


def _blocks(text: str) -> Iterator[_Block]:
    lines = Lines(text)
    at = 0
    for block in blocks([lines.plain]):
        end = at + len(block.text)
        found = _Block(text[lines.place(at) : lines.place(end)])
        at = end
        if block.kind not in ("", "string", "comment", "preamble"):
            found = _understood(found.text, block)
        yield found


def _understood(text: str, block: Block) -> _Block:
    try:
        read = fields_of(block.text, {})
        entry = entry_of(read)
        if entry.id:
            BibText(text)
    except (ReadError, ValueError) as error:
        return _Block(text, f"the entry on line {block.line} is left as it was: {error}")
    if read.problems:
        name = f"{read.key} on line {block.line}" if read.key else f"the entry on line {block.line}"
        return _Block(text, f"{name} is left as it was: {'; '.join(read.problems)}")
    return _Block(text, "", read.kind, read.fields, entry)


def _listed(problems: list[str]) -> str:
    more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
    return f"; {problems[0]}{more}" if problems else ""


def _refreshed(block: _Block, answer: Entry) -> str:
    """The text of the entry with what the answer knows more; as it was where the two would not fit."""
    assert block.entry is not None
    assert block.fields is not None
    if not answer.title and not answer.venue:
        return block.text  # nobody answered
    kind, fields, without = _news(block, answer)
    if not fields:
        return block.text
    try:
        text = BibText(block.text).changed(kind, fields, without)
        read = fields_of(Lines(text).plain, {})
    except (ValueError, ReadError):
        return block.text
    lost = block.fields.keys() - read.fields.keys() - without
    return block.text if read.key != block.entry.key or lost or read.problems else text


def _news(block: _Block, answer: Entry) -> tuple[str, dict[str, str], frozenset[str]]:
    """The type, the fields that are new or change, and those that go, for the eprint fields say it now."""
    entry, had = block.entry, block.fields
    assert entry is not None
    assert had is not None
    fields: dict[str, str] = {}
    without: frozenset[str] = frozenset()
    kind = block.kind
    venue = answer.venue
    if venue and not entry.venue and kind in _PREPRINTS:
        is_biblatex = "journaltitle" in had or "date" in had
        kind = TYPES.get(venue.kind, ("article", "article"))[is_biblatex]
        container = CONTAINERS.get(venue.kind, ("journal", "journaltitle"))[is_biblatex]
        new = {
            container: venue.container,
            "volume": venue.volume,
            "number": venue.issue,
            "pages": venue.pages.replace("-", "--"),
            "publisher": venue.publisher,
        }
        fields = {name: f"{{{latex(value)}}}" for name, value in new.items() if value}
        if venue.year and not is_biblatex and had.get("year", "").strip("{}") != str(venue.year):
            fields["year"] = f"{{{venue.year}}}"
        elif venue.date and is_biblatex:
            fields["date"] = f"{{{latex(venue.date)}}}"
        stale = {
            name for name in ("journal", "journaltitle", "volume", "number", "pages", "eid", "publisher") if name in had
        }
        without = frozenset(stale - fields.keys())
    if answer.doi and not entry.doi:
        fields["doi"] = f"{{{latex_identifier(answer.doi[0])}}}"
    if fields and "eprint" not in had:
        fields |= {"eprint": f"{{{latex_identifier(entry.id)}}}", "archiveprefix": "{arXiv}"}
        if answer.primary_category and not carries_class(entry.id):
            fields["primaryclass"] = f"{{{latex_identifier(answer.primary_category)}}}"
    lacking = {"title": answer.title, "year": str(answer.created.year) if answer.created else ""}
    for name, value in lacking.items():
        if value and name not in had and name not in fields and not (name == "year" and "date" in had):
            fields[name] = f"{{{latex(value)}}}"
    return kind, {name: value for name, value in fields.items() if had.get(name) != value.strip("{}")}, without
