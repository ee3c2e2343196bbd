"""Entries come back from the temporary file as they went in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from refmill_hooks.spool import Spool
from refmill_hooks.testing import hard_entries


def test_it_hands_out_all_entries_in_their_order_as_often_as_is_asked() -> None:
    entries = hard_entries()
    with Spool() as spool:
        for entry in entries:
            spool.add(entry)
        assert list(spool) == entries
        assert list(spool) == entries


def test_it_hands_out_each_entry_by_its_place() -> None:
    entries = hard_entries()
    with Spool() as spool:
        places = [spool.add(entry) for entry in entries]
        assert [spool.at(place) for place in reversed(places)] == entries[::-1]


def fill(spool: Spool) -> None:
    for _ in range(200):
        for entry in hard_entries():
            spool.add(entry)


def test_a_full_disk_is_told_with_the_folder_of_temporary_files() -> None:
    spool = Spool()
    spool._file.close()
    spool._file = Path("/dev/full").open("wb+")
    with spool, pytest.raises(OSError, match="a temporary file cannot be written: No space left on device") as told:
        fill(spool)
    assert told.value.filename == tempfile.gettempdir()
