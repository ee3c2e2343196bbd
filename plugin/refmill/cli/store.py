"""Shows where answers are kept and what was pushed, how much room it takes and how old it is; or forgets it."""

from __future__ import annotations

import argparse
import datetime

from refmill.reporting.terminal import print_error, print_line

EPILOG = """\
The store's place is REFMILL_STORE, by default in the user's cache folder.

examples:
  refmill store
  refmill store --clear
  refmill store --clear arxiv
  refmill store --clear pushed

What was pushed into a library is not forgotten with the answers, but by `--clear pushed`; of one library by its name
with `pushed:`, such as `--clear pushed:zotero:1`.
"""

_PUSHED = "pushed"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clear",
        metavar="SERVICE",
        nargs="?",
        const="",
        help="forget all answers, or those of one service; or what was `pushed`",
    )


def run(args: argparse.Namespace) -> int:
    from refmill.services.store import Store

    with Store(say=lambda text: print_error(f"refmill: {text}")) as store:
        if args.clear is not None and args.clear.partition(":")[0] == _PUSHED:
            forgotten = store.forget_pushed(args.clear.partition(":")[2] or None)
            print_line(f"{forgotten:,} pushed entries forgotten")
            return 0
        if args.clear is not None:
            print_line(f"{store.clear(args.clear or None):,} answers forgotten")
            return 0
        stats = store.stats()
        print_line(f"{stats.path}  {stats.size:,} bytes")
        for service, count in stats.services.items():
            oldest, newest = (datetime.date.fromtimestamp(each) for each in (count.oldest, count.newest))
            print_line(f"{service:<12} {count.answers:,} answers, {count.absent:,} absent, from {oldest} to {newest}")
        for library, pushes in stats.pushes.items():
            oldest, newest = (datetime.date.fromtimestamp(each) for each in (pushes.oldest, pushes.newest))
            print_line(f"{_PUSHED}:{library}  {pushes.entries:,} entries, from {oldest} to {newest}")
        if not (stats.services or stats.pushes):
            print_line("empty")
    return 0
