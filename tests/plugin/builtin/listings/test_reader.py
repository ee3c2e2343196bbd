"""Native `.abs` records and announcement mails share a layout."""

from __future__ import annotations

import datetime
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared import shared

from refmill.builtin.listings import abs_reader
from refmill.builtin.listings import reader as listing
from refmill.builtin.listings.layout import is_rule, records_of_lines
from refmill.plugins.registry import Registry
from refmill_hooks import PROBLEM, WITHDRAWN, Entry, Name, ReadError, SkipRecord, Source, Version
from refmill_hooks.testing import check_reader

RULE = "-" * 78
ABS = f"""{RULE}
\\\\
arXiv:math/0202001
From: Laurent Bartholdi <user@example.org>
Date: Fri, 1 Feb 2002 02:02:03 GMT   (391kb)
Date (revised v2): Sun, 3 Feb 2002 21:43:30 GMT   (439kb)

Title: From fractal groups
  to fractal sets
Authors: Laurent Bartholdi, Rostislav I. Grigorchuk and Volodymyr V.
  Nekrashevych
Categories: math.GR math.DS
Comments: about 75 pages
  Note: this line is no field
Proxy: someone
Report-no: X-1
MSC-class: 20E08
ACM-class: F.1
Journal-ref: Fractals in Graz 2001, 25--118
DOI: 10.1000/1, 10.1000/2
License: http://arxiv.org/licenses/nonexclusive-distrib/1.0/
\\\\
  This paper is a survey.
\\\\
  A second paragraph, after a line of backslashes.
\\\\
"""
MAIL = f"""Date: Mon, 13 Mar 23 00:43:00 GMT
Subject: q-fin.PR daily Subj-class mailing

{RULE}
{RULE}
Send any comments regarding submissions directly to submitter.
{RULE}
{RULE}
\\\\
arXiv:2303.06051
Date: Fri, 10 Mar 2023 16:40:59 GMT   (876kb,D)

Title: NFT Bubbles
Authors: Andrea Barbon and Angelo Ranaldo
Categories: q-fin.PR q-fin.TR
\\\\
  By investigating tokens.
\\\\ ( https://arxiv.org/abs/2303.06051 ,  876kb)
%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-%-
{RULE}
\\\\
arXiv:2303.00007 (*cross-listing*)
Date: Wed, 1 Mar 2023 19:00:06 GMT   (3kb)

Title: A cross-list
Authors: Ann Bee
Categories: math.PR q-fin.PR
\\\\
  Elsewhere too.
\\\\ ( https://arxiv.org/abs/2303.00007 ,  3kb)
%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%
{RULE}
\\\\
arXiv:2104.03145
replaced with revised version Thu, 2 Mar 2023 11:00:13 GMT   (1527kb,D)

Title: A replacement
Authors: J. Iguaz
Categories: astro-ph.CO hep-ph
\\\\ ( https://arxiv.org/abs/2104.03145 ,  1527kb)
%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---
{RULE}
\\\\
/* Fri, 3 Mar 2023 */
\\\\
"""

NEW = """\
arXiv:2411.0000{number}
Date: Fri, 1 Nov 2024 02:02:03 GMT   (9kb)

Title: Paper number {number}
Authors: Ann Bee
Categories: math.GR
\\\\
  Abstract number {number}.
\\\\ ( https://arxiv.org/abs/2411.0000{number} ,  9kb)
"""


def read(text: str) -> list[Entry | str]:
    found: list[Entry | str] = []
    for lines in records_of_lines(Source(io.BytesIO(text.encode()))):
        try:
            found.append(abs_reader.entry(lines))
        except (ReadError, SkipRecord) as error:
            found.append(str(error))
    return found


def test_every_field_of_an_abs_record_is_read() -> None:
    assert read(ABS) == [
        Entry(
            id="math/0202001",
            title="From fractal groups to fractal sets",
            authors=(
                Name(family="Bartholdi", given="Laurent"),
                Name(family="Grigorchuk", given="Rostislav I."),
                Name(family="Nekrashevych", given="Volodymyr V."),
            ),
            abstract="This paper is a survey. \\\\\n\nA second paragraph, after a line of backslashes.",
            categories=("math.GR", "math.DS"),
            versions=(
                Version(number=1, created=datetime.date(2002, 2, 1)),
                Version(number=2, created=datetime.date(2002, 2, 3)),
            ),
            created=datetime.date(2002, 2, 1),
            updated=datetime.date(2002, 2, 3),
            doi=("10.1000/1", "10.1000/2"),
            journal_ref="Fractals in Graz 2001, 25--118",
            comments="about 75 pages Note: this line is no field",
            report_no="X-1",
            msc_class="20E08",
            acm_class="F.1",
            license="http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
            submitter="Laurent Bartholdi",
            extra={"arxiv:proxy": "someone"},
            source="abs",
        )
    ]


def test_a_mail_has_new_papers_cross_lists_and_replacements() -> None:
    *entries, banner = read(MAIL)
    assert [(each.id, each.abstract) for each in entries if isinstance(each, Entry)] == [
        ("2303.06051", "By investigating tokens."),
        ("2303.00007", "Elsewhere too."),
        ("2104.03145", ""),
    ]
    assert banner == "no record: a banner"


def test_a_replacement_tells_the_day_of_the_newest_version_alone() -> None:
    replaced = read(MAIL)[2]
    assert isinstance(replaced, Entry)
    assert (replaced.created, replaced.updated, replaced.versions) == (None, datetime.date(2023, 3, 2), ())


def test_an_old_record_has_no_categories_but_its_archive() -> None:
    (entry,) = read(
        "\\\\\nPaper: hep-th/9211001\nDate: Tue, 3 Nov 1992 20:37:21 GMT   (7kb)\n\nTitle: T\nAuthors: A B\n\\\\\n"
    )
    assert isinstance(entry, Entry)
    assert entry.categories == ("hep-th",)


@pytest.mark.parametrize("size", ["(0kb)", "(1kb,I)"])
def test_a_version_without_source_is_withdrawn(size: str) -> None:
    (entry,) = read(ABS.replace("(439kb)", size))
    assert isinstance(entry, Entry)
    assert entry.extra[WITHDRAWN]


def test_a_record_that_is_cut_off_is_kept_and_told() -> None:
    (entry,) = read(ABS[: ABS.index("is a survey")])
    assert isinstance(entry, Entry)
    assert "cut off" in entry.extra[PROBLEM]
    assert read(ABS[: ABS.index("Title")]) == ["the record is cut off before its title"]


@pytest.mark.parametrize("date", ["Fri, 1 Nov 99999999999999999999 02:02:03 GMT", "yesterday", ""])
def test_a_date_that_is_none_costs_itself_alone(date: str) -> None:
    (entry,) = read(ABS.replace("Fri, 1 Feb 2002 02:02:03 GMT", date))
    assert isinstance(entry, Entry)
    assert (entry.created, entry.extra[PROBLEM]) == (None, f"{date!r} is no date")


def test_a_record_without_an_id_is_refused() -> None:
    assert read(ABS.replace("arXiv:math/0202001\n", "")) == ["a record without its arXiv id"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_each_is_recognised_by_its_beginning(mark: str, end: str) -> None:
    record, mail = ((mark + text).replace("\n", end).encode() for text in (ABS, MAIL))
    assert (abs_reader.sniff(record), listing.sniff(record)) == (True, False)
    assert (abs_reader.sniff(mail), listing.sniff(mail)) == (False, True)


LOST = {
    "the rule": "\\\\\n",
    "the rule, with a blank line": "\n\\\\\n\n",
    "the rule and the first mark": "",
}


@pytest.mark.parametrize("lost", LOST)
def test_a_record_that_has_lost_its_beginning_is_still_one(lost: str) -> None:
    rule = f"{RULE}\n\\\\\n"
    first, second = (NEW.format(number=number) for number in (1, 2))
    whole = read(f"{rule}{first}{rule}{second}")
    assert [each.id for each in whole if isinstance(each, Entry)] == ["2411.00001", "2411.00002"]
    assert read(f"{rule}{first}{LOST[lost]}{second}") == whole
    assert read(f"{rule}{first}{RULE}\n{LOST[lost]}{second}") == whole


def test_a_mark_that_two_records_share_is_told() -> None:
    first, second = (NEW.format(number=number) for number in (1, 2))
    endless = first[: first.index("\\\\ (")]
    found = read(f"\\\\\n{endless}\\\\\n{second}")
    assert [each.id for each in found if isinstance(each, Entry)] == ["2411.00001", "2411.00002"]
    assert [PROBLEM in each.extra for each in found if isinstance(each, Entry)] == [True, False]


def test_the_line_of_each_record_is_known_without_rules() -> None:
    first, second = (NEW.format(number=number) for number in (1, 2))
    source = Source(io.BytesIO(f"{RULE}\n\\\\\n{first}\\\\\n{second}".encode()))
    assert [(source.line, lines[1]) for lines in records_of_lines(source)] == [
        (2, "arXiv:2411.00001"),
        (2 + 1 + first.count("\n"), "arXiv:2411.00002"),
    ]


def test_an_id_in_an_abstract_begins_no_record() -> None:
    (entry,) = read(ABS.replace("  This paper", "\\\\\narXiv:2411.00001\n  This paper"))
    assert isinstance(entry, Entry)
    assert (entry.id, entry.abstract[:19]) == ("math/0202001", "\\\\ arXiv:2411.00001")


def test_the_head_of_a_mail_is_no_record() -> None:
    assert [isinstance(each, Entry) for each in read(MAIL + MAIL)] == [True, True, True, False] * 2
    assert {each for each in read(MAIL + MAIL) if isinstance(each, str)} == {"no record: a banner"}


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (RULE, True),
        ("%-" * 39, True),
        ("%%--" * 19 + "%%", True),
        ("%%%---" * 13, True),
        ("-" * 78 + "  ", True),
        ("-" * 39, False),
        ("%" * 19, False),
        ("-" * 40 + "%", False),
        ("%%%---" * 20 + " x", False),
    ],
)
def test_a_rule_is_nothing_but_dashes_and_percent_signs(line: str, is_one: bool) -> None:
    assert is_rule(line) is is_one


LINES = [line for line in ABS.splitlines() if line != RULE]


@given(st.lists(st.sampled_from([*LINES, "arXiv:2411.00001", "Date: x", "\\\\", " "]), max_size=30))
def test_no_line_is_lost_behind_the_first_record(lines: list[str]) -> None:
    text = "\n".join([*LINES, *lines, "the end"])
    kept = [line for record in records_of_lines(Source(io.BytesIO(text.encode()))) for line in record]
    assert kept == text.split("\n")
    read(text)


def test_recorded_mails_are_read_without_loss() -> None:
    registry = Registry()
    for name in ("astro-ph/new.CO", "astro-ph/pastweek.SR", "q-fin/new.PR", "astro-ph/9403"):
        data = shared(f"data/listing/{name}").read_bytes()
        count = data.count(b"\nTitle:")
        assert len(check_reader(registry.readers["listing"], data)) == count, name
