r"""The one door to the terminal: what data holds is shown there, never obeyed.

A file name, a title or the answer of a service may hold characters that move the cursor, colour, reorder or hide what
is on the screen. They are written as escapes that can be seen (`\x1b`), whatever the stream is: what goes into a file
today is shown on a terminal tomorrow. Characters that the encoding of a stream lacks are escaped in the same way.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from functools import cache
from typing import Final, TextIO

__all__ = [
    "error_stream",
    "flush_output",
    "log_to_terminal",
    "print_error",
    "print_line",
    "print_text",
    "replace_closed_streams",
    "terminal_text",
    "write_line",
]

_HIDDEN: Final = (
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""Line separators, and characters of category Cf but for those that a reader sees: signs of Arabic numbers, Syriac and
Kaithi, and the joiners U+200C and U+200D, which shape the letters of Persian and Indic words and join emoji."""


@cache
def _unsafe() -> re.Pattern[str]:
    """What is escaped; compiled when the first such character is met."""
    return re.compile(f"[\x00-\x08\x0a-\x1f\x7f-\x9f{_HIDDEN}\ud800-\udfff]")


_LINE_END: Final = re.compile("\r?\n")


def terminal_text(text: str) -> str:
    """Return the text in one line, with characters that control a terminal as escapes that can be seen."""
    if text.isprintable():
        return text
    return _unsafe().sub(lambda match: repr(match[0])[1:-1], text)


def print_line(text: str = "", *, end: str = "\n") -> None:
    """Print one line on stdout. Raises OSError where stdout does not take it."""
    write_line(sys.stdout, text, end=end)


def print_text(text: str, stream: TextIO | None = None) -> None:
    """Print text of several lines on stdout or another stream. Raises OSError where stdout does not take it."""
    for line in _LINE_END.split(text.removesuffix("\n")):
        write_line(stream or sys.stdout, line)


def print_error(text: str) -> None:
    """Print one line on stderr; it is lost where its reader is gone."""
    write_line(sys.stderr, text)


def error_stream() -> TextIO:
    """Return stderr."""
    return sys.stderr


def write_line(stream: TextIO, text: str, *, end: str = "\n") -> None:
    """Write one line to a stream, at once where it is stderr. Raises OSError where another one does not take it."""
    line = terminal_text(text) + end
    try:
        try:
            stream.write(line)
        except UnicodeEncodeError as error:
            stream.write(line.encode(error.encoding, "backslashreplace").decode(error.encoding))
        if stream is sys.stderr:
            stream.flush()
    except OSError as error:
        _drop(stream)
        if stream is not sys.stderr:  # else the reader is gone: what was asked for is done all the same
            error.filename = error.filename or "stdout"
            raise


def flush_output() -> None:
    """Hand over what was printed so far. Raises OSError where stdout does not take it."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop(sys.stdout)
        error.filename = error.filename or "stdout"
        raise


def replace_closed_streams() -> None:
    """Put the null device in the place of each of stdin, stdout and stderr that is closed; stdout refuses what it gets.

    Else the next file that is opened takes the free descriptor, and a child process prints into it.
    """
    for name, mode, flags in (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, flags)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))


def log_to_terminal() -> None:
    """Print the warnings that libraries log, and that no handler takes, on stderr, a line each and without a trace."""
    import logging

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print_error(f"{record.name}: {record.getMessage()}")

    logging.lastResort = Lines(logging.WARNING)


def _drop(stream: TextIO) -> None:
    """Let the null device take what is buffered, so that the interpreter does not fail to flush it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
