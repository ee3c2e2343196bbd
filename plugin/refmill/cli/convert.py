"""Reads dumps of arXiv metadata, asks arXiv for what they lack, and writes references."""

from __future__ import annotations

import argparse

from refmill.cli.common import job_of, overwrite_argument, plugin_arguments, source_arguments
from refmill.reporting.terminal import print_error

EPILOG = """\
An INPUT is a file, a folder, a quoted glob, - for stdin, or an arXiv id, URL or DOI. Files may be compressed or packed.
Formats of outputs are told by suffix: .bib .rdf .json and those of plugins; `refmill formats` lists them.

examples:
  refmill convert dump.txt -o refs.bib -o refs.rdf -o refs.json
  refmill convert dumps/ --offline --to biblatex -o refs.bib
  refmill convert 1706.03762 2411.10701v1 --to bibtex -o -
  refmill convert dump.txt --snapshot arxiv-metadata-oai-snapshot.json --offline -o refs.bib -O abstract=false
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="what to read")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        required=True,
        help="what to write; several times; - is stdout",
    )
    parser.add_argument("--to", metavar="FORMAT", help="the format of the only output")
    overwrite_argument(parser)
    source_arguments(parser)
    parser.add_argument(
        "--with", metavar="NAMES", dest="transforms", default="", help="transforms to apply, joined by commas, in order"
    )
    parser.add_argument("--problems", metavar="FILE", help="keep what could not be read or written, as JSON lines")
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write the outcome of every id and disputed value, as JSON or as a page (.html)",
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, help="how many processes read and write; as the size of the input suggests"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.pipeline.run import run as run_job
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress

    job = job_of(
        args,
        inputs=args.inputs,
        outputs=args.output,
        to=args.to,
        transforms=[name for name in args.transforms.split(",") if name],
        problems=args.problems,
        report=args.report,
        overwrite=args.overwrite,
    )
    registry = Registry(args.plugin, strict=args.strict)
    summary = run_job(job, registry, progress=Progress.on_stderr(quiet=args.quiet), jobs=args.jobs)
    failed = summary.unanswered() if summary.exit_code == 3 else ()
    for line in failed if args.quiet else summary.lines():
        print_error(line)
    return summary.exit_code
