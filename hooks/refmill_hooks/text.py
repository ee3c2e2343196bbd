"""arXiv's text, Unicode mixed with TeX, as plain Unicode, as LaTeX, or as rich text.

One scanner cuts the text into tokens, a small renderer for each form joins them again. What the scanner understands:
accents in all their spellings, symbols, citation commands (`\\citet{key}` becomes `[key]`), fonts, groups, math between
dollars, `\\(…\\)` or `\\[…\\]`, HTML entities and tags. A command it does not know stays as it is printed.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata
from collections.abc import Callable, Iterator

from refmill_hooks.tex_tables import ACCENTS, KNOWN_IN_MATH, SYMBOLS, TEX_OF

__all__ = ["html", "latex", "paragraphs", "plain", "printable", "protect_capitals", "spelled", "squeeze", "unprotected"]

TEXT, MATH, OPEN, CLOSE = "text", "math", "open", "close"
Token = tuple[str, str]
"""Kind and value: text in Unicode, the inside of math, the font a group opens ("" for none), or nothing."""

_SIGN = re.compile(r"[\\$&{}~<]")
"""What markup begins with."""
_MARKUP = re.compile(
    r"""\\(?P<command>[a-zA-Z]+|.|$)\*?
      | (?P<math>\$\$?)
      | (?P<brace>[{}])
      | (?P<tie>(?<![/\w])~|(?<=[\w.,)])~(?=[\w\\($]))
      | <(?P<tag>/?(?:i|em|b|strong|sub|sup|br|p))\s*/?>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
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
_STACKED = re.compile(r"\{(\\[^\w\s]\{?\w\}?)\}")
_MOJIBAKE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf]+")
_LATEX_FONT = {
    "i": "\\textit{",
    "b": "\\textbf{",
    "sc": "\\textsc{",
    "sup": "\\textsuperscript{",
    "sub": "\\textsubscript{",
}
_HTML_FONT = {
    "i": ("<i>", "</i>"),
    "b": ("<b>", "</b>"),
    "sup": ("<sup>", "</sup>"),
    "sub": ("<sub>", "</sub>"),
    "sc": ('<span style="font-variant:small-caps;">', "</span>"),
}
_LATEX_OF = str.maketrans({
    "%": "\\%", "&": "\\&", "#": "\\#", "_": "\\_", "$": "\\$", "~": "{\\textasciitilde}", "^": "{\\textasciicircum}",
    "\\": "{\\textbackslash}", "<": "{$<$}", ">": "{$>$}", "{": "\\{", "}": "\\}",
})  # fmt: skip


def squeeze(text: str) -> str:
    """The text on one line, with single blanks."""
    if "\n" in text or "  " in text or "\t" in text or text[:1] == " " or text[-1:] == " ":
        return " ".join(text.split())
    return text


def paragraphs(text: str) -> str:
    """Hard line wraps folded into blanks; an empty or an indented line opens a paragraph, a blank line parts them."""
    text = text.strip()
    if "\n\n" not in text and "\n " not in text and "\n\t" not in text and "\r" not in text:
        return squeeze(text.replace("\n", " ").replace("\t", " "))
    pieces: list[list[str]] = [[]]
    for line in text.split("\n"):
        words = line.split()
        if (not words or line[0] in " \t") and pieces[-1]:
            pieces.append([])
        pieces[-1].extend(words)
    return "\n\n".join(" ".join(words) for words in pieces if words)


_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 65534, 65535, *range(55296, 57344)))


def printable(text: str) -> str:
    """The text without the characters that XML 1.0 and terminals do not take."""
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return text.translate(_CONTROLS)


def plain(text: str, *, math: bool = False) -> str:
    """Plain Unicode; with `math`, math stays TeX between dollars, as reference managers show it."""
    if text.isalpha() and text.isascii():
        return text
    text = printable(text)
    if not _is_marked(text):
        return text
    if (parts := _only_math(text)) is not None:
        if math:
            return text
        parts[1::2] = map(_plain_math, parts[1::2])
        return "".join(parts)
    shown = (lambda body: f"${body}$") if math else _plain_math
    return _joined(shown(value) if kind == MATH else value if kind == TEXT else "" for kind, value in _tokens(text))


def html(text: str, *, math: bool = True) -> str:
    """The rich text of CSL and Zotero: `<i> <b> <sup> <sub>` and small capitals; with `math`, math stays TeX."""
    text = printable(text)
    if not _is_marked(text) or (math and _only_math(text) is not None):
        return text
    parts: list[str] = []
    open_fonts: list[str] = []
    for kind, value in _tokens(text):
        if kind == TEXT:
            parts.append(value)
        elif kind == MATH:
            parts.append(f"${value}$" if math else _plain_math(value))
        elif kind == OPEN:
            open_fonts.append(value)
            parts.append(_HTML_FONT[value][0] if value else "")
        else:
            font = open_fonts.pop()
            parts.append(_HTML_FONT[font][1] if font else "")
    return _joined(parts)


def latex(text: str, *, ascii: bool = False) -> str:
    """A BibTeX or BibLaTeX value that compiles: balanced braces, math in braces; `ascii` leaves no other letters.

    Encoding twice changes nothing. Forms are those that BibTeX readers understand alike: `\\%`, `{$H_{0}$}`, raw UTF-8
    for letters.
    """
    if text.isalpha() and text.isascii():
        return text
    text = printable(text)
    if not _is_marked(text) and (text.isascii() or not ascii):
        return text
    if (simple := _only_math(text)) is not None:
        simple[::2] = [_latex_text(part, ascii) for part in simple[::2]]
        simple[1::2] = [f"{{${_latex_math(body)}$}}" for body in simple[1::2]]
        return "".join(simple)  # without a brace in the text there is none to pair
    parts: list[str] = []
    for kind, value in _tokens(text):
        if kind == TEXT:
            parts.append(_latex_text(value, ascii))
        elif kind == MATH:
            parts.append(f"{{${_latex_math(value)}$}}")
        elif kind == OPEN:
            parts.append(_LATEX_FONT.get(value, "{"))
        else:
            parts.append("}")
    return _paired(_joined(parts))


_ESCAPED_BRACE = re.compile(r"\\([{}])")


def _paired(value: str) -> str:
    """With single escaped braces written as math, for BibTeX counts them with the others."""
    if value.count("\\{") == value.count("\\}"):
        return value
    return _ESCAPED_BRACE.sub(lambda match: "{$\\lbrace$}" if match[1] == "{" else "{$\\rbrace$}", value)


_CAPITALS = re.compile(r"(?<![\w\\{$])[\w'-]*\w[A-Z][\w'-]*(?![\w}$])|(?<![\w\\{$])[A-Z](?=-\w)")


def protect_capitals(value: str) -> str:
    """A LaTeX value with braces around each word that has capitals inside, such as acronyms; never twice or in math."""
    if value[1:] == value[1:].lower() or not _CAPITALS.search(value):
        return value
    parts = re.split(r"(\\[a-zA-Z]+|\{|\})", value)
    depth = 0
    for index, part in enumerate(parts):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
        elif depth == 0 and not part.startswith("\\"):
            parts[index] = _CAPITALS.sub(lambda match: f"{{{match[0]}}}", part)
    return "".join(parts)


def _is_marked(text: str) -> bool:
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


def _only_math(text: str) -> list[str] | None:
    """Text and math in turn, where dollars are all the markup there is, as mostly; None where it takes the scanner."""
    if "&" in text or "  " in text or not (text.isascii() or _is_sound(text)):
        return None
    parts = text.split("$")
    if len(parts) % 2 == 0:
        return None
    for part in parts[::2]:
        if "\\" in part or "{" in part or "}" in part or "<" in part or "~" in part:
            return None
    for body in parts[1::2]:
        if not body or body[0].isspace() or body[-1].isspace():
            return None
    return parts


def _is_sound(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not _MOJIBAKE.search(text)


def _joined(parts: list[str] | Iterator[str]) -> str:
    text = "".join(parts)
    if "  " in text:
        text = re.sub(" {2,}", " ", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _tokens(text: str) -> list[Token]:
    """The text as tokens in which every OPEN has its CLOSE; groups around one character or one math are dissolved."""
    if "&" in text:
        text = entities.unescape(text)
    if not text.isascii():
        text = _MOJIBAKE.sub(_demojibake, text)
    return _balanced(list(_scan(text)))


def _demojibake(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]


def _scan(text: str) -> Iterator[Token]:
    at = done = 0
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
            end = text.find(match[0], at) if dollars > 1 else -1
            body = text[at:end].strip() if end > at else ""
            if body and not _is_money(body, text[end - 1]):
                yield MATH, body
                at = end + len(match[0])
                dollars -= 2 * len(match[0])
            else:
                yield TEXT, match[0]
                dollars -= len(match[0])
        else:
            at, tokens = _command(match["command"], text, match.end(), match.start())
            yield from tokens
        done = at
    if done < len(text):
        yield TEXT, text[done:]


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
    if name in ("(", "["):
        end = text.find("\\)" if name == "(" else "\\]", at)
        if end > at:
            return end + 2, [(MATH, text[at:end].strip())]
    if name in ACCENTS and (accented := _ACCENTED.match(text, at)) and _ends_command(name, text, at):
        opened = "{" in accented[0]
        if opened == bool(accented[3]) or not opened:
            end = accented.end() if opened else accented.end(1) if accented[1] else accented.end(2)
            letter = "i" if (accented[1] or accented[2]) in ("i", "ı") else "j" if accented[1] == "j" else accented[2]
            return end, [(TEXT, unicodedata.normalize("NFC", letter + ACCENTS[name]))]
    if name in ACCENTS and (stacked := _STACKED.match(text, at)):
        base = plain(stacked[1])
        if len(base) == 1:
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
    return at, [(TEXT, text[start:at])]


def _ends_command(name: str, text: str, at: int) -> bool:
    return not name.isalpha() or not text[at : at + 1].isalpha()


def _balanced(tokens: list[Token]) -> list[Token]:
    balanced: list[Token] = []
    opened: list[int] = []
    for kind, value in tokens:
        if kind == "font":
            if value and opened:
                balanced[opened[-1]] = (OPEN, value)
        elif kind == OPEN:
            opened.append(len(balanced))
            balanced.append((OPEN, value))
        elif kind == CLOSE:
            if opened:
                _close(balanced, opened.pop())
        elif value:
            if kind == TEXT and balanced and balanced[-1][0] == TEXT:
                value = balanced.pop()[1] + value
            balanced.append((kind, value))
    for at in reversed(opened):
        balanced[at] = (TEXT, "")
    return balanced


def _close(balanced: list[Token], at: int) -> None:
    inside = balanced[at + 1 :] if len(balanced) - at <= 2 else None
    if inside is None or (balanced[at][1] and inside):
        balanced.append((CLOSE, ""))
    elif not inside or inside[0][0] == MATH or len(inside[0][1]) <= 1 or not inside[0][1].isalnum():
        del balanced[at:]
        for kind, value in inside:
            if kind == TEXT and balanced and balanced[-1][0] == TEXT:
                value = balanced.pop()[1] + value
            balanced.append((kind, value))
    else:
        balanced.append((CLOSE, ""))


_AFTER_SYMBOL = re.compile(r"\{\}|[ ]+(?=\w)")
_MATH_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SUBSCRIPT = re.compile(r"(?<!\\)([_^])([A-Za-z0-9*+'-])")


def _plain_math(body: str) -> str:
    if "{" in body:
        body = _BRACED_ONE.sub(r"\1\2", body)
    text = _MATH_COMMAND.sub(lambda match: SYMBOLS.get(match[1], match[0]), body)
    return text if text == body or "\\" not in text else f"${body}$"


def _latex_math(body: str) -> str:
    if "\n" in body:
        body = " ".join(body.split())
    if not body.isascii():
        body = "".join(_math_character(character) for character in body).strip()
    if "\\" in body:
        body = _MATH_COMMAND.sub(
            lambda match: match[0] if match[1] in KNOWN_IN_MATH else f"\\mathrm{{{match[1]}}}", body
        )
    if "_" in body or "^" in body:
        body = _SUBSCRIPT.sub(r"\1{\2}", body)
    if "%" in body or "#" in body or "&" in body:
        body = re.sub(r"(?<!\\)([%#&])", r"\\\1", body)
    if body.count("\\{") != body.count("\\}"):
        # BibTeX counts escaped braces too: `\left\{ … \right.` must not leave one open
        body = re.sub(r"\\\{ *", r"\\lbrace ", body)
        body = re.sub(r"\\\} *", r"\\rbrace ", body).rstrip()
    if body.count("{") != body.count("}"):
        body = _rebalanced(body)
    return body.rstrip("\\") if body.endswith("\\") else body


def _rebalanced(body: str) -> str:
    """Without the braces that close nothing, and with those that are missing at the end."""
    parts: list[str] = []
    depth = 0
    for part in re.split(r"(\\.|[{}])", body):
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


def _latex_text(text: str, ascii: bool) -> str:
    if "\\" in text or "{" in text or "}" in text or "$" in text or "<" in text or ">" in text or "~" in text:
        text = text.translate(_LATEX_OF)
    else:
        for sign in "%&#_^":
            if sign in text:
                text = text.replace(sign, _LATEX_OF[ord(sign)])
    if text.isascii():
        return text
    character_of: Callable[[str], str] = _ascii_character if ascii else _utf8_character
    return "".join(character if character < "\x80" else character_of(character) for character in text)


def _utf8_character(character: str) -> str:
    if character in "©§¶£–—‘’“”…®°":
        return character
    command = TEX_OF.get(character)
    is_symbol = "\u0370" <= character <= "\u03ff" or "\u2100" <= character <= "\u214f"
    if command is None or (unicodedata.category(character)[0] == "L" and not is_symbol):
        return character
    return f"{{$\\{command}$}}" if command.isalpha() else f"{{${command}$}}"


_LETTER_COMMANDS = {SYMBOLS[name]: name for name in ("AE", "ae", "O", "o", "L", "l", "ss", "i", "j")}
_ASCII_SIGNS = {
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": "...", "\u00a0": " ", "·": "{$\\cdot$}",
    "°": "{$^{\\circ}$}", "£": "{\\pounds}", "§": "{\\S}", "¶": "{\\P}", "©": "{\\copyright}", "®": "(R)",
}  # fmt: skip
_COMMAND_OF_ACCENT = {combining: command for command, combining in ACCENTS.items()}


def _ascii_character(character: str) -> str:
    if character in _ASCII_SIGNS:
        return _ASCII_SIGNS[character]
    if name := _LETTER_COMMANDS.get(character):
        return f"{{\\{name}}}"
    decomposed = unicodedata.normalize("NFD", character)
    base, marks = decomposed[0], decomposed[1:]
    commands = [_COMMAND_OF_ACCENT.get(mark, "") for mark in marks]
    if marks and base.isascii() and all(commands):
        value = base
        for command in commands:
            value = f"\\{command}{{{value}}}" if command.isalpha() else f"\\{command}{value}"
        return f"{{{value}}}"
    symbol = _utf8_character(character)
    return symbol if symbol.isascii() else spelled(character)


_LATIN = "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya e i i e g"
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
        ["" if sign == "-" else sign for sign in _LATIN.split()],
        strict=True,
    )
)


def spelled(character: str) -> str:
    """ASCII for a character that has no other: compatible letters, a transliteration, or its code as `[U+738B]`."""
    compatible = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if compatible.isalnum():
        return compatible
    if (lower := character.lower()) in _CYRILLIC:
        latin = _CYRILLIC[lower]
        return latin if lower == character else latin.capitalize()
    name = unicodedata.name(character, "").rpartition(" LETTER ")[2]
    if name in _GREEK_NAMES:
        return name.lower() if character == lower else name.capitalize()
    if unicodedata.category(character)[0] in "CM":
        return ""
    return f"[U+{ord(character):04X}]"


_GREEK_NAMES = frozenset(
    """ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMDA MU NU XI OMICRON PI RHO SIGMA TAU UPSILON PHI CHI
    PSI OMEGA""".split()
)


_BRACED_ONE = re.compile(r"([_^])\{(\w)\}")
_KEPT_END = "} kept"
_GUARD = re.compile(r"\\[a-zA-Z]+\s*|\\.|[{}$]|[^\\{}$]+", re.DOTALL)


def unprotected(value: str) -> str:
    """A LaTeX value without the braces that only protect capitals or math, and with plain `% & # _`.

    What is TeX stays TeX: `{\\"o}`, `\\emph{x}` and what stands between dollars.
    """
    if "{" not in value and "\\" not in value:
        return value
    parts: list[str] = []
    kept: list[bool] = []
    in_math = False
    before = ""
    pieces = _GUARD.findall(value)
    for at, piece in enumerate(pieces):
        if piece == "$":
            in_math = not in_math
        elif piece == "{":
            after = pieces[at + 1] if at + 1 < len(pieces) else ""
            is_argument = before[:1] == "\\" or before == _KEPT_END
            kept.append(in_math or is_argument or after[:1] == "\\" or before[-1:] in ("^", "_"))
        elif piece in ("\\%", "\\&", "\\#", "\\_") and not in_math:
            piece = piece[1]
        if piece == "{" and not kept[-1]:
            before = piece
            continue
        if piece == "}" and kept and not kept.pop():
            before = piece
            continue
        parts.append(piece)
        before = _KEPT_END if piece == "}" else piece
    return "".join(parts)
