"""Lists every plugin with its distribution, version, state, and what it provides."""

from __future__ import annotations

import argparse

from refmill.cli.common import plugin_arguments
from refmill.reporting.terminal import print_line

EPILOG = """\
examples:
  refmill plugins
  refmill plugins --time
  refmill plugins --plugin ./mine.py
"""

_SLOW = 0.1
"""Seconds to load from which a plugin is called slow."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--time", action="store_true", help="tell how long each took to load")
    plugin_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from refmill.plugins.registry import Registry

    registry = Registry(args.plugin, strict=args.strict)
    for plugin in registry.plugins:
        origin = f"{plugin.distribution} {plugin.version}".rstrip()
        spent = ""
        if args.time:
            slow = ", slow" if plugin.seconds >= _SLOW else ""
            spent = f"  {plugin.seconds * 1000:.0f} ms{slow}"
        print_line(f"{plugin.name:<22} {origin:<20} {plugin.state:<8} {', '.join(plugin.provides)}{spent}")
        for fault in plugin.faults:
            print_line(f"    {fault}")
    return 1 if registry.faulty else 0
