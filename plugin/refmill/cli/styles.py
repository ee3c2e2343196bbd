"""Finds a citation style by a word of its name."""

from __future__ import annotations

import argparse

from refmill.reporting.terminal import print_line

EPILOG = """\
examples:
  refmill styles physical
  refmill styles
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="WORD", nargs="*", help="parts of the name")


def run(args: argparse.Namespace) -> int:
    from refmill.commands.cite import style_names

    found = [name for name in style_names() if all(word.lower() in name for word in args.words)]
    for name in found:
        print_line(name)
    return 0 if found else 1
