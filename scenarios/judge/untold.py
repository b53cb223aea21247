"""Finds what nobody was ever told of, although another alert of its name arrived as expected.

A rule may raise several alerts at once, one for each instance, say. The first that arrives meets
the expectation; one that a route, an inhibition or a mute time drops would be lost beside it.
"""

from collections.abc import Iterator

from scenarios.judge.causes import cause
from scenarios.judge.evidence import Evidence, Run
from scenarios.judge.expectation import Fires
from scenarios.judge.lookup import identity
from scenarios.judge.muting import may_be_muted
from scenarios.judge.routing import destinations
from scenarios.judge.undisturbed import undisturbed_until
from scenarios.judge.window import ALLOWANCE_SECONDS


def untold_runs(evidence: Evidence, expectation: Fires) -> Iterator[Run]:
    """What its cause raised, of which no receiver was told, and of which one surely had to be."""
    because = cause(evidence, expectation)
    told = {identity(life.labels) for life in evidence.lives_of(expectation.alert)}
    for run in evidence.runs_of(expectation.alert, expectation.labels):
        if (
            because is not None
            and because.covers(run.began)
            and identity(run.labels) not in told
            and _was_surely_due(evidence, run)
        ):
            yield run


def _was_surely_due(evidence: Evidence, run: Run) -> bool:
    """Whether a flush of a group of its own came while it fired, with nothing in the way."""
    configuration = evidence.configuration
    for route in destinations(configuration.alertmanager, run.labels):
        longest = max(route.group_wait_seconds, route.group_interval_seconds)
        due = run.began + longest + configuration.peer_timeout_seconds + ALLOWANCE_SECONDS
        if (
            due <= run.ended
            and due < undisturbed_until(evidence, route.receiver)
            and not (route.mute_time_intervals or route.active_time_intervals)
            and not may_be_muted(evidence, run.labels, run.began, due)
        ):
            return True
    return False
