"""The client finds what is waited for at once, across restarts, and says what it knows if not."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sink.client import NotArrived, SinkClient, SinkRefusedError, SinkUnreachableError
from sink.record import Notification

LONG_SECONDS = 60.0


@contextmanager
def once_waiting(
    matches: Callable[[Notification], bool], then: Callable[[], None]
) -> Iterator[Callable[[Notification], bool]]:
    """A predicate that starts ``then`` on another thread when it is first asked and says no."""
    thread = threading.Thread(target=then)

    def predicate(found: Notification) -> bool:
        if matches(found):
            return True
        if thread.ident is None:
            thread.start()
        return False

    try:
        yield predicate
    finally:
        # Also when the test has failed: what it starts must be there before all is ended.
        if thread.ident is not None:
            thread.join(LONG_SECONDS)
    assert thread.ident is not None
    assert not thread.is_alive()


def test_wait_returns_the_first_match_by_its_arrival(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    """The match is posted only once the client has seen all that was there before."""
    sink.post(payload(groupKey="before"))

    def post_others_and_two_matches() -> None:
        for key in ("other", "match", "match"):
            sink.post(payload(groupKey=key))

    started = time.monotonic()
    with once_waiting(
        lambda found: found.group_key == "match", post_others_and_two_matches
    ) as predicate:
        found = sink.client().wait(predicate, within_seconds=LONG_SECONDS)
    assert (found.seq, found.group_key) == (3, "match")
    assert started < found.received_monotonic < time.monotonic() < started + LONG_SECONDS


def test_wait_starts_after_the_number_it_is_given(sink: Any, payload: Callable[..., bytes]) -> None:
    for _ in range(3):
        sink.post(payload())
    assert sink.client().wait(lambda _: True, within_seconds=0).seq == 1
    assert sink.client().wait(lambda _: True, within_seconds=0, after=2).seq == 3


def test_what_did_not_arrive_is_named_beside_what_did(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    for _ in range(3):
        sink.post(payload())

    def has_another_refused_meanwhile(found: Notification) -> bool:
        if found.seq == 2:
            sink.post(b"[]", receiver="tickets")
        return False

    with pytest.raises(NotArrived) as error:
        sink.client().wait(
            has_another_refused_meanwhile,
            within_seconds=0.5,
            after=1,
            describe="a page for RedisDown",
        )
    text = str(error.value)
    assert text.startswith("a page for RedisDown: not within 0.5 s. 2 others arrived after #1")
    assert "#3 at receiver 'pages', firing" in text
    assert "{'alertname': 'PaymentFailureRatioHigh'}" in text
    assert "refused 1 requests meanwhile, the last: POST /receivers/tickets/webhook" in text


def test_where_nothing_arrived_that_is_said(sink: Any) -> None:
    with pytest.raises(NotArrived, match=r"Nothing arrived after #0\. The sink refused nothing\."):
        sink.client().wait(lambda _: True, within_seconds=0.2)


def test_a_wait_longer_than_one_poll_goes_on_to_its_deadline(
    sink: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sink.client.LONGEST_POLL_SECONDS", 0.05)
    started = time.monotonic()
    with pytest.raises(NotArrived):
        sink.client().wait(lambda _: True, within_seconds=0.5)
    assert time.monotonic() >= started + 0.5


def test_wait_goes_on_across_a_kill_and_a_restart(
    start_sink: Callable[..., Any], payload: Callable[..., bytes]
) -> None:
    """The sink dies while the client waits, and is down for a while."""
    first = start_sink()
    first.post(payload(groupKey="before"))

    def restart_and_post() -> None:
        first.kill()
        start_sink(again=first).post(payload(groupKey="match"))

    with once_waiting(lambda found: found.group_key == "match", restart_and_post) as predicate:
        found = first.client().wait(predicate, within_seconds=LONG_SECONDS)
    assert (found.seq, found.group_key) == (2, "match")


def test_reading_goes_on_across_a_restart(
    start_sink: Callable[..., Any], payload: Callable[..., bytes]
) -> None:
    """Its kept connection is dead, and the sink may be down when it is asked."""
    first = start_sink()
    first.post(payload())
    client = first.client(timeout_seconds=LONG_SECONDS)
    assert len(client.notifications()) == 1
    first.kill()
    found: list[Notification] = []
    reader = threading.Thread(target=lambda: found.extend(client.notifications()))
    reader.start()
    start_sink(again=first)
    reader.join(LONG_SECONDS)
    assert [one.seq for one in found] == [1]


def test_a_sink_that_is_gone_is_not_taken_for_silence(sink: Any) -> None:
    """Whether something arrived is not known, so it must not be said that nothing did."""
    client = sink.client(timeout_seconds=0.2)
    sink.kill()
    with pytest.raises(SinkUnreachableError, match=r"^a page: waited for 0\.3 s, .*is it running"):
        client.wait(lambda _: True, within_seconds=0.3, describe="a page")
    with pytest.raises(SinkUnreachableError, match="does not answer"):
        client.notifications()


@pytest.mark.parametrize("token", ["wrong", None])
def test_a_wrong_token_ends_a_wait_at_once(sink: Any, token: str | None) -> None:
    client = SinkClient(sink.url, token, timeout_seconds=5)
    started = time.monotonic()
    with pytest.raises(SinkRefusedError, match=r"401.*bearer token"):
        client.wait(lambda _: True, within_seconds=LONG_SECONDS)
    assert time.monotonic() < started + LONG_SECONDS


def test_an_address_that_is_none_is_named(sink: Any) -> None:
    with pytest.raises(SinkRefusedError, match="cannot ask nowhere"):
        SinkClient("nowhere", None).notifications()
    with pytest.raises(SinkRefusedError, match="404"):
        SinkClient(sink.url + "/other", "a-token-for-tests").notifications()


def test_the_client_brings_no_server_with_it() -> None:
    """Scenarios import it in every process; the sink's own needs are not theirs."""
    code = "import sys, sink.client; print(*{'flask', 'waitress'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""
