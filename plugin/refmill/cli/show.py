"""Prints entries, each value with where it came from."""

from __future__ import annotations

import argparse
from typing import Any

from refmill.cli.common import job_of, plugin_arguments, source_arguments
from refmill.errors import UsageError
from refmill.reporting.terminal import print_error, print_line

EPILOG = """\
examples:
  refmill show 1706.03762
  refmill show 2411.10701 hep-th/9901001 --in dump.txt --snapshot arxiv-metadata-oai-snapshot.json --offline
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", nargs="+", help="arXiv ids, in any spelling")
    parser.add_argument(
        "--in", dest="dumps", metavar="DUMP", action="append", default=[], help="find them in this dump"
    )
    source_arguments(parser)
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.pipeline.run import entries_of
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress
    from refmill_hooks.identifiers import BadIdentifier, parse_id

    try:
        wanted = {parse_id(text).id: text for text in args.ids}
    except BadIdentifier as error:
        raise UsageError(str(error)) from error
    registry = Registry(args.plugin, strict=args.strict)
    progress = Progress.on_stderr()
    job = job_of(args, inputs=args.dumps or args.ids)
    with entries_of(job, registry, progress=progress, only=frozenset(wanted)) as (entries, report):
        for number, entry in enumerate(entries):
            wanted.pop(entry.id, None)
            if number:
                print_line()
            for line in lines_of(entry):
                print_line(line)
    for text in wanted.values():
        print_error(f"refmill: {text} is not in {', '.join(args.dumps)}")
    summary = report.summary
    for line in (*summary.unanswered(), *summary.notes):
        print_error(line)
    if wanted:
        return 1
    return summary.exit_code


def lines_of(entry: Any) -> list[str]:
    """The fields of an entry that are known, as `field  value  [origin]`; unverified ones are marked."""
    rows: list[tuple[str, str, str]] = []
    for name in entry.__struct_fields__:
        value = getattr(entry, name)
        if not value or name in ("source", "origin", "extra"):
            continue
        origin = entry.origin.get(name, entry.source)
        mark = f"{origin}, unverified" if name in entry.unverified else origin
        rows += [(name if not number else "", text, mark) for number, text in enumerate(_texts(value))]
    rows += [(name, text, "") for name, text in entry.extra.items()]
    width = max(len(name) for name, _, _ in rows) if rows else 0
    return [f"{name:<{width}}  {text}" + (f"  [{mark}]" if mark else "") for name, text, mark in rows]


def _texts(value: Any) -> list[str]:
    if isinstance(value, tuple):
        return [_text(part) for part in value]
    return [_text(value)]


def _text(value: Any) -> str:
    from refmill_hooks import Name, Venue, Version

    if isinstance(value, Name):
        if value.literal:
            return f"{{{value.literal}}}"
        return ", ".join(part for part in (value.family, value.suffix, value.given) if part)
    if isinstance(value, Version):
        return f"v{value.number} {value.created or ''}".rstrip()
    if isinstance(value, Venue):
        parts = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return "; ".join(f"{name}: {part}" for name, part in parts if part)
    return str(value).replace("\n", " ¶ ")
