"""Each notification carries its whole group: what fired when it was flushed stands in it.

QueueLong and ApiDown are both critical, and so of one group at the pager: G is 0.5 s, I 2 s.
"""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.expectation import Allowed, Muted
from scenarios.judge.explanation import failure_text
from scenarios.judge.finding import Finding
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import ALERTMANAGER, CONFIGURATION, Score, chat_group, fires


def left_out(score: Score) -> list[Finding]:
    findings = judge(score.timeline()).findings
    return [finding for finding in findings if finding.kind == "left out"]


def two(*, joined: float = 11.75, until: float = 30.0) -> Score:
    """QueueLong fires from 11.5 on; ApiDown from ``joined`` to ``until``."""
    score = Score(expects=[fires(), fires("ApiDown")]).fault().fired(until=30.0)
    return score.fired("ApiDown", active=joined - 0.5, firing=joined, until=until)


def alone(score: Score, *, at: float) -> Score:
    return score.notified(score.firing(), at=at)


def test_what_fires_within_the_group_wait_is_in_the_first_notification() -> None:
    score = two()
    score.notified(score.firing(), score.firing("ApiDown", since=11.75), at=12.01)
    assert left_out(score) == []


def test_one_that_is_left_out_of_it_fails_the_drill() -> None:
    score = alone(two(), at=12.01)
    (finding,) = left_out(score)
    assert finding.text == (
        'ApiDown {alertname="ApiDown", service="tickets", severity="critical"} fired from 11.75 s '
        'on, and the notification of its group {service="tickets"} to pager at 12.01 s left it out'
    )
    assert judge(score.timeline()).verdict == "fail"


def test_one_that_joined_since_the_last_tick_is_in_the_next_notification() -> None:
    first = alone(two(joined=13.0), at=12.01)
    assert left_out(first) == []
    first.notified(first.firing(), first.firing("ApiDown", since=13.0), at=14.01)
    assert left_out(first) == []
    assert left_out(alone(alone(two(joined=13.0), at=12.01), at=14.01)) != []


@pytest.mark.parametrize(("joined", "out"), [(11.75, True), (11.775, False)])
def test_one_that_fired_as_the_group_was_flushed_may_be_missing(joined: float, out: bool) -> None:
    """Prometheus needs a moment to send it."""
    assert bool(left_out(alone(two(joined=joined), at=12.01))) is out


@pytest.mark.parametrize(("until", "out"), [(12.75, True), (12.25, False)])
def test_one_that_cleared_as_the_group_was_flushed_may_be_missing(until: float, out: bool) -> None:
    assert bool(left_out(alone(two(until=until), at=12.01))) is out


def test_one_that_is_listed_as_resolved_is_not_left_out() -> None:
    """A Prometheus that was held up lets Alertmanager resolve what fires on."""
    score = two()
    resolved = score.resolved("ApiDown", since=11.75, ends=12.0)
    assert left_out(score.notified(score.firing(), resolved, at=12.01)) == []


def test_an_alert_of_another_group_belongs_in_another_notification() -> None:
    score = Score(expects=[fires()], allows=[Allowed("ApiSlow", "chat", "of no matter")])
    score.fault().fired(until=30.0).fired("ApiSlow", active=10.0, firing=11.5, until=30.0)
    alone(score, at=12.01)
    slow = score.firing("ApiSlow", since=11.5)
    score.notified(slow, at=12.02, receiver="chat", group=chat_group("ApiSlow"))
    assert left_out(score) == []


def test_an_inhibited_alert_may_be_missing_and_one_that_is_not_may_not() -> None:
    alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
    alertmanager["inhibit_rules"] = [
        {"source_matchers": ["alertname=QueueLong"], "target_matchers": ["alertname=ApiDown"]}
    ]
    score = alone(two(), at=12.01)
    inhibiting = replace(CONFIGURATION, alertmanager=alertmanager)
    assert left_out(replace(score, configuration=inhibiting)) == []
    assert left_out(score) != []


def test_a_silenced_alert_may_be_missing() -> None:
    score = alone(two(), at=12.01)
    score.expects = [fires(), Muted("ApiDown", by="silence", fault="surge")]
    score.fault("silence", at=9.0, confirmed=9.1, healing=35.0, healed=35.1)
    assert left_out(score) == []


def test_a_notification_that_says_that_it_was_cut_leaves_nothing_out() -> None:
    score = two()
    assert left_out(score.notified(score.firing(), at=12.01, truncated=1)) == []


@pytest.mark.parametrize(
    "change",
    [{"restarts_groups": True}, {"holds_up_receivers": ("pager",)}, {"stops": ("prometheus",)}],
)
def test_after_a_fault_of_the_pipeline_nothing_is_said(change: dict[str, Any]) -> None:
    score = alone(two(), at=12.01).fault("outage", at=11.0, **change)
    assert left_out(score) == []


def test_of_two_alertmanagers_each_has_an_alert_in_its_own_time() -> None:
    pair = replace(CONFIGURATION, peer_timeout_seconds=0.25)
    assert left_out(replace(alone(two(), at=12.01), configuration=pair)) == []


def test_the_text_of_a_failure_shows_it_apart_from_what_was_not_declared() -> None:
    timeline = alone(two(), at=12.01).timeline()
    text = failure_text(timeline, judge(timeline))
    assert "Not as their groups should be told:\n  left out: ApiDown" in text
    assert "Not declared:" not in text


def test_a_source_that_had_cleared_excuses_none() -> None:
    """ApiSlow is last seen firing at 11, ApiDown fires from 11.75 on."""
    alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
    alertmanager["inhibit_rules"] = [
        {"source_matchers": ["alertname=ApiSlow"], "target_matchers": ["alertname=ApiDown"]}
    ]
    score = alone(two(), at=12.01)
    score.configuration = replace(CONFIGURATION, alertmanager=alertmanager)
    score.fired("ApiSlow", active=8.0, firing=9.5, until=11.25)
    assert left_out(score) != []
    assert left_out(score.fired("ApiSlow", active=11.0, firing=11.75, until=12.0)) == []


def test_a_silence_excuses_only_the_alerts_with_its_labels() -> None:
    score = alone(two(), at=12.01)
    score.expects = [fires(), Muted("ApiDown", by="silence", fault="surge", labels={"host": "b"})]
    score.fault("silence", at=9.0, confirmed=9.1, healing=35.0, healed=35.1)
    assert [finding.alert for finding in left_out(score)] == ["ApiDown"]


def test_a_silence_of_another_alert_excuses_none() -> None:
    score = alone(two(), at=12.01)
    score.expects = [fires(), Muted("ApiSlow", by="silence", fault="surge")]
    score.fault("silence", at=9.0, confirmed=9.1, healing=35.0, healed=35.1)
    assert [finding.alert for finding in left_out(score)] == ["ApiDown"]
