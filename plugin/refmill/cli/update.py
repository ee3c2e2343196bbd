"""Refreshes a .bib library: published versions bring journal, volume, pages and DOI; all else stays byte for byte."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from refmill.cli.common import job_of, plugin_arguments, source_arguments
from refmill.reporting.terminal import print_error, print_line

EPILOG = """\
Without --write the changes are printed as a diff, and nothing is touched. The old library is kept beside the new
one as LIBRARY.bib.bak, or .bak.1 and so on where there are older ones.

examples:
  refmill update library.bib
  refmill update library.bib --enrich arxiv,doi --write
  refmill update library.bib --snapshot arxiv-metadata-oai-snapshot.json --offline
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("library", metavar="LIBRARY.bib", type=Path, help="the library to refresh")
    parser.add_argument("--write", action="store_true", help="write the library; print the diff otherwise")
    source_arguments(parser)
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.commands.update import update, write
    from refmill.pipeline.clashes import check_targets
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress

    args.refresh = True
    registry = Registry(args.plugin, strict=args.strict)
    job = job_of(args)
    if args.write:
        check_targets(job, registry, outputs=[str(args.library)])
    updated = update(args.library, job, registry, Progress.on_stderr())
    summary = updated.report.summary
    if args.write and updated.changed:
        backup = write(args.library, updated)
        print_error(f"the old library is {backup}")
    elif not args.write:
        _print_diff(args.library, updated.before, updated.after)
    print_error(f"entries    {updated.found:,} with an arXiv id")
    print_error(f"changed    {len(updated.changed):,}{' and written' if args.write and updated.changed else ''}")
    for line in summary.unanswered():
        print_error(line)
    if summary.withdrawn.count:
        print_error(f"withdrawn  {summary.withdrawn}")
    return summary.exit_code


def _print_diff(path: Path, before: bytes, after: bytes) -> None:
    """Print the lines with the ends they have, so that the diff can be applied as a patch."""
    lines = [data.decode("utf-8", "surrogateescape").split("\n") for data in (before, after)]
    old, new = ([*(line + "\n" for line in most), *([last] if last else [])] for *most, last in lines)
    for line in difflib.unified_diff(old, new, str(path), f"{path} (updated)"):
        text = line.removesuffix("\n")
        print_line(text.removesuffix("\r"), end="\r\n" if text.endswith("\r") else "\n")
        if text == line:
            print_line("\\ No newline at end of file")
