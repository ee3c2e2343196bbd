"""Losses that are a client's own, and the proof: a value as anyone would write it, of which the client shows another.

A count may only shrink: what is lost beyond it is refmill's fault until a habit of the client is found to explain it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["HABITS", "LOSSES", "Habit", "Loss", "probes"]


@dataclass(frozen=True)
class Habit:
    """`does`: what the client does to `written`, the value of a field that says no more than `said`.

    `name`: the field of a .bib it stands in, where that is not the usual one; `beside`: fields that it needs.
    """

    does: str
    field: str
    written: str
    said: str
    name: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """Those of an entry that anyone might have written."""
        names = {"authors": "author", "container": "journal"}
        fields = {"author": "Bee, Ann", "title": "A title", "journal": "J. Phys.", **self.beside}
        fields[self.name or names.get(self.field, self.field)] = self.written
        return fields


def probes(habits: Sequence[Habit], format_name: str) -> str:
    """A file of one entry for each habit, in their order."""
    if format_name == "csl-json":
        return json.dumps([_item(f"probe{number}", habit.fields()) for number, habit in enumerate(habits)])
    return "\n".join(_block(f"probe{number}", habit.fields()) for number, habit in enumerate(habits))


def _item(key: str, fields: Mapping[str, str]) -> dict[str, object]:
    names = [name.partition(", ") for name in fields["author"].split(" and ")]
    people = [{"family": family, "given": given} for family, _, given in names]
    return {"id": key, "type": "article-journal", "title": fields["title"], "author": people}


def _block(key: str, fields: Mapping[str, str]) -> str:
    kind = "inproceedings" if "booktitle" in fields else "article"
    return f"@{kind}{{{key},\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}\n"


@dataclass(frozen=True)
class Loss:
    """How many values at most are changed or lost, in the samples, the dumps and the libraries, by which habits."""

    samples: int
    dumps: int
    libraries: int
    habits: tuple[Habit, ...]


HABITS: Final[dict[str, tuple[Habit, ...]]] = {
    "pandoc": (
        Habit("glues math to what follows", "title", r"Sizes of {$500\,\mu$}m", "Sizes of 500 m"),
        Habit("repeats math in an abstract of two paragraphs", "abstract", "A {$k$}-set.\n\nTwo.", "A k-set. Two."),
        Habit("takes small words for particles", "authors", "Navascués, David Barrado y", "Navascués"),
        Habit("shows the title of a multivolume work instead", "title", "Collected works", "A title", "maintitle"),
        Habit(
            "shows the title of a multivolume work instead", "container", "Works", "B", "maintitle", {"booktitle": "B"}
        ),
        Habit(
            "adds what stands behind the title of a book", "container", "C", "B", "booktitleaddon", {"booktitle": "B"}
        ),
        Habit("shows a part behind the volume", "volume", "2", "7", "part", {"volume": "7"}),
    ),
    "Better BibTeX": (
        Habit("takes math it does not know for text", "title", r"Sources at {${\bf z=0.2}$}", "Sources at z=0.2"),
        Habit("takes math it does not know for text", "abstract", r"An {$\ln T$} regret", "An T regret"),
    ),
    "citation-js": (
        Habit("writes a subscript p as s", "title", r"Spaces of {$l_{p}$}", "Spaces of lp"),
        Habit("writes a subscript p as s", "abstract", r"Spaces of {$l_{p}$}", "Spaces of lp"),
        Habit("writes a subscript p as s", "container", r"Spaces of {$l_{p}$}", "Spaces of lp"),
        Habit(
            "shows the title of a multivolume work instead", "container", "Works", "B", "maintitle", {"booktitle": "B"}
        ),
        Habit(
            "shows the proceedings of an article instead of its journal",
            "container",
            "Proc. X",
            "J. Phys.",
            "booktitle",
        ),
        Habit("refuses an entry that holds an @", "key", "Life @ home", "probe", "title"),
        Habit("refuses an entry that holds a command with a star", "key", r"The \enquote*{word}", "probe", "note"),
    ),
    "bibutils": (
        Habit("takes the first letter of a command for one", "title", r"The {$\lambda$} system", "The system"),
        Habit("takes the first letter of a command for one", "abstract", r"The {$\lambda$} system", "The system"),
        Habit("drops a second author of the same name", "authors", "Bee, Ann and Bee, Ann and Dee, Al", "Bee;Bee;Dee"),
        Habit("parts a given name that holds a braced `and`", "authors", "D'Angelo, {and} Pradip K.", "D'Angelo"),
        Habit("ends a journal at a colon", "container", "J. Phys.: Condens. Matter", "J. Phys.: Condens. Matter"),
        Habit("takes the first letter of a command for one", "container", r"The {$\lambda$} system", "The system"),
        Habit("shortens a range in its own way", "pages", "258--64", "258-64"),
    ),
    "JabRef 3.8": (
        Habit("shows a suffix with the family name", "authors", "Costello, Jr., Daniel J.", "Costello"),
        Habit("takes one letter for initials", "authors", "R, Rathna and Bee, Ann", "R;Bee"),
        Habit("takes capitals for initials", "authors", "CHOI, HEON-JIN and Bee, Ann", "CHOI;Bee"),
        Habit("has no place in MODS for the title of proceedings", "container", "Proc. X", "Proc. X", "booktitle"),
        Habit("takes pages for numbers", "pages", "014611", "014611"),
        Habit("has no place in MODS for pages with letters", "pages", "e14611", "e14611"),
    ),
}
"""What each client does to anybody's file."""


_COUNTS: Final = {
    # (client, format): field -> how many of the samples, of the dumps, of the libraries
    ("pandoc", "bibtex"): {
        "title": (0, 10, 29),
        "authors": (0, 23, 0),
        "container": (0, 0, 10),
        "volume": (0, 0, 5),
        "abstract": (1, 376, 4),
    },
    ("pandoc", "biblatex"): {"title": (0, 10, 30), "authors": (0, 23, 0), "container": (0, 0, 10), "volume": (0, 0, 5)},
    ("pandoc", "csl-json"): {"authors": (0, 24, 0)},
    ("Better BibTeX", "bibtex"): {"title": (0, 3, 1), "abstract": (0, 26, 2)},
    ("Better BibTeX", "biblatex"): {"title": (0, 3, 1)},
    ("citation-js", "bibtex"): {"title": (0, 8, 2), "container": (0, 0, 17), "abstract": (0, 45, 0), "key": (0, 0, 11)},
    ("bibutils", "bibtex"): {
        "title": (0, 117, 162),
        "authors": (1, 20, 36),
        "container": (0, 31, 51),
        "pages": (0, 3, 544),
        "abstract": (1, 739, 11),
    },
    ("JabRef 3.8", "bibtex"): {"authors": (1, 232, 22), "container": (0, 16, 175), "pages": (1, 1105, 1563)},
}

LOSSES: Final[dict[tuple[str, str, str], Loss]] = {
    (client, format_name, field): Loss(*counts, tuple(habit for habit in HABITS[client] if habit.field == field))
    for (client, format_name), fields in _COUNTS.items()
    for field, counts in fields.items()
}
"""(client, format, field) -> what it may lose."""
