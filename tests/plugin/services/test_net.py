"""The network is paced, patient and honest; it knows when to stop asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.fakes.arxiv_api import ArxivApi, Fault, Paper

from refmill.services.net import HttpNet, Limits
from refmill_hooks import Answer, ServiceError

PAPERS = {"1706.03762": Paper("Attention Is All You Need")}
FORM = {"id_list": "1706.03762", "max_results": "1"}
FAST = 0.002


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def asked(api: ArxivApi, net: HttpNet, usable: Callable[[Answer], str | None] | None = None) -> Answer:
    return net.ask(api.url, form=FORM, usable=usable)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.THROTTLED,
        Fault.OVERLOADED,
        Fault.RESET,
        Fault.CUT_BODY,
        Fault.THROTTLED_FOR_A_SECOND,
        Fault.THROTTLED_UNTIL_A_DATE,
    ],
)
def test_a_passing_fault_is_asked_again(fault: Fault) -> None:
    clock = Clock()
    with ArxivApi(PAPERS, faults=[fault]) as api, HttpNet(pause=FAST, clock=clock, sleep=clock.sleep, seed=1) as net:
        assert b"Attention" in asked(api, net).body
        assert len(api.requests) == 2


def test_back_off_grows_and_is_counted_in_pauses() -> None:
    clock = Clock()
    plan = [Fault.THROTTLED] * 4
    with ArxivApi(PAPERS, faults=plan) as api, HttpNet(pause=1.0, clock=clock, sleep=clock.sleep, seed=1) as net:
        asked(api, net)
    waits = [wait for wait in clock.slept if wait > 1.5]
    assert waits == sorted(waits)
    assert all(2**n <= wait <= 2**n * 1.25 for n, wait in enumerate(waits, 1))


def test_a_wait_that_the_service_asks_for_is_kept() -> None:
    clock = Clock()
    plan = [Fault.THROTTLED_FOR_A_SECOND]
    with ArxivApi(PAPERS, faults=plan) as api, HttpNet(pause=FAST, clock=clock, sleep=clock.sleep) as net:
        asked(api, net)
    assert max(clock.slept) >= 1.0


@pytest.mark.parametrize("fault", [Fault.FORBIDDEN, Fault.THROTTLED_FOR_AN_HOUR])
def test_who_is_told_to_stay_away_asks_no_more(fault: Fault) -> None:
    with ArxivApi(PAPERS, faults=[fault]) as api, HttpNet(pause=FAST) as net:
        for _ in range(2):
            with pytest.raises(ServiceError):
                asked(api, net)
        assert len(api.requests) == 1


def test_a_service_out_of_reach_is_given_up_in_seconds() -> None:
    clock = Clock()
    with HttpNet(pause=3.0, clock=clock, sleep=clock.sleep) as net:
        with pytest.raises(ServiceError, match="cannot be reached"):
            net.ask("http://127.0.0.1:9/api/query", form=FORM)
        slept = sum(clock.slept)
        with pytest.raises(ServiceError, match="cannot be reached"):
            net.ask("http://127.0.0.1:9/api/query", form=FORM)
    assert slept < 15
    assert sum(clock.slept) == slept


def test_a_service_that_never_works_is_given_up_after_its_tries() -> None:
    clock = Clock()
    plan = [Fault.OVERLOADED] * 100
    with ArxivApi(PAPERS, faults=plan) as api, HttpNet(pause=FAST, clock=clock, sleep=clock.sleep) as net:
        for _ in range(5):
            with pytest.raises(ServiceError, match="503"):
                asked(api, net)
        assert len(api.requests) == 14  # two questions of seven tries; then it is taken to be down


def test_an_unusable_answer_is_asked_again() -> None:
    seen: list[int] = []

    def usable(answer: Answer) -> str | None:
        seen.append(answer.status)
        return "it is empty" if len(seen) == 1 else None

    with ArxivApi(PAPERS) as api, HttpNet(pause=FAST) as net:
        asked(api, net, usable)
        assert seen == [200, 200]


def test_requests_keep_their_distance_on_one_connection() -> None:
    with ArxivApi(PAPERS) as api, HttpNet(pause=0.2) as net:
        for _ in range(4):
            asked(api, net)
        times = [request.time for request in api.requests]
        assert all(later - sooner >= 0.15 for sooner, later in pairwise(times))
        assert len({request.connection for request in api.requests}) == 1


def test_the_user_agent_names_the_project_and_the_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFMILL_CONTACT", "ann@example.org")
    with ArxivApi(PAPERS) as api, HttpNet(pause=FAST) as net:
        asked(api, net)
        (request,) = api.requests
    assert request.headers["user-agent"].startswith("refmill/")
    assert "ann@example.org" in request.headers["user-agent"]
    assert request.headers["accept-encoding"] == "gzip"


def test_fewer_than_three_seconds_are_refused_for_any_other_host() -> None:
    clock = Clock()
    said: list[str] = []
    with HttpNet(pause=0.1, clock=clock, sleep=clock.sleep, say=said.append) as net, pytest.raises(ServiceError):
        net.ask("http://refmill.invalid/")
    assert any("is refused" in line for line in said)
    assert sum(clock.slept) >= 2 * 3.0


@pytest.mark.parametrize("pause", ["-1", "nan", "soon", "inf"])
def test_a_pause_that_is_no_number_is_told(pause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFMILL_ARXIV_PAUSE", pause)
    with pytest.raises(ValueError, match="REFMILL_ARXIV_PAUSE"):
        HttpNet()


def test_an_answer_above_a_sane_size_is_refused() -> None:
    limits = Limits(size=1 << 20)
    with (
        ArxivApi(PAPERS, faults=[Fault.HUGE_BODY]) as api,
        HttpNet(pause=FAST, limits=limits) as net,
        pytest.raises(ServiceError, match="larger than"),
    ):
        asked(api, net)


def test_a_body_that_drips_in_is_not_waited_for_without_end() -> None:
    start = time.monotonic()
    with ArxivApi(PAPERS, faults=[Fault.DRIPPING]) as api, HttpNet(pause=FAST, limits=Limits(body=0.1)) as net:
        assert b"Attention" in asked(api, net).body
    assert time.monotonic() - start < 5


def test_a_redirection_is_followed_within_the_host_alone() -> None:
    with ArxivApi(PAPERS, faults=[Fault.MOVED_WITHIN]) as api, HttpNet(pause=FAST) as net:
        assert b"Attention" in asked(api, net).body
    with (
        ArxivApi(PAPERS, faults=[Fault.MOVED_AWAY]) as api,
        HttpNet(pause=FAST) as net,
        pytest.raises(ServiceError, match="not followed"),
    ):
        asked(api, net)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "/api/query"])
def test_only_services_over_http_are_asked(url: str) -> None:
    with HttpNet(pause=FAST) as net, pytest.raises(ServiceError, match="must begin with http"):
        net.ask(url)
