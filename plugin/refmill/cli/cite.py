"""Formats a bibliography in any of thousands of styles, with the in-text citations if wished."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from refmill.cli.common import job_of, plugin_arguments, source_arguments

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
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write; stdout without it")
    source_arguments(parser)
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.citing import cite, written
    from refmill.pipeline import entries_of
    from refmill.progress import Progress
    from refmill.registry import Registry

    registry = Registry(args.plugin, strict=args.strict)
    with entries_of(job_of(args, inputs=args.inputs), registry, progress=Progress.on_stderr()) as (found, report):
        entries = list(found)
    cited = cite(entries, args.style, args.to, registry, args.locale)
    text = "".join(written(cited, args.to, inline=args.inline, keys=[entry.key for entry in entries]))
    if args.output:
        part = Path(args.output + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(args.output)
    else:
        sys.stdout.write(text)
    for line in report.summary.lines():
        if not line.startswith("read "):
            print(line, file=sys.stderr)
    return report.summary.exit_code
