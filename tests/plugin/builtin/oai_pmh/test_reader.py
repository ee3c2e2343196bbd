"""Answers of OAI-PMH are read in all of arXiv's formats, whole, broken, or several in one file."""

from __future__ import annotations

import datetime
import gzip
import io
from types import ModuleType

import pytest
from tests.shared import shared

from refmill.builtin.arxiv_api import reader as atom
from refmill.builtin.oai_pmh import reader as oai
from refmill_hooks import PROBLEM, Entry, Name, ReadError, SkipRecord, Source, Version
from refmill_hooks.testing import check_reader

RECORD = """<record><header{status}><identifier>oai:arXiv.org:{id}</identifier><datestamp>2024-05-01</datestamp>
</header>{metadata}</record>"""
ARXIV = """<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/">
<id>math/0306266</id><created>2003-06-18</created><updated>2004-01-02</updated>
<authors><author><keyname>Coja-Oghlan</keyname><forenames>Amin</forenames><affiliation>HU Berlin</affiliation></author>
<author><keyname>Oord</keyname><forenames>Aaron van den</forenames></author>
<author><keyname>Steele</keyname><forenames>Guy L.</forenames><suffix>Jr.</suffix></author>
<author><keyname>Planck Collaboration</keyname></author></authors>
<title>The Lovasz number of
  random graphs</title><categories>math.CO cs.DM</categories><comments>3 pages</comments>
<msc-class>05C80</msc-class><acm-class>05C80</acm-class><report-no>X-1</report-no>
<journal-ref>Comb. Prob. Comp. 14 (2005) 439-465</journal-ref><doi>10.1017/S0963548305006826</doi>
<license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license>
<abstract>  First &amp; last.
</abstract></arXiv></metadata>"""
RAW = """<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>1810.09584</id><submitter>Edgar R.</submitter>
<version version="v2"><date>Sun, 13 Jan 2019 11:17:09 GMT</date><size>1kb</size></version>
<version version="v1"><date>Mon, 22 Oct 2018 22:41:50 GMT</date><size>1kb</size></version>
<title>Martingales</title><authors>Raphael Chetrite, Shamik Gupta and \\'Edgar Rold\\'an</authors>
<categories>cond-mat.stat-mech</categories></arXivRaw></metadata>"""
OLD = RAW.replace("arXivRaw", "arXivOld").replace("<submitter>Edgar R.</submitter>", "")
DUBLIN = """<metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Loops</dc:title><dc:creator>Smolin, Lee</dc:creator>
<dc:subject>High Energy Physics - Theory</dc:subject><dc:subject>05C80, 05C15</dc:subject><dc:subject>F.2.2</dc:subject>
<dc:description>Abstract.</dc:description><dc:description>Comment: 50 pages</dc:description>
<dc:date>2005-06-28</dc:date><dc:date>2004-08-05</dc:date><dc:type>text</dc:type>
<dc:identifier>http://arxiv.org/abs/hep-th/0408048</dc:identifier>
<dc:identifier>Phys. Rep. 1 (2005) 2-3</dc:identifier><dc:identifier>doi:10.1142/9789812702340_0078</dc:identifier>
</oai_dc:dc></metadata>"""


def record(metadata: str, arxiv_id: str = "1234.5678", status: str = "") -> str:
    return RECORD.format(metadata=metadata, id=arxiv_id, status=status)


FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2403.01234v1</id>
<title>A paper</title></entry></feed>"""


def answer(*records: str, end: str = "</ListRecords></OAI-PMH>") -> bytes:
    root = '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    return (f"{root}<request>http://arxiv.org/oai2</request><ListRecords>" + "\n".join(records) + end).encode()


def read(data: bytes, reader: ModuleType = oai) -> list[Entry | str]:
    found: list[Entry | str] = []
    for each in reader.records(Source(io.BytesIO(data))):
        try:
            found.append(reader.entry(each))
        except (ReadError, SkipRecord) as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def one(metadata: str) -> Entry:
    (entry,) = read(answer(record(metadata)))
    assert isinstance(entry, Entry)
    return entry


def test_the_arxiv_format_is_read_whole() -> None:
    assert one(ARXIV) == Entry(
        id="math/0306266",
        title="The Lovasz number of random graphs",
        authors=(
            Name(family="Coja-Oghlan", given="Amin", affiliations=("HU Berlin",)),
            Name(family="van den Oord", given="Aaron"),
            Name(family="Steele", given="Guy L.", suffix="Jr."),
            Name(literal="Planck Collaboration"),
        ),
        abstract="First & last.",
        categories=("math.CO", "cs.DM"),
        created=datetime.date(2003, 6, 18),
        updated=datetime.date(2004, 1, 2),
        doi=("10.1017/S0963548305006826",),
        journal_ref="Comb. Prob. Comp. 14 (2005) 439-465",
        comments="3 pages",
        report_no="X-1",
        msc_class="05C80",
        license="http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        source="oai",
    )


@pytest.mark.parametrize("metadata", [RAW, OLD])
def test_raw_and_old_formats_have_one_string_of_authors_and_all_versions(metadata: str) -> None:
    entry = one(metadata)
    assert [name.family for name in entry.authors] == ["Chetrite", "Gupta", "Rold\\'an"]
    assert entry.versions == (
        Version(number=1, created=datetime.date(2018, 10, 22)),
        Version(number=2, created=datetime.date(2019, 1, 13)),
    )
    assert (entry.created, entry.updated) == (datetime.date(2018, 10, 22), datetime.date(2019, 1, 13))


def test_dublin_core_tells_categories_in_words_and_the_rest_by_looks() -> None:
    entry = one(DUBLIN)
    assert (entry.id, entry.categories) == ("hep-th/0408048", ("hep-th",))
    assert (entry.msc_class, entry.acm_class) == ("05C80, 05C15", "F.2.2")
    assert (entry.abstract, entry.comments) == ("Abstract.", "50 pages")
    assert (entry.journal_ref, entry.doi) == ("Phys. Rep. 1 (2005) 2-3", ("10.1142/9789812702340_0078",))
    assert (entry.created, entry.updated) == (datetime.date(2004, 8, 5), datetime.date(2005, 6, 28))


@pytest.mark.parametrize("date", ["Mon, 22 Oct 99999999999999999999 22:41:50 GMT", "yesterday"])
def test_a_date_that_is_none_costs_itself_alone(date: str) -> None:
    entry = one(RAW.replace("Mon, 22 Oct 2018 22:41:50 GMT", date))
    assert (entry.created, entry.extra[PROBLEM]) == (None, f"{date!r} is no date")


def test_a_deleted_record_is_no_entry_and_no_fault() -> None:
    deleted = record("", arxiv_id="0704.0001", status=' status="deleted"')
    assert read(answer(deleted)) == ["SkipRecord: oai:arXiv.org:0704.0001 was deleted"]


def test_a_list_of_identifiers_is_a_list_of_ids() -> None:
    header = "<header><identifier>oai:arXiv.org:0704.0001</identifier></header>"
    assert read(answer(header)) == [Entry(id="0704.0001", source="oai")]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("noRecordsMatch", "SkipRecord"), ("idDoesNotExist", "SkipRecord"), ("badResumptionToken", "ReadError")],
)
def test_an_error_of_the_service_is_told_as_one(code: str, outcome: str) -> None:
    (told,) = read(answer(f'<error code="{code}">said so</error>', end="</OAI-PMH>"))
    assert told == f"{outcome}: the service answered {code}: said so"
    (told,) = read(answer(f'<error code="{code}"/>', end="</OAI-PMH>"))
    assert told == f"{outcome}: the service answered {code}: no reason is given"


def test_several_documents_with_headers_of_http_between_them_are_read() -> None:
    data = (
        b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + answer(record(ARXIV)) + b"\nHTTP/1.1 200 OK\n\n" + answer(record(RAW))
    )
    assert [each.id for each in read(data) if isinstance(each, Entry)] == ["math/0306266", "1810.09584"]


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        (oai, ["math/0306266", "ReadError: <entry> is no record of an OAI-PMH answer"]),
        (atom, ["ReadError: <record> is no entry of a feed", "2403.01234"]),
    ],
)
def test_what_another_reader_would_read_is_told(reader: ModuleType, told: list[str]) -> None:
    found = read(answer(record(ARXIV)) + FEED.encode(), reader)
    assert [each.id if isinstance(each, Entry) else each.partition(": what")[0] for each in found] == told


@pytest.mark.parametrize("declared", ["", ' encoding="UTF-8"', ' encoding="us-ascii"', ' encoding="ISO-8859-1"'])
def test_latin_1_is_read_as_what_it_is_whatever_is_declared(declared: str) -> None:
    data = answer(record(ARXIV.replace("Amin", "Müller"))).replace(b' encoding="UTF-8"', declared.encode())
    source = Source(io.BytesIO(data.decode().encode("latin-1")))
    (entry,) = map(oai.entry, oai.records(source))
    assert entry.authors[0].given == "Müller"
    assert source.latin1_lines == ("ISO" not in declared)


def test_an_encoding_is_that_of_its_own_document() -> None:
    bare = answer(record(ARXIV.replace("Amin", "Müller"))).partition(b"\n")[2]
    declared = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + bare.decode().encode("latin-1")
    entries = [each for each in read(declared + bare) if isinstance(each, Entry)]
    assert [entry.authors[0].given for entry in entries] == ["Müller", "Müller"]


@pytest.mark.parametrize("name", ["EUC-JP", "idna", "hex", "no-encoding"])
def test_what_is_not_in_the_encoding_that_is_declared_is_refused(name: str) -> None:
    data = answer(record(ARXIV.replace("Amin", "Müller"))).replace(b"UTF-8", name.encode())
    assert [isinstance(each, Entry) for each in read(data.decode().encode("latin-1"))] == [False]


def test_a_bad_record_costs_itself_and_a_broken_end_the_last_one() -> None:
    bad = record(ARXIV).replace("<title>", "<title>AT&T ")
    found = read(answer(record(ARXIV), bad, record(RAW), record(RAW)[:300], end=""))
    assert [isinstance(each, Entry) for each in found] == [True, False, True, False]


def test_a_document_that_is_cut_off_anywhere_in_its_first_tag_is_no_empty_one() -> None:
    whole = answer(record(ARXIV))
    outcomes = {tuple(read(whole[:end])) for end in range(whole.index(b" xmlns") + 1, whole.index(b"<request>"))}
    assert outcomes == {("ReadError: the document is cut off: its end is missing",)}


def test_a_record_is_not_given_the_namespaces_of_a_root_that_declares_thousands() -> None:
    names = b" ".join(b'xmlns:a%d="u"' % number for number in range(3000))
    records = list(oai.records(Source(io.BytesIO(b"<OAI-PMH %b>%b</OAI-PMH>" % (names, b"<record/>" * 3000)))))
    assert len(records) == 3000
    assert max(map(len, records)) < 2000


def test_entities_from_outside_are_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
    data = bomb + answer(record(ARXIV.replace("3 pages", "&b;&a;"))).split(b"?>\n", 1)[1]
    (told,) = read(data)
    assert isinstance(told, str)
    assert told.startswith("ReadError: not well-formed XML")


@pytest.mark.parametrize(
    "head", [b"<OAI-PMH><Identify>arxiv.org/oai2</Identify>", b"<feed>oai:arXiv.org:1<record>", b""]
)
def test_what_holds_no_records_is_not_its_format(head: bytes) -> None:
    assert not oai.sniff(head)


def test_a_recorded_page_is_read_whole_in_any_blocks() -> None:
    from refmill.plugins.registry import Registry

    data = gzip.decompress(shared("data/oai/page001.xml.gz").read_bytes())
    entries = check_reader(Registry().readers["oai"], data, 1000)
    assert all(entry.title and entry.authors and entry.abstract and entry.categories for entry in entries)
