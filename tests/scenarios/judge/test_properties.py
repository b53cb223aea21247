"""What holds for any timeline: shifts, orders, additions and removals, and judging it again."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scenarios.judge.expectation import Silent
from scenarios.judge.explanation import failure_text
from scenarios.judge.latency import latencies
from scenarios.judge.timeline import Arrival, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import Score, chat_group, fires, inhibited, verdict

quarters = st.integers(0, 60).map(lambda quarter: quarter / 4)


DEVIATIONS = (
    *("confirmed late", "never confirmed", "never fired", "not polled", "told late"),
    *("told too late", "misrouted", "misgrouped", "never resolved", "resolved late"),
    *("resolved early", "other alerts", "not shown", "one source unread", "need not resolve"),
)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """A drill that went well, but for up to three things."""
    wrong = draw(st.sets(st.sampled_from(DEVIATIONS), max_size=3))
    score = Score(expects=[fires(resolves="need not resolve" not in wrong)])
    confirmed = 10.5 if "confirmed late" in wrong else 10.25
    score.fault(confirmed=None if "never confirmed" in wrong else confirmed)
    firing = 11.25 + draw(st.integers(0, 1)) / 4
    until = 15.0 if "resolved early" in wrong else 20.25 + draw(st.integers(0, 2)) / 4
    if "never fired" not in wrong:
        polled = "not polled" not in wrong
        score.fired(active=firing - 1, firing=firing, until=until, polled=polled)
        late = draw(quarters) if "told late" in wrong else 0.0
        at = firing + 0.51 + late + 10 * ("told too late" in wrong)
        place: dict[str, Any] = {"receiver": "chat" if "misrouted" in wrong else "pager"}
        if "misgrouped" in wrong:
            place["group"] = chat_group("QueueLong")
        score.notified(score.firing(since=firing), at=at, **place)
        if "never resolved" not in wrong:
            told = until + 1.01 + (draw(quarters) if "resolved late" in wrong else 0.0)
            resolved = score.resolved(since=firing, ends=until)
            score.notified(resolved, at=max(at, told), **place)
    if "other alerts" in wrong:
        began = 11 + draw(quarters) / 4
        score.expects = [*score.expects, inhibited(), Silent("ApiDown")]
        score.fired("ApiDown", active=began, firing=began + 0.5, until=began + 6)
        score.fired("ApiSlow", active=began, firing=began + 1.5, until=began + 5)
    timeline = score.timeline()
    if "one source unread" in wrong:
        timeline = replace(timeline, problems=("a source could not be read",))
    if "not shown" in wrong:
        timeline = replace(timeline, alert_samples=timeline.alert_samples[:1])
    return timeline


IN_UNIX_SECONDS = {
    *("at", "began", "ended", "started", "injecting", "confirmed", "healing", "healed"),
    *("active_at", "first_seen", "last_seen", "times", "starts_at", "ends_at", "worst_stall_at"),
}


def shifted(value: Any, by: float, name: str = "") -> Any:
    """The same timeline at another time of day; the monotonic clock stays."""
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: shifted(getattr(value, f.name), by, f.name) for f in fields(value)}
        # One second of load counts arrivals under names that elsewhere are moments.
        if "offered" in changes:
            changes["started"] = value.started  # type: ignore[attr-defined]
        return replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(shifted(item, by, name) for item in value)
    if isinstance(value, float) and name in IN_UNIX_SECONDS:
        return value + by
    return value


@settings(deadline=None, max_examples=40)
@given(timelines(), st.integers(-(10**6), 10**6))
def test_the_time_of_day_changes_nothing(timeline: Timeline, by: int) -> None:
    moved = shifted(timeline, float(by))
    assert judge(moved).verdict == judge(timeline).verdict
    assert failure_text(moved, judge(moved)) == failure_text(timeline, judge(timeline))


@settings(deadline=None, max_examples=40)
@given(timelines(), st.randoms())
def test_the_order_of_the_record_changes_nothing(timeline: Timeline, random: Any) -> None:
    mixed = timeline
    for name in ("arrivals", "alert_states", "alert_samples", "scrapes", "load"):
        items = list(getattr(timeline, name))
        random.shuffle(items)
        mixed = replace(mixed, **{name: tuple(items)})
    assert judge(mixed).verdict == judge(timeline).verdict
    assert judge(mixed).arrivals == judge(timeline).arrivals


@settings(deadline=None, max_examples=40)
@given(timelines())
def test_judging_again_gives_the_same(timeline: Timeline) -> None:
    assert judge(timeline) == judge(timeline)
    latencies(timeline)


def an_arrival(timeline: Timeline, alert: str, at: float, receiver: str, since: float) -> Arrival:
    score = Score()
    score.notified(
        score.firing(alert, since=since), at=at, receiver=receiver, group=chat_group(alert)
    )
    (arrival,) = score.timeline().arrivals
    return replace(arrival, sequence=1000 + len(timeline.arrivals))


@settings(deadline=None, max_examples=60)
@given(
    timelines(),
    st.sampled_from(("QueueLong", "ApiDown", "ApiSlow", "Strange")),
    st.sampled_from(("chat", "switch")),
    quarters,
)
def test_an_unexpected_arrival_never_passes_and_never_excuses(
    timeline: Timeline, alert: str, receiver: str, after: float
) -> None:
    """Inhibited alerts aside, which may be told of after their source: these fail in any case."""
    assume(alert != "ApiSlow" or len(timeline.declaration.expects) < 2)
    name = alert if alert != "Strange" else "ApiDown"
    arrival = an_arrival(timeline, name, 12.0 + after, receiver, 11.5 + after)
    if alert == "Strange":
        stranger = replace(arrival.alerts[0], labels={"alertname": "Strange"})
        arrival = replace(arrival, alerts=(stranger,))
    assert verdict(replace(timeline, arrivals=(*timeline.arrivals, arrival))) == "fail"


@settings(deadline=None, max_examples=40)
@given(timelines())
def test_without_what_is_expected_nothing_passes(timeline: Timeline) -> None:
    without = replace(
        timeline,
        arrivals=tuple(
            arrival
            for arrival in timeline.arrivals
            if all(alert.labels["alertname"] != "QueueLong" for alert in arrival.alerts)
        ),
    )
    assert verdict(without) != "pass"


DOUBTS: list[Callable[[Timeline], Timeline]] = [
    lambda t: replace(t, problems=(*t.problems, "one more source could not be read")),
    lambda t: replace(t, scrapes=()),
    lambda t: replace(t, load=()),
    lambda t: replace(t, host=replace(t.host, worst_stall_seconds=1.0)),
    lambda t: replace(t, clock=replace(t.clock, ended_monotonic=0.0)),
]


@settings(deadline=None, max_examples=60)
@given(timelines(), st.sampled_from(DOUBTS))
def test_a_doubt_never_turns_into_a_pass(
    timeline: Timeline, doubt: Callable[[Timeline], Timeline]
) -> None:
    """It turns a pass into unknown, may turn a fail into unknown, and nothing into a fail."""
    before, after = verdict(timeline), verdict(doubt(timeline))
    assert (
        after in {"pass": {"unknown"}, "unknown": {"unknown"}, "fail": {"unknown", "fail"}}[before]
    )


@settings(deadline=None, max_examples=40)
@given(timelines())
def test_the_drill_fares_no_better_than_its_rows(timeline: Timeline) -> None:
    judgement = judge(timeline)
    rows = {row.verdict for row in judgement.rows}
    assert judgement.verdict == "fail" or "fail" not in rows
    assert judgement.verdict != "pass" or rows == {"pass"}


def test_the_drills_of_this_file_come_to_every_verdict() -> None:
    """Or the properties above would hold for want of anything to hold for."""
    seen: set[str] = set()

    @settings(deadline=None, max_examples=150, database=None, derandomize=True)
    @given(timelines())
    def look(timeline: Timeline) -> None:
        seen.add(verdict(timeline))

    look()
    assert seen == {"pass", "fail", "unknown"}
