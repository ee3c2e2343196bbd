"""Puts entries straight into a running Zotero or JabRef."""

from __future__ import annotations

import argparse

from refmill.cli.common import job_of, plugin_arguments, source_arguments
from refmill.reporting.terminal import print_error

EPILOG = """\
What was pushed to a library is remembered, and not pushed again. Zotero puts entries into the collection that is
selected in its window, or into the one that --collection names; JabRef must have its HTTP server turned on.

examples:
  refmill push dump.txt --to zotero
  refmill push 1706.03762 2411.10701 --to zotero --collection "To read"
  refmill push dump.txt --to jabref

exit status: 0 all done; 1 done, but for some records or ids; 2 the program does not take them; 3 it is not running, or
a service could not be asked
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="what to read, as for convert")
    parser.add_argument("--to", choices=("zotero", "jabref"), required=True, help="the program")
    parser.add_argument("--collection", metavar="NAME", help="the collection of Zotero or the group of JabRef")
    parser.add_argument("--again", action="store_true", help="push what was pushed before, too")
    source_arguments(parser)
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.commands.push import NotRunning, push
    from refmill.pipeline.run import entries_of
    from refmill.plugins.registry import Registry
    from refmill.reporting.progress import Progress

    registry = Registry(args.plugin, strict=args.strict)
    progress = Progress.on_stderr()
    job = job_of(args, inputs=args.inputs)
    try:
        with entries_of(job, registry, progress=progress) as (entries, report):
            done = push(entries, args.to, registry, collection=args.collection, again=args.again, say=progress.say)
    except NotRunning as error:
        print_error(f"refmill: {error}")
        return 3
    for line in report.summary.lines():
        print_error(line)
    for name, reason in done.refused.items():
        print_error(f"refused    {name}: {reason}")
    print_error(f"pushed     {done.pushed:,} to {args.to}")
    if done.known:
        print_error(f"known      {done.known:,} were pushed before; --again pushes them too")
    return max(report.summary.exit_code, 1 if done.refused else 0)
