"""Lists the formats that refmill reads and writes, whom it can ask, or the options of one of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from refmill.cli.common import plugin_arguments
from refmill.reporting.terminal import print_line

EPILOG = """\
examples:
  refmill formats
  refmill formats bibtex
  refmill formats --plugin ./mine.py
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="show the options of this format, enricher or transform"
    )
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.errors import unknown_name
    from refmill.plugins.options import describe
    from refmill.plugins.registry import Registry

    registry = Registry(args.plugin, strict=args.strict)
    tables: dict[str, Mapping[str, Any]] = {
        "read (--from)": registry.readers,
        "written (--to)": registry.exporters,
        "asked (--enrich)": registry.enrichers,
        "transforms (--with)": registry.transforms,
    }
    if args.name is None:
        for heading, table in tables.items():
            print_line(f"{heading}:")
            for name, role in sorted(table.items()):
                suffixes = " ".join(getattr(role, "suffixes", ()))
                print_line(f"  {name:<12} {role.title}" + (f" ({suffixes})" if suffixes else ""))
        return 0
    found = [(heading, table[args.name]) for heading, table in tables.items() if args.name in table]
    if not found:
        raise unknown_name("format, enricher or transform", args.name, {name for t in tables.values() for name in t})
    for heading, role in found:
        print_line(f"{role.name}: {role.title}")
        print_line(f"  {heading} by {registry.owner(role)}")
        options = describe(role.options) if hasattr(role, "options") else []
        for option in options:
            print_line(f"  -O {option.name}={option.default}")
            print_line(f"       {option.takes}" + (f"; {option.help}" if option.help else ""))
        if not options:
            print_line("  no options")
    return 0
