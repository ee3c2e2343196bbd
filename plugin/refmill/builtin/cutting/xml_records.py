"""Cuts XML that lists records, a feed or an OAI-PMH answer, into documents of one record each, and parses these.

The cut understands nothing of a record, so that a bad one costs itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from refmill_hooks import ReadError, Source

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

__all__ = ["LONGEST", "Cutter", "content_of", "is_other_kind", "local_name", "parsed", "records"]

LONGEST: Final = 16 << 20
"""Bytes of an entry; the longest real ones, with 3,000 authors, have a third of a MiB."""


_MARK: Final = re.compile(
    rb"<(?:(?P<end>/)?(?P<name>(?:[\w.-]+:)?(?:(?P<entry>entry|item|record|error|header)|feed|rss|RDF|OAI-PMH))(?=[\s/>])"
    rb"|(?P<document>\?xml\s)|(?P<opaque>!--|!\[CDATA\[))"
)
"""The elements that are entries and those that hold them: of feeds, and of answers over OAI-PMH."""
_LONGEST_MARK: Final = 100
_MOST_PREFIXES: Final = 50
"""Of a root, which each of its entries is given; arXiv's have half a dozen."""
_LONGEST_TAG: Final = 1 << 16
_OPAQUE_END = {b"!--": b"-->", b"![CDATA[": b"]]>"}
_NAMESPACE = re.compile(rb"""\s(xmlns(?::[\w.-]+)?)\s*=\s*("[^"<]*"|'[^'<]*')""")
_ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([\w.-]+)["']""")
_PREFIXES = {
    b"xmlns:arxiv": b'"http://arxiv.org/schemas/atom"',
    b"xmlns:dc": b'"http://purl.org/dc/elements/1.1/"',
    b"xmlns:xsi": b'"http://www.w3.org/2001/XMLSchema-instance"',
}
"""What the prefixes of arXiv's answers mean where the root that declared them is cut off."""


_OTHER_KIND = re.compile(rb"\s*+(?:[{\[]|(?:<[?!](?!DOCTYPE)[^>]{0,200}>\s*+){0,9}<!DOCTYPE\b)", re.IGNORECASE)


def is_other_kind(answer: bytes) -> bool:
    """Return whether this is JSON, or a document with a DTD as pages are: no feed, whole or cut off."""
    return _OTHER_KIND.match(answer) is not None


class Cutter:
    """Iterates over `(line, entry)`, the entry an XML document of its own with the feed's namespaces, in UTF-8.

    Several feeds may follow one another, of several kinds and with anything between them, such as headers of HTTP. What
    cannot be an entry is handed out as it stands: an entry that is cut off or longer than LONGEST, the beginning of an
    input without any feed, and b"" where a feed ends without its end. No more than one entry is ever held.

    `repair` makes text of an entry that should be UTF-8 and is not; without it the entry is handed out as it stands.
    After it is exhausted, `whole` tells whether there was a feed and each had its end.
    """

    def __init__(self, blocks: Iterable[bytes], repair: Callable[[bytes], str] | None = None) -> None:
        self.whole = False
        self._blocks = blocks
        self._repair = repair
        self._data = bytearray()
        self._at = 0  # where to look for the next mark
        self._start = -1  # where the entry begins that is open
        self._name = b""
        self._line = 1
        self._counted = 0
        self._in_feed = False
        self._feeds = 0
        self._broken = 0
        self._no_end = dict.fromkeys(_OPAQUE_END.values(), 0)  # up to where none stands: nobody looks there twice
        self._namespaces = dict(_PREFIXES)
        self._declared = _declared(_PREFIXES)
        self._encoding = ""  # "" for UTF-8
        self._next_encoding = ""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        beginning = b""
        nothing = True
        for block in self._blocks:
            beginning = beginning or block[:_LONGEST_TAG].strip()
            self._data += block
            for piece in self._cut(final=False):
                nothing = False
                yield piece
            self._forget()
        for piece in (*self._cut(final=True), *self._broken_off(len(self._data))):
            nothing = False
            yield piece
        if nothing and not self._feeds and beginning:
            yield 1, beginning
        self.whole = self._feeds > 0 and not self._broken

    def _cut(self, *, final: bool) -> Iterator[tuple[int, bytes]]:
        data = self._data
        while mark := _MARK.search(data, self._at):
            at = mark.end()
            if mark["opaque"]:
                sign = _OPAQUE_END[mark["opaque"]]
                end = data.find(sign, max(at, self._no_end[sign] - len(sign) + 1))
                if end < 0:
                    self._no_end[sign] = len(data)
                if end < 0 and not final and len(data) - at < LONGEST:
                    self._at = mark.start()
                    break
                at = max(at, end)
            elif mark["entry"] and mark["end"]:
                end = data.find(b">", at) + 1
                if not end and not final:
                    self._at = mark.start()
                    break
                if self._start >= 0 and mark["name"] == self._name and end:
                    yield self._line, self._entry(bytes(data[self._start : end]))
                    self._start = -1
            elif mark["entry"]:
                if self._start >= 0 and mark["name"] != self._name:
                    self._at = at  # an element of the entry that is open
                    continue
                end = data.find(b">", at) + 1
                if not end and not final and len(data) - at < _LONGEST_TAG:
                    self._at = mark.start()
                    break
                yield from self._broken_off(mark.start(), feed=False)
                self._start, self._name = mark.start(), mark["name"]
                self._count_lines(self._start)
                if data[end - 2 : end] == b"/>":
                    yield self._line, self._entry(bytes(data[self._start : end]))
                    self._start = -1
            elif mark["end"]:
                yield from self._broken_off(mark.start(), feed=False)
                self._in_feed = False
            else:
                end = data.find(b">", at) + 1
                if not end and not final and len(data) - at < _LONGEST_TAG:
                    self._at = mark.start()
                    break
                yield from self._broken_off(mark.start())
                self._open(mark, bytes(data[mark.start() : end or None]))
            self._at = at
        else:
            self._at = max(self._at, len(data) - _LONGEST_MARK)
            if self._start >= 0 and len(data) - self._start > LONGEST:
                yield from self._broken_off(len(data), feed=False)

    def _open(self, mark: re.Match[bytes], tag: bytes) -> None:
        if mark["document"]:
            declared = _ENCODING.search(tag)
            named = declared[1].decode() if declared else ""
            self._encoding = self._next_encoding = "" if named.lower() in ("utf-8", "utf8", "us-ascii") else named
        else:
            self._encoding, self._next_encoding = self._next_encoding, ""
            self._in_feed = not tag.endswith(b"/>")
            self._feeds += 1
            self._namespaces = _PREFIXES | dict(_NAMESPACE.findall(tag)[:_MOST_PREFIXES])
            self._declared = _declared(self._namespaces)

    def _broken_off(self, end: int, *, feed: bool = True) -> Iterator[tuple[int, bytes]]:
        """The entry that is open where something else begins; with `feed`, the feed that is."""
        if self._start >= 0:
            yield self._line, bytes(self._data[self._start : end])
            self._start = -1
            self._broken += 1
        elif feed and self._in_feed:
            self._count_lines(end)
            yield self._line, b""
            self._broken += 1
        if feed:
            self._in_feed = False

    def _entry(self, entry: bytes) -> bytes:
        at = len(self._name) + 1
        declared = self._declared
        tag = entry[: entry.find(b">")]
        if b"xmlns" in tag:
            own = dict(_NAMESPACE.findall(tag))
            declared = _declared({name: value for name, value in self._namespaces.items() if name not in own})
        entry = b"".join((entry[:at], declared, entry[at:]))
        try:
            return entry.decode(self._encoding or "utf-8").encode()
        except (LookupError, UnicodeError):
            return entry if self._encoding or self._repair is None else self._repair(entry).encode()

    def _count_lines(self, to: int) -> None:
        self._line += self._data.count(b"\n", self._counted, to)
        self._counted = to

    def _forget(self) -> None:
        """Lets go of what is cut."""
        keep = self._start if self._start >= 0 else self._at
        if self._counted < keep:
            self._count_lines(keep)
        del self._data[:keep]
        self._at -= keep
        self._counted -= keep
        self._no_end = {sign: at - keep for sign, at in self._no_end.items()}
        if self._start >= 0:
            self._start = 0


def _declared(namespaces: Mapping[bytes, bytes]) -> bytes:
    return b"".join(b" %s=%s" % pair for pair in namespaces.items())


def records(source: Source) -> Iterator[bytes]:
    """What a Cutter hands out of an input; a line that should be UTF-8 and is not is read as Latin-1."""
    for line, record in Cutter(source.blocks(), source.decoded):
        source.line = line
        yield record


@lru_cache(1)
def _parser() -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )


def parsed(record: bytes) -> _Element:
    """The element that a Cutter handed out, without external entities and without expansion. Raises ReadError."""
    from lxml import etree

    if not record:
        raise ReadError("the document is cut off: its end is missing")
    if len(record) > LONGEST:
        raise ReadError(f"the record is longer than {LONGEST >> 20} MiB")
    # no DTD stands in front of an element, so there are no entities that could grow
    if not record[1:2].isalpha():
        raise ReadError("no element of XML")
    try:
        return etree.fromstring(record, _parser())
    except etree.XMLSyntaxError as error:
        raise ReadError(f"not well-formed XML: {error.msg}") from error


def local_name(element: _Element) -> str:
    """The name without its namespace."""
    name: str = element.tag
    return name[name.rfind("}") + 1 :]


def content_of(element: _Element) -> str:
    """The text of the element and of those in it."""
    return (element.text or "") if not len(element) else "".join(map(str, element.itertext()))
