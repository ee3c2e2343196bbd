"""Math as authors type it, in a form that compiles, balances, and is read alike by TeX and by those who parse it."""

from __future__ import annotations

import re

from refmill_hooks.tex_scanner import MATH_COMMAND
from refmill_hooks.tex_tables import KNOWN_IN_MATH, SYMBOLS, TEX_OF

__all__ = ["latex_math"]

_SCRIPT = re.compile(r"(?<!\\)([_^])(?:([A-Za-z0-9*+'-])|\\([a-zA-Z]+)((?:\{(?:[^{}]|\{[^{}]*\})*\})+))")
"""A sub- or superscript of one sign, or of a command with arguments."""
_ESCAPED_SCRIPT = re.compile(r"\\(?:_(?=\{)|\^)")
r"""`\sum\_{i}`, `R\^2`: scripts that a program escaped; an accent has no place in math."""
_UNDERSCORE = re.compile(r"(?<!\{)\\_(?!\})")
"""One that citation-js would take for a subscript without braces around it."""
_NO_COMMAND = re.compile(r"(?<!\\)\\([0-9?()\[\]])")
_BARE_ARGUMENT = re.compile(r"(\\text(?:rm|bf|it|sf|tt|sc|up|normal)?)\s+([A-Za-z0-9])")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-zA-Z]+)\}")
_ENVIRONMENT_COMMANDS = frozenset({"begin", "end", "hline"})
_WITH_ROWS = frozenset(
    "aligned array bmatrix Bmatrix cases gathered matrix pmatrix smallmatrix split vmatrix Vmatrix".split()
)
_BRACE = re.compile(r"(\\.|[{}])")
_SCOPE = re.compile(r"\\(?:left|right)(?![a-zA-Z])|\\.|[{}]")
"""What may open or close a scope, pairs of delimiters among it."""
_MOST_DECLARATIONS = 20
_DECLARATION = re.compile(r"\\(?:rm|bf|it|sf|tt|sl)(?![a-zA-Z])")


def latex_math(body: str) -> str:
    """What stands between dollars, as LaTeX with amsmath prints it; commands that it does not know become letters."""
    if "\n" in body:
        body = " ".join(body.split())
    if not body.isascii():
        body = "".join(_math_character(character) for character in body).strip()
    has_rows = "\\begin" in body and _has_rows(body)
    if "\\" in body:
        body = _commands(body, _ENVIRONMENT_COMMANDS if has_rows else frozenset())
    if "_" in body or "^" in body:
        body = _SCRIPT.sub(_braced_script, body)
    if "%" in body or "#" in body or "&" in body:
        body = re.sub(r"(?<!\\)([%#])" if has_rows else r"(?<!\\)([%#&])", r"\\\1", body)
    if body.count("\\{") != body.count("\\}"):
        # BibTeX counts escaped braces too: `\left\{ … \right.` must not leave one open
        body = re.sub(r"\\\{ *", r"\\lbrace ", body)
        body = re.sub(r"\\\} *", r"\\rbrace ", body).rstrip()
    if body.count("{") != body.count("}"):
        body = _rebalanced(body)
    body = body.rstrip("\\") if body.endswith("\\") else body
    return _scoped(body) if "\\" in body and _DECLARATION.search(body) else body


def _has_rows(body: str) -> bool:
    """Whether it holds matrices or the like, and nothing that cannot stand in a line of text."""
    found = _ENVIRONMENT.findall(body)
    begun = [name for sign, name in found if sign == "begin"]
    ended = [name for sign, name in found if sign == "end"]
    return sorted(begun) == sorted(ended) and _WITH_ROWS.issuperset(begun) and body.count("\\begin") == len(begun)


def _commands(body: str, others: frozenset[str]) -> str:
    if "\\_" in body or "\\^" in body:
        body = _ESCAPED_SCRIPT.sub(lambda match: match[0][1], body)
        body = _UNDERSCORE.sub(r"{\\_}", body)
    if "\\text" in body:
        body = _BARE_ARGUMENT.sub(r"\1{\2}", body)
    body = _NO_COMMAND.sub(r"\1", body)
    known = KNOWN_IN_MATH | others if others else KNOWN_IN_MATH
    return MATH_COMMAND.sub(lambda match: match[0] if match[1] in known else f"\\mathrm{{{match[1]}}}", body)


def _braced_script(match: re.Match[str]) -> str:
    sign, single, command, arguments = match.groups()
    if single:
        return f"{sign}{{{single}}}"
    return match[0] if command in SYMBOLS else f"{sign}{{\\{command}{arguments}}}"


def _scoped(body: str) -> str:
    r"""With a group around each `\rm` and what it sets, where it does not begin one: citation-js wants that."""
    if "&" in body or len(_DECLARATION.findall(body)) > _MOST_DECLARATIONS:
        return body
    at = 0
    while match := _DECLARATION.search(body, at):
        at = match.end()
        if body[: match.start()].rstrip().endswith("{"):
            continue
        end = _end_of_group(body, at)
        body = f"{body[: match.start()]}{{{body[match.start() : end]}}}{body[end:]}"
        at += 1
    return body


def _end_of_group(body: str, at: int) -> int:
    depth = 0
    for match in _SCOPE.finditer(body, at):
        depth += (match[0] in ("{", "\\left")) - (match[0] in ("}", "\\right"))
        if depth < 0:
            return match.start()
    return len(body)


def _rebalanced(body: str) -> str:
    """Without the braces that close nothing, and with those that are missing at the end."""
    parts: list[str] = []
    depth = 0
    for part in re.split(_BRACE, body):
        depth += (part == "{") - (part == "}")
        if depth < 0:
            depth = 0
        else:
            parts.append(part)
    return "".join(parts) + "}" * depth


def _math_character(character: str) -> str:
    command = TEX_OF.get(character)
    if command is None:
        return character
    return f"\\{command} " if command.isalpha() else command
