"""arXiv's text, Unicode mixed with TeX, as plain Unicode, as LaTeX, or as rich text."""

from __future__ import annotations

from refmill_hooks.text.capitals import protect_capitals, unprotected
from refmill_hooks.text.characters import ascii_latex, spelled
from refmill_hooks.text.latex_values import executing_commands, latex, latex_identifier
from refmill_hooks.text.math import is_balanced
from refmill_hooks.text.rich import html, paragraphs, plain, squeeze
from refmill_hooks.text.scanner import printable

__all__ = [
    "ascii_latex",
    "executing_commands",
    "html",
    "is_balanced",
    "latex",
    "latex_identifier",
    "paragraphs",
    "plain",
    "printable",
    "protect_capitals",
    "spelled",
    "squeeze",
    "unprotected",
]
