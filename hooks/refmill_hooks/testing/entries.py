"""Entries on which exporters stumble, for tests; the habits are those of real records, the words are made up."""

from __future__ import annotations

import datetime

from refmill_hooks.entry import UNVERIFIED, WITHDRAWN, Entry, Name, Venue, Version

__all__ = ["hard_entries"]

_DAY = datetime.date(2024, 2, 29)


def hard_entries() -> list[Entry]:
    """Entries with a collaboration, 3,000 authors, math, braces out of balance, and so on; new ones at each call."""
    return [
        Entry(
            id="2402.00001",
            title="An entry in full with $\\alpha$-decay & 50% of H$_2$O",
            authors=(
                Name(family="van den Bosch", given="Frank C."),
                Name(family="Steele", given="Guy L.", suffix="Jr."),
                Name(family="Müller-Łukasiewicz", given="Jürgen", affiliations=("Universität Zürich",)),
            ),
            abstract="It has two paragraphs, {\\em TeX} and \\citet{someone2020}.\n\nThis is the second: $a<b$ & <b>.",
            categories=("hep-ph", "cs.LG"),
            versions=(Version(number=1, created=_DAY), Version(number=2, created=datetime.date(2024, 3, 1))),
            created=_DAY,
            updated=datetime.date(2024, 3, 1),
            doi=("10.1103/PhysRevD.76.013009",),
            journal_ref="Phys. Rev. D 76, 013009 (2024)",
            venue=Venue(container="Physical Review D", volume="76", pages="013009", year=2024, date="2024-03"),
            comments="12 pages, 3 figures; see https://example.org/a_b~c%20d",
            report_no="CERN-TH-2024-001",
            msc_class="05C85; 68R10",
            acm_class="F.2.2",
            license="http://creativecommons.org/licenses/by/4.0/",
            submitter="Frank C. van den Bosch",
            key="vandenbosch2024entry",
            source="hard",
        ),
        Entry(source="hard"),
        Entry(id="2402.00002", source="hard", created=_DAY, authors=(Name(family="Madonna"),)),
        Entry(id="2402.00003", title="No authors at all", source="hard"),
        Entry(
            id="2402.00004",
            title="Observed by many",
            authors=(Name(literal="The ATLAS and CMS Collaborations"), Name(family="Aad", given="G.")),
            source="hard",
        ),
        Entry(
            id="2402.00005",
            title="Written by three thousand",
            authors=tuple(Name(family=f"Author{number}", given="A. B.") for number in range(3000)),
            source="hard",
        ),
        Entry(id="2402.00006", title="Braces {out of { balance", abstract="and } here } $x_{1", source="hard"),
        Entry(id="2402.00007", title="A dollar $ alone and a \\", comments="ends in \\", source="hard"),
        Entry(
            id="2402.00008",
            title="深度学习的数学基础 ~ глубокое обучение",
            authors=(Name(family="王", given="小明"), Name(family="Иванов", given="Иван")),
            source="hard",
        ),
        Entry(
            id="2402.00009",
            title="مقدمة في نظرية الأوتار",
            authors=(Name(family="بن علي", given="محمد"), Name(family="כהן", given="דוד")),
            source="hard",
        ),
        Entry(
            id="2402.00010",
            title="Control\x00 characters\x1b[31m,\u202e overrides\u200b and\ufeff marks \U0001f600\ud7ff",
            abstract="a\x0bb\x0cc\x85d\u2028e",
            source="hard",
        ),
        Entry(
            id="hep-th/9901001",
            version=2,
            title="Old ids & \"quotes\" <tags> 'apostrophes'",
            authors=(Name(family="O'Neil", given="Seán"), Name(family="D’Angelo", given="and Pradip K.")),
            categories=("hep-th",),
            doi=("10.1016/S0370-2693(99)00001-1", "10.1002/(SICI)1<1::AID-X1>3.0.CO;2-A"),
            journal_ref="Phys.Lett. B447 (1999) 1-5; Erratum-ibid. B450 (1999) 7",
            source="hard",
        ),
        Entry(
            id="2402.00011",
            title="Withdrawn",
            comments="This paper was withdrawn by the authors",
            extra={WITHDRAWN: "This paper was withdrawn by the authors"},
            source="hard",
        ),
        Entry(
            id="2402.00012",
            title="Of shifted names",
            authors=(Name(family="Team", given="Yifan Kimi"),),
            extra={UNVERIFIED: "authors"},
            origin={"title": "elsewhere"},
            source="hard",
        ),
        Entry(title="A paper that arXiv does not have", doi=("10.1000/182",), source="hard"),
    ]
