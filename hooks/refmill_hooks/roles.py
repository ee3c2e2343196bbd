"""What a plugin describes: a `Reader`, an `Enricher`, a `Transform` or an `Exporter`.

A description is a frozen dataclass, checked when it is made. Each role has a half that does (cut, ask, write) and a
half that understands (one record, one answer, one entry). New fields always come with defaults, so an old plugin keeps
working.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, Final, Generic, Protocol, TextIO, TypeVar

import msgspec

from refmill_hooks.entry import Entry
from refmill_hooks.source import Source

__all__ = [
    "CONTRACT",
    "Answer",
    "Enricher",
    "Exporter",
    "Missing",
    "Net",
    "NoOptions",
    "ReadError",
    "Reader",
    "ServiceError",
    "SkipRecord",
    "Transform",
]

CONTRACT: Final = 1
"""The version of this contract. It grows only when something is taken away; additions keep it."""

R = TypeVar("R")
O = TypeVar("O")  # noqa: E741 - the options of a plugin
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIELDS = frozenset(Entry.__struct_fields__)


class ReadError(ValueError):
    """A record that cannot be understood; the message says why. It costs that record and goes to the problems file."""


class SkipRecord(Exception):
    """A piece of the input that holds no entry, by no fault: a banner, a deleted record. The message says what.

    `content`: the kind of what it holds nevertheless, and no output takes over, such as `@comment`; "" for nothing.
    """

    def __init__(self, message: str = "", *, content: str = "") -> None:
        super().__init__(message)
        self.content = content


class ServiceError(Exception):
    """A service could not be reached, or gave no usable answer after all tries. The ids asked for end as *unknown*.

    `is_lasting`: another run would end like this one, for the service refuses, or is not what it was taken for.
    """

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer over HTTP: `headers` have lower-case names, `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Net(Protocol):
    """The network as an enricher is handed it: paced, with retries and back-off, one connection a service."""

    def ask(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        usable: Callable[[Answer], str | None] | None = None,
        follow: Collection[str] = (),
    ) -> Answer:
        """GET `url`, or POST `form` to it, and wait for an answer below status 500 other than 429.

        `usable` may look at an answer and return why it should be asked for again (a cut-off body, an empty feed),
        or raise a ServiceError, which is lasting where no later run is likely to get another one.
        Redirections are followed within the host, and to the hosts named in `follow`.
        Raises ServiceError when the tries are used up or the service is out of reach.
        """
        ...

    def say(self, text: str) -> None:
        """Tells the user in one line what is being waited for."""
        ...


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What an enricher yields for a key that the service certainly does not know; `reason` is told to the user."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class NoOptions:
    """The options of a plugin that has none."""


def _check(role: object, name: str, needs: int) -> None:
    kind = type(role).__name__
    if not _NAME.fullmatch(name):
        raise ValueError(f"{kind} name {name!r}: use lower-case words joined by hyphens, such as 'zotero-rdf'")
    if needs > CONTRACT:
        raise ValueError(f"{kind} {name!r} needs contract {needs}, this refmill has {CONTRACT}: upgrade refmill")


def _check_suffixes(name: str, suffixes: Sequence[str]) -> None:
    if isinstance(suffixes, str) or any(not suffix.startswith(".") for suffix in suffixes):
        raise ValueError(f"{name!r}: suffixes is a tuple such as ('.bib',), each with its dot, not {suffixes!r}")


def _check_options(name: str, options: type) -> None:
    if not (is_dataclass(options) and options.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise ValueError(f"{name!r}: options must be a frozen dataclass, not {options!r}")


@dataclass(frozen=True, kw_only=True)
class Reader(Generic[R]):
    """A dump format. `records` cuts the stream into records, `entry` understands one of them.

    - `name`: what `--from` takes; `title`: one line for `refmill formats`.
    - `sniff`: whether these first bytes (up to 64 KiB) are this format. Suffixes only break ties.
    - `records`: yields one record after the other, of any picklable type, setting `source.line` before each.
      Never holds more than one record; a piece that cannot be cut is yielded too, so that `entry` can refuse it.
    - `entry`: raises ReadError for a record that cannot be understood (it costs that record alone) and SkipRecord for
      a piece that holds no entry. What was read but for a detail carries `extra[PROBLEM]`.
    - `raw`: a record as it stood in the input, for the problems file.
    - `weak`: names of the fields that this format is known to spoil; they give way to any other source.
    - `boundary`: where the last whole record ends in a block of bytes from the beginning of a record on, 0 where that
      cannot be told. With it several processes read one input; each part is read as if it were an input, and so may
      be the lines from where `Source.line` says that a record begins to where it says so of the next.
    """

    name: str
    title: str
    sniff: Callable[[bytes], bool]
    records: Callable[[Source], Iterator[R]]
    entry: Callable[[R], Entry]
    raw: Callable[[R], str] = str
    suffixes: tuple[str, ...] = ()
    weak: frozenset[str] = frozenset()
    boundary: Callable[[bytes], int] | None = None
    needs: int = CONTRACT

    def __post_init__(self) -> None:
        _check(self, self.name, self.needs)
        _check_suffixes(self.name, self.suffixes)
        if unknown := set(self.weak) - _FIELDS:
            raise ValueError(f"{self.name!r}: weak names no field of Entry: {', '.join(sorted(unknown))}")


@dataclass(frozen=True, kw_only=True)
class Enricher(Generic[O]):
    """A source that is asked by identifier. `fetch` asks, `entry` understands one raw answer.

    - `asks`: the kind of identifier, such as `arxiv` or `doi`. Enrichers that ask by the same kind stand in for one
      another: the next is asked only for what the one before did not know.
    - `key`: what to ask for, or None where this source cannot help.
    - `fetch`: yields `(key, raw answer)` or `(key, Missing)` in any order; a key that is not yielded ends as
      *unknown*. Raw answers are what the store keeps, so a corrected `entry` needs no second download.
    - `entry`: the answer as an Entry that holds the fields this source knows. Raises ReadError.
    - `batch`: how many keys `fetch` is given at most.
    - `local`: it reads files only: asked even with `--offline`, and its answers are not kept in the store.
    - `fills`: the fields it can be counted on to know. An entry is asked for where one of them is empty or unverified.
    - `lasting`: whether the answer for this key can never change, so that the store keeps it without an age limit.
    """

    name: str
    title: str
    asks: str
    key: Callable[[Entry], str | None]
    fetch: Callable[[Sequence[str], Net, O], Iterable[tuple[str, bytes | Missing]]]
    entry: Callable[[bytes], Entry]
    batch: int = 100
    local: bool = False
    fills: frozenset[str] = frozenset({"title", "authors", "categories"})
    lasting: Callable[[str], bool] = lambda key: False
    options: type[O] = NoOptions  # type: ignore[assignment]
    needs: int = CONTRACT

    def __post_init__(self) -> None:
        _check(self, self.name, self.needs)
        _check_options(self.name, self.options)
        if unknown := set(self.fills) - _FIELDS:
            raise ValueError(f"{self.name!r}: fills names no field of Entry: {', '.join(sorted(unknown))}")
        if self.batch < 1:
            raise ValueError(f"{self.name!r}: batch must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Transform(Generic[O]):
    """Keeps, changes or drops entries, after enrichment. Give `apply`, or `stream` where it must see several entries.

    - `apply`: the entry, a changed copy, or None to drop it.
    - `stream`: takes the entries in order and yields what shall go on, without holding them all.
    """

    name: str
    title: str
    apply: Callable[[Entry, O], Entry | None] | None = None
    stream: Callable[[Iterable[Entry], O], Iterator[Entry]] | None = None
    options: type[O] = NoOptions  # type: ignore[assignment]
    needs: int = CONTRACT

    def __post_init__(self) -> None:
        _check(self, self.name, self.needs)
        _check_options(self.name, self.options)
        if (self.apply is None) == (self.stream is None):
            raise ValueError(f"{self.name!r}: give either apply or stream")


@dataclass(frozen=True, kw_only=True)
class Exporter(Generic[O]):
    """An output format. `render` writes one entry; `opening`, `between` and `closing` go around them.

    - `name`: what `--to` takes; `suffixes`: output files that mean this format, such as ('.bib',).
    - `render`: the entry as text, its own line end included; raises ValueError for an entry it cannot write, which
      costs that entry and goes to the problems file.
    - `opening`, `closing`: text, or a function of the options that returns it.
    - `write`: instead of `render`, for a format that must see all entries: writes them to a text stream.
    - `media_type`: for programs that take the result over HTTP.
    """

    name: str
    title: str
    render: Callable[[Entry, O], str] | None = None
    opening: str | Callable[[O], str] = ""
    between: str = ""
    closing: str | Callable[[O], str] = ""
    write: Callable[[Iterable[Entry], TextIO, O], None] | None = None
    suffixes: tuple[str, ...] = ()
    media_type: str = "text/plain"
    options: type[O] = NoOptions  # type: ignore[assignment]
    needs: int = CONTRACT

    def __post_init__(self) -> None:
        _check(self, self.name, self.needs)
        _check_suffixes(self.name, self.suffixes)
        _check_options(self.name, self.options)
        if (self.render is None) == (self.write is None):
            raise ValueError(f"{self.name!r}: give either render or write")


AnyRole = Reader[Any] | Enricher[Any] | Transform[Any] | Exporter[Any]
