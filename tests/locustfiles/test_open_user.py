"""Tests of what every profile gets from its base, with small profiles of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PROFILE = """
import gevent
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser

class Odd(OpenUser):
    visit_seconds_max = {longest}

    def visit(self, visitor, number):
        {step}
        return Outcome.BROWSED
"""


def run_profile(
    start_locust: Any,
    slow_app: Any,
    folder: Path,
    step: str,
    *,
    longest_seconds: float = 0.2,
    rate_per_second: int = 20,
) -> Any:
    path = folder / "odd.py"
    path.write_text(PROFILE.format(step=step, longest=longest_seconds), encoding="utf-8")
    options = ("-t", "3s", "--arrivals-per-second", str(rate_per_second), "--arrivals-limit", "5")
    return start_locust(str(path), slow_app.url, *options).wait()


def test_a_mistake_in_a_profile_is_shown_and_counted(
    slow_app: Any, start_locust: Any, tmp_path: Path
) -> None:
    """The visit counts as failed, Locust lists the exception, and the arrivals go on."""
    run = run_profile(start_locust, slow_app, tmp_path, "raise RuntimeError('a mistake')")
    assert run.outcomes() == {"failed": 5}
    assert run.total("started") == run.total("completed") == 5


def test_a_visit_that_takes_too_long_is_ended(
    slow_app: Any, start_locust: Any, tmp_path: Path
) -> None:
    """Nothing stays in flight for ever, whatever a visit waits for."""
    run = run_profile(start_locust, slow_app, tmp_path, "gevent.sleep(60)")
    assert run.outcomes() == {"failed": 5}
    assert "A visit was ended after 0.2 s" in run.output()


def test_a_request_that_takes_too_long_ends_the_visit_too(
    slow_app: Any, start_locust: Any, tmp_path: Path
) -> None:
    """A slow answer is cut off with the visit, and counts as a failed request."""
    slow_app.delay_seconds = 5.0
    run = run_profile(start_locust, slow_app, tmp_path, "visitor.look_at_catalogue()")
    assert run.outcomes() == {"failed": 5}
    assert run.total("request_failures") == 5


def test_connections_are_kept_for_the_next_visitors(
    slow_app: Any, start_locust: Any, tmp_path: Path
) -> None:
    """One visitor after another needs one connection, not one each."""
    run = run_profile(
        start_locust,
        slow_app,
        tmp_path,
        "visitor.look_at_catalogue()",
        longest_seconds=10.0,
        rate_per_second=3,
    )
    assert run.outcomes() == {"browsed": 5}
    assert slow_app.connections <= 2
