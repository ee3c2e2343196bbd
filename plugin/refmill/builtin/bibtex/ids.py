"""Where the arXiv id hides in an entry of a .bib: every place in which real libraries have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from refmill_hooks.identifiers import ArxivId, BadIdentifier, find_ids, parse_id

__all__ = ["IS_ARXIV", "arxiv_id_of", "saying_no_more", "wrong_eprint"]

_MARKUP = re.compile(r"\\url|\\href|\\texttt|[{}]|\s?\[[^\[\]]*\]")
_ARXIV = re.compile(r"ar[xχ]iv|corr\b", re.IGNORECASE)
IS_ARXIV = re.compile(r"\W*(?:ar[xχ]iv|corr\b)", re.IGNORECASE)
"""How what is called a journal, a publisher or an institution begins, and is arXiv."""
_OPENS_NOTE = re.compile(
    r"\W*(?:(?:preprint|e-?print|available\s+(?:at|as|online)|also|available|version|in)\W+)*"
    r"(?:arxiv|\(?https?://(?:www\.)?arxiv\.org)",
    re.IGNORECASE,
)
_NUMBER_ALONE = re.compile(r"\d{7}(?:v\d+)?")
_LIKE_AN_ID = re.compile(r"\d{3,4}\.\d+(?:v\d+)?|[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z-]+)?/\d{1,7}(?:v\d+)?")
_ARCHIVE = re.compile(r"[a-z]+(?:-[a-z]+)?(?=$|[.\s\]])")

Fields = Mapping[str, str]


def arxiv_id_of(fields: Fields) -> ArxivId | None:
    """The id of the paper itself, by the fields of its entry (names in lower case), or None.

    Only what says that it is this paper's id counts: an id somewhere in a note may be another paper's.
    """
    for look in _PLACES:
        if arxiv_id := look(fields):
            url = _url(fields)
            return url if url and url.id == arxiv_id.id and not arxiv_id.version else arxiv_id
    return None


def saying_no_more(arxiv_id: ArxivId, fields: Fields) -> Iterator[str]:
    """The names of the fields that say but this id, or that arXiv has the paper, as any entry with an id does."""
    for name in ("eprint", "doi", "url", "volume", "number", "issue", "eid", "pages", "note"):
        if (found := _parsed(_clean(fields.get(name, "")))) and found.id == arxiv_id.id:
            yield name
    if _NUMBER_ALONE.fullmatch(number := _clean(fields.get("eprint", ""))) and arxiv_id.id.endswith(f"/{number[:7]}"):
        yield "eprint"
    for name in ("archiveprefix", "eprinttype"):
        archive = _clean(fields.get(name, "")).lower()
        if archive and ("arxiv" in archive or arxiv_id.id.startswith(f"{archive}/")):
            yield name
    for name in ("journal", "journaltitle", "publisher", "institution"):
        text = fields.get(name, "")
        if IS_ARXIV.match(text) and all(found.id == arxiv_id.id for found in find_ids(_clean(text))):
            yield name


def wrong_eprint(fields: Fields) -> BadIdentifier | None:
    """What is wrong with an eprint that should be an arXiv id and is none; None for one of another kind."""
    text = _clean(fields.get("eprint", ""))
    kind = _clean(fields.get("archiveprefix") or fields.get("eprinttype", "")).lower()
    if not text or _eprint(fields) or not ("arxiv" in kind or (not kind and _LIKE_AN_ID.fullmatch(text))):
        return None
    try:
        parse_id(text)
    except BadIdentifier as error:
        return error
    return None


def _eprint(fields: Fields) -> ArxivId | None:
    text = _clean(fields.get("eprint", ""))
    if not text:
        return None
    kind = _clean(fields.get("archiveprefix") or fields.get("eprinttype", "")).lower()
    class_ = _clean(fields.get("primaryclass") or fields.get("eprintclass", "")).lower()
    for archive in (kind, class_):
        match = _ARCHIVE.match(archive) if _NUMBER_ALONE.fullmatch(text) else None
        if match and (old := _parsed(f"{match[0]}/{text}")):
            return old
    arxiv_id = _parsed(text)
    return arxiv_id if arxiv_id and (not kind or "arxiv" in kind or _parsed(f"{kind}/9901001")) else None


def _own_field(fields: Fields) -> ArxivId | None:
    return _first(fields, "arxivid", "arxiv", "arxiv-id")


def _doi(fields: Fields) -> ArxivId | None:
    doi = _clean(fields.get("doi", ""))
    return _parsed(doi) if "10.48550/" in doi else None


def _journal(fields: Fields) -> ArxivId | None:
    """`arXiv preprint arXiv:1706.03762`, `CoRR` with volume `abs/1706.03762`, `arXiv e-prints` with the id in `eid`."""
    said = " ".join(fields.get(name, "") for name in ("journal", "journaltitle", "publisher", "institution", "type"))
    if not _ARXIV.search(said):
        return None
    for arxiv_id in find_ids(_clean(fields.get("journal") or fields.get("journaltitle", ""))):
        return arxiv_id
    return _first(fields, "volume", "number", "issue", "eid", "pages")


def _marked(fields: Fields) -> ArxivId | None:
    """`arXiv:1706.03762` as a number or a volume, whatever the journal is called."""
    for name in ("number", "issue", "volume", "eid", "pages", "report", "reportnumber"):
        text = fields.get(name, "")
        if (_ARXIV.match(text) or text.startswith("abs/")) and (arxiv_id := _parsed(_clean(text))):
            return arxiv_id
    return None


def _url(fields: Fields) -> ArxivId | None:
    for name in ("url", "link", "ee", "bdsk-url-1", "howpublished"):
        text = _clean(fields.get(name, "")).strip()
        if ("arxiv.org" in text or "10.48550/" in text) and (arxiv_id := _parsed(text.split()[0])):
            return arxiv_id
    return None


def _opens_note(fields: Fields) -> ArxivId | None:
    for name in ("howpublished", "note", "annote", "addendum", "series"):
        text = _clean(fields.get(name, ""))
        if _OPENS_NOTE.match(text):
            for arxiv_id in find_ids(text):
                return arxiv_id
    return None


_PLACES: Final[tuple[Callable[[Fields], ArxivId | None], ...]] = (
    _eprint,
    _own_field,
    _doi,
    _journal,
    _marked,
    _url,
    _opens_note,
)
"""In the order of their weight as evidence."""


def _first(fields: Fields, *names: str) -> ArxivId | None:
    for name in names:
        if arxiv_id := _parsed(_clean(fields.get(name, ""))):
            return arxiv_id
    return None


def _clean(text: str) -> str:
    return _MARKUP.sub("", text).strip().replace("\\_", "_").replace("\\%", "%")


def _parsed(text: str) -> ArxivId | None:
    if not text:
        return None
    try:
        return parse_id(text)
    except BadIdentifier:
        return None
