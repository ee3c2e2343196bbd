"""Options that several commands share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from refmill.errors import UsageError

if TYPE_CHECKING:
    from refmill.pipeline.run import Job

__all__ = ["job_of", "overwrite_argument", "plugin_arguments", "source_arguments"]

_DAY = 86400.0
_NONE = "none"


def plugin_arguments(parser: argparse.ArgumentParser) -> None:
    """Which plugins to load beside the installed ones."""
    group = parser.add_argument_group("plugins")
    group.add_argument(
        "--plugin", metavar="FILE", action="append", default=[], help="load a Python file with plugins of your own"
    )
    group.add_argument("--strict", action="store_true", help="stop at the first fault of a plugin")


def overwrite_argument(parser: argparse.ArgumentParser) -> None:
    """Whether an output may replace an input."""
    parser.add_argument(
        "--overwrite", action="store_true", help="let an output be an input, which is replaced once it was read whole"
    )


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """How to read and whom to ask."""
    parser.add_argument(
        "--from", dest="input_format", metavar="FORMAT", help="how to read the inputs; told by content else"
    )
    group = parser.add_argument_group("enrichment")
    group.add_argument(
        "--enrich",
        metavar="NAMES",
        default="arxiv",
        help="whom to ask about entries that lack something, joined by commas; `none` for nobody (arxiv)",
    )
    group.add_argument(
        "--snapshot", metavar="FILE", action="append", default=[], help="a file of arXiv metadata, asked before arXiv"
    )
    group.add_argument("--offline", action="store_true", help="open no connection: use the store and snapshots alone")
    group.add_argument("--refresh", action="store_true", help="ask about complete entries too")
    group.add_argument(
        "--max-age", metavar="DAYS", type=float, default=7.0, help="ask again what was answered so long ago (7)"
    )
    group.add_argument(
        "--versions", choices=("keep", "strip"), default="keep", help="keep `v2` of ids, or ask for the newest (keep)"
    )
    group.add_argument(
        "-O", metavar="NAME=VALUE", dest="options", action="append", default=[], help="an option of a plugin in use"
    )


def job_of(args: argparse.Namespace, **more: object) -> Job:
    """The job that the arguments of `source_arguments` and the command's own (`more`) ask for."""
    from refmill.pipeline.run import Job

    if not args.max_age >= 0:
        raise UsageError(f"--max-age {args.max_age:g}: write a number of days, 0 or more")
    names = [name for name in args.enrich.split(",") if name]
    return Job(
        input_format=args.input_format,
        enrichers=[] if names == [_NONE] else names,
        snapshots=args.snapshot,
        offline=args.offline,
        refresh=args.refresh,
        max_age=args.max_age * _DAY,
        versions=args.versions,
        options=args.options,
        **more,  # type: ignore[arg-type]
    )
