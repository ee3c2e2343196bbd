"""arXiv's API is asked by id; whatever it answers, every id ends as found, missing or unknown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.fakes.arxiv_api import ArxivApi, Fault, Paper

from refmill.builtin.arxiv_api import enricher as arxiv
from refmill.services.net import HttpNet, Limits
from refmill_hooks import Entry, Missing, NoOptions, ServiceError

PAPERS = {f"2401.{number:05}": Paper(f"Paper {number}", versions=2) for number in range(1, 31)}
PAPERS["0704.0001"] = Paper("The witness")
PAPERS["hep-th/9901001"] = Paper("An old one")
KEYS = [key for key in PAPERS if key.startswith("2401")]


@pytest.fixture
def net() -> HttpNet:
    return HttpNet(pause=0.001, seed=1, limits=Limits(body=0.2))


def fetched(api: ArxivApi, net: HttpNet, keys: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Key -> title, or the reason why it is missing."""
    monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
    answers = arxiv.fetch(keys, net, NoOptions())
    return {key: raw.reason if isinstance(raw, Missing) else arxiv.entry(raw).title for key, raw in answers}


@pytest.mark.parametrize("legacy", [False, True])
def test_answers_are_matched_by_id_and_never_by_position(
    legacy: bool, net: HttpNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivApi(PAPERS, legacy=legacy) as api:
        found = fetched(api, net, KEYS, monkeypatch)
    assert found == {key: PAPERS[key].title for key in KEYS}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.THROTTLED,
        Fault.OVERLOADED,
        Fault.RESET,
        Fault.DRIPPING,
        Fault.CUT_BODY,
        Fault.CUT_FEED,
        Fault.EMPTY_FEED,
        Fault.PARTIAL_FEED,
        Fault.UNKNOWN_COUNTED,
        Fault.HTML,
        Fault.PLAIN_TEXT,
        Fault.WRONG_TYPE,
        Fault.UNREADABLE_ENTRY,
        Fault.ENTITY_BOMB,
        Fault.NAMELESS_ERROR,
        Fault.DUPLICATES,
        Fault.FOREIGN_ID,
        Fault.MOVED_WITHIN,
    ],
)
def test_a_fault_changes_nothing_in_the_end(
    fault: Fault, legacy: bool, net: HttpNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivApi(PAPERS, legacy=legacy, faults=[fault]) as api:
        assert fetched(api, net, KEYS, monkeypatch) == {key: PAPERS[key].title for key in KEYS}


def test_versions_of_one_paper_are_answers_of_their_own(net: HttpNet, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["2401.00001v1", "2401.00001v2", "2401.00001"]
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        answers = dict(arxiv.fetch(keys, net, NoOptions()))
    found = {key: arxiv.entry(raw).versions[-1].number for key, raw in answers.items() if isinstance(raw, bytes)}
    assert found == {"2401.00001v1": 1, "2401.00001v2": 2, "2401.00001": 2}


@pytest.mark.parametrize("legacy", [False, True])
def test_what_a_whole_answer_lacks_is_missing(legacy: bool, net: HttpNet, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArxivApi(PAPERS, legacy=legacy) as api:
        found = fetched(api, net, ["2401.00001", "2401.99999", "2401.00001v9"], monkeypatch)
    assert found == {
        "2401.00001": "Paper 1",
        "2401.99999": arxiv.UNKNOWN_ID.reason,
        "2401.00001v9": arxiv.UNKNOWN_ID.reason,
    }


def test_an_empty_feed_is_believed_only_beside_a_paper_that_exists(
    net: HttpNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivApi(PAPERS) as api:
        assert fetched(api, net, ["2401.99999"], monkeypatch) == {"2401.99999": arxiv.UNKNOWN_ID.reason}
        assert arxiv.WITNESS in api.requests[-1].ids


@pytest.mark.parametrize("legacy", [False, True])
def test_an_id_that_the_service_refuses_costs_itself_alone(
    legacy: bool, net: HttpNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivApi(PAPERS, legacy=legacy, refuses=frozenset({"hep-th/9901001"})) as api:
        found = fetched(api, net, [*KEYS, "hep-th/9901001"], monkeypatch)
    assert "incorrect id format" in found.pop("hep-th/9901001")
    assert found == {key: PAPERS[key].title for key in KEYS}


def test_a_question_asks_for_as_many_results_as_ids_by_post(net: HttpNet, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArxivApi(PAPERS) as api:
        fetched(api, net, KEYS, monkeypatch)
        (request,) = api.requests
    assert request.method == "POST"
    assert int(request.form["max_results"]) == len(KEYS)


def test_a_service_out_of_order_ends_in_a_service_error(net: HttpNet, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArxivApi(PAPERS, faults=[Fault.OVERLOADED] * 50) as api, pytest.raises(ServiceError):
        fetched(api, net, KEYS, monkeypatch)


@pytest.mark.parametrize("arxiv_id", ["", "2401.1", "math.GT/0309136", "2401.00001 "])
def test_only_canonical_ids_are_asked_for(arxiv_id: str) -> None:
    assert arxiv.key(Entry(id=arxiv_id)) is None


def test_an_answer_about_a_version_lasts() -> None:
    (enricher,) = arxiv.refmill_enrichers()
    assert enricher.lasting("2401.00001v1")
    assert not enricher.lasting("2401.00001")
