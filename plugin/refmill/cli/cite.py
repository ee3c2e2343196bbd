"""Formats a bibliography in any of thousands of styles, with the in-text citations if wished."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from refmill.cli.common import job_of, overwrite_argument, plugin_arguments, source_arguments
from refmill.reporting.terminal import print_error, print_text

if TYPE_CHECKING:
    from refmill.plugins.registry import Registry
    from refmill.reporting.report import Report
    from refmill_hooks import Entry

_AT_ONCE: Final = 100

EPILOG = """\
A STYLE is a CSL style by name (`refmill styles WORD` finds it), a FILE.csl, or one of BibTeX's own: plain, unsrt,
alpha, abbrv. It needs `pip install 'refmill[cite]'`.

examples:
  refmill cite 1706.03762 2411.10701v1 --style apa
  refmill cite dump.txt --style ieee --to html -o refs.html
  refmill cite dump.txt --snapshot arxiv-metadata-oai-snapshot.json --offline --style nature --inline
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="what to read, as for convert")
    parser.add_argument("--style", metavar="STYLE", default="apa", help="the style (apa)")
    parser.add_argument("--to", choices=("text", "html", "markdown", "latex"), default="text", help="the form (text)")
    parser.add_argument("--inline", action="store_true", help="the in-text citations too, a line an entry")
    parser.add_argument("--locale", metavar="LOCALE", default="en-US", help="the language of the style (en-US)")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="where to write; stdout without it")
    overwrite_argument(parser)
    source_arguments(parser)
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.io.atomic import Files
    from refmill.io.file_names import STDOUT
    from refmill.pipeline.clashes import check_read_whole, check_targets
    from refmill.pipeline.run import entries_of, started
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress

    registry = Registry(args.plugin, strict=args.strict)
    job = job_of(args, inputs=args.inputs, overwrite=args.overwrite)
    style = [("--style", args.style)] if Path(args.style).is_file() else []
    check_targets(job, registry, outputs=[args.output], read=style)
    with Files() as files, entries_of(job, registry, progress=Progress.on_stderr()) as (entries, report):
        pieces = _pieces(started(entries, report), args, registry, report)
        if args.output == STDOUT:
            for piece in pieces:
                print_text(piece)
        else:
            output = files.open(args.output)
            for piece in pieces:
                output.write(piece.encode("utf-8", "replace"))
        check_read_whole(job, [args.output], report.summary)
    for line in report.summary.lines():
        if not line.startswith("read "):
            print_error(line)
    return report.summary.exit_code


def _pieces(entries: Iterator[Entry], args: argparse.Namespace, registry: Registry, report: Report) -> Iterator[str]:
    """The text, a hundred entries after the other where the style lets each stand for itself."""
    from refmill.commands.cite import cite, streams, written

    at_once = _AT_ONCE if not args.inline and streams(args.style) else None
    while chosen := list(islice(entries, at_once)):
        cited = cite(chosen, args.style, args.to, registry, args.locale, report=report)
        yield from written(cited, args.to, inline=args.inline)
