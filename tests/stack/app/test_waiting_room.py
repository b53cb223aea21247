"""The waiting room over HTTP: order of arrival, admission, leaving, and passes that end."""

import json
import time

import pytest
from redis import Redis


def join(rig, event_id: int = 1) -> dict:
    answer = rig.post("/api/queue", json={"event_id": event_id})
    assert answer.status_code == 201, answer.text
    return answer.json()


def look(rig, ticket: str):
    return rig.get(f"/api/queue/{ticket}")


@pytest.fixture
def closed_rig(new_rig):
    """A shop that admits nobody until told."""
    return new_rig(APP_ADMISSION_RATE_PER_SECOND="0")


def test_a_user_joins_is_admitted_and_gets_the_same_pass_each_time(rig):
    ticket = join(rig)["ticket"]
    first = rig.new_pass()
    assert first
    admitted = [look(rig, ticket).json() for _ in range(2)]
    assert admitted[0]["status"] == "admitted"
    assert admitted[0]["position"] == 0
    assert admitted[0]["pass"] == admitted[1]["pass"] != first


def test_users_are_numbered_and_admitted_in_order_of_arrival(closed_rig):
    tickets = [join(closed_rig) for _ in range(5)]
    assert [ticket["position"] for ticket in tickets] == [1, 2, 3, 4, 5]
    assert {ticket["status"] for ticket in tickets} == {"waiting"}
    closed_rig.set_admission(2)

    def statuses() -> list[str]:
        return [look(closed_rig, ticket["ticket"]).json()["status"] for ticket in tickets]

    seen = []
    deadline = time.monotonic() + 15
    while not seen or seen[-1] != ["admitted"] * 5:
        assert time.monotonic() < deadline, f"five users were not admitted in 15 s: {seen[-1]}"
        seen.append(statuses())
    # "admitted" sorts before "waiting": whoever came first is never behind a later one.
    assert all(moment == sorted(moment) for moment in seen)


def test_leaving_moves_the_others_up_and_twice_is_no_error(closed_rig):
    first, second = join(closed_rig), join(closed_rig)
    for _ in range(2):
        assert closed_rig.delete(f"/api/queue/{first['ticket']}").status_code == 204
    assert look(closed_rig, first["ticket"]).status_code == 404
    assert look(closed_rig, second["ticket"]).json()["position"] == 1


def test_the_gauges_follow_who_waits_and_who_is_admitted(closed_rig, eventually):
    tickets = [join(closed_rig)["ticket"] for _ in range(3)]
    eventually("3 waiting", lambda: closed_rig.metric("queue_waiting_users_total") == 3)
    assert closed_rig.metric("queue_processing_users_total") == 0
    closed_rig.set_admission(100)
    eventually("3 processed", lambda: closed_rig.metric("queue_processing_users_total") == 3)
    assert closed_rig.metric("queue_waiting_users_total") == 0
    assert closed_rig.metric("queue_admitted_users_total") == 3
    closed_rig.order(text=look(closed_rig, tickets[0]).json()["pass"])
    closed_rig.delete(f"/api/queue/{tickets[1]}")
    eventually("1 processed", lambda: closed_rig.metric("queue_processing_users_total") == 1)
    assert closed_rig.metric("queue_admitted_users_total") == 3


def test_an_admitted_user_who_does_not_order_in_time_is_out(new_rig, eventually):
    rig = new_rig(APP_RESERVATION_SECONDS="0.5")
    ticket = join(rig)["ticket"]
    answer = eventually(
        "admission", lambda: (seen := look(rig, ticket).json())["status"] == "admitted" and seen
    )
    eventually("the ticket to be gone", lambda: look(rig, ticket).status_code == 404)
    late = rig.order(text=answer["pass"])
    assert late.status_code == 403
    assert late.json()["error"]["field"] == "pass"
    assert rig.metric("queue_processing_users_total") == 0


def test_an_idle_waiting_room_is_no_keyspace_miss(rig):
    """Redis' own hit ratio must not fall because nobody is waiting."""
    with Redis(port=rig.redis_port) as redis:
        redis.delete("queue:waiting", "queue:admitted")
        before = redis.info("stats")
        ticks = rig.metric("redis_command_duration_seconds_count", command="evalsha")
        deadline = time.monotonic() + 10
        while rig.metric("redis_command_duration_seconds_count", command="evalsha") < ticks + 5:
            assert time.monotonic() < deadline, "the admission loop made no 5 rounds in 10 s"
        after = redis.info("stats")
    assert after["keyspace_misses"] == before["keyspace_misses"]


@pytest.mark.parametrize("ticket", ["x", "1-abc.def", "%00", "%ED%A0%80", "a" * 5000])
def test_a_ticket_nobody_was_given_is_unknown(rig, ticket: str):
    for answer in (look(rig, ticket), rig.delete(f"/api/queue/{ticket}")):
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]


def test_nobody_can_queue_for_an_event_that_does_not_exist(rig):
    answer = rig.post("/api/queue", json={"event_id": 4711})
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "event_id"


@pytest.mark.parametrize("rate", [-1, 1e300, "5", None, True, [1], 10**400])
def test_a_wrong_admission_rate_is_refused_by_name(rig, rate):
    answer = rig.put(
        "/api/admin/admission",
        data=json.dumps({"rate_per_second": rate}),
        headers=rig.admin | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "rate_per_second"


@pytest.mark.parametrize("sent", [None, "", "admin-token", "Bearer wrong", "Bearer \u00e9"])
def test_admission_is_set_by_nobody_without_the_token(rig, sent: str | None):
    headers = {} if sent is None else {"Authorization": sent.encode("latin-1")}
    answer = rig.put("/api/admin/admission", json={"rate_per_second": 1}, headers=headers)
    assert answer.status_code == 401


def test_without_a_token_configured_there_is_no_such_endpoint(new_rig):
    rig = new_rig(APP_ADMIN_TOKEN=None)
    answer = rig.put("/api/admin/admission", json={"rate_per_second": 1}, headers=rig.admin)
    assert answer.status_code == 404
