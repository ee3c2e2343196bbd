"""Writes a working plugin distribution to begin with: its tests pass at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from refmill.reporting.terminal import print_line

EPILOG = """\
examples:
  refmill new-plugin exporter ris
  refmill new-plugin reader my-lab-list --folder plugins/lab
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", metavar="ROLE", help="exporter, reader, enricher or transform")
    parser.add_argument("name", metavar="NAME", help="what it is called, such as `ris`")
    parser.add_argument("--folder", metavar="FOLDER", type=Path, help="where to write it (refmill-NAME)")


def run(args: argparse.Namespace) -> int:
    from refmill.plugins.scaffold import new_plugin

    for path in new_plugin(args.role, args.name, args.folder):
        print_line(str(path))
    return 0
