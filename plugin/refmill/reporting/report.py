"""What happened in a run: counts for the summary, the problems file, the report of every id."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from refmill.errors import NothingRead, NothingWritten
from refmill.io.atomic import Files, Target, close_quietly
from refmill.io.file_names import unwritable
from refmill.reporting.summary import EXAMPLES, Summary, Tally
from refmill_hooks import EXECUTES, MERGED, REPLACED_KEY, SUSPECT, WITHDRAWN, Entry
from refmill_hooks.citation_keys import safe_key

__all__ = ["Dispute", "Report"]

_SECTIONS: Final = ("ids", "disputes", "merged", "replaced_keys")
_SECTIONS_OF_PAGE: Final = ("entries", "duplicates", "problems")
_ENCODE = msgspec.json.Encoder().encode


def _encode(value: Any) -> bytes:
    """Return the value as JSON; bytes of file names that are no UTF-8 as escapes that can be seen."""
    try:
        return _ENCODE(value)
    except UnicodeEncodeError:
        return _ENCODE(_escaped(msgspec.to_builtins(value)))


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(part) for key, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, list) else value


def _first_reasons(reasons: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, reasons)))[:EXAMPLES]


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """Two sources said different things of a field: what stayed, what gave way, and who said it."""

    id: str
    field: str
    kept: str
    kept_from: str
    other: str
    other_from: str


class Report:
    """Collects what happens, and writes the two files. Use it as a context manager; `summary` has the counts.

    They are put in place at the end with those of `files`, and alone where the outputs are left as they were; any other
    error leaves the old ones.

    - `problems`: JSON lines with `file`, `line`, `reason`, `raw` of all that could not be read or written.
    - `ids`: JSON with the counts, the outcome of every id that was asked for, and both sides of every disputed value;
      as `.html`, a page of all that and every entry.

    Raises UsageError where a file cannot be written.
    """

    def __init__(
        self,
        problems: str | Path | None = None,
        ids: str | Path | None = None,
        say: Callable[[str], None] = lambda text: None,
        files: Files | None = None,
    ) -> None:
        self.summary = Summary()
        self.say = say
        self._problems_path = problems
        self._ids_path = ids
        self._first_problem = ""
        self._files = Files()
        self._files_of_run = files
        self._problems: Target | None = None
        self._ids: Target | None = None
        self.is_page = str(ids or "").lower().endswith((".html", ".htm"))
        self._spools: dict[str, IO[bytes]] = {}
        self._told: set[str] = set()

    def __enter__(self) -> Report:
        try:
            if self._problems_path:
                self._problems = self._files.open(str(self._problems_path))
            if self._ids_path:
                self._ids = self._files.open(str(self._ids_path))
                names = _SECTIONS + (_SECTIONS_OF_PAGE if self.is_page else ())
                self._spools = {name: tempfile.TemporaryFile() for name in names}
        except BaseException as error:
            self._files.discard()
            if isinstance(error, OSError):
                raise unwritable(str(self._ids_path), error) from error
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._files.discard)
            for spool in self._spools.values():
                stack.callback(close_quietly, spool)
            if error is None or isinstance(error, NothingWritten):
                if self._ids:
                    try:
                        for spool in self._spools.values():
                            spool.seek(0)
                        self._write_page(self._ids) if self.is_page else self._write_json(self._ids)
                    except OSError as failure:
                        raise unwritable(str(self._ids_path), failure) from failure
                if error is None and self._files_of_run:
                    self._files_of_run.take(self._files)
                else:
                    self._files.commit()

    def nothing_read(self) -> NothingRead:
        """The error for a run whose inputs hold records, none of which could be read."""
        more = f"; all are in {self._problems_path}" if self._problems_path else "; --problems FILE keeps them"
        told = f"none of the {self.summary.unreadable:,} records could be read, so nothing is written"
        return NothingRead(f"{told}; the first: {self._first_problem}{more}")

    def _write_json(self, out: Target) -> None:
        out.write(b'{"counts":' + _encode(self._counts()))
        for name, spool in self._spools.items():
            out.write(b',\n"%s":[' % name.encode())
            separator = b"\n"
            for line in spool:
                out.write(separator + line.rstrip(b"\n"))
                separator = b",\n"
            out.write(b"]")
        out.write(b"}\n")

    def _write_page(self, out: Target) -> None:
        from refmill.reporting.page import page

        def rows(name: str) -> Iterator[dict[str, Any]]:
            self._spools[name].seek(0)
            return map(msgspec.json.decode, self._spools[name])

        for piece in page(self._counts(), self.summary.notes, rows):
            out.write(piece.encode("utf-8", "replace"))

    def note(self, text: str) -> None:
        """Tells the user now and counts it among the notes, once."""
        if text not in self._told:
            self._told.add(text)
            self.summary.notes.append(text)

    def unreadable(self, file: str, line: int, reason: str, raw: str) -> None:
        """A record that gave no entry: `reason` says why, `raw` is its text."""
        self.summary.unreadable += 1
        self._problem(file, line, reason, raw)

    def incomplete(self, file: str, line: int, reason: str, raw: str) -> None:
        """A record that gave an entry which lacks what `reason` tells of."""
        self.summary.incomplete += 1
        self._problem(file, line, reason, raw)

    def unwritten(self, where: str, entry: Entry, reason: str) -> None:
        """An entry that an exporter, a transform or an enricher could not work on."""
        self.summary.unwritten += 1
        self._problem(where, 0, f"{entry.versioned_id or entry.title or 'an entry'}: {reason}", repr(entry))

    def _problem(self, file: str, line: int, reason: str, raw: str) -> None:
        place = f"{file}:{line}" if line else file
        self._first_problem = self._first_problem or f"{place}: {reason}"
        problem = {"file": file, "line": line, "reason": reason, "raw": raw}
        if self._problems:
            self._problems.write(_encode(problem) + b"\n")
        if self.is_page:
            self._keep("problems", problem)
        problems = self.summary.unreadable + self.summary.incomplete + self.summary.unwritten
        if problems <= EXAMPLES:
            self.say(f"{place}: {reason}")
        elif problems == EXAMPLES + 1:
            self.say("more such records: " + (f"see {self._problems_path}" if self._problems else "--problems FILE"))

    def duplicate(self, arxiv_id: str) -> None:
        """An id that came again, and was left out."""
        self.summary.duplicates += 1
        if self.is_page:
            self._keep("duplicates", {"id": arxiv_id})

    def found(self, arxiv_id: str, source: str) -> None:
        """An id of which `source` knew."""
        self.summary.found += 1
        self._outcome({"id": arxiv_id, "state": "found", "source": source})

    def missing(self, arxiv_id: str, reason: str) -> None:
        """An id that does not exist, by the word of a source."""
        self.summary.missing.add(arxiv_id)
        self.summary.absences = _first_reasons([*self.summary.absences, reason])
        self._outcome({"id": arxiv_id, "state": "missing", "reason": reason})

    def unknown(self, arxiv_id: str, reason: str, *, may_pass: bool = False) -> None:
        """An id that no source could tell of; with `may_pass` it is worth asking again."""
        self.summary.unknown.add(arxiv_id)
        self.summary.may_pass |= may_pass
        self.summary.refusals = _first_reasons([*self.summary.refusals, reason])
        self._outcome({"id": arxiv_id, "state": "unknown", "reason": reason})

    def disputes(self, disputes: list[Dispute]) -> None:
        """Values of an entry on which two sources disagree."""
        self.summary.disputes += len(disputes)
        if self._ids_path:
            for dispute in disputes:
                self._keep("disputes", dispute)

    def finished(self, entry: Entry) -> None:
        """Looks at an entry's marks as it leaves for the outputs."""
        extra = entry.extra
        if WITHDRAWN in extra:
            self.summary.withdrawn.add(entry.id)
        if MERGED in extra:
            self.summary.merged.add(entry.id or entry.key)
            if self._ids_path:
                self._keep("merged", {"id": entry.id, "key": entry.key, "merged": extra[MERGED]})
        if executing := extra.get(EXECUTES):
            self.summary.executing.add(f"{entry.key}: {executing}")
        if replaced := extra.get(REPLACED_KEY):
            self.summary.replaced_keys.add(f"'{replaced}' is {safe_key(entry)}")
            if self._ids_path:
                self._keep("replaced_keys", {"key": safe_key(entry), "replaced": replaced})
        if what := extra.get(SUSPECT):
            self.summary.suspect.setdefault(what, Tally()).add(entry.id)
        if self.is_page:
            from refmill.reporting.page import row_of_entry

            self._keep("entries", row_of_entry(entry))

    def _outcome(self, outcome: dict[str, str]) -> None:
        if self._ids_path:
            self._keep("ids", outcome)

    def _keep(self, name: str, row: object) -> None:
        """Holds a row of the report back until the run ends."""
        try:
            self._spools[name].write(_encode(row) + b"\n")
        except OSError as error:
            raise unwritable(str(self._ids_path), error) from error

    def _counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = {}
        for name, value in vars(self.summary).items():
            if isinstance(value, Tally):
                counts[name] = value.count
            elif name == "suspect":
                counts[name] = {what: tally.count for what, tally in value.items()}
            else:
                counts[name] = value
        return counts
