"""Math as authors type it, in a form that compiles, balances, and is read alike by TeX and by those who parse it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from refmill_hooks.text.scanner import MATH_COMMAND, TEXT, TEXT_BOX, composed, stacked_accents, tokens
from refmill_hooks.text.tables import ACCENTS, KNOWN_IN_MATH, SYMBOLS, TEX_OF

__all__ = ["is_balanced", "latex_math"]

_BACKSLASH = "\\"
_SIGNS = dict(zip(r"\{}$%&#_|,:;!>/- ", map(chr, (*range(1, 9), *range(14, 32))), strict=False))
r"""Commands of one sign that math knows, such as `\{` -> the character that stands for each while words are worked on.

These are control characters, of which no text has any. What begins with a backslash is a word then, and nothing else:
the second backslash of `\\kern` is not taken for the beginning of one.
"""
_WRITTEN = str.maketrans({mark: f"\\{sign}" for sign, mark in _SIGNS.items()})
_SIGN = re.compile(r"\\(?:_(?=\{)|([^a-zA-Z]|$))", re.DOTALL)
r"""A command of one sign. `\sum\_{i}` and `R\^2` are scripts that a program escaped."""
_ACCENTED = re.compile(r"\\([\"'`~=.])(?:\{([^\W\d_])\}|([^\W\d_]))")
_LETTER_ACCENT = re.compile(r"\\([uvHrckdbt])\s*(?:\{([^\W\d_])\}|(?<=\s)([^\W\d_]))")
_INNER_MATH = re.compile(r"\$([^{}$]*+)\$")


@cache
def _text_of_ascii() -> re.Pattern[str]:
    r"""`\text{{\'e}}`: how a letter that is not ASCII is written in pure ASCII."""
    return re.compile(rf"\\text\{{(\{{(?:{stacked_accents()}|\\[a-zA-Z]+)\}})\}}")


_NOT_AT_THE_END = _SIGNS[_BACKSLASH] + _SIGNS[" "] + " "
_OPENING_BRACE = re.compile(rf"{_SIGNS['{']} *")
_CLOSING_BRACE = re.compile(rf"{_SIGNS['}']} *")

_SCRIPT = re.compile(r"([_^])(?:([A-Za-z0-9*+'-]|[^\x00-\x7f])|\\([a-zA-Z]+)((?:\{(?:[^{}]|\{[^{}]*\})*\})*))")
"""A sub- or superscript of one sign, or of a command with its arguments."""
_UNDERSCORE = re.compile(rf"(?<!\{{){_SIGNS['_']}|{_SIGNS['_']}(?!\}})")
"""One that citation-js would take for a subscript without braces around it."""
_BARE_ARGUMENT = re.compile(
    r"(\\(?:text(?:rm|bf|it|sf|tt|sc|up|normal)?|[hv]box))\s+(?!(?:to|spread)(?![a-zA-Z]))([A-Za-z0-9])"
)
_ENVIRONMENT = re.compile(r"\\(begin|end)(?![a-zA-Z])(?:\{([a-zA-Z]+)\})?")
_ARRAY = re.compile(r"\\begin\{array\}(?!(?:\[[bct]\])?\{[lcr| ]*\})")
"""One whose columns are more than their places; `*{99999}{c}` would stop TeX for hours."""
_ENVIRONMENT_COMMANDS = frozenset({"begin", "end", "hline"})
_WITH_ROWS = frozenset(
    "aligned array bmatrix Bmatrix cases gathered matrix pmatrix smallmatrix split vmatrix Vmatrix".split()
)
_BRACE = re.compile(r"([{}])")
_SCOPE = re.compile(r"\\(?:left|right)(?![a-zA-Z])|[{}]")
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
_UNKNOWN_ARGUMENT = re.compile(r"\\([a-zA-Z]+)\s*(\\mathrm\{[a-zA-Z]+\})")
"""A command that would take the command of the next for its argument."""
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
    | frozenset("kern mkern hskip mskip left right middle big Big bigl bigr Bigl Bigr rm bf it sf tt sl".split())
    | frozenset("ast bot bullet circ dag dagger".split())
    | frozenset("ddagger ell hbar infty mp odot oplus parallel perp pm prime sim star times top".split())
)
"""Commands that may stand in a script without braces, and those that more of it may belong to."""
_LONE_SCRIPT = re.compile(r"[_^]\s*(?=$|[}&_^])")
_TWICE = re.compile(rf"(?:\^{_GROUP}(?:_{_GROUP})?(?=[\^'])|_{_GROUP}(?:\^{_GROUP})?(?=_))|'_{_GROUP}(?=\^)")
"""A second superscript, or subscript, of the same base."""
_SIZE = r"\\(?:left|middle|right|[bB]igg?[lmr]?)(?![a-zA-Z])"
_NO_DELIMITER = re.compile(
    rf"{_SIZE}\s*(?![()\[\]|/.<>{_SIGNS['{']}{_SIGNS['}']}{_SIGNS['|']}]|\\(?:[lr](?:angle|brace|brack|ceil|floor|group"
    r"|moustache|[vV]ert)|[uU]parrow|[dD]ownarrow|[uU]pdownarrow|backslash|[vV]ert|[ul][lr]corner)(?![a-zA-Z]))"
)
"""What sets the size of a delimiter, where none follows."""
_PAIRED = re.compile(r"\\(left|middle|right)(?![a-zA-Z])\s*\.?")
_LENGTH = r"\s*[-+]?(?:\d{1,3}(?:\.\d*)?|\.\d+)\s*[a-z]{2}"
_NO_LENGTH = re.compile(
    rf"\\(?:(?:[hm]skip|m?kern)(?![a-zA-Z])(?!{_LENGTH})|[hv]space(?![a-zA-Z])(?!\*?\s*\{{{_LENGTH}\s*\}}))\s*"
)
"""What wants a length, where none follows that TeX would take."""
_LIMITS = re.compile(r"(?<![a-zA-Z}])\\(?:no)?limits(?![a-zA-Z])")
_BEFORE_LETTER = re.compile(r"(\\[a-zA-Z]+)(?=[^\x00-\x7f])")
_BLANKS = re.compile(rf"([{_SIGNS[' ']} ]) +")
_BEHIND_BREAK = re.compile(rf"(?<={_SIGNS[_BACKSLASH]})(?=[a-zA-Z])")
r"""Where `\\` stands in front of a letter: who cuts text at each backslash would see a command there."""
_INSTEAD = {"em": r"\it", "itshape": r"\it", "textquoteright": "'"}
"""Commands of text -> what does the same in math."""
_GREEK = frozenset(
    name for name, symbol in SYMBOLS.items() if "\u0370" <= symbol <= "\u03ff" and not name.startswith("text")
)
_CALLIGRAPHIC_SCRIPT = re.compile(r"([_^])\\(cal|mit)\s*([A-Za-z])")
_MOST_MENDINGS = 9
_MOST_DECLARATIONS = 20
_DECLARATION = re.compile(r"\\(?:rm|bf|it|sf|tt|sl)(?![a-zA-Z])")


def latex_math(body: str) -> str:
    r"""Return what stands between dollars as LaTeX with amsmath prints it, or "" where no safe form of it was found.

    Commands that are not known to be harmless become letters: `\poly(n)` is `\mathrm{poly}(n)`. Braces balance in their
    order, `^^` never stands there, and no two pieces join to a command that was not printed. The last step checks all
    of that. What had to be mended is mended until nothing changes, for one mending may call for another.
    """
    value = _mended(body)
    if "{}" not in value and _without_braces(value) == _without_braces(body):
        return value
    for _ in range(_MOST_MENDINGS):
        body, value = value, _mended(value)
        if value == body:
            return value
    return ""


def _without_braces(body: str) -> str:
    return body.replace("{", "").replace("}", "").replace(" ", "")


def _mended(body: str) -> str:
    body = _marked(body)
    known = KNOWN_IN_MATH
    if "\\begin" in body and _has_rows(body):
        known |= _ENVIRONMENT_COMMANDS
    elif "&" in body:
        body = body.replace("&", _SIGNS["&"])
    if "\\" in body:
        body = _completed(_commands(body, known))
    if "_" in body or "^" in body:
        body = _SCRIPT.sub(_braced_script, body)
        body = _LONE_SCRIPT.sub(lambda match: f"{match[0].rstrip()}{{}}", body)
        body = _TWICE.sub(r"\g<0>{}", body)
    return _checked(body, known)


def _marked(body: str) -> str:
    """The body with the marks of _SIGNS for signs, commands for the characters that have some, and braces in pairs."""
    if "\n" in body:
        body = " ".join(body.split())
    body = composed(body)
    if "\\" in body:
        if "\\text{{\\" in body:
            body = _text_of_ascii().sub(_letter, body)
        if "\\text" in body or "box" in body:
            body = TEXT_BOX.sub(_text_in_box, body)
        if _SIGN.search(body):
            body = _ACCENTED.sub(_accented, body)
            body = _SIGN.sub(lambda match: _SIGNS.get(match[1], match[1]) if match[1] is not None else "_", body)
    if "%" in body or "#" in body or "$" in body:
        for sign in "%#$":
            body = body.replace(sign, _SIGNS[sign])
    if not body.isascii():
        body = "".join([_math_character(character) for character in body])
    if "}" in body or "{" in body:
        body = _rebalanced(body)
    if (_SIGNS["{"] in body or _SIGNS["}"] in body) and not is_balanced(_written(body)):
        # BibTeX counts escaped braces too: `\left\{ … \right.` must not leave one open
        body = _OPENING_BRACE.sub(r"\\lbrace ", _CLOSING_BRACE.sub(r"\\rbrace ", body))
    return body.strip()


def _written(body: str) -> str:
    """The body with its signs again in the place of their marks."""
    return body if body.isprintable() else body.translate(_WRITTEN)


def _text_in_box(match: re.Match[str]) -> str:
    """A box of text with the letters of its accents, and with commands that print symbols of math in text too."""
    text = match[0]
    if "$" in text:
        text = _INNER_MATH.sub(r"\\ensuremath{\1}", text)
    if "\\" in text[1:]:
        text = _LETTER_ACCENT.sub(_accented, text)
    if not text.isascii():
        text = "".join([f"\\ensuremath{{{c}}}" if c > "\x7f" and _math_character(c) != c else c for c in text])
    return text


def _letter(match: re.Match[str]) -> str:
    text = "".join([value for kind, value in tokens(match[1]) if kind == TEXT])
    return match[0] if len(text) != 1 or text.isascii() else text


def _accented(match: re.Match[str]) -> str:
    letter = unicodedata.normalize("NFC", (match[2] or match[3]) + ACCENTS[match[1]])
    return letter if len(letter) == 1 else match[0]


def _checked(body: str, known: frozenset[str]) -> str:
    """The finished math with its signs, or "" where a step before left something that TeX must not read."""
    if not body.isascii():
        body = _BEFORE_LETTER.sub(r"\1 ", body)  # pdfTeX ends a command in front of it, other engines do not
        body = composed(body)
    if "\\" in body and not known.issuperset(MATH_COMMAND.findall(body)):
        return ""
    body = body.rstrip(_NOT_AT_THE_END)
    if " " in body:
        body = _BLANKS.sub(r"\1", body)
    if _SIGNS[_BACKSLASH] in body:
        body = _BEHIND_BREAK.sub(" ", body)
    if _SIGNS["_"] in body:
        body = _UNDERSCORE.sub(f"{{{_SIGNS['_']}}}", body)
    written = _written(body)
    return written if "^^" not in written and is_balanced(written) else ""


def is_balanced(value: str) -> bool:
    """Whether every brace is closed, and none before it is opened, escaped or not, as BibTeX counts them."""
    depth = 0
    for piece in value.split("}")[:-1]:
        depth += piece.count("{") - 1
        if depth < 0:
            return False
    return depth + value.count("{", value.rfind("}") + 1) == 0


def _parted(match: re.Match[str]) -> str:
    """What stands for a piece that is left out: a blank where its neighbours would join to one word."""
    text, start, end = match.string, match.start(), match.end()
    return " " if text[start - 1 : start].isalpha() and text[end : end + 1].isalpha() else ""


def _completed(body: str) -> str:
    """With the arguments that LaTeX would miss, and without what makes no sense to it."""
    body = _NO_LENGTH.sub(_parted, _NO_DELIMITER.sub(_parted, body))
    if "\\left" in body or "\\right" in body or "\\middle" in body:
        sizes = _PAIRED.findall(body)
        if sizes.count("left") != sizes.count("right") or sizes.count("middle") == len(sizes):
            body = _PAIRED.sub(_parted, body)
    if "limits" in body:
        body = _LIMITS.sub(_parted, body)
    if "\\mathrm" in body:
        body = _UNKNOWN_ARGUMENT.sub(_braced_argument, body)
    if _DECLARATION.search(body):
        body = _scoped(body)
    body = _ONE_ARGUMENT.sub(lambda match: f"{match[0].rstrip()}{{}}", body)
    return _TWO_ARGUMENTS.sub(_with_two_arguments, body).strip()


def _braced_argument(match: re.Match[str]) -> str:
    return f"\\{match[1]}{{{match[2]}}}" if match[1] in _TAKES_ONE else match[0]


def _with_two_arguments(match: re.Match[str]) -> str:
    first = match[1]
    if first and first[0] == "\\" and first[1:] in _TAKES_ONE | _TAKES_TWO:
        return match[0]  # it takes what follows itself
    return match[0].rstrip() + ("{}" if first else "{}{}")


def _has_rows(body: str) -> bool:
    """Whether it holds matrices or the like, and nothing that cannot stand in a line of text."""
    opened: list[str] = []
    found = _ENVIRONMENT.findall(body)
    for sign, name in found:
        if name not in _WITH_ROWS or (sign == "end" and (not opened or opened.pop() != name)):
            return False
        if sign == "begin":
            opened.append(name)
    return bool(found) and not opened and not _ARRAY.search(body)


def _commands(body: str, known: frozenset[str]) -> str:
    if "\\text" in body or "box" in body:
        body = _BARE_ARGUMENT.sub(r"\1{\2}", body)
    if "\\cal" in body or "\\mit" in body:
        body = _CALLIGRAPHIC_SCRIPT.sub(r"\1{\\\2 \3}", body)

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
        if body[: match.start()].rstrip(" ").endswith("{"):
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
    if is_balanced(body):
        return body
    parts: list[str] = []
    depth = 0
    before = ""
    for part in _BRACE.split(body):
        depth += (part == "{") - (part == "}")
        if depth < 0:
            depth = 0
        elif part:
            parts.append(f" {part}" if before.isalpha() and part[0].isalpha() else part)
            before = part[-1]
    return "".join(parts) + "}" * depth


def _math_character(character: str) -> str:
    command = TEX_OF.get(character)
    if command is None:
        return character
    return f"\\{command} " if command.isalpha() else command
