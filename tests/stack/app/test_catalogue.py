"""The catalogue: what it shows, what the cache saves, and what is left without Redis."""

import time

import pytest


@pytest.fixture
def counts(rig):
    """Cache hits and misses so far."""
    return lambda: (rig.metric("cache_hits_total"), rig.metric("cache_misses_total"))


def test_a_fresh_shop_has_twenty_events_with_ample_stock_and_a_small_one(new_rig):
    rig = new_rig(APP_SEED_STOCK="1234")
    events = rig.get("/api/events").json()
    assert [event["id"] for event in events] == list(range(1, 22))
    assert [event["stock"] for event in events] == [1234] * 20 + [50]
    assert all(event.keys() == {"id", "name", "price_cents", "stock"} for event in events)


def test_one_event_is_shown_as_in_the_list(rig):
    assert rig.get("/api/events/7").json() == rig.get("/api/events").json()[6]


@pytest.mark.parametrize("event_id", ["0", "22", "99999999999999999999999999", "-1", "x", "1.0"])
def test_an_event_that_does_not_exist_is_404(rig, event_id: str):
    assert rig.get(f"/api/events/{event_id}").status_code == 404


def test_the_second_read_is_a_hit_and_the_cached_copy_is_gone_after_some_seconds(
    rig, counts, eventually
):
    # A copy made now, and none that is soon too old.
    rig.uncached_events()
    hits, misses = counts()
    rig.get("/api/events")
    rig.get("/api/events/3")
    assert counts() == (hits + 2, misses)
    eventually(
        "a miss once the copy is too old",
        lambda: rig.get("/api/events").ok and counts()[1] == misses + 1,
        seconds=20,
    )


def test_an_order_shows_in_the_stock_within_the_lifetime_of_the_cache(rig, eventually):
    before = rig.get("/api/events/9").json()["stock"]
    rig.order_id(event_id=9, quantity=3)
    eventually(
        "the stock of event 9 to be 3 less",
        lambda: rig.get("/api/events/9").json()["stock"] == before - 3,
        seconds=15,
    )


def test_a_restart_keeps_the_catalogue_and_its_stock(new_rig):
    rig = new_rig(APP_SEED_STOCK="100")
    rig.order_id(event_id=1, quantity=8)
    rig.app.stop()
    rig.redis.stop()
    rig.redis.start()
    rig.app.start()
    stocks = [event["stock"] for event in rig.get("/api/events").json()]
    assert stocks == [92] + [100] * 19 + [50]


def test_readiness_names_what_does_not_answer(new_rig):
    rig = new_rig()
    assert rig.get("/health/ready").json()["dependencies"] == {
        "database": "ok",
        "redis": "ok",
        "gateway": "ok",
    }
    rig.kill(rig.gateway)
    answer = rig.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["dependencies"] == {
        "database": "ok",
        "redis": "ok",
        "gateway": "unavailable",
    }
    rig.kill(rig.redis)
    assert rig.get("/health/ready").json()["dependencies"]["redis"] == "unavailable"
    assert rig.get("/health").json() == {"status": "ok"}


def test_stopping_takes_little_time_even_with_a_payment_under_way(new_rig, eventually):
    """SIGTERM ends the process in seconds though its gateway takes a minute."""
    rig = new_rig(APP_GATEWAY_TIMEOUT_SECONDS="90")
    order_id = rig.order_id()
    rig.disturb(delay_seconds=60, expires_in_seconds=90)
    with rig.background() as pool:
        pool.submit(rig.pay, order_id)
        eventually("the payment to begin", lambda: rig.order_status(order_id) == "paying")
        started = time.monotonic()
        rig.app.stop()
        assert time.monotonic() - started < 15
        rig.heal()
