"""Long polls end by the event they wait for, and waiting readers are in nobody's way."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from sink.app import create_app
from sink.journal import Journal
from sink.outage import Outages
from sink.query import query_api
from sink.refusals import RefusalLog
from sink.server import MOST_WAITS
from sink.store import NotificationStore

WAIT_SECONDS = 30.0


@pytest.fixture
def wait_for_quiet(sink: Any) -> Iterator[Callable[[], list[Future[requests.Response]]]]:
    """Opens as many waits on the receiver `quiet` as there may be, and returns once all wait.

    The read timeout is below the wait: a wait that ends by its own timeout fails the test.
    """

    full = f"{MOST_WAITS} readers wait already"

    def ask(wait_seconds: float) -> requests.Response:
        parameters = {"receiver": "quiet", "wait_seconds": wait_seconds}
        response: requests.Response = sink.request(
            "GET", "/notifications", params=parameters, timeout=WAIT_SECONDS * 0.9
        )
        return response

    def wait_for_a_place() -> requests.Response:
        """The look whether all wait may hold a place for a moment."""
        while (response := ask(WAIT_SECONDS)).status_code == 503 and full in response.text:
            pass
        return response

    with ThreadPoolExecutor(MOST_WAITS) as readers:

        def open_all() -> list[Future[requests.Response]]:
            waits = [readers.submit(wait_for_a_place) for _ in range(MOST_WAITS)]
            deadline = time.monotonic() + WAIT_SECONDS / 2
            while time.monotonic() < deadline:
                if full in ask(wait_seconds=0.05).text:
                    return waits
            raise AssertionError(f"{MOST_WAITS} waits were not open within {WAIT_SECONDS / 2} s")

        yield open_all
        if sink.process.poll() is None:
            sink.kill()


def test_waits_end_by_the_arrival_and_do_not_starve_the_webhook(
    sink: Any,
    payload: Callable[..., bytes],
    wait_for_quiet: Callable[[], list[Future[requests.Response]]],
) -> None:
    """With every wait taken a post elsewhere is stored and answered, and wakes none of them."""
    waits = wait_for_quiet()
    for number in range(20):
        assert sink.post(payload(), receiver="busy").json() == {"seq": number + 1}
    assert [found.seq for found in sink.client().notifications()] == list(range(1, 21))
    assert not any(wait.done() for wait in waits)

    assert sink.post(payload(), receiver="quiet").json() == {"seq": 21}
    for wait in waits:
        answer = wait.result(WAIT_SECONDS).json()
        assert [found["seq"] for found in answer["notifications"]] == [21]


def test_sigterm_sends_waiting_readers_home_and_ends_the_sink(
    sink: Any, wait_for_quiet: Callable[[], list[Future[requests.Response]]]
) -> None:
    """They are not told that nothing arrived, for that is not known."""
    waits = wait_for_quiet()
    assert sink.stop() == 0
    for wait in waits:
        response = wait.result(WAIT_SECONDS)
        assert response.status_code == 503
        assert "stopping" in response.json()["error"]["message"]


def test_a_wait_for_what_is_there_already_does_not_wait(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    sink.post(payload())
    parameters = {"wait_seconds": WAIT_SECONDS}
    response = sink.request("GET", "/notifications", params=parameters, timeout=WAIT_SECONDS * 0.9)
    assert len(response.json()["notifications"]) == 1


def test_a_wait_for_nothing_ends_at_its_time_with_an_empty_page(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    """An arrival at another receiver, or one that was seen already, is not what is waited for."""
    sink.post(payload(), receiver="other")
    sink.post(payload())
    started = time.monotonic()
    answer = sink.get("/notifications", receiver="pages", after=2, wait_seconds=0.4).json()
    assert answer == {"last_seq": 2, "more": False, "notifications": []}
    assert time.monotonic() - started >= 0.4


def test_no_wait_is_longer_than_the_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is made short here, so that an answer after it is the limit's doing."""
    monkeypatch.setattr("sink.query.LONGEST_WAIT_SECONDS", 0.2)
    refusals = RefusalLog()
    with Journal(tmp_path) as journal, ThreadPoolExecutor(1) as reader:
        store = NotificationStore(journal, most_waits=1)
        app = create_app([query_api(store, refusals)], refusals, Outages(), None, most_body_bytes=1)
        wait = reader.submit(app.test_client().get, "/notifications?wait_seconds=3600")
        try:
            answer = json.loads(wait.result(WAIT_SECONDS).data)
            assert answer["notifications"] == []
        finally:
            store.stop_waits()


def test_pages_hold_what_was_asked_for_and_say_whether_there_is_more(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    for number in range(7):
        sink.post(payload(), receiver="even" if number % 2 else "odd")

    def page(**parameters: Any) -> tuple[list[int], bool]:
        answer = sink.get("/notifications", **parameters).json()
        assert answer["last_seq"] == 7
        return [found["seq"] for found in answer["notifications"]], answer["more"]

    assert page() == ([1, 2, 3, 4, 5, 6, 7], False)
    assert page(limit=3) == ([1, 2, 3], True)
    assert page(limit=3, after=3) == ([4, 5, 6], True)
    assert page(limit=3, after=4) == ([5, 6, 7], False)
    assert page(receiver="odd", after=1, limit=2) == ([3, 5], True)
    assert page(receiver="odd", after=5) == ([7], False)
    assert page(after=7) == ([], False)
    assert page(after=10**17) == ([], False)


def test_a_page_is_bounded_in_bytes_too(sink: Any, payload: Callable[..., bytes]) -> None:
    """Twelve bodies of nearly 1 MiB come in two pages, and the client puts them together."""
    bodies = [payload(groupKey=str(number), pad="x" * 1_000_000) for number in range(12)]
    for body in bodies:
        assert sink.post(body).status_code == 200
    answer = sink.get("/notifications").json()
    assert answer["more"]
    assert 1 <= len(answer["notifications"]) < 12
    found = sink.client().notifications()
    assert [one.group_key for one in found] == [str(number) for number in range(12)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", "x"),
        ("after", ""),
        ("after", "1.0"),
        ("after", "٣"),
        ("after", "9" * 30),
        ("limit", "0"),
        ("wait_seconds", "-1"),
        ("wait_seconds", "nan"),
        ("wait_seconds", "soon"),
        ("recevier", "pages"),
    ],
)
def test_a_bad_parameter_is_refused_by_its_name(shared_sink: Any, name: str, value: str) -> None:
    response = shared_sink.get("/notifications", **{name: value})
    assert response.status_code == 400
    assert name in response.json()["error"]["message"]


@pytest.mark.parametrize("seq", ["0", "1", "9" * 30])
def test_a_number_that_was_not_given_is_not_found(shared_sink: Any, seq: str) -> None:
    response = shared_sink.get(f"/notifications/{seq}/raw")
    assert response.status_code == 404
    assert seq in response.json()["error"]["message"]
