"""Each alert that a fault raises must be told to somebody, not the first of its name alone.

G is 0.5 s and I 2 s: what fires for longer than 2.25 s is surely flushed with its group.
"""

from copy import deepcopy
from dataclasses import replace

import pytest

from scenarios.judge.expectation import Muted
from scenarios.judge.timeline import Configuration
from tests.scenarios.judge.score import ALERTMANAGER, CONFIGURATION, Score, fires, judged, verdict


def nowhere(**options: object) -> Configuration:
    """What comes from eu is routed on its own, to a receiver that has nobody behind it."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    route = {"receiver": "nobody", "matchers": ['region="eu"'], **options}
    alertmanager["route"]["routes"].insert(0, route)
    alertmanager["receivers"].append({"name": "nobody"})
    return replace(CONFIGURATION, alertmanager=alertmanager)


def two(
    *, since: float = 11.5, until: float = 20.5, configuration: Configuration | None = None
) -> Score:
    """QueueLong is told of us; in eu it fires between these two, and nobody is told."""
    score = Score(expects=[fires()], configuration=configuration or nowhere()).fault()
    score.fired(region="us").fired(active=since - 1, firing=since, until=until, region="eu")
    score.notified(score.firing(region="us"))
    return score.notified(score.resolved(region="us"), at=22.01)


def missed(score: Score) -> list[str]:
    return [finding.text for finding in judged(score).findings]


def test_an_alert_that_a_route_drops_is_missed_though_another_of_its_name_arrived() -> None:
    (text,) = missed(two())
    assert 'region="eu"' in text
    assert "fired from 11.50 s to 20.25 s and was told to nobody" in text
    assert verdict(two()) == "fail"


def test_what_is_told_to_anybody_is_not_untold() -> None:
    """Where it is not expected it is unexpected, and no more."""
    score = two()
    score.notified(score.firing(region="eu"), at=12.02, receiver="chat")
    assert [finding.kind for finding in judged(score).findings] == ["unexpected"]


@pytest.mark.parametrize(("until", "count"), [(14.0, 1), (13.75, 0)])
def test_one_that_may_have_ended_before_its_group_was_flushed_need_not_be_told(
    until: float, count: int
) -> None:
    """It is last seen firing an evaluation before it clears."""
    assert len(missed(two(until=until))) == count


def test_the_second_of_two_alertmanagers_may_be_later_by_the_peer_timeout() -> None:
    pair = replace(nowhere(), peer_timeout_seconds=0.25)
    assert len(missed(two(until=14.25, configuration=pair))) == 1
    assert missed(two(until=14.0, configuration=pair)) == []


def test_a_long_group_wait_gives_more_time() -> None:
    slow = nowhere(group_wait="4s")
    assert len(missed(two(until=16.0, configuration=slow))) == 1
    assert missed(two(until=15.75, configuration=slow)) == []


def test_one_that_fired_again_before_its_resolve_was_due_was_told_the_first_time() -> None:
    """Resolved and fired again between two ticks: Alertmanager sends nothing."""
    score = Score(expects=[fires()]).fault().fired(until=12.5).fired(active=12.75, firing=13.75)
    score.notified(score.firing())
    score.notified(score.resolved(since=13.75), at=22.01)
    assert missed(score) == []


def test_what_another_fault_or_none_raised_is_not_of_this_expectation() -> None:
    score = two(since=6.0, until=9.0)
    (text,) = missed(score)
    assert "and is not declared" in text


def test_other_labels_than_the_expected_are_not_of_it() -> None:
    score = two()
    score.expects = [fires(labels={"region": "us"})]
    assert [finding.kind for finding in judged(score).findings] == ["fired unseen"]


def test_what_may_be_muted_need_not_be_told() -> None:
    score = two()
    score.expects = [
        fires(labels={"region": "us"}),
        Muted("QueueLong", by="silence", labels={"region": "eu"}),
    ]
    score.fault("silence", at=9.0, confirmed=9.1, healing=25.0, healed=25.1)
    assert missed(score) == []
    score.expects = [fires(), Muted("QueueLong", by="silence", labels={"region": "eu"})]
    assert missed(score) == []


@pytest.mark.parametrize("which", ["mute_time_intervals", "active_time_intervals"])
def test_a_route_that_is_quiet_at_times_need_not_tell(which: str) -> None:
    assert missed(two(configuration=nowhere(**{which: ["nights"]}))) == []


@pytest.mark.parametrize(("at", "count"), [(13.8, 1), (13.7, 0)])
def test_what_disturbs_the_way_before_it_was_due_excuses_it(at: float, count: int) -> None:
    score = two()
    score.fault("other", at=at, confirmed=at + 0.1, holds_up_receivers=("nobody",))
    assert len(missed(score)) == count


def test_where_nothing_arrived_at_all_the_expectation_is_missed_once() -> None:
    score = Score(expects=[fires()]).fault().fired(region="us").fired(region="eu")
    assert missed(score) == ["QueueLong did not arrive at pager"]
