"""A working plugin distribution to begin with: pyproject.toml, module, test, README."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import Final

from refmill.errors import UsageError, unknown_name

__all__ = ["ROLES", "new_plugin"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_PYPROJECT: Final = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "refmill-$name"
version = "0.1.0"
description = "$title for refmill"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["refmill"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.refmill]
$name = "$module"

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""
_README: Final = """\
# refmill-$name

$title for refmill.

```sh
pip install .
refmill plugins
$command
```

`pytest` runs the tests. The guide to what a plugin can do is README.md in the folder of
`refmill_hooks`, where refmill is installed, and hooks/README.md in a clone of it.
"""
_EXPORTER: Final = '''\
"""$title for refmill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from refmill_hooks import Entry, Exporter, hookimpl
from refmill_hooks.names import display_name
from refmill_hooks.text import plain


@dataclass(frozen=True, kw_only=True)
class ${Class}Options:
    abstract: bool = field(default=False, metadata={"help": "write abstracts"})


def render(entry: Entry, options: ${Class}Options) -> str:
    authors = ", ".join(plain(display_name(name)) for name in entry.authors)
    lines = [f"{entry.key}: {authors}: {plain(entry.title)}"]
    if options.abstract:
        lines.append(plain(entry.abstract))
    return "\\n".join(lines) + "\\n"


@hookimpl
def refmill_exporters() -> Iterator[Exporter[${Class}Options]]:
    yield Exporter(
        name="$name", title="$title", suffixes=(".$suffix",), render=render, options=${Class}Options
    )
'''
_READER: Final = '''\
"""$title for refmill: reads lines of an arXiv id, a tab and a title."""

from __future__ import annotations

from collections.abc import Iterator

from refmill_hooks import Entry, Reader, ReadError, Source, hookimpl
from refmill_hooks.identifiers import BadIdentifier, parse_id


def sniff(head: bytes) -> bool:
    """Whether the first line is of this format."""
    return b"\\t" in head.partition(b"\\n")[0] and is_record(head.partition(b"\\n")[0].decode("utf-8", "replace"))


def is_record(line: str) -> bool:
    try:
        entry(line)
    except ReadError:
        return False
    return True


def records(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            source.line = number
            yield line


def entry(record: str) -> Entry:
    id, _, title = record.partition("\\t")
    try:
        found = parse_id(id)
    except BadIdentifier as error:
        raise ReadError(str(error)) from error
    return Entry(id=found.id, version=found.version, title=title.strip(), source="$name")


@hookimpl
def refmill_readers() -> Iterator[Reader[str]]:
    yield Reader(name="$name", title="$title", suffixes=(".$suffix",), sniff=sniff, records=records, entry=entry)
'''
_ENRICHER: Final = '''\
"""$title for refmill: asks a service by arXiv id; here it answers with JSON that has a comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from collections.abc import Iterator
from dataclasses import dataclass, field

from refmill_hooks import Enricher, Entry, Missing, Net, ReadError, hookimpl


@dataclass(frozen=True, kw_only=True)
class ${Class}Options:
    url: str = field(default="https://example.org/papers/", metadata={"help": "the address of the service"})


def fetch(keys: Sequence[str], net: Net, options: ${Class}Options) -> Iterable[tuple[str, bytes | Missing]]:
    for key in keys:
        answer = net.ask(options.url + key)
        yield key, answer.body if answer.status == 200 else Missing(reason=f"the service says {answer.status}")


def entry(raw: bytes) -> Entry:
    try:
        comment = json.loads(raw)["comment"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(f"not an answer of the service: {error}") from error
    return Entry(comments=str(comment), source="$name")


@hookimpl
def refmill_enrichers() -> Iterator[Enricher[${Class}Options]]:
    yield Enricher(
        name="$name",
        title="$title",
        asks="arxiv-$name",
        key=lambda entry: entry.id or None,
        fetch=fetch,
        entry=entry,
        fills=frozenset({"comments"}),
        options=${Class}Options,
    )
'''
_TRANSFORM: Final = '''\
"""$title for refmill: keeps the entries of one category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from refmill_hooks import Entry, Transform, hookimpl


@dataclass(frozen=True, kw_only=True)
class ${Class}Options:
    category: str = field(default="", metadata={"help": "a category such as cs.LG; all where it is empty"})


def apply(entry: Entry, options: ${Class}Options) -> Entry | None:
    return entry if not options.category or options.category in entry.categories else None


@hookimpl
def refmill_transforms() -> Iterator[Transform[${Class}Options]]:
    yield Transform(name="$name", title="$title", apply=apply, options=${Class}Options)
'''
_TESTS: Final = {
    "exporter": """\
from refmill_hooks.testing import check_exporter
from $module import refmill_exporters


def test_it_keeps_to_the_contract() -> None:
    (exporter,) = refmill_exporters()
    assert "An entry in full" in check_exporter(exporter)
""",
    "reader": """\
from refmill_hooks.testing import check_reader
from $module import refmill_readers

SAMPLE = b"1706.03762\\tAttention Is All You Need\\nhep-th/9901001\\tAn old one\\n"


def test_it_keeps_to_the_contract() -> None:
    (reader,) = refmill_readers()
    assert [entry.id for entry in check_reader(reader, SAMPLE, 2)] == ["1706.03762", "hep-th/9901001"]
""",
    "enricher": """\
from refmill_hooks import Entry
from refmill_hooks.testing import FakeNet, check_enricher
from $module import refmill_enrichers


def test_it_keeps_to_the_contract() -> None:
    (enricher,) = refmill_enrichers()
    net = FakeNet(lambda url, form: b'{"comment": "12 pages"}')
    answer = check_enricher(enricher, Entry(id="1706.03762"), net)
    assert answer == Entry(comments="12 pages", source="$name")
    assert net.asked == [("https://example.org/papers/1706.03762", None)]
""",
    "transform": """\
from refmill_hooks.testing import check_transform, hard_entries
from $module import refmill_transforms


def test_it_keeps_to_the_contract() -> None:
    (transform,) = refmill_transforms()
    assert check_transform(transform) == hard_entries()
    kept = check_transform(transform, transform.options(category="hep-th"))
    assert [entry.id for entry in kept] == ["hep-th/9901001"]
""",
}
ROLES: Final = {
    "exporter": (_EXPORTER, "refmill convert dump.txt -o refs.$suffix"),
    "reader": (_READER, "refmill convert dump.$suffix -o refs.bib"),
    "enricher": (_ENRICHER, "refmill convert dump.txt --enrich arxiv,$name -o refs.bib"),
    "transform": (_TRANSFORM, "refmill convert dump.txt --with $name -O category=cs.LG -o refs.bib"),
}
"""Role -> its module and the command that uses it."""


def new_plugin(role: str, name: str, folder: Path | None = None) -> list[Path]:
    """Writes the distribution `refmill-NAME` into `folder` (or `refmill-NAME`); returns its files.

    Raises UsageError for a name that no plugin can have, an unknown role, or a folder that holds something.
    """
    if role not in ROLES:
        raise unknown_name("role", role, ROLES)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name}: a name is lower-case words joined by hyphens, such as `ris` or `my-format`")
    folder = folder or Path(f"refmill-{name}")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: it exists and is not empty")
    module = f"refmill_{name.replace('-', '_')}"
    words = {
        "name": name,
        "module": module,
        "title": name.replace("-", " ").capitalize(),
        "Class": name.title().replace("-", ""),
        "suffix": name.replace("-", ""),
    }
    source, command = ROLES[role]
    words["command"] = Template(command).substitute(words)
    files = {
        "pyproject.toml": _PYPROJECT,
        "README.md": _README,
        f"{module}.py": source,
        f"tests/test_{module}.py": _TESTS[role],
    }
    written = []
    for path, template in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(template).substitute(words), encoding="utf-8")
        written.append(file)
    return written
