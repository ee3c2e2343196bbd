"""Every built-in plugin keeps to what the contract asks of a stranger's."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shared import shared

from refmill.plugins.registry import Registry
from refmill_hooks.testing import check_exporter, check_reader, check_transform

REGISTRY = Registry()
SAMPLES = Path(__file__).parents[3] / "samples"
RECORDED = {
    "text": "data/textdump/records_a.txt",
    "snapshot": "data/kaggle/snapshot_real_a.jsonl",
    "oai": "data/oai/mikesaelim_ListRecordsResponse.xml",
    "atom": "data/atom/arxivpy_id_1605.08386_s0_m100_199195aa31ad.xml",
}


@pytest.mark.parametrize("name", REGISTRY.exporters)
def test_exporters_write_every_hard_entry(name: str) -> None:
    assert check_exporter(REGISTRY.exporters[name])


@pytest.mark.parametrize("name", REGISTRY.transforms)
def test_transforms_let_every_hard_entry_pass(name: str) -> None:
    assert check_transform(REGISTRY.transforms[name], holds_all=name == "dedupe")


@pytest.mark.parametrize(("name", "sample"), [("text", "arxiv-abstracts.txt"), ("snapshot", "arxiv-snapshot.jsonl")])
def test_readers_read_the_samples_in_any_blocks(name: str, sample: str) -> None:
    assert len(check_reader(REGISTRY.readers[name], (SAMPLES / sample).read_bytes())) >= 8


@pytest.mark.parametrize("name", RECORDED)
def test_readers_read_recorded_data_in_any_blocks(name: str) -> None:
    assert check_reader(REGISTRY.readers[name], shared(RECORDED[name]).read_bytes())
