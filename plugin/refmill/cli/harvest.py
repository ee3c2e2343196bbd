"""Fetches lists of arXiv's metadata over OAI-PMH into one file, which `convert` reads and `--snapshot` takes."""

from __future__ import annotations

import argparse

from refmill.reporting.terminal import print_error

EPILOG = """\
arXiv is asked once in three seconds, so all of it takes hours. Interrupted, run the same command again: it goes on
where it was. A list that is not whole when arXiv's day ends, at midnight UTC, may have to be asked for again, so take
many years in parts, by --from and --until. The file becomes one answer of OAI-PMH with all the records. The address is
REFMILL_OAI_URL, by default https://oaipmh.arxiv.org/oai. What goes to stdout or a pipe is written as it comes, and no
later run can go on with it.

examples:
  refmill harvest --set cs --from 2024-05-01 -o cs.xml
  refmill harvest --set physics:hep-th --from 2024-01-01 --until 2024-12-31 -o hep-th-2024.xml.gz
  refmill convert cs.xml -o cs.bib
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="what to write; .gz compresses it; - is stdout"
    )
    parser.add_argument("--set", metavar="SET", default="", help="such as cs, math, physics:hep-th; all without it")
    parser.add_argument("--from", dest="from_", metavar="DATE", default="", help="records changed since this day")
    parser.add_argument("--until", metavar="DATE", default="", help="records changed up to this day")
    parser.add_argument(
        "--prefix", metavar="FORMAT", default="arXiv", help="arXiv, arXivRaw, arXivOld or oai_dc (arXiv)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def run(args: argparse.Namespace) -> int:
    from refmill.commands.harvest import Harvest, harvest
    from refmill.errors import UsageError
    from refmill.io.file_names import is_stream
    from refmill.services.net import HttpNet
    from refmill_hooks import ServiceError

    def say(text: str) -> None:
        if not args.quiet:
            print_error(text)

    wanted = Harvest(output=args.output, set=args.set, from_=args.from_, until=args.until, prefix=args.prefix)
    try:
        net = HttpNet(say=say)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        with net:
            done = harvest(wanted, net, say)
    except ServiceError as error:
        advice = "" if error.is_lasting else "; run again to go on"
        if is_stream(args.output):
            advice = f"; what went to {args.output} is not whole"
        print_error(f"refmill: {error}{advice}")
        return 3
    say(f"records    {done.records:,}")
    say(f"deleted    {done.deleted:,}")
    say(f"written    {args.output}")
    return 0
