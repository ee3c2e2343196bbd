"""Reference managers, converters and parsers show what went in, but for losses that are proven to be their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conformance import comparison
from tests.conformance.clients import CLIENTS, Client, better_bibtex
from tests.conformance.material import DUMPS, LIBRARIES, SAMPLES, Written
from tests.conformance.programs import lacks, needs
from tests.conformance.ratchet import LOSSES, Loss, probes

Measured = dict[tuple[str, str], comparison.Counts]


@pytest.fixture(scope="module")
def shown(samples: Written) -> Measured:
    """What the clients show of the samples."""
    return comparison.measured(samples)


@pytest.fixture(scope="module")
def shown_of_dumps(some_dumps: Written) -> Measured:
    return comparison.measured(some_dumps)


@pytest.fixture(scope="module")
def shown_of_libraries(some_libraries: Written) -> Measured:
    return comparison.measured(some_libraries)


def test_clients_show_what_went_in_but_for_losses_of_their_own(shown: Measured) -> None:
    assert _beyond_the_ratchet(shown, lambda loss: loss.samples) == []


def test_clients_show_recorded_dumps_but_for_losses_of_their_own(shown_of_dumps: Measured) -> None:
    assert _beyond_the_ratchet(shown_of_dumps, lambda loss: loss.dumps) == []


def test_clients_show_recorded_libraries_but_for_losses_of_their_own(shown_of_libraries: Measured) -> None:
    assert _beyond_the_ratchet(shown_of_libraries, lambda loss: loss.libraries) == []


def _beyond_the_ratchet(found: Measured, most: Callable[[Loss], int]) -> list[str]:
    allowed = {place: most(loss) for place, loss in LOSSES.items()}
    return [
        f"{client}, {format_name}, {field}: {changed} changed and {lost} lost"
        for (client, format_name), counts in found.items()
        for field, (_, changed, lost) in counts.items()
        if changed + lost > allowed.get((client, format_name, field), 0)
    ]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_client_does_to_any_file_what_the_ratchet_says_of_it(client: Client, tmp_path: Path) -> None:
    if missing := lacks(*client.needs):
        pytest.skip(missing)
    for format_name in client.formats:
        habits = [
            habit
            for (name, of, _), loss in LOSSES.items()
            if (name, of) == (client.name, format_name)
            for habit in loss.habits
        ]
        path = tmp_path / f"probes.{'json' if format_name == 'csl-json' else 'bib'}"
        path.write_text(probes(habits, format_name))
        shown = {item["key"]: item for item in client.read(path, format_name)} if habits else {}
        for number, habit in enumerate(habits):
            item = shown.get(f"probe{number}", {})
            got, said = (comparison.folded(habit.field, text) for text in (item.get(habit.field, ""), habit.said))
            assert got != said, f"{client.name}, {format_name}: it no longer {habit.does}"


def test_every_loss_has_its_proof() -> None:
    assert [place for place, loss in LOSSES.items() if not loss.habits] == []


def test_the_table_of_the_samples_is_up_to_date(samples: Written, shown: Measured) -> None:
    _assert_in_results(SAMPLES, samples, shown)


def test_the_table_of_the_dumps_is_up_to_date(
    is_whole: bool, some_dumps: Written, request: pytest.FixtureRequest
) -> None:
    _skip_unless(is_whole)
    _assert_in_results(DUMPS, some_dumps, request.getfixturevalue("shown_of_dumps"))


def test_the_table_of_the_libraries_is_up_to_date(
    is_whole: bool, some_libraries: Written, request: pytest.FixtureRequest
) -> None:
    _skip_unless(is_whole)
    _assert_in_results(LIBRARIES, some_libraries, request.getfixturevalue("shown_of_libraries"))


def _skip_unless(is_whole: bool) -> None:
    if not is_whole:
        pytest.skip("the table is of all recorded entries, which --whole gives to the clients")


def _assert_in_results(title: str, given: Written, shown: Measured) -> None:
    for client in CLIENTS:
        if missing := lacks(*client.needs):
            pytest.skip(missing)
    assert comparison.table(title, len(given.entries), shown) in comparison.RESULTS.read_text()


@needs("node", "npm:@retorquere/bibtex-parser")
def test_better_bibtex_complains_of_nothing_but_math_commands(some: Written) -> None:
    library = better_bibtex(some.files["bibtex"])
    assert len(library["entries"]) == len(some.entries)
    assert [error for error in library["errors"] if not error.startswith("unhandled macro")] == []
