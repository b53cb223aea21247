"""Tests of the profiles in the web UI: start, change, stop, start again, and the page /load."""

from __future__ import annotations

import re
import signal
import time
from typing import Any

import pytest
import requests

START = {"user_count": "1", "spawn_rate": "1"}


def post(run: Any, path: str, **form: str) -> dict[str, Any]:
    answer = requests.post(run.web_url + path, data=form, timeout=10)
    assert answer.status_code == 200, answer.text
    parsed: dict[str, Any] = answer.json()
    return parsed


def load(run: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = requests.get(f"{run.web_url}/load.json", timeout=10).json()
    return parsed


def is_up(run: Any) -> bool:
    try:
        return requests.get(f"{run.web_url}/load.json", timeout=10).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def web_run(slow_app: Any, start_locust: Any, wait: Any) -> Any:
    run = start_locust("browse.py", slow_app.url, "--arrivals-per-second", "5", headless=False)
    wait("the web UI", lambda: is_up(run))
    return run


def test_start_change_stop_and_start_again(slow_app: Any, web_run: Any, wait: Any) -> None:
    """Each start takes the rate of the form, a change holds at once, and a stop ends arrivals."""
    assert load(web_run)["running"] is False
    assert post(web_run, "/swarm", **START, arrivals_per_second="40")["success"]
    wait(
        "a second at 40 a second",
        lambda: any(39 <= line["offered"] <= 41 for line in last(web_run)),
    )
    assert post(web_run, "/swarm", **START, arrivals_per_second="10")["success"]
    wait(
        "a second at 10 a second", lambda: any(9 <= line["offered"] <= 11 for line in last(web_run))
    )

    assert post(web_run, "/stop")["success"]
    stopped = load(web_run)
    asked = slow_app.asked.total()
    assert (stopped["running"], stopped["counts"]["in_flight"]) == (False, 0)
    lines = len(web_run.ledger())
    # A second start is possible only if nothing of the first is left behind.
    assert post(web_run, "/swarm", **START, arrivals_per_second="30")["success"]
    wait("the second run's lines", lambda: len(web_run.ledger()) >= lines + 3)
    again = load(web_run)
    assert again["running"] is True
    assert slow_app.asked.total() - asked <= again["counts"]["started"] + 60
    assert 29 <= web_run.ledger()[-1]["offered"] <= 31
    web_run.end(signal.SIGINT)
    assert "Traceback" not in web_run.output()


def last(run: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = run.ledger() if run.ledger_path.exists() else []
    return lines[-1:]


def test_a_stop_really_stops_the_arrivals(slow_app: Any, web_run: Any, wait: Any) -> None:
    """While answers take long: after the stop not one more request reaches the app."""
    slow_app.delay_seconds = 1.0
    post(web_run, "/swarm", **START, arrivals_per_second="40")
    wait("visits in flight", lambda: load(web_run)["counts"]["in_flight"] > 20)
    post(web_run, "/stop")
    stopped_at = time.monotonic()
    stopped = load(web_run)
    assert stopped["counts"]["abandoned"] > 0
    wait("the answers that were under way", lambda: slow_app.busy == 0)
    # The last may have been on its way.
    assert max(slow_app.asked_at) < stopped_at + 0.5
    assert load(web_run) == stopped


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("arrivals_per_second", "-1", "arrivals_per_second: '-1' is not a number above 0 to 2000"),
        ("arrivals_per_second", "nan", "'nan' is not a number"),
        ("in_flight_max", "few", "in_flight_max: 'few' is not a whole number from 1 to 5000"),
        ("host", "http://192.0.2.1", "Load refused: 'http://192.0.2.1' is not on this machine"),
    ],
)
def test_a_mistake_in_the_start_form_is_named_and_nothing_starts(
    slow_app: Any, web_run: Any, field: str, value: str, message: str
) -> None:
    """The web UI shows the message; the settings stay as they were."""
    answer = post(web_run, "/swarm", **START, **{field: value})
    assert answer["success"] is False
    assert message in answer["message"]
    assert load(web_run)["running"] is False
    assert slow_app.asked.total() == 0


def test_a_host_that_slips_past_the_form_is_refused_at_the_door(
    start_locust: Any, wait: Any
) -> None:
    """Locust takes a host in other ways too, so the guard also stands where a run begins."""
    run = start_locust("browse.py", None, headless=False)
    wait("the web UI", lambda: is_up(run))
    host = {"user_class_name": "Browse", "host": "http://192.0.2.1"}
    requests.post(f"{run.web_url}/user", json=host, timeout=10).raise_for_status()
    post(run, "/swarm", **START)
    wait("the refusal", lambda: "Load refused: 'http://192.0.2.1' is not on" in run.output())
    assert "Traceback" not in run.output()
    assert load(run)["running"] is False


def test_the_start_form_offers_the_settings(web_run: Any) -> None:
    """The rates are shown with what the command line said, and a run has an end by default."""
    form = requests.get(web_run.web_url, timeout=10).text
    assert re.search(r'"arrivals_per_second": \{[^}]*"default_value": 5\.0', form)
    assert re.search(r'"in_flight_max": \{[^}]*"default_value": 1000', form)
    assert re.search(r'"run_time": 600', form)


def test_the_page_shows_the_counts(web_run: Any, wait: Any) -> None:
    """A person sees at /load what /load.json says."""
    post(web_run, "/swarm", **START, arrivals_per_second="20", arrivals_limit="15")
    wait("all fifteen", lambda: load(web_run)["counts"]["completed"] == 15)
    page = requests.get(f"{web_run.web_url}/load", timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert re.search(r"<th>offered</th><td>15</td>", page.text)
    assert re.search(r"<th>browsed</th><td>15</td>", page.text)
    assert "A run is going on." in page.text


def test_the_web_ui_listens_on_this_machine_only(web_run: Any) -> None:
    """Whoever can reach the page can make load, so it is bound to the loopback address."""
    assert "Starting web interface at http://127.0.0.1:" in web_run.output()


def test_sales_opening_goes_through_its_steps_and_ends(
    slow_app: Any, start_locust: Any, wait: Any
) -> None:
    """Quiet, rush, quiet again, and the run is over by itself; then it can be started again."""
    run = start_locust("sales_opening.py", slow_app.url, headless=False)
    wait("the web UI", lambda: is_up(run))
    form = {"arrivals_per_second": "5", "rush_per_second": "40"}
    steps = {"quiet_seconds": "1", "rush_seconds": "2", "settle_seconds": "1"}
    for _ in range(2):
        assert post(run, "/swarm", **form, **steps)["success"]
        wait("a start", lambda: load(run)["running"])
        wait("the end of the last step", lambda: not load(run)["running"])
    offered = [line["offered"] for line in run.ledger() if line["seconds"] == 1.0]
    half = len(offered) // 2
    assert max(offered[0], offered[half]) <= 6
    assert 39 <= offered[1] <= 41
