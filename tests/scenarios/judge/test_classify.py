"""Every alert of every notification is called what it was to the drill."""

from dataclasses import replace

from scenarios.judge.expectation import Allowed, Heartbeat
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    Score,
    chat_group,
    fires,
    inhibited,
    kept,
    verdict,
)


def called(score: Score) -> list[list[str]]:
    return [
        [alert.classification for alert in arrival.alerts]
        for arrival in judge(score.timeline()).arrivals
    ]


def test_first_told_then_resolved() -> None:
    assert called(kept()) == [["expected"], ["resolved"]]


def test_an_alert_listed_because_its_group_changed_is_no_second_event() -> None:
    score = Score(expects=[fires(), fires("ApiDown", resolves=False)]).fault()
    score.fired().fired("ApiDown", active=10.25, firing=12.5, until=30.0)
    score.notified(score.firing())
    score.notified(score.firing(), score.firing("ApiDown", since=12.5), at=14.01)
    down = score.firing("ApiDown", since=12.5)
    score.notified(score.resolved(), down, at=22.01)
    score.notified(score.resolved(), score.resolved("ApiDown", since=12.5), at=24.01)
    assert called(score) == [
        ["expected"],
        ["listed again", "expected"],
        ["resolved", "listed again"],
        ["listed again", "resolved"],
    ]


def test_the_same_again_at_once_is_a_duplicate_and_fails_nothing() -> None:
    score = kept()
    score.notified(score.firing(), at=12.5)
    assert called(score) == [["expected"], ["duplicate"], ["resolved"]]
    assert verdict(score) == "pass"


def test_the_same_again_after_a_repeat_is_due_is_a_repeat() -> None:
    """The pager repeats after 60 s at a tick of 2 s: after 62 s, or 60 where ticks have drifted."""

    def again(at: float) -> list[list[str]]:
        score = replace(Score(expects=[fires(resolves=False)]), length=100.0)
        score.fault(healing=90, healed=90.25).fired(until=90.5)
        score.notified(score.firing(), at=12.0)
        return called(score.notified(score.firing(), at=at))

    assert again(71.91) == [["expected"], ["repeat"]]
    assert again(71.89) == [["expected"], ["duplicate"]]


def test_the_same_again_after_something_else_was_told_is_no_duplicate() -> None:
    score = kept()
    down = score.firing("ApiDown")
    score.notified(score.firing(), down, at=13.0)
    score.notified(score.firing(), at=13.1)
    found = judge(score.timeline()).arrivals
    assert [arrival.is_duplicate for arrival in found] == [False, False, False, False]
    assert called(score)[2] == ["listed again"]


def test_a_notification_of_nothing_is_called_nothing() -> None:
    assert called(kept().notified(at=13.0).notified(at=13.1))[1:3] == [[], []]


def test_what_is_expected_at_another_place_is_called_so() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing(), receiver="chat")
    assert called(score) == [["expected elsewhere"]]
    both = kept()
    both.notified(both.firing(), at=12.02, receiver="chat")
    assert called(both)[1] == ["expected elsewhere"]


def test_what_nobody_expects_is_unexpected_and_what_is_allowed_is_allowed() -> None:
    score = kept()
    slow = score.firing("ApiSlow", since=15.0)
    score.notified(slow, at=15.51, receiver="chat", group=chat_group("ApiSlow"))
    assert called(score)[1] == ["unexpected"]
    score.allows = [Allowed("ApiSlow", "chat", "slow while the queue is long")]
    assert called(score)[1] == ["allowed"]


def test_what_was_over_before_the_watch_is_called_so() -> None:
    score = kept()
    score.notified(score.firing("ApiSlow", since=2.0), at=2.51, receiver="chat")
    resolved = score.resolved("ApiSlow", since=2.0, ends=4.0)
    score.notified(resolved, at=4.51, receiver="chat")
    assert called(score)[:2] == [["before the watch"], ["before the watch"]]


def test_a_resolve_that_alertmanager_made_up_is_called_so() -> None:
    score = Score(expects=[fires()]).fault().fired(without=(14.0, 17.5))
    score.notified(score.firing())
    score.notified(score.resolved(ends=17.0), at=17.5)
    score.notified(score.firing(), at=18.01)
    score.notified(score.resolved(), at=22.01)
    assert called(score) == [
        ["expected"],
        ["starved resolve"],
        ["listed again"],
        ["resolved"],
    ]


def test_an_inhibited_alert_is_expected_once_its_source_has_cleared() -> None:
    score = Score(expects=[fires("ApiDown", resolves=False), inhibited()])
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5, until=15.0)
    score.fired("ApiSlow", active=11.5, firing=13.0)
    score.notified(score.firing("ApiDown"))
    slow = score.firing("ApiSlow", since=13.0)
    group = chat_group("ApiSlow")
    score.notified(slow, at=15.51, receiver="chat", group=group)
    assert called(score) == [["expected"], ["expected"]]
    early = replace(score, _arrivals=[])
    early.notified(early.firing("ApiDown"))
    early.notified(slow, at=13.51, receiver="chat", group=group)
    assert called(early) == [["expected"], ["unexpected"]]


def test_the_notifications_stand_in_the_order_of_arrival() -> None:
    timeline = kept().timeline()
    reverse = replace(timeline, arrivals=tuple(reversed(timeline.arrivals)))
    first, second = judge(reverse).arrivals
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.receiver, first.status, second.status) == ("pager", "firing", "resolved")
    assert first.alerts[0].alert == "QueueLong"
    assert first.alerts[0].labels["severity"] == "critical"
    assert first.alerts[0].status == "firing"


def test_a_heartbeat_is_repeated_as_expected() -> None:
    beat = Heartbeat("Watchdog", 420.0, "switch", chat_group("Watchdog"))
    score = Score(expects=[beat])
    for at in (0.51, 6.51, 12.51):
        score.notified(
            score.firing("Watchdog", since=0.0), at=at, receiver="switch", group=beat.group
        )
    assert called(score) == [["expected"], ["repeat"], ["repeat"]]


def test_an_alert_is_expected_elsewhere_where_one_of_several_expectations_names_it() -> None:
    score = Score(expects=[fires(), fires("ApiDown")]).fault().fired()
    score.notified(score.firing(), receiver="chat", group=chat_group("QueueLong"))
    assert called(score) == [["expected elsewhere"]]


def test_what_outlives_an_inhibition_of_another_alert_is_unexpected() -> None:
    """Told after ApiDown cleared, as ApiSlow may be, but nobody says that ApiDown mutes it."""
    score = Score(expects=[fires("ApiDown", resolves=False), inhibited()])
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5, until=15.0)
    score.notified(score.firing("ApiDown"))
    score.notified(score.firing("QueueLong", since=13.0), at=15.5)
    assert called(score) == [["expected"], ["unexpected"]]
