"""Whether the configuration can keep a promise at all, known before anything runs."""

from dataclasses import dataclass

from scenarios.judge.errors import DeclarationError
from scenarios.judge.expectation import Fires
from scenarios.judge.groups import new_group
from scenarios.judge.lookup import expected_route, rule_of
from scenarios.judge.timeline import Configuration
from scenarios.judge.window import Bounds, Lags, allowance_seconds, notify_bounds, written


@dataclass(frozen=True)
class PromiseCheck:
    """A promise beside the latest moment that the configuration makes possible.

    Both are compressed seconds; the latest counts from the confirmed effect of the fault.
    """

    is_kept: bool
    promise_seconds: float
    bounds: Bounds
    text: str


def can_keep_promise(
    configuration: Configuration, expectation: Fires, lags: Lags, speed: float
) -> PromiseCheck:
    """Hold the latest notification of a new group against the promise."""
    rule = rule_of(configuration, expectation.alert, expectation.labels)
    if rule is None:
        raise DeclarationError(f"no alerting rule {expectation.alert} is loaded; check its name")
    wait = new_group(expected_route(configuration, expectation, rule))
    promise = expectation.within_seconds / speed
    bounds = notify_bounds(configuration, rule, lags, wait, allowance_seconds(promise))
    longest = max(bounds.latest, key=lambda part: part.total_seconds)
    is_kept = bounds.latest_seconds <= promise
    text = (
        f"{expectation.alert} takes up to {bounds.latest_seconds:.2f} s "
        f"({written(bounds.latest)}), promised within {promise:.2f} s"
    )
    if not is_kept:
        text += f"; the longest part is {longest}"
    return PromiseCheck(is_kept, promise, bounds, text)
