"""Shows where answers are kept, how much room they take and how old they are; or forgets them."""

from __future__ import annotations

import argparse
import datetime

from refmill.terminal import print_error, print_line

EPILOG = """\
The store's place is REFMILL_STORE, by default in the user's cache folder.

examples:
  refmill store
  refmill store --clear
  refmill store --clear arxiv
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clear", metavar="SERVICE", nargs="?", const="", help="forget all answers, or those of one service"
    )


def run(args: argparse.Namespace) -> int:
    from refmill.store import Store

    with Store(say=lambda text: print_error(f"refmill: {text}")) as store:
        if args.clear is not None:
            print_line(f"{store.clear(args.clear or None):,} answers forgotten")
            return 0
        stats = store.stats()
        print_line(f"{stats.path}  {stats.size:,} bytes")
        for service, count in stats.services.items():
            oldest, newest = (datetime.date.fromtimestamp(each) for each in (count.oldest, count.newest))
            print_line(f"{service:<12} {count.answers:,} answers, {count.absent:,} absent, from {oldest} to {newest}")
        if not stats.services:
            print_line("empty")
    return 0
