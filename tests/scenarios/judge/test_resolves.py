"""An alert that fired must resolve: not before its fault is healed, and soon enough after.

Healing begins at 20 and is confirmed at 20.25. In Prometheus it clears in [19.90, 21.00], and
the receiver is told in [19.90, 23.00], at most 2.25 s after Prometheus.
"""

from dataclasses import replace

import pytest

from scenarios.judge.finding import Finding
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    CONFIGURATION,
    START,
    Score,
    doubts,
    fires,
    judged,
    kinds,
    texts,
    verdict,
)


def told(*, ends: float = 20.5, at: float = 22.01, **changes: object) -> Score:
    """QueueLong fires as it must, clears at ``ends``, and the receiver is told ``at``."""
    score = Score(expects=[fires(**changes)]).fault().fired(until=ends)
    score.notified(score.firing())
    return score.notified(score.resolved(ends=ends), at=at)


def never_told(**changes: object) -> Score:
    """The resolve never arrives."""
    score = Score(expects=[fires(**changes)]).fault().fired()
    return score.notified(score.firing())


def test_an_alert_that_is_never_resolved_fails() -> None:
    assert kinds(never_told()) == ["not resolved"]
    assert verdict(never_told()) == "fail"


def test_an_alert_that_need_not_resolve_passes_without() -> None:
    assert verdict(never_told(resolves=False)) == "pass"


def test_an_alert_that_need_not_resolve_may_do_so_at_any_time() -> None:
    assert verdict(told(ends=15.0, at=16.01, resolves=False)) == "pass"


def test_a_resolve_that_the_receiver_is_told_before_the_firing_resolves_nothing() -> None:
    """All of it in its windows; but whoever is told last that it fires believes that it does."""
    score = Score(expects=[fires()]).fault(healing=11.9, healed=12.0).fired(until=12.0)
    score.notified(score.resolved(ends=12.0), at=12.05)
    assert kinds(score) == ["missed"]
    score.notified(score.firing(), at=12.1)
    assert kinds(score) == ["not resolved"]
    assert "was told as firing at 12.10 s, after its resolve at 12.05 s" in texts(score)
    score.notified(score.resolved(ends=12.0), at=12.15)
    assert kinds(score) == []


def test_an_alert_told_as_firing_after_its_resolve_is_not_resolved_until_it_is_told_again() -> None:
    score = told()
    score.notified(score.firing(), at=24.01)
    assert kinds(score) == ["not resolved"]
    assert verdict(score) == "fail"
    score.notified(score.resolved(), at=26.01)
    assert kinds(score) == []


@pytest.mark.parametrize(
    ("ends", "at", "found"),
    [
        (19.75, 20.01, ["resolved early"]),
        (20.0, 20.01, []),
        (21.0, 22.99, []),
        (21.0, 23.01, ["resolved late"]),
        (21.25, 22.01, ["resolved late"]),
        (20.5, 22.74, []),
        (20.5, 22.76, ["resolved late"]),
    ],
)
def test_it_clears_and_is_told_in_its_windows(ends: float, at: float, found: list[str]) -> None:
    assert kinds(told(ends=ends, at=at)) == found


def test_a_resolve_in_the_middle_of_the_fault_is_early_though_it_fires_again() -> None:
    score = Score(expects=[fires()]).fault().fired(until=14.0).fired(active=15.0, firing=16.0)
    score.notified(score.firing())
    score.notified(score.resolved(ends=14.0), at=14.01)
    score.notified(score.firing(since=16.0), at=16.51)
    score.notified(score.resolved(since=16.0), at=22.51)
    assert kinds(score) == ["resolved early"]
    assert "6.00 s before that was possible" not in texts(score)
    assert "5.90 s before that was possible" in texts(score)


def test_a_firing_that_began_again_before_its_resolve_was_told_resolves_with_the_last() -> None:
    """Neither the first resolve nor the second firing is told: nothing is sent."""
    score = Score(expects=[fires()]).fault().fired(until=14.0).fired(active=14.5, firing=15.5)
    score.notified(score.firing())
    score.notified(score.resolved(since=15.5), at=22.01)
    assert verdict(score) == "pass"


def test_each_alert_of_the_name_must_resolve() -> None:
    def score() -> Score:
        score = Score(expects=[fires()]).fault().fired(method="card").fired(method="wallet")
        return score.notified(score.firing(method="card"), score.firing(method="wallet"))

    one, both = score(), score()
    one.notified(one.resolved(method="card"), one.firing(method="wallet"), at=22.01)
    both.notified(both.resolved(method="card"), both.resolved(method="wallet"), at=22.01)
    assert kinds(one) == ["not resolved"]
    assert verdict(both) == "pass"


def test_the_promise_to_resolve_counts_from_healing_in_compressed_seconds() -> None:
    """121 s of production are 2.016 s at speed 60, and it takes 2.01 s."""
    assert verdict(told(resolves_within_seconds=121.0)) == "pass"
    broken = told(resolves_within_seconds=120.0)
    assert kinds(broken) == ["promise broken"]
    assert "resolved 2.01 s after healing began, promised within 2.00 s" in texts(broken)


def test_keep_firing_holds_the_resolve_back() -> None:
    """With 1.1 s it clears in [21.15, 22.25]: 20 + 1.25 - 0.1, and 20.25 + 0.75 + 1.25."""
    rules = tuple(replace(r, keep_firing_for_seconds=1.1) for r in CONFIGURATION.rules)

    def kept_firing(ends: float) -> list[str]:
        score = told(ends=ends, at=ends + 1)
        timeline = score.timeline()
        configuration = replace(CONFIGURATION, rules=rules)
        return kinds(replace(timeline, configuration=configuration))

    assert kept_firing(21.0) == ["resolved early"]
    assert kept_firing(21.25) == []
    assert kept_firing(22.25) == []
    assert kept_firing(22.5) == ["resolved late"]


def test_a_fault_that_was_not_seen_to_be_healed_makes_a_missing_resolve_unknown() -> None:
    def unhealed(healing: float | None) -> Score:
        score = Score(expects=[fires()]).fault(healing=healing, healed=None).fired(until=40.0)
        return score.notified(score.firing())

    assert verdict(unhealed(None)) == "unknown"
    assert "fault 'surge' was never healed" in texts(unhealed(None))
    assert verdict(unhealed(20.0)) == "unknown"
    assert "fault 'surge' was not seen to be healed" in texts(unhealed(20.0))


def test_a_resolve_although_the_fault_was_never_healed_is_early() -> None:
    score = Score(expects=[fires()]).fault(healing=None, healed=None).fired()
    score.notified(score.firing())
    score.notified(score.resolved(), at=22.01)
    assert kinds(score) == ["resolved early"]
    assert "although its fault was never healed" in texts(score)
    assert verdict(score) == "fail"


def test_a_resolve_that_was_still_due_at_the_end_is_unknown() -> None:
    cut = replace(never_told(), length=22.75)
    assert kinds(cut) == ["not resolved"]
    assert doubts(cut) == ["ended early"]
    assert verdict(cut) == "unknown"
    assert verdict(replace(never_told(), length=23.0)) == "fail"


def starved(*, gap: float, ends: float) -> Score:
    """Prometheus is held up from 14 for ``gap`` seconds; Alertmanager resolves at ``ends``."""
    score = Score(expects=[fires()]).fault().fired(without=(14.0, 14.0 + gap))
    score.notified(score.firing())
    score.notified(score.resolved(ends=ends), at=ends + 0.5)
    score.notified(score.firing(), at=20.01)
    return score.notified(score.resolved(), at=22.01)


def test_a_resolve_that_alertmanager_made_up_in_a_freeze_is_unknown() -> None:
    """At resend 1 s and evaluation 0.25 s a freeze of 2.75 s does it."""
    score = starved(gap=3.5, ends=17.0)
    assert kinds(score) == []
    assert doubts(score) == ["starved"]
    assert "Prometheus was held up from 14.00 s on" in texts(score)
    assert verdict(score) == "unknown"


def test_a_resolve_without_a_gap_in_the_samples_is_early() -> None:
    score = starved(gap=0.0, ends=17.0)
    assert kinds(score) == ["resolved early"]
    assert verdict(score) == "fail"


@pytest.mark.parametrize(("ends", "found"), [(16.74, ["resolved early"]), (16.75, [])])
def test_a_gap_too_short_to_be_a_freeze_excuses_nothing(ends: float, found: list[str]) -> None:
    assert kinds(starved(gap=3.5, ends=ends)) == found


def found(score: Score) -> list[Finding]:
    return list(judged(score).findings)


def test_a_delay_is_told_in_seconds_and_where_it_was() -> None:
    late = {round(f.overrun_seconds, 2) for f in found(told(ends=21.25, at=23.51))}
    assert late == {0.51, 0.25, 0.01}
    (never,) = found(never_told())
    assert (round(never.overrun_seconds, 2), never.expectation) == (17.0, 0)
    assert (never.began - START, never.ended - START) == (20.0, 40.0)
    (cut,) = found(replace(never_told(), length=22.75))
    assert cut.overrun_seconds == 0.0
    (broken,) = found(told(resolves_within_seconds=60.0))
    assert round(broken.overrun_seconds, 2) == 1.01
    (early,) = found(told(ends=15.0, at=16.01))
    assert (early.began - START, round(early.ended - START, 2)) == (11.5, 16.01)


def test_without_a_healing_a_missing_resolve_is_held_against_the_fault() -> None:
    score = Score(expects=[fires()]).fault(healing=None, healed=None).fired(until=40.0)
    (never,) = found(score.notified(score.firing()))
    assert (never.began - START, never.overrun_seconds) == (10.0, 0.0)


def test_the_allowance_shrinks_with_a_short_promise() -> None:
    """A promise of 0.9 s leaves 0.18 s: told by 20.5 + 2.18 s."""
    short = told(ends=20.5, at=22.7, within_seconds=54.0)
    assert "resolved late" in kinds(short)
    assert "resolved late" not in kinds(told(ends=20.5, at=22.66, within_seconds=54.0))


def test_a_fault_that_was_not_healed_excuses_no_other_alert() -> None:
    expects = [fires(fault="surge"), fires("ApiDown", fault="down")]
    score = Score(expects=expects).fault("surge", healed=None)
    score.fault("down", confirmed=10.75).fired().fired("ApiDown", active=11.0, firing=11.5)
    score.notified(score.firing(), score.firing("ApiDown"))
    assert [row.verdict for row in judge(score.timeline()).rows] == ["unknown", "fail"]


def test_a_resolve_still_due_excuses_no_other_alert() -> None:
    """ApiDown's fault was healed 3 s earlier, so its resolve was overdue at the end."""
    expects = [fires(fault="surge"), fires("ApiDown", fault="down")]
    score = Score(expects=expects, length=22.75).fault("surge")
    score.fault("down", confirmed=10.75, healing=17.0, healed=17.25)
    score.fired().fired("ApiDown", active=11.0, firing=11.5, until=17.5)
    score.notified(score.firing(), score.firing("ApiDown"))
    assert [row.verdict for row in judge(score.timeline()).rows] == ["unknown", "fail"]


def test_a_made_up_resolve_excuses_no_other_alert_and_nothing_before_it() -> None:
    def two(*, told_at: float, other_at: float) -> list[str]:
        expects = [fires(resolves=False), fires("ApiDown")]
        score = Score(expects=expects).fault(confirmed=10.75)
        score.fired().fired("ApiDown", active=11.0, firing=11.5, without=(14.0, 17.5))
        score.notified(score.firing(), at=told_at)
        score.notified(score.firing("ApiDown"), at=other_at)
        score.notified(score.resolved("ApiDown", ends=17.0), at=17.5)
        score.notified(score.resolved("ApiDown"), at=22.01)
        return [row.verdict for row in judge(score.timeline()).rows]

    assert two(told_at=12.01, other_at=12.01) == ["unknown", "unknown"]
    assert two(told_at=18.0, other_at=12.01) == ["fail", "unknown"]
    assert two(told_at=12.01, other_at=13.0) == ["unknown", "fail"]


def test_a_made_up_resolve_alone_does_not_resolve_the_alert() -> None:
    score = Score(expects=[fires()]).fault().fired(until=40.0, without=(14.0, 17.5))
    score.notified(score.firing())
    score.notified(score.resolved(ends=17.0), at=17.5)
    assert kinds(score) == ["not resolved"]


def test_without_samples_a_resolve_is_taken_for_real() -> None:
    score = Score(expects=[fires()]).fault()
    score.notified(score.firing())
    score.notified(score.resolved(ends=17.0), at=17.5)
    assert "resolved early" in kinds(score)


def test_a_payload_without_an_end_ends_when_it_was_told() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing())
    resolved = replace(score.resolved(), ends_at=None)
    score.notified(resolved, at=20.76)
    assert verdict(score) == "pass"


def test_one_that_is_never_resolved_is_not_late_too() -> None:
    assert kinds(never_told(resolves_within_seconds=60.0)) == ["not resolved"]


@pytest.mark.parametrize(("began", "declared"), [(14.3, True), (14.4, False)])
def test_a_restart_that_is_declared_explains_only_the_freeze_it_made(
    began: float, declared: bool
) -> None:
    """The last evaluation was at 14, and one and a half intervals of 0.25 s later is too late."""
    score = starved(gap=3.5, ends=17.0)
    score.fault(
        "restart", at=began, confirmed=began, healing=17.0, healed=17.3, stops=("prometheus",)
    )
    assert ("starved" not in doubts(score)) is declared


def test_one_that_fires_again_once_healed_before_its_resolve_was_told_is_one_alert() -> None:
    """Cleared at 20.25 and true once more at 20.5, as a range may do; told of only once."""
    score = Score(expects=[fires()]).fault().fired(until=20.25)
    score.fired(active=20.5, firing=20.5, until=20.75, polled=False)
    score.notified(score.firing())
    score.notified(score.resolved(since=20.5, ends=20.75), at=22.01)
    assert kinds(score) == []


def test_a_resolve_that_is_listed_once_more_was_told_the_first_time() -> None:
    """It fires again after its resolve was told, although its cause was healed: once is enough."""
    score = told(ends=20.25, at=20.3)
    score.fired(active=20.5, firing=20.5, until=20.75, polled=False)
    score.notified(score.firing(since=20.5), at=20.8)
    assert kinds(score) == ["unexpected"]
    score.notified(score.resolved(ends=20.25), score.resolved(since=20.5, ends=20.75), at=22.01)
    assert kinds(score) == ["unexpected"]


def test_a_resolve_that_was_told_before_the_drill_ended_is_not_still_due() -> None:
    """It might have come until 23 s; the drill ended at 22.5 s, and it had come by then."""
    score = told()
    score.length = 22.5
    assert verdict(score) == "pass"


def test_a_promise_to_resolve_counts_from_no_healing_where_there_was_none() -> None:
    score = Score(expects=[fires(resolves_within_seconds=60.0)])
    score.fault(healing=None, healed=None).fired(until=14.0)
    score.notified(score.firing())
    score.notified(score.resolved(ends=14.0), at=14.01)
    assert kinds(score) == ["resolved early"]


def test_the_second_of_two_alertmanagers_may_tell_a_peer_timeout_later() -> None:
    """Cleared at 20.5 s and due by 22.75 s, or by 23 s where the second waits 0.25 s longer."""
    pair = replace(CONFIGURATION, peer_timeout_seconds=0.25)
    assert kinds(told(at=22.9)) == ["resolved late"]
    assert kinds(replace(told(at=22.9), configuration=pair)) == []
    assert kinds(replace(told(at=23.1), configuration=pair)) == ["resolved late"]
