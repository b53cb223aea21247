"""Redis dead or frozen: what goes on, what says 503, and how soon all is well again."""

import time

import pytest


def test_without_redis_the_catalogue_goes_on_and_the_queue_says_503(new_rig):
    rig = new_rig()
    text = rig.new_pass()
    rig.kill(rig.redis)
    assert len(rig.get("/api/events").json()) == 21
    assert rig.get("/api/events/3").status_code == 200
    queued = rig.post("/api/queue", json={"event_id": 1})
    assert queued.status_code == 503
    assert queued.json()["error"]["message"]
    # A pass in hand is good without Redis, and so is paying.
    order = rig.order(text=text)
    assert order.status_code == 201
    assert rig.pay(order.json()["id"]).status_code == 201
    assert rig.metric("cache_misses_total") >= 2
    assert rig.metric("redis_command_errors_total", command="get") >= 2
    rig.assert_invariants_hold()


def test_the_first_requests_after_redis_returns_succeed(new_rig):
    """No connection that Redis dropped is used again, and no pause is waited for."""
    rig = new_rig()
    # Several pooled connections, so that there are some to go stale.
    rig.at_once(16, lambda _: rig.get("/api/events"))
    rig.kill(rig.redis)
    assert rig.post("/api/queue", json={"event_id": 1}).status_code == 503
    rig.redis.start()
    answers = rig.at_once(16, lambda _: rig.post("/api/queue", json={"event_id": 1}))
    assert {answer.status_code for answer in answers} == {201}
    assert rig.order().status_code == 201


def test_the_gauges_keep_their_last_value_without_redis_and_admission_resumes(new_rig, eventually):
    rig = new_rig(APP_ADMISSION_RATE_PER_SECOND="0")
    for _ in range(3):
        rig.post("/api/queue", json={"event_id": 1})
    eventually("3 waiting", lambda: rig.metric("queue_waiting_users_total") == 3)
    rig.kill(rig.redis)
    errors = rig.metric("redis_command_errors_total", command="evalsha")
    eventually(
        "failed rounds of the admission loop",
        lambda: rig.metric("redis_command_errors_total", command="evalsha") >= errors + 3,
    )
    assert rig.metric("queue_waiting_users_total") == 3
    rig.redis.start()
    rig.set_admission(100)
    rig.post("/api/queue", json={"event_id": 1})
    # This Redis keeps nothing: the three are gone with it, and the gauges say so.
    eventually("the new one admitted", lambda: rig.metric("queue_admitted_users_total") == 1)
    eventually("nobody waiting", lambda: rig.metric("queue_waiting_users_total") == 0)


def test_metrics_answer_within_a_fraction_of_the_timeout_while_redis_is_frozen(new_rig):
    """A frozen Redis holds workers for a timeout each; /metrics has workers of its own."""
    rig = new_rig(APP_THREADS="4", APP_REDIS_TIMEOUT_SECONDS="3")
    rig.freeze(rig.redis)
    with rig.background() as pool:
        requests = [pool.submit(rig.post, "/api/queue", json={"event_id": 1}) for _ in range(8)]
        rig.eventually("a command waiting", lambda: not any(request.done() for request in requests))
        for _ in range(5):
            started = time.monotonic()
            rig.metrics_text(timeout_seconds=2)
            assert time.monotonic() - started < 2
        assert not all(request.done() for request in requests)
        rig.thaw(rig.redis)


def test_while_redis_is_frozen_few_reads_wait_for_it_and_all_are_answered(new_rig):
    """Only a handful at a time wait for Redis; the others get the catalogue from the database."""
    rig = new_rig(APP_THREADS="16", APP_REDIS_TIMEOUT_SECONDS="1")
    rig.freeze(rig.redis)
    assert rig.get("/api/events").status_code == 200
    asked = rig.metric("redis_command_duration_seconds_count", command="get")
    misses = rig.metric("cache_misses_total")
    answers = rig.at_once(60, lambda _: rig.get("/api/events"))
    assert {answer.status_code for answer in answers} == {200}
    assert {len(answer.json()) for answer in answers} == {21}
    assert rig.metric("cache_misses_total") == misses + 60
    assert rig.metric("redis_command_duration_seconds_count", command="get") <= asked + 30
    rig.thaw(rig.redis)
    hits = rig.metric("cache_hits_total")
    rig.eventually(
        "hits again", lambda: rig.get("/api/events").ok and rig.metric("cache_hits_total") > hits
    )
    assert rig.order().status_code == 201


@pytest.mark.parametrize("fault", ["kill", "freeze"])
def test_a_redis_lost_under_load_leaves_books_that_agree(new_rig, fault: str):
    """Customers buy from eight threads while Redis is lost and found again."""
    rig = new_rig(APP_REDIS_TIMEOUT_SECONDS="0.5")

    def buy(number: int) -> list[int]:
        statuses = []
        for _ in range(8):
            queued = rig.post("/api/queue", json={"event_id": 1 + number})
            statuses.append(queued.status_code)
            if queued.status_code != 201:
                continue
            ticket = queued.json()["ticket"]
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                place = rig.get(f"/api/queue/{ticket}")
                if place.status_code == 404 or place.json().get("status") == "admitted":
                    break
            if place.status_code == 200 and place.json()["status"] == "admitted":
                order = rig.order(1 + number, text=place.json()["pass"])
                statuses.append(order.status_code)
                statuses.append(rig.pay(order.json()["id"]).status_code)
        return statuses

    with rig.background() as pool:
        buyers = [pool.submit(buy, number) for number in range(8)]
        rig.eventually("a few charges", lambda: rig.charges()["count"] >= 8)
        if fault == "kill":
            rig.kill(rig.redis)
            rig.eventually(
                "a 503", lambda: rig.post("/api/queue", json={"event_id": 1}).status_code == 503
            )
            rig.redis.start()
        else:
            rig.freeze(rig.redis)
            rig.eventually(
                "a 503", lambda: rig.post("/api/queue", json={"event_id": 1}).status_code == 503
            )
            rig.thaw(rig.redis)
        statuses = {status for buyer in buyers for status in buyer.result()}
    assert statuses <= {201, 503}
    assert rig.metric("http_requests_total", status="500") == 0
    assert rig.order().status_code == 201
    rig.assert_invariants_hold()
