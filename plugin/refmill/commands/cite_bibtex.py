"""Bibliographies in BibTeX's own styles, through pybtex.

BibTeX prints an entry whatever it lacks; pybtex raises. So an entry that it does not take as it is goes as a `misc`,
which needs no field, and then with its title and names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from refmill.commands.cite_markup import hide_markup, link
from refmill.plugins.registry import Registry
from refmill_hooks import Entry
from refmill_hooks.names import display_name
from refmill_hooks.text import plain

__all__ = ["BIBTEX_STYLES", "format_by_pybtex"]

BIBTEX_STYLES: Final = ("plain", "unsrt", "alpha", "abbrv")

_SPELLED: Final = str.maketrans({"\\": "\\textbackslash ", "%": "\\%", "~": "\\textasciitilde ", "{": None, "}": None})
"""How pybtex reads signs of TeX as themselves; it can read no brace so."""


def format_by_pybtex(entries: list[Entry], style: str, registry: Registry) -> tuple[list[str], list[str]]:
    """Return the labels in the order of the entries, and the references in that of the style, as markup."""
    from pybtex.database import BibliographyData
    from pybtex.plugin import find_plugin

    formatter = find_plugin("pybtex.style.formatting", "plain" if style == "abbrv" else style)(
        abbreviate_names=style == "abbrv"
    )
    database = BibliographyData()
    keys = []
    for number, entry in enumerate(entries):
        key = entry.key or entry.id
        if key in database.entries:
            key = f"{key}-{number}"
        keys.append(key)
        database.add_entry(key, _entry_for(entry, formatter, registry))
    formatted = formatter.format_bibliography(database, keys)
    backend = _backend()
    labels = {each.key: hide_markup(f"[{each.label}]") for each in formatted}
    return [labels[key] for key in keys], [f"{labels[each.key]} {each.text.render(backend)}" for each in formatted]


def _entry_for(entry: Entry, formatter: Any, registry: Registry) -> Any:
    """Return the entry as pybtex has it, the fullest that it can format."""
    from pybtex.database import BibliographyData

    for made in _candidates(entry, registry):
        try:
            candidate = made()
            formatter.format_bibliography(BibliographyData({"key": candidate}), ["key"])
        except Exception:  # pybtex raises all kinds where a field is not as it thinks
            continue
        return candidate
    return _bare(entry)


def _candidates(entry: Entry, registry: Registry) -> Iterator[Callable[[], Any]]:
    from pybtex.database import parse_string

    exporter = registry.exporter("bibtex")

    def whole() -> Any:
        assert exporter.render
        options = exporter.options(abstract=False)
        text = exporter.render(entry.replace(comments="", categories=(), key="key"), options)
        return parse_string(text, "bibtex").entries["key"]

    def misc() -> Any:
        made = whole()
        made.type = "misc"
        return made

    yield whole
    yield misc


def _bare(entry: Entry) -> Any:
    from pybtex.database import Entry as PybtexEntry
    from pybtex.database import Person

    made = PybtexEntry("misc", {"title": plain(entry.title).translate(_SPELLED)})
    for name in entry.authors:
        person = Person()
        person.last_names = [plain(display_name(name)).translate(_SPELLED)]
        made.persons.setdefault("author", []).append(person)
    return made


def _backend() -> Any:
    from pybtex.backends.html import Backend

    class Markup(Backend):  # type: ignore[misc]
        """The markup of `citing_markup`: values hidden, no tags but those that every form knows."""

        symbols = {"ndash": "–", "newblock": " ", "nbsp": " "}  # noqa: RUF012
        names = {"em": "i", "i": "i", "strong": "b", "b": "b", "sup": "sup", "sub": "sub"}  # noqa: RUF012

        def format_str(self, text: str) -> str:
            return _hidden(text)

        def format_protected(self, text: str) -> str:
            return text

        def format_tag(self, name: str, text: str) -> str:
            tag = self.names.get(name)
            return f"<{tag}>{text}</{tag}>" if tag and text else text

        @staticmethod
        def format_href(url: str, text: str, external: bool = False) -> str:
            return link(url, text) if text else ""

    return Markup()


def _hidden(text: str) -> str:
    """The text without TeX, hidden; blanks at its ends, which part it from its neighbours, stay."""
    before = " " * (len(text) - len(text.lstrip()) > 0)
    after = " " * (len(text) - len(text.rstrip()) > 0)
    return f"{before}{hide_markup(plain(text))}{after}" if text.strip() else before
