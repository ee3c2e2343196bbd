"""The command line: one module a command, loaded when it is run."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Final

from refmill.cli.signals import stopped_by_signals

__all__ = ["main"]

_COMMANDS: Final = {
    "convert": "dumps or ids in, files for reference managers out",
    "cite": "format a bibliography in a citation style",
    "styles": "find a citation style by name",
    "harvest": "fetch lists of metadata over OAI-PMH",
    "merge": "join libraries that were written apart, keys kept unique",
    "push": "put entries into a running Zotero or JabRef",
    "show": "print entries with the origin of each value",
    "formats": "list the formats that can be read and written, or the options of one",
    "plugins": "list the plugins, what they provide and what is wrong with them",
    "new-plugin": "write a plugin of your own to begin with",
    "update": "refresh a .bib library, all else byte for byte",
    "store": "show or clear the store of answers",
}
"""Command -> what it does, in a line; the module of that name in this package has the rest."""

_EXAMPLES: Final = """\
examples:
  refmill convert dump.txt -o refs.bib
  refmill convert 1706.03762 https://arxiv.org/abs/hep-th/9901001 -o refs.rdf
  refmill convert dump.txt --snapshot arxiv-metadata-oai-snapshot.json --offline -o refs.bib -o refs.json
  refmill show 2411.10701 --in dump.txt

exit status: 0 all done; 1 done, but for some records or ids; 2 wrong usage, or a file cannot be read or written;
3 a service could not be asked; 130, 143, 129 stopped by SIGINT, SIGTERM, SIGHUP
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = next((word for word in words if not word.startswith("-")), "")
    if not words or name not in _COMMANDS or words[0] != name:
        return _top(words)
    debug = "--debug" in words
    with stopped_by_signals(until_exit=arguments is None) as stop:
        try:
            return _run(name, words[1:])
        except KeyboardInterrupt:
            return _told(stop.status or 130)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush at exit
            return stop.status or 141
        except Exception as error:
            if stop.status:  # what fails while a run is cleaned up, such as output to a terminal that is gone
                return _told(stop.status)
            if debug:
                raise
            return _refused(error)


def _told(status: int) -> int:
    with contextlib.suppress(OSError):
        if status == 130:
            print("refmill: interrupted; what was answered is kept, run again to go on", file=sys.stderr)
    return status


def _run(name: str, words: list[str]) -> int:
    import importlib

    command = importlib.import_module(f"refmill.cli.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(
        prog=f"refmill {name}",
        description=command.__doc__,
        epilog=command.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.arguments(parser)
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    status: int = command.run(parser.parse_intermixed_args(words))
    return status


def _refused(error: Exception) -> int:
    from refmill.errors import RefmillError

    if isinstance(error, RefmillError):
        print(f"refmill: {error}", file=sys.stderr)
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        print(f"refmill: {where}{error.strerror or error}", file=sys.stderr)
    else:
        print(
            f"refmill: this is a fault of refmill: {type(error).__name__}: {error}; --debug shows where",
            file=sys.stderr,
        )
    return 2


def _top(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="refmill",
        description="Turns dumps of arXiv metadata into references for Zotero, JabRef and LaTeX.",
        epilog="commands:\n"
        + "".join(f"  {name:<12} {title}\n" for name, title in _COMMANDS.items())
        + "  `refmill COMMAND --help` tells more\n\n"
        + _EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="refmill COMMAND [ARGUMENTS] | --help | --version",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    known, _ = parser.parse_known_args(words)
    if known.version:
        from importlib.metadata import version

        print(f"refmill {version('refmill')}")
        return 0
    if known.command:
        from refmill.errors import unknown_name

        print(f"refmill: {unknown_name('command', known.command, _COMMANDS)}", file=sys.stderr)
        return 2
    parser.print_help(sys.stderr)
    return 2
