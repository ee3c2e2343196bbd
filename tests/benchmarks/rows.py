"""Snapshot rows out of thin air: seeded, with lengths and habits like those of real ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["rows", "text_dump"]

_SYLLABLES = (
    "ba be bi co da di el en fa ge gra ho in ja ka li lo ma mi no or pa qui ra re sa si ta tro u va wi zo".split()
)


def _made_up(count: int, syllables: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices(_SYLLABLES, k=dice.randint(1, syllables))) for _ in range(count)]


_WORDS = "the of and in a for is are we with on that by to model theory field quantum".split() * 60 + _made_up(
    4000, 4, 1
)
_MATH = ("$\\alpha$", "$H_0$", "$O(n \\log n)$", "$k$", "$\\mathcal{N}=4$", "$10^{-3}$")
_GIVEN = "J. K. L. M. S. T. A. B. Pál Zoë Ørjan".split() * 20 + [name.title() for name in _made_up(800, 3, 2)]
_FAMILY = "Müller Kovács O'Neil Smith-Jones Li Xu Wang Nuñez".split() * 20 + [n.title() for n in _made_up(6000, 4, 3)]
_CATEGORIES = "cs.LG hep-th math.CO quant-ph astro-ph.CO cond-mat.str-el stat.ML cs.CL physics.optics math.PR".split()
_JOURNALS = ("Phys.Rev.D{v}:{p},{y}", "Phys. Rev. E {v}, {p} ({y})", "Theor. Comp. Sci. {v} ({y}) {p}-{q}")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """About 1,700 bytes and 4.5 authors a row; one in ten thousand has 2,500 authors."""
    dice = random.Random(seed)
    for number in range(count):
        year, month = 7 + number // 120_000, 1 + number // 10_000 % 12
        many = 2500 if number % 10_000 == 5000 else min(1 + int(dice.expovariate(0.3)), 40)
        names = [(dice.choice(_FAMILY), dice.choice(_GIVEN)) for _ in range(many)]
        published = dice.random() < 0.35
        values = {"v": dice.randint(1, 400), "p": dice.randint(1, 9000), "q": 9999, "y": 2000 + year}
        created = f"Mon, {dice.randint(1, 28)} {_MONTHS[month - 1]} {2000 + year} 19:18:42 GMT"
        yield {
            "id": f"{year + 8:02}{month:02}.{number % 10_000 + 1:05}",
            "submitter": " ".join(reversed(names[0])),
            "authors": ", ".join(f"{given} {family}" for family, given in names),
            "title": _text(dice, 9).capitalize(),
            "comments": f"{dice.randint(3, 60)} pages, {dice.randint(1, 20)} figures" if dice.random() < 0.7 else None,
            "journal-ref": dice.choice(_JOURNALS).format(**values) if published else None,
            "doi": f"10.1000/{number}.{values['p']}" if published else None,
            "report-no": "CERN-TH-2007-001" if dice.random() < 0.1 else None,
            "categories": " ".join(dice.sample(_CATEGORIES, dice.randint(1, 3))),
            "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
            "abstract": "  " + _wrapped(_text(dice, dice.randint(60, 240))) + "\n",
            "versions": [{"version": f"v{n}", "created": created} for n in range(1, dice.randint(2, 4))],
            "update_date": "2024-01-01",
            "authors_parsed": [[family, given, ""] for family, given in names],
        }


def text_dump(count: int, seed: int = 1) -> Iterator[str]:
    """The same papers as a text dump has them."""
    for row in rows(count, seed):
        comments = f"{row['comments']}\n\n" if row["comments"] else ""
        yield (
            f"{row['title']}\n{row['authors']}\n\n{row['abstract'].strip()}\n\n{comments}"
            f"arXiv:{row['id']}\nCreated: 20{row['id'][:2]}-{row['id'][2:4]}-15\n\n"
        )


def _text(dice: random.Random, words: int) -> str:
    chosen = dice.choices(_WORDS, k=words)
    if dice.random() < 0.4:
        chosen[dice.randrange(words)] = dice.choice(_MATH)
    return " ".join(chosen)


def _wrapped(text: str) -> str:
    words = text.split(" ")
    return "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12))


def written(count: int) -> bytes:
    """The rows as JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows(count))
