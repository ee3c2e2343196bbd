"""The command line: one module a command, loaded when it is run.

`arguments` of such a module declares what the command takes, `run` does it and returns the exit status.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from typing import Any, Final

from refmill.reporting.terminal import (
    error_stream,
    flush_output,
    log_to_terminal,
    print_error,
    print_line,
    print_text,
    replace_closed_streams,
)

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
    replace_closed_streams()
    if any("\0" in word for word in words):
        print_error("refmill: an argument holds a NUL, which no path and no name has")
        return 2
    if not words or words[0] not in _COMMANDS:
        try:
            return _top(words)
        except BrokenPipeError:
            return 141
    from refmill.cli.signals import stopped_by_signals

    with stopped_by_signals(until_exit=arguments is None) as stop:
        try:
            status = _run(words[0], words[1:])
            flush_output()
            return status
        except KeyboardInterrupt:
            return _told(stop.status or 130)
        except BrokenPipeError:
            return stop.status or 141
        except Exception as error:
            if stop.status:  # what fails while a run is cleaned up, such as output to a terminal that is gone
                return _told(stop.status)
            if "--debug" in words:
                raise
            return _refused(error)


def _told(status: int) -> int:
    if status == 130:
        print_error("refmill: interrupted; what was answered is kept, run again to go on")
    return status


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help and complaints, which quote arguments, through the door to the terminal."""
        print_text(message, file or error_stream())
        flush_output()


def _run(name: str, words: list[str]) -> int:
    import importlib

    command = importlib.import_module(f"refmill.cli.{name.replace('-', '_')}")
    parser = _Parser(
        prog=f"refmill {name}",
        description=command.__doc__,
        epilog=command.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.arguments(parser)
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    log_to_terminal()
    status: int = command.run(parser.parse_intermixed_args(words))
    return status


def _refused(error: Exception) -> int:
    from refmill.errors import RefmillError

    with contextlib.suppress(OSError):
        flush_output()
    if isinstance(error, RefmillError):
        print_error(f"refmill: {error}")
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        print_error(f"refmill: {where}{error.strerror or error}")
    else:
        print_error(f"refmill: this is a fault of refmill: {type(error).__name__}: {error}; --debug shows where")
    return 2


def _top(words: list[str]) -> int:
    parser = _Parser(
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

        print_line(f"refmill {version('refmill')}")
        return 0
    if known.command in _COMMANDS:
        print_error(f"refmill: write the command first, then its options: refmill {known.command} {words[0]} …")
        return 2
    if known.command:
        from refmill.errors import unknown_name

        print_error(f"refmill: {unknown_name('command', known.command, _COMMANDS)}")
        return 2
    print_text(parser.format_help(), error_stream())
    return 2
