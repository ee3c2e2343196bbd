"""Joins libraries that were written apart, such as the shards of a big conversion; keys stay unique."""

from __future__ import annotations

import argparse

from refmill.cli.common import overwrite_argument, plugin_arguments
from refmill.reporting.terminal import print_error

EPILOG = """\
A SHARD is a .bib or CSL-JSON file; for a Zotero RDF of all, merge such shards with -o all.rdf. Entries keep their order
and keys; where two differ in what they cite but not in their key, the later gets a letter that makes it no other's, and
is told. A paper that is in several shards under one key is written once.

examples:
  refmill merge part-*.bib -o all.bib
  refmill merge part-*.json -o all.json -o all.rdf
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shards", metavar="SHARD", nargs="+", help="what to join, in this order")
    parser.add_argument(
        "-o", "--output", metavar="FILE", action="append", required=True, help="what to write; - is stdout"
    )
    parser.add_argument("--to", metavar="FORMAT", help="the format of the only output")
    overwrite_argument(parser)
    parser.add_argument(
        "-O", metavar="NAME=VALUE", dest="options", action="append", default=[], help="an option of an output"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.commands.merge import join
    from refmill.pipeline.job import Job
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress

    job = Job(
        inputs=args.shards,
        outputs=args.output,
        to=args.to,
        options=args.options,
        enrichers=(),
        overwrite=args.overwrite,
    )
    registry = Registry(args.plugin, strict=args.strict)
    summary = join(job, registry, Progress.on_stderr(quiet=args.quiet))
    if not args.quiet:
        for line in summary.lines():
            print_error(line)
    return summary.exit_code
