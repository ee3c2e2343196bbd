"""The exporter keeps to refmill's contract, and rispy reads what it writes."""

from __future__ import annotations

import rispy
from refmill_ris import refmill_exporters

from refmill_hooks.testing import check_exporter, hard_entries

(RIS,) = refmill_exporters()


def test_it_keeps_to_the_contract() -> None:
    check_exporter(RIS)


def test_every_entry_is_read_back_by_rispy() -> None:
    read = rispy.loads(check_exporter(RIS))
    assert len(read) == len(hard_entries())
    assert read[0]["title"].startswith("An entry in full")
    assert read[0]["authors"][1] == "Steele, Guy L., Jr."
