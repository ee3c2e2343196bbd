"""A journal reference is understood as a whole and beyond doubt, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmill_hooks import journal_refs
from refmill_hooks.journal_refs import venue_of

UNDERSTOOD = """
    Phys.Rev.D76:013009,2007                                  | Phys. Rev. D | 76 | | 013009 | 2007
    Phys. Rev. E 86, 031131 (2012)                            | Phys. Rev. E | 86 | | 031131 | 2012
    Phys. Rev. E 78, 040101(R) (2008)                         | Phys. Rev. E | 78 | | 040101 | 2008
    Phys. Rev. A vol. 76, 032103 (2007)                       | Phys. Rev. A | 76 | | 032103 | 2007
    Phys.Lett. B447 (1999) 1-5                                | Phys. Lett. B | 447 | | 1-5 | 1999
    Astrophys.J.665:707-718,2007                              | Astrophys. J. | 665 | | 707-718 | 2007
    JHEP 0706:065,2007                                        | JHEP | 0706 | | 065 | 2007
    EPTCS 31, 2010, pp. 130-138                               | EPTCS | 31 | | 130-138 | 2010
    Theoretical Computer Science 364 (2) (2006) 196-211       | Theoretical Computer Science | 364 | 2 | 196-211 | 2006
    Eur. Phys. J. B 57 (2007), 235.                           | Eur. Phys. J. B | 57 | | 235 | 2007
    Acta Informatica, 46(5):375--401, 2009                    | Acta Informatica | 46 | 5 | 375-401 | 2009
    PLoS ONE 10(8): e0136076, 2015                            | PLoS ONE | 10 | 8 | e0136076 | 2015
    Robotica 25, 6 (2007) 717-724                             | Robotica | 25 | 6 | 717-724 | 2007
    Sci Rep, 2015, 5:18267                                    | Sci Rep | 5 | | 18267 | 2015
    Sensors 2015, 15(4), 9277-9304                            | Sensors | 15 | 4 | 9277-9304 | 2015
    Annals of Applied Probability 2007, Vol. 17, No. 2, 676-687 | Annals of Applied Probability | 17 | 2 | 676-687 | 2007
    Proc. Natl. Acad. Sci. 104, 11079-11084 (2007)            | Proc. Natl. Acad. Sci. | 104 | | 11079-11084 | 2007
    AIP Conf.Proc.921:160-162,2007                            | AIP Conf. Proc. | 921 | | 160-162 | 2007
    Physica A, Volume 416, Pages 41-48, 2014                  | Physica A | 416 | | 41-48 | 2014
    J. Phys. A: Math. Theor. 40 8739-8749 (2007)              | J. Phys. A: Math. Theor. | 40 | | 8739-8749 | 2007
    Phys. Rev. B 75, 1 (1999) [Erratum-ibid. B 76, 2 (2000)]  | Phys. Rev. B | 75 | | 1 | 1999
    Phys. Rev. B 75, 1 (1999); Erratum-ibid. B 76, 2 (2000)   | Phys. Rev. B | 75 | | 1 | 1999
    IEEE Trans. Inf. Theory, vol. 55, no. 11, pp. 5074-5086, Nov. 2009 | IEEE Trans. Inf. Theory | 55 | 11 | 5074-5086 | 2009-11
    Int. J. of Web Technology (IJWesT) Vol.2, No.1, January 2011 | Int. J. of Web Technology | 2 | 1 | | 2011-01
    Logical Methods in Computer Science, Volume 3, Issue 3 (July 4, 2007) lmcs:1232 | Logical Methods in Computer Science | 3 | 3 | | 2007-07-04
    Phys.Rev.D76:1,2007; Phys.Lett.B2:3,2008                  | Phys. Rev. D | 76 | | 1 | 2007
    Commun. Math. Phys. 269 (2007), no. 3, 611-657            | Commun. Math. Phys. | 269 | 3 | 611-657 | 2007
    Soft Materials, 8(2):102-113, (2010)                      | Soft Materials | 8 | 2 | 102-113 | 2010
    Eur. Phys. J. Plus (2015) 130:27                          | Eur. Phys. J. Plus | 130 | | 27 | 2015
    J. Stat. Mech. (2007) P06012                              | J. Stat. Mech. | | | P06012 | 2007
    JOSA B, Vol. 24, Issue 9, pp. 2195-2198 (2007)            | JOSA B | 24 | 9 | 2195-2198 | 2007
    Class.Quant.Grav.24:5343-5370,2007; Erratum-ibid.25:039801,2008 | Class. Quant. Grav. | 24 | | 5343-5370 | 2007
    LMCS 11 (4:22) 2015                                       | LMCS | 11 | 4 | 22 | 2015
"""  # noqa: E501
IN_DOUBT = """
    Proceedings of the 38th Conference on Neural Information Processing Systems (NeurIPS 2024)
    Erratum-ibid. B450 (1999) 7
    Phys. Rev. D 76, 013009 (2007), arXiv:0704.0001
    To appear in Phys. Rev. D 76, 013009 (2007)
    submitted to Physica A 416 (2014) 41-48
    Erratum; Phys.Lett.B2:3,2008
    Proceedings of X; Phys.Lett.B2:3,2008
    Phys. Rev. D 76, 013009 (2007) and Phys. Rev. D 77, 013010 (2008)
    LNCS, Vol. 3589 (08/2005) 85-94
    Springer LNCS 7965, 2013, pp 497-503
    L. H. Friedman. Order of quantum dots: Linear analysis. Journal of Nanophotonics, 1(1):013513, 2007.
    Airoldi EM (2007) Getting started in models. PLoS Comput Biol 3(12): e252
    in "New Trends in Physics", V. Sidoravicius (Ed.), 2009, pp. 3-5
    InterJournal Complex Systems, 1013, 2004
    SIAM Journal on Control and Optimization, 2012
    Theoretical Computer Science 479 (2013) 42-22
    Nature 446
    19th European Summer School in Logic (2007) 11-21
    arXiv:0704.0001
    PhD thesis, vol. 1, 12 (2007)
    Virtual Concept (2002) 51-56
"""


def cases(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.mark.parametrize("row", cases(UNDERSTOOD))
def test_a_clear_reference_is_a_venue(row: str) -> None:
    reference, *expected = (cell.strip() for cell in row.split("|"))
    venue = venue_of(reference)
    assert venue is not None
    assert [venue.container, venue.volume, venue.issue, venue.pages, venue.date] == expected
    assert venue.kind == "article-journal"
    assert venue.year == int(venue.date[:4])


@pytest.mark.parametrize("reference", cases(IN_DOUBT))
def test_a_doubtful_reference_is_left_alone(reference: str) -> None:
    assert venue_of(reference) is None


def test_a_doi_that_names_another_volume_or_page_puts_the_reference_in_doubt() -> None:
    assert venue_of("Phys. Rev. D 76, 013009 (2007)", ("10.1103/PhysRevD.76.013009",))
    assert venue_of("Phys. Rev. D 67, 013009 (2007)", ("10.1103/PhysRevD.76.013009",)) is None
    assert venue_of("Phys. Rev. D 76, 013099 (2007)", ("10.1103/PhysRevD.76.013009",)) is None


def test_a_shortened_name_is_kept_as_such() -> None:
    venue = venue_of("Phys.Rev.D76:013009,2007")
    assert venue is not None
    assert venue.container_short == "Phys. Rev. D"


PRINTED = st.text("0123456789 .,:;()-vol.no.pp.ABCdef", max_size=60)


@given(PRINTED)
def test_no_number_is_invented(tail: str) -> None:
    venue = venue_of("Physica A " + tail)
    if venue:
        printed = ("Physica A " + tail).replace(" ", "").replace("--", "-")
        assert all(part in printed for part in (venue.volume, venue.issue, venue.pages, str(venue.year)))


@given(st.integers(1, 999), st.integers(1, 99999), st.integers(1900, 2029))
def test_any_volume_page_and_year_are_read_back(volume: int, page: int, year: int) -> None:
    venue = venue_of(f"Physica A {volume}, {page} ({year})")
    if venue is None:
        assert abs(page - year) <= 2  # it may be another year
    else:
        assert (venue.volume, venue.pages, venue.year) == (str(volume), str(page), year)


PIECES = st.sampled_from(
    [*"0123456789", *" ,:;()-/", "1999", "2007", "no. ", "pp. ", "Vol. ", "July ", "A", "e", "(R)", "(2007)", ", "]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_a_reference_of_a_known_shape_is_read_as_the_patterns_read_it(tail: str, labelled: bool) -> None:
    orders = journal_refs._orders(journal_refs._ORDERS + (journal_refs._LABELLED if labelled else ()))
    first = next(filter(None, (order.fullmatch(tail) for order, _ in orders)), None)
    expected = journal_refs._venue("J. Things", first.groupdict(""), ()) if first else None
    assert journal_refs._read("J. Things", tail, (), labelled=labelled) == expected
