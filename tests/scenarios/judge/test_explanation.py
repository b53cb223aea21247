"""What the judge says: every window, every arrival, every doubt, and what drills expect."""

from dataclasses import replace

from scenarios.judge.expectation import Heartbeat, Silent
from scenarios.judge.explanation import explain, failure_text
from scenarios.judge.timeline import Timeline
from scenarios.judge.verdict import judge
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import (
    CONFIGURATION,
    SPEED,
    Score,
    chat_group,
    fires,
    inhibited,
    kept,
    rule,
)


def told(score: Score | Timeline) -> str:
    timeline = score if isinstance(score, Timeline) else score.timeline()
    return failure_text(timeline, judge(timeline))


def test_a_kept_window_shows_what_it_is_made_of() -> None:
    text = told(kept())
    assert text.startswith("PASS business/queue, 40.0 s at speed 60: a long queue is told\n")
    assert '  ✓ QueueLong fires at pager in group {service="tickets"}\n' in text
    assert (
        "      ✓ notified: 12.01 s in [11.40 s, 12.50 s] = 0.25 scrape + 0.25 evaluation + 1 for "
        "+ 0.5 group wait + 0.25 allowance\n"
    ) in text
    assert "      ✓ promise: 2.01 s, within 8.00 s\n" in text
    assert "Unknown" not in text
    assert "Not declared" not in text
    assert "nearest" not in text


def test_a_broken_window_is_marked_and_named() -> None:
    text = told(kept(notified_at=19.0))
    assert "  ✗ QueueLong fires" in text
    assert "      ✗ notified: 19.00 s in [11.40 s, 12.50 s]" in text
    assert "      ✗ promise: 9.00 s, within 8.00 s" in text
    assert "      late: QueueLong notified at 19.00 s, 6.50 s after its window closed" in text
    assert "      ✓ resolved: 22.01 s" in text


def test_a_missed_alert_shows_what_came_nearest() -> None:
    score = Score(expects=[fires()]).fault()
    assert "nearest: nothing arrived at all" in told(score)
    assert "✗ notified: nothing in [10.90 s, 14.00 s] = " in told(score)
    assert "✗ promise: nothing within 8.00 s" in told(score)
    slow = score.firing("ApiSlow")
    score.notified(slow, at=30.0, receiver="chat", group=chat_group("ApiSlow"))
    score.notified(slow, at=13.0, receiver="chat", group=chat_group("ApiSlow"))
    assert (
        'nearest: 13.00 s at chat in group {alertname="ApiSlow", service="tickets"}: '
        "ApiSlow firing\n"
    ) in told(score)
    score.notified(slow, at=35.0, receiver="pager")
    assert 'nearest: 35.00 s at pager in group {service="tickets"}: ApiSlow firing' in told(score)


def test_the_right_alert_is_nearer_than_the_right_receiver_or_group() -> None:
    score = Score(expects=[fires()]).fault()
    score.notified(score.firing("ApiDown"), at=12.0)
    score.notified(score.firing("ApiDown"), at=12.0, group={"service": "other"})
    assert 'nearest: 12.00 s at pager in group {service="tickets"}: ApiDown' in told(score)
    before = score.firing(since=6.0)
    score.notified(before, score.resolved("ApiDown"), at=6.5, receiver="chat")
    score.notified(score.resolved(since=6.0, ends=7.0), at=7.0, receiver="chat")
    assert "at chat in group" in told(score)
    assert "nearest: 7.00 s at chat" in told(score)


def test_a_resolve_that_is_missing_shows_what_came_nearest() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing())
    assert "      ✗ resolved: nothing in [19.90 s, 23.00 s]" in told(score)
    assert 'nearest: 12.01 s at pager in group {service="tickets"}: QueueLong firing' in told(score)


def test_every_arrival_is_listed_with_what_it_was() -> None:
    score = kept()
    score.notified(score.firing(), at=12.5)
    score.notified(score.firing("ApiSlow"), at=15.0, receiver="chat")
    lines = told(score)
    assert "Arrived (4):\n  12.01 s at pager" in lines
    assert '      expected: QueueLong firing {service="tickets", severity="critical"}' in lines
    assert '  12.50 s at pager in group {service="tickets"}, a duplicate\n      duplicate:' in lines
    assert "      unexpected: ApiSlow firing" in lines
    assert "\nNot declared:\n  unexpected: ApiSlow arrived at chat" in lines


def test_doubts_stand_under_their_own_heading() -> None:
    timeline = replace(Score(expects=[fires()]).fault().timeline(), problems=("no sink",))
    text = told(timeline)
    assert text.startswith("UNKNOWN business/queue")
    assert "  ? QueueLong fires" in text
    assert "missed: QueueLong did not arrive at pager\n        which may be because no sink" in text
    assert text.endswith("Unknown, because:\n  - no sink")


def test_a_finding_that_no_doubt_accounts_for_keeps_its_mark() -> None:
    score = Score(expects=[fires(), Silent("ApiSlow")]).fault()
    score.fired("ApiSlow", active=12.0, firing=14.0)
    text = told(replace(score.timeline(), problems=("no sink",)))
    assert "  ? QueueLong fires" in text
    assert "  ✗ ApiSlow stays silent" in text


def test_hundreds_of_doubts_of_a_kind_are_counted() -> None:
    timeline = replace(kept().timeline(), problems=("one", "two", "three", "four", "five", "five"))
    text = told(timeline)
    assert text.endswith("  - one\n  - two\n  - three\n  - and 2 more of problem")


def test_an_open_window_says_so() -> None:
    text = told(Score(expects=[fires()]).fault(confirmed=None))
    assert ", open, its cause was not confirmed]" in text


def test_every_kind_of_expectation_is_said() -> None:
    beat = Heartbeat("Watchdog", 420.0, "switch", chat_group("Watchdog"))
    score = Score(
        expects=[
            fires(together_with=("ApiDown", "ApiSlow")),
            inhibited(),
            beat,
            Silent("ApiDown"),
        ],
        near_misses={"small": "QueueLong"},
    )
    text = told(score)
    assert 'fires at pager in group {service="tickets"}, together with ApiDown and ApiSlow' in text
    assert "✗ ApiSlow is inhibited by ApiDown" in text
    assert "Watchdog beats at switch in group" in text
    assert "ApiDown stays silent" in text
    assert "near miss: QueueLong stays silent" in text


def explained(score: Score, **faults: Lags) -> str:
    timeline = score.timeline()
    return explain(timeline.configuration, timeline.declaration, speed=SPEED, faults=faults)


def test_a_drill_is_explained_without_running_it() -> None:
    assert explained(kept(), surge=Lags(lag_seconds=2.0)).splitlines() == [
        "business/queue: a long queue is told",
        '  QueueLong fires at pager in group {service="tickets"}',
        "    promised within 480 s of production, 8.00 s at speed 60",
        "    notified after 1.50 to 4.25 s = 2 lag + 0.25 scrape + 0.25 evaluation + 1 for + "
        "0.5 group wait + 0.25 allowance",
        "    in a group that is live already, up to 2 s group interval instead of 0.5 s group wait",
        "    resolved after 0.00 to 2.75 s of healing = 0.25 scrape + 0.25 evaluation + "
        "2 group interval + 0.25 allowance",
        "  Watchdog is allowed at switch: fires always",
    ]


def test_an_alert_that_need_not_resolve_is_explained_without() -> None:
    assert "resolved after" not in explained(kept(resolves=False), surge=Lags())


def test_the_lags_of_the_named_fault_count_and_never_those_of_a_near_miss() -> None:
    def lines(fault: str) -> str:
        score = Score(expects=[fires(fault=fault)], near_misses={"small": "QueueLong"})
        return explained(
            score,
            small=Lags(lag_seconds=9.0),
            first=Lags(lag_seconds=2.0),
            second=Lags(lag_seconds=3.0),
        )

    assert "= 3 lag" in lines("second")
    assert "= 2 lag" in lines("")
    assert "held for 10.75 s at least = 9 lag + 0.25 scrape + " in lines("")
    assert "QueueLong stays silent in near miss 'small'" in lines("")


def test_a_heartbeat_is_explained_by_its_repeats() -> None:
    beat = Heartbeat("Watchdog", 420.0, "switch", chat_group("Watchdog"))
    assert (
        "    promised every 420 s of production, 7.00 s at speed 60; repeated after 6.00 to 6.25 s"
    ) in explained(Score(expects=[beat]))


def test_an_alert_without_a_rule_is_said_to_have_none() -> None:
    assert "    no rule of that name is loaded" in explained(Score(expects=[fires("QueueLoong")]))
    unknown_near_miss = Score(expects=[Silent("QueueLong")], near_misses={"x": "QueueLoong"})
    assert "held for" not in explained(unknown_near_miss)


def test_a_recorded_alert_shows_twice_the_evaluation() -> None:
    rules = (*CONFIGURATION.rules, rule("Wide", "max_over_time(queue[3s]) > 5"))
    configuration = replace(CONFIGURATION, rules=rules)
    score = Score(expects=[fires("Wide")], configuration=configuration)
    assert "3 range + 0.25 scrape + 2\N{MULTIPLICATION SIGN}0.25 evaluation" in explained(score)
