"""An exporter in a single file: Typst's Hayagriva YAML, for `refmill convert … --plugin hayagriva_yaml.py`.

The format: github.com/typst/hayagriva/blob/main/docs/file-format.md. JSON strings are YAML strings, so nothing else is
needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from refmill_hooks import Entry, Exporter, Name, hookimpl
from refmill_hooks.dates import reference_date
from refmill_hooks.identifiers import ArxivId
from refmill_hooks.text import plain

PARENTS = {"article-journal": "periodical", "paper-conference": "proceedings", "chapter": "anthology"}


@dataclass(frozen=True, kw_only=True)
class HayagrivaOptions:
    """What `-O` sets."""

    abstract: bool = field(default=False, metadata={"help": "write abstracts"})


def render(entry: Entry, options: HayagrivaOptions) -> str:
    """One entry as a YAML mapping under its citation key."""
    if not entry.key:
        raise ValueError("it has no citation key")
    lines = [f"{quoted(entry.key)}:", "  type: article"]
    if entry.title:
        lines.append(f"  title: {quoted(plain(entry.title))}")
    if entry.authors:
        lines.append("  author: [" + ", ".join(map(person, entry.authors)) + "]")
    if date := reference_date(entry):
        lines.append(f"  date: {date}")
    numbers = {"arxiv": ArxivId(entry.id, entry.version).versioned if entry.id else "", "doi": "".join(entry.doi[:1])}
    if known := {name: value for name, value in numbers.items() if value}:
        lines.append("  serial-number: " + json.dumps(known))
    if entry.id:
        lines.append(f"  url: {quoted(ArxivId(entry.id, entry.version).url)}")
    if options.abstract and entry.abstract:
        lines.append(f"  abstract: {quoted(plain(entry.abstract))}")
    if entry.venue:
        lines += ["  parent:", f"    type: {PARENTS.get(entry.venue.kind, 'periodical')}"]
        lines += [f"    title: {quoted(plain(entry.venue.container))}"]
        lines += [f"    volume: {quoted(entry.venue.volume)}"] if entry.venue.volume else []
        lines += [f"    issue: {quoted(entry.venue.issue)}"] if entry.venue.issue else []
        lines += [f"  page-range: {quoted(entry.venue.pages)}"] if entry.venue.pages else []
    return "\n".join(lines) + "\n"


def person(name: Name) -> str:
    """`{name: Oord, given-name: Aaron, prefix: van den}`, or a plain string for a collaboration."""
    if name.literal or not name.given:
        return quoted(plain(name.literal or name.family))
    parts = {"name": name.family, "given-name": name.given, "suffix": name.suffix}
    return json.dumps({key: plain(value) for key, value in parts.items() if value}, ensure_ascii=False)


def quoted(text: str) -> str:
    """A YAML string: JSON's are among them."""
    return json.dumps(text, ensure_ascii=False)


@hookimpl
def refmill_exporters() -> Iterator[Exporter[HayagrivaOptions]]:
    """The exporter of this file."""
    yield Exporter(
        name="hayagriva",
        title="Hayagriva YAML for Typst",
        suffixes=(".yml", ".yaml"),
        render=render,
        options=HayagrivaOptions,
    )
