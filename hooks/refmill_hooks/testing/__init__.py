"""Checks for the tests of a plugin: each takes a description and says in words what it does wrong.

    def test_my_exporter():
        check_exporter(my_exporter)

A check raises AssertionError; it needs no test framework.
"""

from __future__ import annotations

from refmill_hooks.testing.checks import FakeNet, check_enricher, check_exporter, check_reader, check_transform
from refmill_hooks.testing.entries import hard_entries

__all__ = ["FakeNet", "check_enricher", "check_exporter", "check_reader", "check_transform", "hard_entries"]
