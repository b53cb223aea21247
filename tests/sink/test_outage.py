"""A receiver that is made to fail does so in each way, alone, and no longer than it was told."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from sink.outage import MOST_HELD, Outages
from tests.sink.conftest import TOKEN

MESSAGES = {
    "slack": {"text": "RedisDown"},
    "discord": {"content": "RedisDown"},
}


def fail(sink: Any, how: str, receiver: str = "pages", **setting: Any) -> Any:
    setting = {"how": how, "expires_in_seconds": 60, **setting}
    return sink.request("PUT", f"/control/receivers/{receiver}", json=setting)


def heal(sink: Any, receiver: str = "pages") -> Any:
    return sink.request("DELETE", f"/control/receivers/{receiver}")


def state(sink: Any, receiver: str = "pages") -> dict[str, Any]:
    answer: dict[str, Any] = sink.get(f"/control/receivers/{receiver}").json()
    return answer


def chat(sink: Any, service: str) -> Any:
    return sink.request(
        "POST", f"/receivers/pages/{service}/{TOKEN}", json=MESSAGES[service], timeout=5
    )


@pytest.mark.parametrize(("how", "status"), [("answers 429", 429), ("answers 500", 500)])
def test_a_refusal_is_answered_kept_as_evidence_and_stores_nothing(
    sink: Any, payload: Callable[..., bytes], how: str, status: int
) -> None:
    assert fail(sink, how).status_code == 200
    assert sink.post(payload()).status_code == status
    assert sink.client().notifications() == []
    [refusal] = sink.refusals()
    assert (refusal["status"], refusal["receiver"]) == (status, "pages")
    assert how in refusal["why"]
    heal(sink)
    assert sink.post(payload()).status_code == 200
    assert state(sink)["notifications_met"] == 1


def test_each_service_words_its_refusals_itself(sink: Any, payload: Callable[..., bytes]) -> None:
    fail(sink, "answers 429")
    slack, discord = chat(sink, "slack"), chat(sink, "discord")
    assert (slack.status_code, slack.text) == (429, "rate_limited")
    assert slack.headers["Retry-After"] == discord.headers["Retry-After"] == "1"
    assert discord.json() == {
        "message": "You are being rate limited.",
        "retry_after": 1.0,
        "global": False,
    }
    assert sink.post(payload()).headers["Retry-After"] == "1"
    fail(sink, "answers 500")
    assert (chat(sink, "slack").status_code, chat(sink, "slack").text) == (500, "rollup_error")
    assert chat(sink, "discord").json()["message"] == "500: Internal Server Error"
    assert sink.client().messages() == []


@pytest.mark.parametrize("service", ["webhook", "slack", "discord"])
def test_a_connection_that_is_closed_midway_has_no_answer(
    sink: Any, payload: Callable[..., bytes], service: str
) -> None:
    fail(sink, "closes midway")
    with pytest.raises(requests.ConnectionError, match=r"closed|aborted|Remote"):
        sink.post(payload(), timeout=5) if service == "webhook" else chat(sink, service)
    [refusal] = sink.refusals()
    assert refusal["status"] == 0
    assert sink.client().notifications() == sink.client().messages() == []


def test_a_receiver_that_never_answers_holds_on_until_it_heals_and_then_hangs_up(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    """Nothing of what it held is stored: its sender must send it again."""
    fail(sink, "never answers")
    with pytest.raises(requests.Timeout):
        sink.post(payload(), timeout=0.3)
    ended: list[float] = []

    def post() -> None:
        with pytest.raises(requests.ConnectionError):
            sink.post(payload(), timeout=30)
        ended.append(time.monotonic())

    waiting = threading.Thread(target=post)
    waiting.start()
    deadline = time.monotonic() + 10
    while state(sink)["notifications_met"] < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not ended
    healed = time.monotonic()
    heal(sink)
    waiting.join(10)
    assert ended[0] >= healed
    assert sink.client().notifications() == []


def test_a_slow_receiver_stores_at_once_and_answers_late(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    fail(sink, "answers slowly", delay_seconds=50)
    with ThreadPoolExecutor(1) as sender:
        answer = sender.submit(sink.post, payload(), timeout=55)
        try:
            found = sink.client().wait(lambda _: True, within_seconds=20)
            assert not answer.done()
            healed_at = time.monotonic()
        finally:
            heal(sink)
        assert answer.result().status_code == 200
    assert found.received_monotonic < healed_at
    assert sink.refusals() == []


def test_a_slow_receiver_answers_when_its_delay_is_over(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    fail(sink, "answers slowly", delay_seconds=0.5)
    began = time.monotonic()
    assert sink.post(payload()).status_code == 200
    assert time.monotonic() - began >= 0.5


def test_one_receiver_fails_alone(sink: Any, payload: Callable[..., bytes]) -> None:
    fail(sink, "answers 500")
    assert sink.post(payload(), receiver="other").status_code == 200
    assert state(sink, "other")["active"] is False


def test_it_heals_itself_when_its_time_is_over(sink: Any, payload: Callable[..., bytes]) -> None:
    fail(sink, "answers 500", expires_in_seconds=2)
    assert sink.post(payload()).status_code == 500
    deadline = time.monotonic() + 10
    while state(sink)["active"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sink.post(payload()).status_code == 200
    assert state(sink)["how"] == ""


def test_a_sink_that_is_ended_lets_go_of_whom_it_keeps_waiting(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    fail(sink, "never answers")
    with pytest.raises(requests.Timeout):
        sink.post(payload(), timeout=0.2)
    # Long before it would have let go by itself.
    assert sink.stop() == 0


def test_health_of_a_receiver_fails_as_it_does_and_is_no_notification(sink: Any) -> None:
    assert sink.get("/receivers/pages/health").json() == {"status": "ok"}
    fail(sink, "answers 429")
    assert sink.get("/receivers/pages/health").status_code == 429
    assert state(sink)["notifications_met"] == 0
    assert sink.refusals() == []


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"how": "explodes", "expires_in_seconds": 5}, "how must be one of: answers 429"),
        ({"expires_in_seconds": 5}, "how must be one of"),
        ({"how": "answers 429"}, "expires_in_seconds is missing"),
        ({"how": "answers 429", "expires_in_seconds": 0}, "expires_in_seconds must be a number"),
        ({"how": "answers 429", "expires_in_seconds": True}, "must be a number"),
        ({"how": "answers 429", "expires_in_seconds": 1e9}, "at most 86400"),
        ({"how": "answers slowly", "expires_in_seconds": 5}, "delay_seconds is missing"),
        (
            {"how": "answers 429", "delay_seconds": 1, "expires_in_seconds": 5},
            "delay_seconds says nothing",
        ),
        ({"how": "answers 429", "expires_in_seconds": 5, "for": 1}, "unknown field 'for'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_with_the_reason(
    sink: Any, setting: dict[str, Any], why: str
) -> None:
    response = sink.request("PUT", "/control/receivers/pages", json=setting)
    assert response.status_code == 400
    assert why in response.json()["error"]["message"]
    assert state(sink)["active"] is False


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_control_asks_for_the_token(sink: Any, method: str) -> None:
    setting = json.dumps({"how": "answers 500", "expires_in_seconds": 5})
    headers = {"Authorization": "Bearer wrong"}
    response = sink.request(method, "/control/receivers/pages", data=setting, headers=headers)
    assert response.status_code == 401


def test_no_more_are_kept_waiting_than_may_be() -> None:
    """Threads are left for everyone else: one too many is not held at all."""
    outages = Outages()
    outages.begin("pages", "never answers", 0, 60)
    outage = outages.meet("pages", counted=True)
    assert outage is not None
    held = [threading.Thread(target=outages.hold, args=(outage,)) for _ in range(MOST_HELD)]
    for thread in held:
        thread.start()
    deadline = time.monotonic() + 10
    began = time.monotonic()
    one_too_many = False
    while not one_too_many and time.monotonic() < deadline:
        began = time.monotonic()
        outages.hold(outage, 0.5)
        one_too_many = time.monotonic() - began < 0.4
    assert one_too_many
    outages.heal_all()
    for thread in held:
        thread.join(10)
    assert not any(thread.is_alive() for thread in held)


def test_a_time_that_is_over_is_told_by_the_clock_alone() -> None:
    now = 100.0
    outages = Outages(lambda: now)
    outages.begin("pages", "answers 500", 0, 5)
    assert outages.meet("pages", counted=True) is not None
    now = 105.0
    assert outages.meet("pages", counted=True) is None
    assert outages.state("pages")["notifications_met"] == 1
