"""Tests of open arrivals with Locust as a process: rates hold, and each arrival is counted."""

from __future__ import annotations

import signal
import time
from itertools import pairwise
from typing import Any

import pytest

RATE_PER_SECOND = 20


def test_the_rate_holds_while_answers_take_three_seconds(slow_app: Any, start_locust: Any) -> None:
    """Visits begin on time at a slow app: all that is offered starts, and the app sees it."""
    slow_app.delay_seconds = 3.0
    run = start_locust("browse.py", slow_app.url, "-t", "6s", "--arrivals-per-second", "20").wait()
    assert run.returncode == 0, run.output()
    whole_seconds = [line for line in run.ledger() if line["seconds"] == 1.0]
    assert len(whole_seconds) >= 5
    assert {line["offered"] for line in whole_seconds} <= {19, 20, 21}
    assert run.total("started") == run.total("offered")
    assert whole_seconds[2]["in_flight"] >= 2.5 * RATE_PER_SECOND
    first_three_seconds = [at for at in slow_app.asked_at if at < slow_app.asked_at[0] + 2.9]
    # A second's worth is what may come late, or be caught up with, on a host that stalls.
    assert abs(len(first_three_seconds) - 2.9 * RATE_PER_SECOND) <= RATE_PER_SECOND


def test_the_ledger_adds_up_and_agrees_with_locusts_own_statistics(
    slow_app: Any, start_locust: Any
) -> None:
    """No request and no visit is counted twice or not at all, and every second has a line."""
    slow_app.answers["POST /api/payments"] = 402
    run = start_locust("normal.py", slow_app.url, "-t", "4s", "--arrivals-per-second", "25").wait()
    assert run.total("offered") == run.total("started") + run.total("shed")
    assert run.total("started") == run.total("completed") + run.total("abandoned")
    assert run.total("requests") == sum(entry["num_requests"] for entry in run.stats())
    assert run.total("request_failures") == sum(entry["num_failures"] for entry in run.stats())
    assert run.outcomes().total() == run.total("completed")
    assert run.total("requests") <= slow_app.asked.total()
    assert all(
        after["at"] - before["at"] == pytest.approx(1) for before, after in pairwise(run.ledger())
    )


def test_a_refused_payment_is_an_answer_and_a_gateway_error_is_not(
    slow_app: Any, start_locust: Any
) -> None:
    """402 is no failure anywhere; 502 is one in the ledger and in Locust's statistics."""
    options = ("-t", "2s", "--arrivals-per-second", "20")
    slow_app.answers["POST /api/payments"] = 402
    declined = start_locust("payments.py", slow_app.url, *options).wait()
    assert set(declined.outcomes()) == {"declined"}
    assert (declined.total("failed"), declined.total("request_failures")) == (0, 0)
    slow_app.answers["POST /api/payments"] = 502
    broken = start_locust("payments.py", slow_app.url, *options).wait()
    assert set(broken.outcomes()) == {"failed"}
    assert broken.total("failed") == broken.total("completed") > 0
    failures = {entry["name"]: entry["num_failures"] for entry in broken.stats()}
    assert failures.pop("/api/payments") == broken.total("request_failures") > 0
    assert set(failures.values()) == {0}


def test_a_sold_out_event_and_a_closed_waiting_room_are_answers(
    slow_app: Any, start_locust: Any
) -> None:
    """409 from orders and 503 from the waiting room end a visit without a failure."""
    slow_app.answers["POST /api/orders"] = 409
    options = ("-t", "1s", "--stop-timeout", "10")
    sold_out = start_locust("orders.py", slow_app.url, *options).wait()
    slow_app.answers["POST /api/queue"] = 503
    closed = start_locust("orders.py", slow_app.url, *options).wait()
    assert set(sold_out.outcomes()) == {"sold_out"}
    assert set(closed.outcomes()) == {"waiting_room_closed"}
    assert sold_out.total("request_failures") == closed.total("request_failures") == 0


def test_an_app_that_is_down_is_offered_load_all_the_same(
    closed_port_url: str, start_locust: Any
) -> None:
    """Nothing answers: arrivals go on, each fails, and Locust ends as it should."""
    options = ("-t", "3s", "--stop-timeout", "10", "--arrivals-per-second", "20")
    run = start_locust("payments.py", closed_port_url, *options).wait()
    assert run.returncode == 0, run.output()
    assert run.total("started") == run.total("offered") >= 55
    assert run.total("failed") == run.total("completed") == run.total("started")
    assert "Traceback" not in run.output()


def test_arrivals_above_the_cap_are_shed_and_counted(slow_app: Any, start_locust: Any) -> None:
    """At most so many visits go on at once; the rest is not silently left out."""
    slow_app.delay_seconds = 30.0
    options = ("-t", "2s", "--arrivals-per-second", "20", "--in-flight-max", "8")
    run = start_locust("browse.py", slow_app.url, *options).wait()
    assert run.total("started") == 8
    assert run.total("shed") == run.total("offered") - 8 > 20
    assert max(line["in_flight"] for line in run.ledger()) == 8
    assert f"{run.total('shed')} of the arrivals offered were shed" in run.output()


def test_after_a_stall_a_second_of_arrivals_is_caught_up_with(
    slow_app: Any, start_locust: Any, wait: Any
) -> None:
    """Frozen for three seconds, Locust begins one second's worth at once and sheds the rest."""
    run = start_locust("browse.py", slow_app.url, "-t", "60s", "--arrivals-per-second", "20")
    wait("a first line of the ledger", run.seconds_written)
    run.process.send_signal(signal.SIGSTOP)
    frozen_at = len(slow_app.asked_at)
    stopped_at = time.monotonic()
    wait("three seconds of standing still", lambda: time.monotonic() >= stopped_at + 3)
    run.process.send_signal(signal.SIGCONT)
    wait("what was shed", lambda: run.total("shed"))
    run.end(signal.SIGINT)
    assert len(slow_app.asked_at) > frozen_at
    # As the app saw it: a stopped process may take its time to go on.
    stalled_seconds = max(after - before for before, after in pairwise(sorted(slow_app.asked_at)))
    assert abs(run.total("shed") - RATE_PER_SECOND * (stalled_seconds - 1)) <= 6
    assert run.total("offered") == run.total("started") + run.total("shed")
    assert {line["offered"] for line in run.ledger() if line["seconds"] == 1.0} <= {19, 20, 21}


def test_a_limit_ends_the_arrivals_and_not_the_run(slow_app: Any, start_locust: Any) -> None:
    """Exactly so many arrive, whatever the rate."""
    options = ("-t", "2s", "--arrivals-per-second", "50", "--arrivals-limit", "30")
    run = start_locust("browse.py", slow_app.url, *options).wait()
    assert run.total("offered") == run.total("completed") == 30
    assert run.ledger()[1]["offered"] == 0


def test_a_surge_fills_until_enough_have_joined_and_then_holds(
    slow_app: Any, start_locust: Any
) -> None:
    """Sixty come within a second and a half, then five a second."""
    options = (
        *("-t", "5s", "--stop-timeout", "10"),
        "--fill-per-second",
        "40",
        "--fill-count",
        "60",
        "--hold-per-second",
        "5",
    )
    run = start_locust("surge.py", slow_app.url, *options).wait()
    offered = [line["offered"] for line in run.ledger() if line["seconds"] == 1.0]
    assert 39 <= offered[0] <= 41
    assert all(4 <= count <= 6 for count in offered[2:])
    assert slow_app.asked["POST /api/queue"] == run.total("completed") == run.outcomes()["joined"]
    assert slow_app.asked["GET /api/queue"] == 0


def test_a_surge_goes_on_until_those_turned_away_are_made_up_for(
    slow_app: Any, start_locust: Any
) -> None:
    """While the waiting room is closed nobody has joined, so the fill does not end."""
    slow_app.answers["POST /api/queue"] = 503
    options = (
        "-t",
        "3s",
        "--fill-per-second",
        "40",
        "--fill-count",
        "40",
        "--hold-per-second",
        "0",
    )
    run = start_locust("surge.py", slow_app.url, *options).wait()
    assert run.total("offered") >= 100


def test_buyers_pay_by_card_and_wallet_in_turn_with_a_key_each(
    slow_app: Any, start_locust: Any
) -> None:
    """Half of the payments are by card, and no idempotency key is used twice."""
    options = ("-t", "3s", "--arrivals-per-second", "40", "--arrivals-limit", "40")
    start_locust("payments.py", slow_app.url, "--stop-timeout", "10", *options).wait()
    methods = [payment["method"] for payment in slow_app.payments]
    assert methods.count("card") == methods.count("wallet") == 20
    assert len(set(slow_app.idempotency_keys) - {None}) == 40


def test_a_visitor_who_is_not_admitted_polls_a_few_times_and_leaves(
    slow_app: Any, start_locust: Any
) -> None:
    """Polls are bounded, less and less frequent, and the place in the queue is given up."""
    slow_app.admits = False
    options = ("-t", "12s", "--arrivals-per-second", "1", "--arrivals-limit", "1")
    run = start_locust("waiting_room.py", slow_app.url, "--stop-timeout", "10", *options).wait()
    assert run.outcomes() == {"not_admitted": 1}
    assert slow_app.asked["GET /api/queue"] == 12
    assert slow_app.asked["DELETE /api/queue"] == 1
    assert run.total("request_failures") == 0


def test_requests_are_named_by_route(slow_app: Any, start_locust: Any) -> None:
    """However many events and tickets there are, the statistics have a line for each route."""
    options = ("-t", "3s", "--stop-timeout", "10", "--arrivals-per-second", "20")
    run = start_locust("normal.py", slow_app.url, *options).wait()
    assert {(entry["method"], entry["name"]) for entry in run.stats()} == {
        ("GET", "/api/events"),
        ("GET", "/api/events/<int:id>"),
        ("POST", "/api/queue"),
        ("GET", "/api/queue/<ticket>"),
        ("POST", "/api/orders"),
        ("POST", "/api/payments"),
    }


def test_a_redirect_is_not_followed(slow_app: Any, start_locust: Any) -> None:
    """It could lead off this machine; it counts as an answer nobody expects."""
    slow_app.answers["GET /api/events"] = 302
    run = start_locust("browse.py", slow_app.url, "-t", "2s").wait()
    assert run.total("failed") == run.total("completed") > 0
    assert slow_app.asked["GET /elsewhere"] == 0


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_ledger_and_statistics_written(
    slow_app: Any, start_locust: Any, wait: Any, signal_: signal.Signals
) -> None:
    """In the middle of slow answers: the ledger ends with what was cut off, and all adds up."""
    slow_app.delay_seconds = 2.0
    run = start_locust("browse.py", slow_app.url, "-t", "60s", "--arrivals-per-second", "40")
    wait("visits in flight", lambda: run.seconds_written() >= 3)
    run.end(signal_)
    assert run.returncode == 0, run.output()
    assert "Traceback" not in run.output()
    last = run.ledger()[-1]
    assert (last["in_flight"], last["abandoned"] > 0) == (0, True)
    assert run.total("started") == run.total("completed") + run.total("abandoned")
    assert run.total("requests") == sum(entry["num_requests"] for entry in run.stats())


def test_a_stop_timeout_lets_the_visits_in_flight_finish(slow_app: Any, start_locust: Any) -> None:
    """With --stop-timeout nothing is cut off, and nobody is let in any more."""
    slow_app.delay_seconds = 1.0
    options = ("-t", "2s", "--stop-timeout", "10", "--arrivals-per-second", "20")
    run = start_locust("browse.py", slow_app.url, *options).wait()
    assert run.total("abandoned") == 0
    assert run.total("started") == run.total("completed")
    assert run.ledger()[-1]["offered"] == 0
