"""The picture of a run: one HTML page that needs no network and no script, however many entries there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any, Final

from refmill.reporting.terminal import terminal_text
from refmill_hooks import SUSPECT, UNVERIFIED, WITHDRAWN, Entry
from refmill_hooks.dates import reference_date
from refmill_hooks.names import display_name
from refmill_hooks.text import plain

__all__ = ["Row", "page", "row_of_entry"]

Row = dict[str, Any]

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #ffffff; --soft: #f1f1f4; --line: #8a8a94; --bar: #2f5fb3; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --paper: #17171b; --soft: #24242b; --line: #84848e; --bar: #86aef2; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; min-width: 5rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { background: var(--soft); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.chart { display: flex; flex-wrap: wrap; gap: 2rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg rect { fill: var(--bar); }
del { text-decoration-thickness: 1px; }
""".strip()
_BARS: Final = 24
"""Bars of a chart at most: the newest years, the largest categories."""


def page(counts: Row, notes: Iterable[str], rows: Callable[[str], Iterable[Row]]) -> Iterator[str]:
    """The page in pieces; `rows` gives `entries`, `ids`, `disputes`, `merged` and so on, anew at each call."""
    years: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    for row in rows("entries"):
        years[row["date"][:4] or "none"] += 1
        categories[row["category"] or "none"] += 1
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield "<title>refmill: report of a run</title>\n"
    yield f"<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>Report of a run</h1>\n"
    yield from _table("Counts", ("what", "how many"), _counts(counts), numbers={1})
    if notes := list(notes):
        yield "<h2>Notes</h2>\n<ul>\n" + "".join(f"<li>{_shown(note)}</li>\n" for note in notes) + "</ul>\n"
    yield '<h2>Years and categories</h2>\n<div class="chart">\n'
    yield _chart("Entries by year", sorted(years.items())[-_BARS:])
    yield _chart("Entries by primary category", categories.most_common(_BARS))
    yield "</div>\n"
    outcomes = [row for row in rows("ids") if row["state"] != "found"]
    yield from _section("Missing and unknown ids", ("id", "state", "reason"), outcomes, ("id", "state", "reason"))
    yield "<h2>Changed and disputed values</h2>\n"
    disputes = (
        (row["id"], row["field"], f"<del>{_shown(row['other'])}</del> ({_shown(row['other_from'])})",
         f"<ins>{_shown(row['kept'])}</ins> ({_shown(row['kept_from'])})")
        for row in rows("disputes")
    )  # fmt: skip
    yield from _table("What gave way, and what stayed", ("id", "field", "old", "new"), disputes, markup={2, 3})
    yield from _section("Duplicates", ("id",), rows("duplicates"), ("id",))
    merged = ("id", "key", "merged")
    yield from _section("Merged entries", ("id", "key", "stands for"), rows("merged"), merged)
    columns = ("file", "line", "reason", "raw")
    yield from _section("Problems", ("file", "line", "reason", "record"), rows("problems"), columns)
    head = ("id", "key", "title", "authors", "date", "category", "from elsewhere", "marks")
    names = ("id", "key", "title", "authors", "date", "category", "origin", "marks")
    yield "<h2>Entries</h2>\n"
    body = (tuple(row[name] for name in names) for row in rows("entries"))
    yield from _table("Every entry, in the order of the output", head, body)
    yield "</main>\n</body>\n</html>\n"


def _shown(text: str) -> str:
    return escape(terminal_text(text))


def _counts(counts: Row) -> Iterator[tuple[str, ...]]:
    for name, value in counts.items():
        if isinstance(value, dict):
            yield from ((f"{name}: {of}", f"{number:,}") for of, number in value.items())
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, f"{value:,}"


def _section(title: str, head: tuple[str, ...], rows: Iterable[Row], names: tuple[str, ...]) -> Iterator[str]:
    yield f"<h2>{title}</h2>\n"
    yield from _table(title, head, (tuple(str(row.get(name, ""))[:2000] for name in names) for row in rows))


def _table(
    caption: str,
    head: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    *,
    markup: set[int] = frozenset(),  # type: ignore[assignment]
    numbers: set[int] = frozenset(),  # type: ignore[assignment]
) -> Iterator[str]:
    """A table whose first column names its rows; `markup`: columns that are HTML already."""
    left = iter(rows)
    first = next(left, None)
    if first is None:
        yield "<p>None.</p>\n"
        return
    kind = [' class="number"' if at in numbers else "" for at in range(len(head))]
    heads = "".join(f'<th scope="col"{kind[at]}>{_shown(text)}</th>' for at, text in enumerate(head))
    yield f"<table>\n<caption>{_shown(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    row: tuple[str, ...] | None = first
    while row is not None:
        cells = [text if at in markup else _shown(text) for at, text in enumerate(row)]
        data = "".join(f"<td{kind[at]}>{cell}</td>" for at, cell in enumerate(cells) if at)
        yield f'<tr><th scope="row">{cells[0]}</th>{data}</tr>\n'
        row = next(left, None)
    yield "</tbody>\n</table>\n"


def _chart(title: str, counts: list[tuple[str, int]]) -> str:
    most = max((count for _, count in counts), default=1)
    height = 20 * len(counts) + 4
    told = _shown(", ".join(f"{name}: {count:,}" for name, count in counts) or "nothing")
    bars = "".join(
        f'<text x="0" y="{20 * at + 15}">{_shown(name)}</text>'
        f'<rect x="110" y="{20 * at + 4}" width="{max(300 * count // most, 1)}" height="14"></rect>'
        f'<text x="{max(300 * count // most, 1) + 116}" y="{20 * at + 15}">{count:,}</text>'
        for at, (name, count) in enumerate(counts)
    )
    return (
        f'<figure><figcaption>{_shown(title)}</figcaption>\n<svg role="img" aria-label="{_shown(title)}: {told}"'
        f' width="480" height="{height}" viewBox="0 0 480 {height}">{bars}</svg></figure>\n'
    )


def row_of_entry(entry: Entry) -> dict[str, str]:
    """Return an entry as the page shows it."""
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
