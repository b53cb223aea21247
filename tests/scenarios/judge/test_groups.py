"""How long a group holds an alert back is read from what its other alerts did before.

QueueLong begins to fire at 20 in the pager's group, whose group_wait is 0.5 s and group_interval
2 s; ApiDown shares the group.
"""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.evidence import read
from scenarios.judge.groups import (
    arrivals_in,
    group_wait,
    new_group,
    repeat_gap,
    unknown_group,
)
from scenarios.judge.routing import destinations
from scenarios.judge.window import Wait
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    PAGER_GROUP,
    START,
    Score,
    kept,
    labels_of,
)

LABELS = labels_of(CONFIGURATION, "QueueLong", {})
(ROUTE,) = destinations(ALERTMANAGER, LABELS)
NEW = Wait("group wait", 0.5, 0.5)
LIVE = Wait("group interval", 0.0, 2.0)
EITHER = Wait("group wait or interval", 0.0, 2.0)


def wait(score: Score, starts_at: float = 20.0) -> Wait:
    return group_wait(read(score.timeline()), ROUTE, LABELS, START + starts_at)


def before(began: float, until: float = 30.0) -> Score:
    """ApiDown fires in the same group over this stretch, and nobody is told."""
    return Score().fired("ApiDown", active=began, firing=began, until=until, polled=False)


def test_without_other_alerts_the_group_is_new() -> None:
    assert wait(Score()) == NEW == new_group(ROUTE)


def test_an_alert_of_another_group_does_not_matter() -> None:
    assert wait(Score().fired("ApiSlow", active=5, firing=10.0, until=30.0)) == NEW
    elsewhere = Score().fired("ApiDown", active=5, firing=10.0, until=30.0, service="other")
    assert wait(elsewhere) == NEW


def test_an_alert_that_fires_at_the_same_moment_or_later_leaves_the_group_new() -> None:
    assert wait(before(20.0)) == NEW
    assert wait(before(20.0), 20.05) == NEW
    assert wait(before(21.0)) == NEW


def test_the_alert_itself_does_not_make_its_own_group_live() -> None:
    assert wait(Score().fired(active=18.0, firing=19.0, until=30.0)) == NEW


@pytest.mark.parametrize(("began", "rest"), [(19.75, 0.25), (19.65, 0.15)])
def test_before_the_first_flush_only_the_rest_of_the_wait_is_left(
    began: float, rest: float
) -> None:
    found = wait(before(began))
    assert found.name == "rest of group wait"
    assert found.earliest_seconds == pytest.approx(rest)
    assert found.latest_seconds == pytest.approx(rest)


@pytest.mark.parametrize("began", [19.6, 19.5, 19.0, 10.0])
def test_from_the_first_flush_on_the_group_is_live(began: float) -> None:
    """At 19.6 the flush is due at 20.1, and may just have missed the alert."""
    assert wait(before(began)) == LIVE


def test_the_oldest_alert_present_decides() -> None:
    assert wait(before(10.0).fired("ApiDown", active=19.8, firing=19.8, host="b")) == LIVE


@pytest.mark.parametrize(("until", "expected"), [(18.25, EITHER), (17.75, NEW)])
def test_an_alert_that_resolved_untold_may_still_hold_the_group(
    until: float, expected: Wait
) -> None:
    """For an interval and the allowance: 2.25 s after its last sample at until - 0.25."""
    assert wait(before(10.0, until)) == expected


def told(resolved_at: float, ends: float = 12.0) -> Score:
    score = before(10.0, ends)
    resolved = score.resolved("ApiDown", since=10.0, ends=ends)
    score.notified(score.firing("ApiDown", since=10.0), at=10.51)
    return score.notified(resolved, at=resolved_at)


@pytest.mark.parametrize(("at", "expected"), [(18.0, EITHER), (17.7, NEW)])
def test_a_group_told_as_resolved_is_forgotten_but_for_a_resolve_sent_again(
    at: float, expected: Wait
) -> None:
    assert wait(told(at)) == expected


@pytest.mark.parametrize(("at", "expected"), [(18.0, EITHER), (17.7, NEW)])
def test_a_flush_that_still_tells_an_ended_alert_as_firing_forgets_nothing(
    at: float, expected: Wait
) -> None:
    """The alert ended while its first notification was under way."""
    score = before(10.0, 12.0)
    resolved = score.resolved("ApiDown", since=10.0, ends=12.0)
    score.notified(score.firing("ApiDown", since=10.0), at=12.01)
    assert wait(score.notified(resolved, at=at)) == expected


def test_of_two_alertmanagers_a_group_may_linger_for_the_peer_timeout_too() -> None:
    configuration = replace(CONFIGURATION, peer_timeout_seconds=0.25)
    assert wait(replace(told(17.7), configuration=configuration)) == EITHER
    assert wait(replace(told(17.4), configuration=configuration)) == NEW


def test_a_resolve_told_earlier_counts_and_not_the_last_sample() -> None:
    """Resolved at 19.5 and told at once: the group may linger until 21.75 all the same."""
    assert wait(told(19.51, 19.5)) == EITHER
    assert wait(told(19.51, 19.5), 21.7) == EITHER
    assert wait(told(19.51, 19.5), 21.9) == NEW


def test_a_notification_in_which_another_still_fires_empties_no_group() -> None:
    score = before(10.0, 12.0)
    other = score.firing("ApiDown", since=10.0, host="b")
    score.notified(score.resolved("ApiDown", since=10.0, ends=12.0), other, at=14.0)
    assert wait(score) == LIVE


def test_an_alert_that_was_told_and_never_sampled_holds_its_group() -> None:
    score = Score()
    score.notified(score.firing("ApiDown", since=10.0), at=10.51)
    assert wait(score) == LIVE


def test_an_alert_whose_end_only_the_samples_show_holds_its_group_no_longer() -> None:
    """Told of at 10.51 and sampled until 11.75: the group is long forgotten."""
    score = before(10.0, 12.0)
    score.notified(score.firing("ApiDown", since=10.0), at=10.51)
    assert wait(score) == NEW


@pytest.mark.parametrize("place", [{"receiver": "chat"}, {"group": {"service": "other"}}])
def test_what_another_receiver_or_group_is_told_does_not_matter(place: dict[str, Any]) -> None:
    score = Score()
    score.notified(score.firing("ApiDown", since=10.0), at=10.51, **place)
    assert wait(score) == NEW


def test_the_last_of_several_resolves_counts() -> None:
    score = Score()
    score.notified(score.resolved("ApiDown", since=10.0, ends=12.0), at=12.5)
    score.notified(score.resolved("ApiDown", since=10.0, ends=19.0), at=19.1)
    assert wait(score) == EITHER
    assert wait(score, 18.0) == LIVE


def test_a_resolve_without_an_end_ends_nothing() -> None:
    score = Score()
    resolved = replace(score.resolved("ApiDown", since=10.0), ends_at=None)
    assert wait(score.notified(resolved, at=12.5)) == LIVE
    ended = score.resolved("ApiDown", since=10.0, ends=19.0)
    assert wait(score.notified(ended, at=19.1)) == EITHER


def test_a_flush_before_the_alert_ended_did_not_forget_it() -> None:
    score = before(10.0, 18.25)
    score.notified(score.resolved("ApiDown", since=5.0, ends=6.0), at=6.5)
    assert wait(score) == EITHER


def test_a_flush_after_the_alert_began_is_none_of_its_own() -> None:
    score = before(10.0, 12.0)
    score.notified(score.resolved("ApiDown", since=10.0, ends=12.0), at=21.0)
    assert wait(score) == NEW


def test_an_alert_that_goes_to_the_same_labels_at_another_receiver_is_in_another_group() -> None:
    routes = [{"receiver": "chat", "matchers": ["alertname=ApiDown"], "group_by": ["service"]}]
    route = {**ALERTMANAGER["route"]}
    route["routes"] = [*routes, *route["routes"]]
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "route": route})
    assert wait(replace(before(10.0), configuration=configuration)) == NEW


def test_one_of_several_routes_is_enough_to_be_in_the_group() -> None:
    routes = [{"receiver": "chat", "matchers": ["alertname=ApiDown"], "continue": True}]
    route = {**ALERTMANAGER["route"]}
    route["routes"] = [*routes, *route["routes"]]
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "route": route})
    assert wait(replace(before(10.0), configuration=configuration)) == LIVE


def test_the_earlier_firing_of_the_alert_itself_may_hold_the_group() -> None:
    score = Score().fired(active=16.0, firing=17.0, until=18.5)
    assert wait(score) == EITHER
    assert wait(Score().fired(active=10.0, firing=11.0, until=12.5)) == NEW


def test_a_group_that_forms_while_another_lingers_may_do_either() -> None:
    score = before(10.0, 19.0).fired("ApiDown", active=19.75, firing=19.75, until=30, host="b")
    assert wait(score) == Wait("group wait or interval", 0.0, 2.0)


def test_a_group_wait_longer_than_the_interval_is_waited_for() -> None:
    long = replace(ROUTE, group_wait_seconds=3.0)
    evidence = read(before(10.0, 18.0).timeline())
    assert group_wait(evidence, long, LABELS, START + 20.0).latest_seconds == 3.0
    assert unknown_group(long) == Wait("group wait or interval", 0.0, 3.0)
    forming = before(10.0, 19.0).fired("ApiDown", active=19, firing=19.5, until=30, host="b")
    found = group_wait(read(forming.timeline()), long, LABELS, START + 20.0)
    assert found == Wait("group wait or interval", 0.0, 2.5)


@pytest.mark.parametrize(
    ("repeat", "interval", "shortest", "longest"),
    [
        (4.0, 1.0, 4.0, 5.25),
        (4.5, 1.0, 5.0, 5.25),
        (4.9, 1.0, 5.0, 6.25),
        (5.0, 60.0, 60.0, 60.25),
        (0.3, 0.1, 0.3, 0.85),
        (4.0, 0.0, 4.0, 4.25),
    ],
)
def test_a_repeat_comes_at_the_first_tick_after_its_interval_or_by_drift_at_it(
    repeat: float, interval: float, shortest: float, longest: float
) -> None:
    route = replace(ROUTE, repeat_interval_seconds=repeat, group_interval_seconds=interval)
    assert repeat_gap(route) == (pytest.approx(shortest), pytest.approx(longest))


def test_the_arrivals_of_a_group_are_told_apart_by_receiver_and_labels() -> None:
    score = kept()
    score.notified(score.firing(), at=13.0, receiver="chat")
    score.notified(score.firing(), at=14.0, group={"service": "other"})
    found = arrivals_in(read(score.timeline()), "pager", PAGER_GROUP)
    assert [arrival.sequence for arrival in found] == [1, 2]


def test_a_flush_that_tells_an_ended_alert_as_firing_beside_others_forgets_nothing() -> None:
    """ApiDown ended at 14, and the flush at 14.01 was on its way; it may linger until 16.26."""
    score = Score().fired("ApiDown", active=10.0, firing=10.0, until=14.25, polled=False)
    down = score.firing("ApiDown", since=10.0)
    other = score.resolved("ApiSlow", since=9.0, ends=13.0)
    score.notified(down, other, at=14.01)
    score.notified(score.resolved("ApiDown", since=10.0, ends=14.25), at=16.01)
    assert wait(score, 18.0) == EITHER
    assert wait(score, 18.3) == NEW
