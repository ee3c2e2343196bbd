"""The material, written once for all tests of a process."""

from __future__ import annotations

from typing import Final

import pytest
from tests.conformance.material import DUMPS, LIBRARIES, SAMPLES, Written, entries, written
from tests.shared import shared

EVERY: Final = 5
"""Without `--whole`, slow programs are given each fifth of the recorded entries."""


@pytest.fixture(scope="session")
def is_whole(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--whole"))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(entries(SAMPLES), tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """All recorded dumps."""
    shared("data")
    return written(entries(DUMPS), tmp_path_factory.mktemp("dumps"))


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """All recorded .bib files, with fields and habits of their authors' own."""
    shared("data")
    return written(entries(LIBRARIES), tmp_path_factory.mktemp("libraries"))


@pytest.fixture(scope="session")
def some_dumps(dumps: Written, is_whole: bool, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return dumps if is_whole else written(dumps.entries[::EVERY], tmp_path_factory.mktemp("some_dumps"))


@pytest.fixture(scope="session")
def some_libraries(libraries: Written, is_whole: bool, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return libraries if is_whole else written(libraries.entries[::EVERY], tmp_path_factory.mktemp("some_libraries"))


@pytest.fixture(params=["dumps", "libraries"])
def each(request: pytest.FixtureRequest) -> Written:
    """All recorded dumps, then all libraries."""
    given: Written = request.getfixturevalue(request.param)
    return given


@pytest.fixture(params=["some_dumps", "some_libraries"])
def some(request: pytest.FixtureRequest) -> Written:
    """What slow programs are given of them."""
    given: Written = request.getfixturevalue(request.param)
    return given
