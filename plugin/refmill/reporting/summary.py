"""The counts of a run, as the command line prints them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

__all__ = ["EXAMPLES", "Summary", "Tally"]

EXAMPLES: Final = 5
"""So many ids stand in the summary; the report has all."""


@dataclass
class Tally:
    """How many, and the first few of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """Count one more; the first few are kept as examples."""
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
      input that hold no entry, by no fault; `left_out`: those of them whose content is in no output, by its kind;
      `unreadable`: records that could not be read; `incomplete`: read but for a
      detail.
    - `found`, `missing`, `unknown`: ids that were answered, that a service does not know, and that no source could tell
      of. `offline`: whether that was wished so. `refusals`: the first reasons why; `may_pass`: may another run help.
    - `absences`: the first reasons why ids are missing.
    - `suspect`: values kept as printed that are visibly wrong, by what is wrong; `withdrawn`, `merged`: papers.
    - `executing`: entries whose values, kept from a .bib, hold commands of TeX that read or write files or run code.
    - `replaced_keys`: citation keys that no program could read, and what stands for them.
    - `unwritten`: entries that an exporter or a transform failed on; `written`: entries by output.
    - `notes`: what else the user should know, a line each.
    """

    read: int = 0
    duplicates: int = 0
    skipped: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0
    incomplete: int = 0
    enriched: int = 0
    found: int = 0
    missing: Tally = field(default_factory=Tally)
    absences: list[str] = field(default_factory=list)
    unknown: Tally = field(default_factory=Tally)
    offline: bool = False
    refusals: list[str] = field(default_factory=list)
    may_pass: bool = False
    suspect: dict[str, Tally] = field(default_factory=dict)
    withdrawn: Tally = field(default_factory=Tally)
    merged: Tally = field(default_factory=Tally)
    executing: Tally = field(default_factory=Tally)
    replaced_keys: Tally = field(default_factory=Tally)
    disputes: int = 0
    dropped: int = 0
    unwritten: int = 0
    written: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many records are not in the output, or not all of them is."""
        return self.unreadable + self.incomplete + self.unwritten

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some records or ids have no result, 3 a service could not be asked."""
        if self.unknown.count and not self.offline:
            return 3
        return 1 if self.lost or self.missing.count else 0

    def skip(self, content: str = "") -> None:
        """Count a piece of the input that holds no entry; `content` is the kind of what it holds nevertheless."""
        self.skipped += 1
        if content:
            self.left_out[content] = self.left_out.get(content, 0) + 1

    def lines(self) -> Iterator[str]:
        """The summary as the command line prints it."""
        yield f"read       {self.read:,}"
        for label, count in (
            ("duplicates", self.duplicates),
            ("skipped", f"{self.skipped:,} ({', '.join(sorted(self.left_out))})" if self.left_out else self.skipped),
            ("unreadable", self.unreadable),
            ("incomplete", self.incomplete),
        ):
            if count:
                yield f"{label:<10} {count if isinstance(count, str) else f'{count:,}'}"
        if self.enriched or self.found or self.missing.count or self.unknown.count:
            yield f"enriched   {self.enriched:,}"
        yield from self.unanswered()
        if self.withdrawn.count:
            yield f"withdrawn  {self.withdrawn}"
        if self.merged.count:
            yield f"merged     {self.merged}"
        if self.replaced_keys.count:
            yield f"keys that not each program reads, as a .bib has them: {self.replaced_keys}; --report FILE lists all"
        if self.executing.count:
            yield f"kept TeX that reads or writes files or runs code: {self.executing}; look at it before you run LaTeX"
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

    def unanswered(self) -> Iterator[str]:
        """The lines of the summary about ids without an answer."""
        if self.missing.count:
            yield f"missing    {self.missing}"
            yield from (f"           {reason}" for reason in self.absences)
        if self.unknown.count:
            why = ", for lack of a source offline" if self.offline else "; run again to go on" if self.may_pass else ""
            yield f"unknown    {self.unknown}; left as they are{why}"
            yield from (f"           {reason}" for reason in self.refusals if not self.offline)
