"""What the judge says: every window, every arrival, every doubt, and what drills expect."""

from dataclasses import replace

from scenarios.judge.expectation import Heartbeat, Lost, Muted, Repeats, Silent
from scenarios.judge.explanation import explain, failure_text
from scenarios.judge.timeline import Timeline
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import (
    CONFIGURATION,
    SPEED,
    START,
    Score,
    chat_group,
    fires,
    inhibited,
    judged,
    kept,
    rule,
)


def told(score: Score | Timeline) -> str:
    timeline = score if isinstance(score, Timeline) else score.timeline()
    return failure_text(timeline, judged(timeline))


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


def stalled(score: Score, seconds: float, at: float = 21.0) -> Timeline:
    timeline = score.timeline()
    host = replace(timeline.host, worst_stall_seconds=seconds, worst_stall_at=START + at)
    return replace(timeline, host=host)


def test_a_stall_beside_a_pass_is_no_reason_for_doubt() -> None:
    text = told(stalled(kept(), 0.3))
    assert text.startswith("PASS")
    assert "Unknown" not in text
    assert "Noticed, but not what the verdict is for:\n  - the host stalled for 0.30 s" in text


def test_a_failure_is_not_called_unknown_whatever_was_held_up_beside_it() -> None:
    text = told(stalled(kept(notified_at=30.0), 0.3))
    assert text.startswith("FAIL")
    assert "Unknown" not in text
    assert "Noticed, but not what the verdict is for:\n  - the host stalled" in text


def test_an_unknown_tells_what_made_it_so_apart_from_what_did_not() -> None:
    timeline = replace(stalled(kept(), 0.3), problems=("no sink",))
    assert told(timeline).endswith(
        "Unknown, because:\n  - no sink\n\n"
        "Noticed, but not what the verdict is for:\n  - the host stalled for 0.30 s at 21.00 s, "
        "more than the 0.25 s that windows allow"
    )


def test_a_stall_that_accounts_for_a_delay_is_why_a_drill_is_unknown() -> None:
    """By itself it is no doubt."""
    text = told(stalled(kept(resolved_at=22.9), 0.3, at=22.8))
    assert text.startswith("UNKNOWN")
    assert "Unknown, because:\n  - the host stalled" in text
    assert "Noticed" not in text


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


def test_an_inhibited_alert_is_explained_by_when_it_would_have_come_and_when_it_may() -> None:
    lines = explained(Score(expects=[inhibited()]), surge=Lags(lag_seconds=2.0)).splitlines()
    assert lines[1:5] == [
        "  ApiSlow is inhibited by ApiDown",
        "    ApiDown fires within 3.25 s = 2 lag + 0.25 scrape + 0.25 evaluation + 0.5 for + "
        "0.25 allowance",
        "    ApiSlow would be notified at chat after 2.00 to 4.75 s = 2 lag + 0.25 scrape + "
        "0.25 evaluation + 1.5 for + 0.5 group wait + 0.25 allowance",
        "    and is, where it outlives ApiDown, within 2.25 s of its end = 2 group interval + "
        "0.25 allowance",
    ]


def test_an_inhibited_alert_takes_the_lags_of_its_own_fault() -> None:
    score = Score(expects=[inhibited(fault="second")], near_misses={"small": "ApiSlow"})
    lags = {"first": Lags(lag_seconds=2.0), "second": Lags(lag_seconds=3.0)}
    assert "ApiDown fires within 4.25 s = 3 lag" in explained(score, **lags)


def test_an_inhibition_by_what_is_not_loaded_says_so() -> None:
    assert "    no rule ApiGone is loaded" in explained(Score(expects=[inhibited(by="ApiGone")]))


def test_a_silence_is_explained_by_how_long_it_must_be_watched() -> None:
    lines = explained(Score(expects=[Silent("QueueLong")])).splitlines()
    assert lines[1:3] == [
        "  QueueLong stays silent",
        "    watched for 1.75 s at least = 0.25 scrape + 2\N{MULTIPLICATION SIGN}0.25 evaluation + "
        "1 for",
    ]


def test_an_alert_without_a_rule_is_said_to_have_none() -> None:
    assert "    no rule of that name is loaded" in explained(Score(expects=[fires("QueueLoong")]))
    unknown_near_miss = Score(expects=[Silent("QueueLong")], near_misses={"x": "QueueLoong"})
    assert "held for" not in explained(unknown_near_miss)


def test_a_recorded_alert_shows_twice_the_evaluation() -> None:
    rules = (*CONFIGURATION.rules, rule("Wide", "max_over_time(queue[3s]) > 5"))
    configuration = replace(CONFIGURATION, rules=rules)
    score = Score(expects=[fires("Wide")], configuration=configuration)
    assert "3 range + 0.25 scrape + 2\N{MULTIPLICATION SIGN}0.25 evaluation" in explained(score)


def test_only_what_a_doubt_accounts_for_may_be_because_of_it() -> None:
    text = told(stalled(kept(notified_at=30.0), 0.3))
    assert "late: QueueLong" in text
    assert "which may be because" not in text


def test_a_mark_is_of_all_that_was_found_wrong() -> None:
    """Late by less than the stall, which may account for that, but in the wrong words too."""
    score = kept(notified_at=12.3, annotations={"summary": "worse"})
    text = told(stalled(score, 0.3, at=12.3))
    assert "which may be because the host stalled" in text
    assert "  ✗ QueueLong fires" in text


def test_only_a_duplicate_is_called_one() -> None:
    score = kept()
    score.notified(score.firing(), at=12.5)
    assert told(score).count(", a duplicate") == 1


def test_as_many_doubts_as_are_shown_are_not_counted() -> None:
    timeline = replace(kept().timeline(), problems=("one", "two", "three"))
    assert told(timeline).endswith("  - one\n  - two\n  - three")


def test_a_heartbeat_has_windows_and_no_promise_counted_from_a_fault() -> None:
    beat = Heartbeat("Watchdog", 420.0, "switch", chat_group("Watchdog"))
    score = Score(expects=[beat])
    for at in (0.51, 6.51, 12.51, 18.51, 24.51, 30.51, 36.51):
        watchdog = score.firing("Watchdog", since=0.0)
        score.notified(watchdog, at=at, receiver="switch", group=chat_group("Watchdog"))
    text = told(score)
    assert "\n\nExpected:\n  ✓ Watchdog beats at switch" in text
    assert "✓ repeated: 6.51 s in [0.51 s, 6.76 s]" in text
    assert "promise:" not in text


def test_an_alert_that_a_step_mutes_is_explained_by_when_it_would_have_come() -> None:
    lines = explained(Score(expects=[Muted("ApiSlow", by="hush")])).splitlines()
    assert lines[2].startswith("    ApiSlow would be notified at chat after 2.00 to 2.75 s = ")
    assert lines[3].startswith("    and is, where it outlives hush, within 2.25 s of its end = ")


def test_an_alert_that_nobody_is_told_of_is_explained_by_when_it_would_have_come() -> None:
    text = explained(Score(expects=[Lost("QueueLong", "pager", {"service": "tickets"})]))
    assert "    QueueLong would be notified at pager after 1.50 to 2.25 s = " in text
    assert "outlives" not in text


def test_a_repeat_is_explained_as_a_heartbeat_is() -> None:
    repeats = Repeats("QueueLong", 3720.0, "pager", {"service": "tickets"})
    assert (
        "\n    promised every 3720 s of production, 62.00 s at speed 60; repeated after 60.00 to "
        "62.25 s"
    ) in explained(Score(expects=[repeats]))
