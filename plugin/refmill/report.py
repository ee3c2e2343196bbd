"""What happened in a run: counts for the summary, the problems file, the report of every id."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

import msgspec

from refmill.errors import UsageError
from refmill.merge import Dispute
from refmill_hooks import MERGED, SUSPECT, UNVERIFIED, WITHDRAWN, Entry
from refmill_hooks.dates import reference_date
from refmill_hooks.names import display_name
from refmill_hooks.text import plain

__all__ = ["EXAMPLES", "Report", "Summary"]

EXAMPLES: Final = 5
"""So many ids stand in the summary; the report has all."""

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


@dataclass
class Tally:
    """How many, and the first few of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES and example not in self.examples:
            self.examples.append(example)

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.examples) else ""
        return f"{self.count:,}" + (f" ({', '.join(self.examples)}{more})" if self.examples else "")


@dataclass
class Summary:
    """The counts of a run.

    - `read`: entries that were read; `duplicates`: dropped, for their id was read before; `skipped`: pieces of the
      input that hold no entry, by no fault; `unreadable`: records that could not be read; `incomplete`: read but for a
      detail.
    - `found`, `missing`, `unknown`: ids that were answered, that a service does not know, and that no source could tell
      of. `offline`: whether that was wished so.
    - `suspect`: values kept as printed that are visibly wrong, by what is wrong; `withdrawn`, `merged`: papers.
    - `unwritten`: entries that an exporter or a transform failed on; `written`: entries by output.
    - `notes`: what else the user should know, a line each.
    """

    read: int = 0
    duplicates: int = 0
    skipped: int = 0
    unreadable: int = 0
    incomplete: int = 0
    enriched: int = 0
    found: int = 0
    missing: Tally = field(default_factory=Tally)
    unknown: Tally = field(default_factory=Tally)
    offline: bool = False
    suspect: dict[str, Tally] = field(default_factory=dict)
    withdrawn: Tally = field(default_factory=Tally)
    merged: Tally = field(default_factory=Tally)
    disputes: int = 0
    dropped: int = 0
    unwritten: int = 0
    written: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some records or ids have no result, 3 a service could not be asked."""
        if self.unknown.count and not self.offline:
            return 3
        return 1 if self.unreadable or self.incomplete or self.unwritten or self.missing.count else 0

    def lines(self) -> Iterator[str]:
        """The summary as the command line prints it."""
        yield f"read       {self.read:,}"
        for label, count in (
            ("duplicates", self.duplicates),
            ("skipped", self.skipped),
            ("unreadable", self.unreadable),
            ("incomplete", self.incomplete),
        ):
            if count:
                yield f"{label:<10} {count:,}"
        if self.enriched or self.found or self.missing.count or self.unknown.count:
            yield f"enriched   {self.enriched:,}"
        if self.missing.count:
            yield f"missing    {self.missing}"
        if self.unknown.count:
            left = "left as they are, for lack of a source offline" if self.offline else "run again to go on"
            yield f"unknown    {self.unknown}; {left}"
        if self.withdrawn.count:
            yield f"withdrawn  {self.withdrawn}"
        if self.merged.count:
            yield f"merged     {self.merged}"
        if self.disputes:
            yield f"disputed   {self.disputes:,}, where sources differ; --report FILE lists both sides"
        if self.dropped:
            yield f"dropped    {self.dropped:,} by transforms"
        if self.unwritten:
            yield f"unwritten  {self.unwritten:,}"
        for output, count in self.written.items():
            yield f"written    {count:,} to {output}"
        for what, tally in self.suspect.items():
            yield f"kept as printed, {what}: {tally}; enrich to mend: without --offline, or with --snapshot FILE"
        yield from self.notes


class Report:
    """Collects what happens, and writes the two files. Use it as a context manager; `summary` has the counts.

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
    ) -> None:
        self.summary = Summary()
        self.say = say
        self._problems_path = problems
        self._ids_path = ids
        self._problems: IO[bytes] | None = None
        self.is_page = str(ids or "").lower().endswith((".html", ".htm"))
        self._spools: dict[str, IO[bytes]] = {}
        self._told: set[str] = set()

    def __enter__(self) -> Report:
        try:
            if self._problems_path:
                self._problems = Path(self._problems_path).open("wb")
            if self._ids_path:
                Path(self._ids_path).open("wb").close()
                names = ("ids", "disputes", "merged", *(("entries", "duplicates", "problems") if self.is_page else ()))
                self._spools = {name: tempfile.TemporaryFile() for name in names}
        except OSError as error:
            raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._problems:
            self._problems.close()
        if self._ids_path:
            for spool in self._spools.values():
                spool.seek(0)
            self._write_page() if self.is_page else self._write_json()
            for spool in self._spools.values():
                spool.close()

    def _write_json(self) -> None:
        with Path(str(self._ids_path)).open("wb") as out:
            out.write(b'{"counts":' + _encode(self._counts()))
            for name, spool in self._spools.items():
                out.write(b',\n"%s":[' % name.encode())
                separator = b"\n"
                for line in spool:
                    out.write(separator + line.rstrip(b"\n"))
                    separator = b",\n"
                out.write(b"]")
            out.write(b"}\n")

    def _write_page(self) -> None:
        from refmill.report_page import page

        def rows(name: str) -> Iterator[dict[str, Any]]:
            self._spools[name].seek(0)
            return map(msgspec.json.decode, self._spools[name])

        with Path(str(self._ids_path)).open("w", encoding="utf-8", errors="replace", newline="\n") as out:
            out.writelines(page(self._counts(), self.summary.notes, rows))

    def note(self, text: str) -> None:
        """Tells the user now and counts it among the notes, once."""
        if text not in self._told:
            self._told.add(text)
            self.summary.notes.append(text)

    def unreadable(self, file: str, line: int, reason: str, raw: str) -> None:
        self.summary.unreadable += 1
        self._problem(file, line, reason, raw)

    def incomplete(self, file: str, line: int, reason: str, raw: str) -> None:
        self.summary.incomplete += 1
        self._problem(file, line, reason, raw)

    def unwritten(self, where: str, entry: Entry, reason: str) -> None:
        """An entry that an exporter, a transform or an enricher could not work on."""
        self.summary.unwritten += 1
        self._problem(where, 0, f"{entry.versioned_id or entry.title or 'an entry'}: {reason}", repr(entry))

    def _problem(self, file: str, line: int, reason: str, raw: str) -> None:
        place = f"{file}:{line}" if line else file
        for out in (self._problems, self._spools.get("problems")):
            if out:
                out.write(_encode({"file": file, "line": line, "reason": reason, "raw": raw}) + b"\n")
        problems = self.summary.unreadable + self.summary.incomplete + self.summary.unwritten
        if problems <= EXAMPLES:
            self.say(f"{place}: {reason}")
        elif problems == EXAMPLES + 1:
            self.say("more such records: " + (f"see {self._problems_path}" if self._problems else "--problems FILE"))

    def duplicate(self, id: str) -> None:
        self.summary.duplicates += 1
        if self.is_page:
            self._spools["duplicates"].write(_encode({"id": id}) + b"\n")

    def found(self, id: str, source: str) -> None:
        self.summary.found += 1
        self._outcome({"id": id, "state": "found", "source": source})

    def missing(self, id: str, reason: str) -> None:
        self.summary.missing.add(id)
        self._outcome({"id": id, "state": "missing", "reason": reason})

    def unknown(self, id: str, reason: str) -> None:
        self.summary.unknown.add(id)
        self._outcome({"id": id, "state": "unknown", "reason": reason})

    def disputes(self, disputes: list[Dispute]) -> None:
        self.summary.disputes += len(disputes)
        if self._spools:
            for dispute in disputes:
                self._spools["disputes"].write(_encode(dispute) + b"\n")

    def finished(self, entry: Entry) -> None:
        """Looks at an entry's marks as it leaves for the outputs."""
        extra = entry.extra
        if WITHDRAWN in extra:
            self.summary.withdrawn.add(entry.id)
        if MERGED in extra:
            self.summary.merged.add(entry.id or entry.key)
            if self._spools:
                row = {"id": entry.id, "key": entry.key, "merged": extra[MERGED]}
                self._spools["merged"].write(_encode(row) + b"\n")
        if what := extra.get(SUSPECT):
            self.summary.suspect.setdefault(what, Tally()).add(entry.id)
        if self.is_page:
            self._spools["entries"].write(_encode(_row(entry)) + b"\n")

    def _outcome(self, outcome: dict[str, str]) -> None:
        if self._spools:
            self._spools["ids"].write(_encode(outcome) + b"\n")

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


def _row(entry: Entry) -> dict[str, str]:
    """An entry as the page shows it."""
    names = [display_name(name) for name in entry.authors[:3]]
    more = f" and {len(entry.authors) - 3:,} more" if len(entry.authors) > 3 else ""
    marks = {WITHDRAWN: "withdrawn", SUSPECT: entry.extra.get(SUSPECT, ""), UNVERIFIED: "unverified"}
    return {
        "id": entry.versioned_id,
        "key": entry.key,
        "title": plain(entry.title),
        "authors": plain(", ".join(names)) + more,
        "date": reference_date(entry),
        "category": entry.primary_category,
        "origin": "; ".join(f"{field}: {source}" for field, source in entry.origin.items()),
        "marks": ", ".join(mark for key, mark in marks.items() if key in entry.extra),
    }
