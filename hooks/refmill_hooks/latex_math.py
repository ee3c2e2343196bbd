"""Math as authors type it, in a form that compiles, balances, and is read alike by TeX and by those who parse it."""

from __future__ import annotations

import re

from refmill_hooks.tex_scanner import MATH_COMMAND
from refmill_hooks.tex_tables import KNOWN_IN_MATH, SYMBOLS, TEX_OF

__all__ = ["latex_math"]

_SCRIPT = re.compile(r"(?<!\\)([_^])(?:([A-Za-z0-9*+'-])|\\([a-zA-Z]+)((?:\{(?:[^{}]|\{[^{}]*\})*\})*))")
"""A sub- or superscript of one sign, or of a command with its arguments."""
_ESCAPED_SCRIPT = re.compile(r"\\(?:_(?=\{)|\^)")
r"""`\sum\_{i}`, `R\^2`: scripts that a program escaped; an accent has no place in math."""
_UNDERSCORE = re.compile(r"(?<!\{)\\_(?!\})")
"""One that citation-js would take for a subscript without braces around it."""
_NO_COMMAND = re.compile(r"(?<!\\)\\([0-9?()\[\]])")
_BARE_ARGUMENT = re.compile(r"(\\(?:text(?:rm|bf|it|sf|tt|sc|up|normal)?|[hv]box))\s+([A-Za-z0-9])")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-zA-Z]+)\}")
_ENVIRONMENT_COMMANDS = frozenset({"begin", "end", "hline"})
_WITH_ROWS = frozenset(
    "aligned array bmatrix Bmatrix cases gathered matrix pmatrix smallmatrix split vmatrix Vmatrix".split()
)
_BRACE = re.compile(r"(\\.|[{}])")
_SCOPE = re.compile(r"\\(?:left|right)(?![a-zA-Z])|\\.|[{}]")
"""What may open or close a scope, pairs of delimiters among it."""
_TAKES_ONE = frozenset(
    """acute bar Bbb boldsymbol boxed breve check ddddot dddot ddot dot emph ensuremath fbox frak grave hat hbox
    hphantom makebox mod pmod pod underleftrightarrow
    mathbb mathbf mathbin mathcal mathclose mathfrak mathinner mathit mathop mathopen mathord mathpunct mathrel mathring
    mathrm mathscr mathsf mathtt mbox operatorname overbrace overleftarrow overleftrightarrow overline overrightarrow
    phantom pmb smash sqrt substack text textbf textit textmd textnormal textrm textsc textsf textsl textsuperscript
    texttt textup tilde underbrace underleftarrow underline underrightarrow vbox vec vphantom widehat widetilde
    xleftarrow xrightarrow""".split()
)
_TAKES_TWO = frozenset("binom cfrac dbinom dfrac frac overset stackrel tbinom tfrac underset".split())
_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_ONE_ARGUMENT = re.compile(rf"\\(?:{'|'.join(sorted(_TAKES_ONE))})\s*(?=$|[}}&^_])")
"""A command that lacks the only argument it takes."""
_TWO_ARGUMENTS = re.compile(
    rf"\\(?:{'|'.join(sorted(_TAKES_TWO))})(?![a-zA-Z])\s*+({_GROUP}|\\[a-zA-Z]+|[^{{}}\\&^_\s])?\s*+(?=$|[}}&^_])"
)
"""A command that lacks the second of its arguments, or both."""
_BARE_SCRIPTS = (
    _TAKES_ONE
    | _TAKES_TWO
    | frozenset("left right big Big bigl bigr Bigl Bigr rm bf it sf tt sl ast bot bullet circ dag dagger".split())
    | frozenset("ddagger ell hbar infty mp odot oplus parallel perp pm prime sim star times top".split())
)
"""Commands that may stand in a script without braces, and those that more of it may belong to."""
_LONE_SCRIPT = re.compile(r"(?<!\\)[_^]\s*(?=$|[}&])")
_TWICE = re.compile(rf"(?<!\\)(?:\^{_GROUP}(?:_{_GROUP})?(?=[\^'])|_{_GROUP}(?:\^{_GROUP})?(?=_))|'_{_GROUP}(?=\^)")
"""A second superscript, or subscript, of the same base."""
_SIZE = r"\\(?:left|middle|right|[bB]igg?[lmr]?)(?![a-zA-Z])"
_NO_DELIMITER = re.compile(
    rf"{_SIZE}\s*(?![()\[\]|/.<>]|\\(?:[{{}}|]|(?:[lr](?:angle|brace|brack|ceil|floor|group|moustache|[vV]ert)"
    r"|[uU]parrow|[dD]ownarrow|[uU]pdownarrow|backslash|[vV]ert|[ul][lr]corner)(?![a-zA-Z])))"
)
"""What sets the size of a delimiter, where none follows."""
_PAIRED = re.compile(r"\\(left|middle|right)(?![a-zA-Z])\s*\.?")
_NO_LENGTH = re.compile(
    r"\\(?:(?:[hm]skip|m?kern)(?![a-zA-Z])(?!\s*[-+]?[\d.]+\s*[a-z]{2})"
    r"|[hv]space(?![a-zA-Z])(?!\*?\s*\{\s*[-+]?[\d.]+\s*[a-z]{2}\s*\}))\s*"
)
"""What wants a length, where none follows."""
_LIMITS = re.compile(r"(?<![a-zA-Z}])\\(?:no)?limits(?![a-zA-Z])")
_INSTEAD = {"em": r"\it", "itshape": r"\it", "textquoteright": "'"}
"""Commands of text -> what does the same in math."""
_GREEK = frozenset(
    name for name, symbol in SYMBOLS.items() if "\u0370" <= symbol <= "\u03ff" and not name.startswith("text")
)
_CALLIGRAPHIC_SCRIPT = re.compile(r"([_^])\\(cal|mit)\s*([A-Za-z])")
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
        body = _completed(_commands(body, _ENVIRONMENT_COMMANDS if has_rows else frozenset()))
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
    if "_" in body or "^" in body:
        body = _LONE_SCRIPT.sub(lambda match: f"{match[0].rstrip()}{{}}", body)
        body = _TWICE.sub(r"\g<0>{}", body)
    return _scoped(body) if "\\" in body and _DECLARATION.search(body) else body


def _completed(body: str) -> str:
    """With the arguments that LaTeX would miss, and without what makes no sense to it."""
    body = _NO_LENGTH.sub("", _NO_DELIMITER.sub("", body))
    if "\\left" in body or "\\right" in body:
        sizes = [size for size in _PAIRED.findall(body) if size != "middle"]
        if sizes.count("left") != sizes.count("right"):
            body = _PAIRED.sub("", body)
    if "limits" in body:
        body = _LIMITS.sub("", body)
    body = _ONE_ARGUMENT.sub(lambda match: f"{match[0].rstrip()}{{}}", body)
    return _TWO_ARGUMENTS.sub(lambda match: match[0].rstrip() + ("{}" if match[1] else "{}{}"), body).strip()


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
    if "\\text" in body or "box" in body:
        body = _BARE_ARGUMENT.sub(r"\1{\2}", body)
    if "\\cal" in body or "\\mit" in body:
        body = _CALLIGRAPHIC_SCRIPT.sub(r"\1{\\\2 \3}", body)
    body = _NO_COMMAND.sub(r"\1", body)
    known = KNOWN_IN_MATH | others if others else KNOWN_IN_MATH

    def understood(match: re.Match[str]) -> str:
        if match[1] in known:
            return match[0]
        return _INSTEAD.get(match[1]) or f"\\mathrm{{{match[1]}}}"

    return MATH_COMMAND.sub(understood, body)


def _braced_script(match: re.Match[str]) -> str:
    sign, single, command, arguments = match.groups()
    if single:
        return f"{sign}{{{single}}}"
    if command in _BARE_SCRIPTS and not arguments:
        return match[0]
    if command in SYMBOLS:  # which takes no arguments
        return match[0] if command in _GREEK or command in _BARE_SCRIPTS else f"{sign}{{\\{command}}}{arguments}"
    return f"{sign}{{\\{command}{arguments}}}"


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
