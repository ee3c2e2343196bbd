r"""Cuts arXiv's text, Unicode mixed with TeX, into tokens: text in Unicode, math, fonts that open and close.

What it understands: accents in all their spellings, symbols, citation commands (`\citet{key}` becomes `[key]`), fonts,
groups, math between dollars, `\(…\)` or `\[…\]`, HTML entities and tags. A command it does not know stays as it is
printed. `refmill_hooks.text` and `refmill_hooks.text.latex_values` make text of the tokens.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from operator import itemgetter

from refmill_hooks.text.tables import ACCENTS, SYMBOLS

__all__ = [
    "CLOSE",
    "MATH",
    "MATH_COMMAND",
    "OPEN",
    "TEXT",
    "composed",
    "is_marked",
    "is_ordinary",
    "joined",
    "only_math",
    "printable",
    "tokens",
    "unmistakable",
]

TEXT, MATH, OPEN, CLOSE = "text", "math", "open", "close"
UNKNOWN, ARGUMENT = "unknown", "argument"
Token = tuple[str, str]
"""Kind and value: text in Unicode, the inside of math, the font a group opens ("" for none), or nothing."""

_SIGN = re.compile(r"[\\$&{}~<]")
"""What markup begins with."""
_MARKUP = re.compile(
    r"""\\(?P<command>[a-zA-Z]+|.|$)
      | (?P<math>\$\$?)
      | (?P<brace>[{}])
      | (?P<tie>(?<![/\w])~|(?<=[\w.,)])~(?=[\w\\($]))
      | <(?P<tag>/?(?:i|em|b|strong|sub|sup|br|p))\s*/?>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_TEXT_BOX = r"\\(?:text[a-z]*|[mhf]box)\s*+\{(?:[^{}$\\]|\\.|\$[^{}$]*+\$|\{[^{}$]*+\})*+\}"
TEXT_BOX = re.compile(_TEXT_BOX, re.DOTALL)
"""Text inside of math, which may have math inside of it: `\\mbox{for $x$}`."""
_TO_DOLLARS = {
    "$": re.compile(rf"(?:{_TEXT_BOX}|[^$\\]|\\.)*+\$", re.DOTALL),
    "$$": re.compile(rf"(?:{_TEXT_BOX}|[^$\\]|\\.|\$(?!\$))*+\$\$", re.DOTALL),
}
_DISPLAYS = {"(": "\\)", "[": "\\]"}
"""Commands that begin math, and what ends it."""
_FONTS = {
    "textit": "i", "emph": "i", "textsl": "i", "it": "i", "em": "i", "sl": "i", "textbf": "b", "bf": "b",
    "textsuperscript": "sup", "textsubscript": "sub", "textsc": "sc", "sc": "sc", "i": "i", "b": "b", "strong": "b",
    "sub": "sub", "sup": "sup",
}  # fmt: skip
_DECLARATIONS = frozenset({"it", "em", "sl", "bf", "sc", "rm", "tt", "sf", "cal", "normalfont", "rmfamily", "itshape"})
_TRANSPARENT = frozenset(
    """text textrm textsf texttt textnormal textup textmd mbox hbox underline uline url ensuremath mathrm uppercase
    lowercase footnote protect MakeUppercase boldmath bfseries centerline""".split()
)
_SPACES = frozenset(
    {" ", ",", ";", ":", "\\", "\n", "~", "quad", "qquad", "newline", "par", "linebreak", "noindent", "item"}
)
_NOTHING = frozenset({"/", "-", "!", "@", "left", "right", "big", "Big", "label", "xspace", "small", "large", "Large"})
_LOGOS = {"LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX"}
_REFERENCES = re.compile(r"\*?(?:\s*\[[^\[\]{}]*\]){0,2}\s*\{([^{}]*)\}")
_ACCENTED = re.compile(r"\s*(?:\{\s*)?(?:\\([ij])(?:\{\})?|([^\W\d_]|ı))\s*(\})?")
_ACCENT = r"\\(?:[^\w\s]|[uvHrckdbt](?![a-zA-Z]))"


@cache
def stacked_accents() -> str:
    """The pattern of accents on one letter, as many as any language sets; compiled where one is met, for it is long."""
    pattern = rf"{_ACCENT}\w"
    for _ in range(8):
        pattern = rf"{_ACCENT}(?:\{{(?:{pattern}|\w)\}}|\w)"
    return pattern


@cache
def _stacked() -> re.Pattern[str]:
    return re.compile(rf"\{{({stacked_accents()})\}}")


_MISPLACED_ACCENT = re.compile(r"\{\\([Hvcuk\"'`^~=.])\}([^\W\d_])|\\(?P<c>c)(?=c[a-z])(?P<letter>c)")
r"""`Jen{\H}o`, `Fran\ccois`: how records in fact have them."""
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
"""One without its semicolon is part of a URL rather."""
_MOJIBAKE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf]+")


_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{30}"
)
"""More accents on one letter than any language has: to order them takes the square of their number, so that a joiner
parts them, as Unicode's stream-safe text has it (unicode.org/reports/tr15/#Stream_Safe_Text_Format).
"""


_MARK_BEHIND_COMMAND = re.compile("(\\\\[A-Za-z]+)(?=[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff])")
"""An accent there belongs to what the command prints, not to the last letter of its name."""
_CONTROLS = bytes((*range(9), 11, 12, *range(14, 32), 127))
_UNPRINTABLE: dict[int, str | None] = dict.fromkeys((*_CONTROLS, 65534, 65535, *range(55296, 57344)))
_UNPRINTABLE |= {code: bytes((code,)).decode("cp1252", "ignore") for code in range(128, 160)}
_UNPRINTABLE_BEHIND_COMMAND = re.compile(
    "(\\\\[A-Za-z]+)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+(?=[A-Za-z])"
)
"""What is left out there would join a command and the letters behind it to another one."""
_C1 = re.compile("[\x80-\x9f]")
"""Controls to Unicode; in texts they are letters and quotes of Windows, or parts of letters in UTF-8."""
_LONG = 150
"""Characters from which on a text is asked as bytes, all of them at once."""


def printable(text: str) -> str:
    """The text without the characters that XML 1.0 and terminals do not take, and with blanks for carriage returns.

    TeX, which ends a line at a carriage return, would read nothing of what stands behind it.
    """
    if "\r" in text:
        text = text.replace("\r", " ")
    if len(text) > _LONG and text.isascii():
        if len(text.encode().translate(None, _CONTROLS)) == len(text):
            return text
    elif text.isprintable() or text.replace("\n", "").isprintable():
        return text
    if _C1.search(text):
        text = _MOJIBAKE.sub(_demojibake, text)
    if "\\" in text:
        text = _UNPRINTABLE_BEHIND_COMMAND.sub(r"\1 ", text)
    return text.translate(_UNPRINTABLE)


_ORDINARY = re.compile(r"[A-Za-z0-9 .,:;()\[\]/'\"`?!*+=@|-]+")


def is_ordinary(text: str) -> bool:
    """Whether it is short, and each of its characters means itself in every format: for most texts, all to be asked."""
    return len(text) < _LONG and _ORDINARY.fullmatch(text) is not None


def is_marked(text: str) -> bool:
    """Whether any character may mean more than itself. One `in` a sign is the fastest way to ask that."""
    return (
        "\\" in text
        or "$" in text
        or "{" in text
        or "_" in text
        or "%" in text
        or "&" in text
        or "^" in text
        or "~" in text
        or "<" in text
        or ">" in text
        or "}" in text
        or "#" in text
        or not (text.isascii() or text.isalpha())
    )


def only_math(text: str) -> list[str] | None:
    """Text and math in turn, where dollars are all the markup there is, as mostly; None where it takes the scanner."""
    if "&" in text or ("\\" in text and "\\$" in text) or not (text.isascii() or _is_sound(text)):
        return None
    parts = text.split("$") if "$" in text else [text]
    if len(parts) % 2 == 0:
        return None
    outside = "".join(parts[::2]) if len(parts) > 1 else text
    if "\\" in outside or "{" in outside or "}" in outside or "<" in outside or "~" in outside:
        return None
    for body in parts[1::2]:
        if not body or body.strip() != body or ("{" in body and ("box{" in body or "\\text" in body)):
            return None
    return parts


def _is_sound(text: str) -> bool:
    return not _MOJIBAKE.search(text) and not _MARKS.search(text) and unicodedata.is_normalized("NFC", text)


def joined(parts: Iterable[str]) -> str:
    """The parts as one text, with single blanks and composed letters."""
    text = "".join(parts)
    if "  " in text:
        text = re.sub(" {2,}", " ", text)
    return composed(text)


def composed(text: str) -> str:
    """The text in Unicode's normal form C, in time that grows with its length only."""
    if text.isascii():
        return text
    if "\\" in text:
        text = _MARK_BEHIND_COMMAND.sub(r"\1 ", text)
    return unicodedata.normalize("NFC", _MARKS.sub("\\g<0>\u034f", text))


def tokens(text: str) -> list[Token]:
    """The text as tokens in which every OPEN has its CLOSE; groups around one character or one math are dissolved."""
    if "&" in text:
        text = printable(_REFERENCE.sub(_referred, text))
    if not text.isascii():
        text = composed(_MOJIBAKE.sub(_demojibake, text))
    if "\\" in text:
        text = _MISPLACED_ACCENT.sub(_accent_in_place, text)
    return _balanced(list(_scan(text)))


def _referred(match: re.Match[str]) -> str:
    return entities.unescape(match[0]) or " "


def _accent_in_place(match: re.Match[str]) -> str:
    return f"\\{match[1] or match['c']}{{{match[2] or match['letter']}}}"


def _demojibake(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]


def unmistakable(text: str) -> str:
    """The text with an empty group in each pair of letters that `tokens` would take for the bytes of one."""
    if not _MOJIBAKE.search(text):
        return text
    return _MOJIBAKE.sub(lambda match: match[0] if _demojibake(match) == match[0] else "{}".join(match[0]), text)


def _scan(text: str) -> Iterator[Token]:
    at = done = 0
    closed_until = {sign: text.rfind(end) for sign, end in _DISPLAYS.items()}
    dollars = text.count("$") - text.count("\\$")
    while sign := _SIGN.search(text, at):
        match = _MARKUP.match(text, sign.start())
        if match is None:
            at = sign.end()
            continue
        if match.start() > done:
            yield TEXT, text[done : match.start()]
        at = match.end()
        if match["brace"]:
            yield (OPEN, "") if match[0] == "{" else (CLOSE, "")
        elif match["tie"]:
            yield TEXT, " "
        elif match["tag"]:
            yield from _tag(match["tag"].lower())
        elif match["math"]:
            end = _end_of_math(match[0], text, at) if dollars > 1 else -1
            body = text[at:end].strip() if end > at else ""
            if body and not _is_money(body, text[end - 1]):
                yield MATH, body
                at = end + len(match[0])
                dollars -= 2 * len(match[0])
            else:
                yield TEXT, match[0]
                dollars -= len(match[0])
        elif closed_until.get(match["command"], -1) > at:
            end = text.find(_DISPLAYS[match["command"]], at)
            yield MATH, text[at:end].strip()
            at = end + 2
        else:
            at, tokens = _command(match["command"], text, at, match.start())
            yield from tokens
        done = at
    if done < len(text):
        yield TEXT, text[done:]


def _end_of_math(sign: str, text: str, at: int) -> int:
    """Where the dollars stand that end it, -1 for nowhere; an escaped one is a dollar sign."""
    match = _TO_DOLLARS[sign].match(text, at)
    return match.end() - len(sign) if match else -1


def _is_money(body: str, last: str) -> bool:
    return body[0].isdigit() and last == " " and "\\" not in body and any(len(word) > 1 for word in body.split()[1:])


def _tag(tag: str) -> list[Token]:
    if tag in ("br", "p", "/p"):
        return [(TEXT, " ")]
    if tag.startswith("/"):
        return [(CLOSE, "")]
    return [(OPEN, _FONTS["i" if tag == "em" else tag])]


def _command(name: str, text: str, at: int, start: int) -> tuple[int, list[Token]]:
    """The tokens of one command, and where the text goes on behind it."""
    if name in ACCENTS and (accented := _ACCENTED.match(text, at)) and _ends_command(name, text, at):
        opened = "{" in accented[0]
        if opened == bool(accented[3]) or not opened:
            end = accented.end() if opened else accented.end(1) if accented[1] else accented.end(2)
            letter = "i" if (accented[1] or accented[2]) in ("i", "ı") else "j" if accented[1] == "j" else accented[2]
            return end, [(TEXT, unicodedata.normalize("NFC", letter + ACCENTS[name]))]
    if name in ACCENTS and text[at : at + 1] == "{" and (stacked := _stacked().match(text, at)):
        base = joined(value for kind, value in tokens(stacked[1]) if kind == TEXT)
        if all(map(unicodedata.combining, base[1:])):
            return stacked.end(), [(TEXT, unicodedata.normalize("NFC", base + ACCENTS[name]))]
    if name and name in "%&#_${}":
        return at, [(TEXT, name)]
    if name in _SPACES:
        return at, [(TEXT, " ")]
    refers = "cite" in name or name in ("ref", "eqref", "autoref", "cref", "label")
    if refers and (keys := _REFERENCES.match(text, at)):
        listed = ", ".join(key.strip() for key in keys[1].split(","))
        return keys.end(), [(TEXT, f"[{listed}]" if name != "label" else "")]
    if name in _LOGOS or name in SYMBOLS:
        after = _AFTER_SYMBOL.match(text, at)
        keep_blank = name in _LOGOS or not SYMBOLS[name].isalpha()
        symbol = _LOGOS.get(name) or SYMBOLS[name]
        if after and not (keep_blank and after[0] != "{}"):
            at = after.end()
        return at, [(TEXT, symbol)]
    if name in _DECLARATIONS:
        return at + (text[at : at + 1] == " "), [("font", _FONTS.get(name, ""))]
    if name in _FONTS and text[at : at + 1] == "{":
        return at + 1, [(OPEN, _FONTS[name])]
    if name in _TRANSPARENT or name in _NOTHING:
        return at, [(TEXT, "")]
    return at, [(UNKNOWN, text[start:at])]


def _ends_command(name: str, text: str, at: int) -> bool:
    return not name.isalpha() or not text[at : at + 1].isalpha()


def _balanced(tokens: list[Token]) -> list[Token]:
    """The tokens in pairs; the braces around the arguments of an unknown command are text, as the command is."""
    balanced: list[Token] = []
    opened: list[int] = []
    takes_argument = False
    for kind, value in tokens:
        took, takes_argument = takes_argument, False
        if kind == "font":
            if value and opened:
                balanced[opened[-1]] = (OPEN, value)
        elif kind == OPEN:
            if not value and balanced[-1:] == [(OPEN, ARGUMENT)]:
                balanced[-1] = (OPEN, "")  # two braces protect capitals rather
            opened.append(len(balanced))
            balanced.append((OPEN, value or (ARGUMENT if took else "")))
        elif kind == CLOSE:
            if not opened:
                continue
            at = opened.pop()
            if balanced[at] == (OPEN, ARGUMENT) and len(balanced) > at + 1:
                balanced[at] = (TEXT, "{")
                balanced.append((TEXT, "}"))
                takes_argument = True
            else:
                _close(balanced, at)
        elif kind == UNKNOWN:
            takes_argument = True
            balanced.append((TEXT, value))
        elif value:
            takes_argument = took and _OPTIONAL.fullmatch(value) is not None
            balanced.append((kind, value))
    for at in reversed(opened):
        balanced[at] = (TEXT, "")
    return [token for kind, run in groupby(balanced, _KIND) for token in ([_one_text(run)] if kind == TEXT else run)]


_KIND = itemgetter(0)


def _one_text(run: Iterable[Token]) -> Token:
    """One token of text; where something between two blanks is left out, one of them is."""
    parts: list[str] = []
    for _, value in run:
        if value := value.lstrip(" ") if parts and parts[-1][-1] == " " else value:
            parts.append(value)
    return TEXT, composed("".join(parts))


def _close(balanced: list[Token], at: int) -> None:
    """Closes the group that was opened there, or dissolves it where it is around nothing but a character or math."""
    if all(balanced[place][0] == TEXT for place in range(at + 1, len(balanced))):
        balanced[at + 1 :] = [_one_text(balanced[at + 1 :])] if len(balanced) > at + 1 else []
    inside = len(balanced) - at - 1
    if inside == 0 or (inside == 1 and not balanced[at][1] and not _is_word(balanced[-1])):
        del balanced[at]
    else:
        balanced.append((CLOSE, ""))


def _is_word(token: Token) -> bool:
    kind, value = token
    return kind != MATH and len(value) > 1 and _WORD.fullmatch(value) is not None


_WORD = re.compile(r"(?:[^\W_]|\[U\+[0-9A-F]{4,6}\])+")
"""Letters and digits, those among them that have no form in ASCII but their number."""
_OPTIONAL = re.compile(r"\*?(?:\[[^\[\]]*\])*")
"""What may stand between a command and the braces of its arguments."""
_AFTER_SYMBOL = re.compile(r"\{\}|[ ]+(?=\w)")
MATH_COMMAND = re.compile(r"\\([a-zA-Z]+)")
