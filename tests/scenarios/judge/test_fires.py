"""An alert that must fire: it passes when all is as declared, and fails for each thing that is not.

The window of QueueLong is [11.40, 12.50] from the fault at 10 (confirmed at 10.25), and [11.90,
12.25] from activeAt at 10.5; the promise is broken after 18.
"""

import math
from copy import deepcopy
from dataclasses import replace

import pytest

from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    START,
    Score,
    chat_group,
    doubts,
    fires,
    judged,
    kept,
    kinds,
    texts,
    verdict,
)


def test_an_alert_told_in_time_and_resolved_in_time_passes() -> None:
    assert kinds(kept()) == []
    assert doubts(kept()) == []
    assert verdict(kept()) == "pass"


def quiet() -> Score:
    """The fault holds, and nothing fires."""
    return Score(expects=[fires()]).fault()


def test_an_alert_that_never_arrives_is_missed() -> None:
    assert kinds(quiet()) == ["missed"]
    assert verdict(quiet()) == "fail"
    assert "QueueLong did not arrive at pager" in texts(quiet())


def test_an_alert_that_fired_in_prometheus_alone_is_missed_once() -> None:
    assert kinds(quiet().fired()) == ["missed"]


def test_an_alert_of_which_only_the_resolve_arrives_is_missed() -> None:
    score = quiet().fired()
    score.notified(score.resolved(), at=22.01)
    assert kinds(score) == ["missed"]
    assert "only its resolve did" in texts(score)


def test_a_window_that_was_still_open_at_the_end_is_unknown() -> None:
    """The latest moment is 14: 10.25 + 0.25 + 0.25 + 1 + 2 (the group may be live) + 0.25."""
    cut = replace(quiet(), length=13.75)
    assert kinds(cut) == ["missed"]
    assert doubts(cut) == ["ended early"]
    assert verdict(cut) == "unknown"
    assert verdict(replace(quiet(), length=14.0)) == "fail"


@pytest.mark.parametrize(
    ("active", "at", "kind"),
    [
        (10.0, 11.39, "early"),
        (10.0, 11.41, None),
        (11.0, 12.49, None),
        (11.0, 12.51, "late"),
    ],
)
def test_the_window_counts_from_the_fault(active: float, at: float, kind: str | None) -> None:
    """Without polls, only the window from the fault is there."""
    score = Score(expects=[fires(resolves=False)]).fault()
    score.fired(active=active, firing=active + 1, polled=False)
    score.notified(score.firing(since=active + 1), at=at)
    assert kinds(score) == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    ("at", "kind"), [(11.89, "early"), (11.91, None), (12.24, None), (12.26, "late")]
)
def test_the_window_from_active_at_is_the_sharper_one(at: float, kind: str | None) -> None:
    score = Score(expects=[fires(resolves=False)]).fault().fired()
    score.notified(score.firing(), at=at)
    assert kinds(score) == ([] if kind is None else [kind])
    if kind is not None:
        assert "after it became active" in texts(score)


def test_a_state_of_an_earlier_firing_is_not_taken_for_this_one() -> None:
    """It was active at 6 and last seen before this firing began: its window would say late."""
    score = Score(expects=[fires(resolves=False)]).fault()
    score.fired(active=6.0, firing=7.0, until=8.0)
    score.fired(polled=False)
    score.notified(score.firing(since=7.0), at=7.51)
    score.notified(score.resolved(since=7.0, ends=8.0), at=9.51)
    score.notified(score.firing(), at=12.01)
    assert kinds(score) == ["unexpected"]


@pytest.mark.parametrize(("at", "broken"), [(17.99, False), (18.01, True)])
def test_the_promise_counts_from_the_injection_in_compressed_seconds(
    at: float, broken: bool
) -> None:
    found = kinds(kept(notified_at=at))
    assert ("promise broken" in found) is broken
    assert "late" in found


def test_a_promise_is_judged_though_the_window_allows_more() -> None:
    """A ``for`` that grew is followed by the window, not by the promise."""
    rules = tuple(replace(r, for_seconds=10.0) for r in CONFIGURATION.rules)
    score = Score(expects=[fires(resolves=False)], configuration=changed(rules))
    score.fault(healing=30.0, healed=30.25).fired(firing=20.5, until=30.5)
    score.notified(score.firing(since=20.5), at=21.01)
    assert kinds(score) == ["promise broken"]
    assert verdict(score) == "fail"


def changed(rules: tuple[Rule, ...]) -> Configuration:
    return replace(CONFIGURATION, rules=rules)


def test_the_allowance_shrinks_with_a_short_promise() -> None:
    """At 60 s of production (1 s at speed 60) a fifth is 0.2 s: the window closes at 12.2."""
    score = Score(expects=[fires(resolves=False, within_seconds=60.0)]).fault().fired()
    score.notified(score.firing(), at=12.21)
    assert "late" in kinds(score)


def test_another_receiver_is_misrouted() -> None:
    score = quiet().fired()
    score.notified(score.firing(), receiver="chat", group=chat_group("QueueLong"))
    assert kinds(score) == ["misrouted"]
    assert "at chat, expected at pager" in texts(score)


def test_another_group_is_misgrouped() -> None:
    score = quiet().fired()
    score.notified(score.firing(), group=chat_group("QueueLong"))
    assert kinds(score) == ["misgrouped"]
    assert verdict(score) == "fail"


def test_a_group_that_lacks_a_label_is_misgrouped() -> None:
    score = Score(expects=[fires(group={"service": "tickets", "severity": "critical"})])
    score.fault().fired()
    score.notified(score.firing())
    assert kinds(score) == ["misgrouped"]


def test_other_labels_are_wrong() -> None:
    score = Score(expects=[fires(labels={"method": "card"})]).fault().fired(method="wallet")
    score.notified(score.firing(method="wallet"))
    assert kinds(score) == ["wrong labels"]
    assert 'with {method="wallet"}, expected {method="card"}' in texts(score)
    right = Score(expects=[fires(labels={"method": "card"}, resolves=False)]).fault()
    right.fired(method="card")
    right.notified(right.firing(method="card"))
    assert verdict(right) == "pass"


def test_another_severity_at_another_receiver_is_both() -> None:
    score = Score(expects=[fires(labels={"severity": "critical"})]).fault()
    score.fired(severity="warning")
    score.notified(score.firing(severity="warning"), receiver="chat")
    assert kinds(score) == ["misrouted", "wrong labels"]


def test_an_alert_that_fired_before_its_fault_is_early() -> None:
    score = Score(expects=[fires(resolves=False)]).fault().fired(active=7.0, firing=8.0)
    score.notified(score.firing(since=8.0), at=8.51)
    assert kinds(score) == ["early"]
    assert "before its fault began" in texts(score)


def test_an_alert_that_came_and_went_before_its_fault_is_unexpected_and_then_missed() -> None:
    score = Score(expects=[fires()]).fault().fired(active=5.0, firing=6.0, until=8.0)
    score.notified(score.firing(since=6.0), at=6.51)
    score.notified(score.resolved(since=6.0, ends=8.0), at=8.51)
    assert kinds(score) == ["missed", "unexpected"]


def test_a_sample_dated_just_before_the_fault_is_of_the_fault() -> None:
    """A scrape that began before the fault may read after it."""
    score = Score(expects=[fires(resolves=False)], configuration=changed(at_once()))
    score.fault(at=10.55).fired(firing=10.5)
    score.notified(score.firing(since=10.5), at=11.01)
    assert "unexpected" not in kinds(score)
    assert "missed" not in kinds(score)


def at_once() -> tuple[Rule, ...]:
    return tuple(replace(r, for_seconds=0.0) for r in CONFIGURATION.rules)


def test_a_fault_that_left_no_record_makes_it_unknown_and_names_the_fault() -> None:
    score = Score(expects=[fires(fault="redis down")]).fault("surge")
    assert kinds(score) == ["missed"]
    assert doubts(score) == ["fault"]
    assert "fault 'redis down' that must raise QueueLong was never injected" in texts(score)
    assert verdict(score) == "unknown"


def test_without_any_fault_nothing_can_be_said_of_a_missing_alert() -> None:
    assert verdict(Score(expects=[fires()])) == "unknown"
    assert "any fault that must raise" in texts(Score(expects=[fires()]))


def test_an_alert_whose_fault_was_never_injected_is_unexpected_when_it_arrives() -> None:
    score = Score(expects=[fires(fault="redis down")]).fault("surge").fired()
    score.notified(score.firing())
    assert "unexpected" in kinds(score)
    assert verdict(score) == "fail"


def test_a_near_miss_of_the_same_name_is_not_the_cause() -> None:
    score = Score(expects=[fires(fault="surge")]).fault("surge", near_miss=True)
    assert doubts(score) == ["fault"]


def test_each_of_two_faults_must_raise_the_alert_again() -> None:
    both = [fires(fault="first", resolves=False), fires(fault="second", resolves=False)]

    def score() -> Score:
        score = Score(expects=both).fault("first", at=6, confirmed=6.25, healing=9, healed=9.25)
        score.fault("second", at=20, confirmed=20.25, healing=30, healed=30.25)
        score.fired(active=6.5, firing=7.5, until=9.5)
        score.notified(score.firing(since=7.5), at=8.01)
        return score.notified(score.resolved(since=7.5, ends=9.5), at=10.01)

    once, twice = score(), score()
    twice.fired(active=20.5, firing=21.5, until=30.5)
    twice.notified(twice.firing(since=21.5), at=22.01)
    assert kinds(once) == ["missed"]
    assert verdict(twice) == "pass"


def test_a_second_firing_after_its_resolve_was_told_is_unexpected() -> None:
    """Its cause was healed at 20.25 and could raise it until 21 at the latest."""
    score = kept().fired(active=25.0, firing=26.0, until=27.0)
    score.notified(score.firing(since=26.0), at=26.51)
    assert kinds(score) == ["unexpected"]
    assert "nobody expects it then, there and with these labels" in texts(score)


def test_a_second_firing_soon_after_its_resolve_was_told_is_unexpected_too() -> None:
    """Within what its cause may still raise, but told as over already."""
    score = Score(expects=[fires()], configuration=changed(at_once())).fault()
    score.fired(firing=10.5).fired(active=20.85, firing=20.85, until=21.85)
    score.notified(score.firing(since=10.5), at=11.01)
    score.notified(score.resolved(since=10.5, ends=20.5), at=20.76)
    score.notified(score.firing(since=20.85), at=21.36)
    assert "unexpected" in kinds(score)


def test_a_second_firing_while_its_fault_holds_has_a_cause() -> None:
    score = Score(expects=[fires(resolves=False)]).fault()
    score.fired(until=14.0).fired(active=15.0, firing=16.0)
    score.notified(score.firing(), at=12.01)
    score.notified(score.resolved(ends=14.0), at=14.01)
    score.notified(score.firing(since=16.0), at=16.51)
    assert verdict(score) == "pass"


@pytest.mark.parametrize(("firing", "claimed"), [(20.75, True), (21.0, True), (21.25, False)])
def test_its_fault_may_raise_it_until_that_must_have_cleared(firing: float, claimed: bool) -> None:
    """Healed at 20.25, what it did clears by 21."""
    score = Score(expects=[fires(resolves=False)]).fault()
    score.fired(active=firing - 1, firing=firing, until=firing + 1)
    score.notified(score.firing(since=firing), at=firing + 0.51)
    assert ("unexpected" in kinds(score)) is not claimed
    assert ("missed" in kinds(score)) is not claimed


def refired(**changes: object) -> Score:
    """Resolved and told so at 20.76, and fired again at 20.85, within what the fault may raise."""
    score = Score(expects=[fires()], configuration=changed(at_once())).fault()
    score.notified(score.firing(since=10.5), at=11.01)
    score.notified(score.resolved(since=10.5, ends=20.5), at=20.76)
    score.notified(score.firing(since=20.85, **changes), at=21.36)
    return score


def test_only_the_same_alert_fires_again() -> None:
    assert "unexpected" in kinds(refired())
    assert "unexpected" not in kinds(refired(host="b"))


def test_only_what_this_receiver_was_told_counts_as_told() -> None:
    """The chat alone was told that the first firing is over."""
    expects = [fires(), fires(at="chat", resolves=False)]
    score = Score(expects=expects, configuration=changed(at_once())).fault()
    score.notified(score.firing(since=10.5), at=11.01)
    score.notified(score.resolved(since=10.5, ends=20.5), at=20.76, receiver="chat")
    score.notified(score.firing(since=20.85), at=21.36)
    assert "unexpected" not in kinds(score)


def test_a_resolve_told_after_it_fired_again_was_not_told_in_between() -> None:
    score = Score(expects=[fires()], configuration=changed(at_once())).fault()
    score.notified(score.firing(since=10.5), at=11.01)
    score.notified(score.firing(since=20.85), at=20.9)
    score.notified(score.resolved(since=10.5, ends=20.5), at=21.01)
    assert "unexpected" not in kinds(score)


def test_what_was_told_of_before_the_fault_is_not_its_first_firing() -> None:
    """A firing of the warm-up resolved long ago, and this one began after healing."""
    score = Score(expects=[fires(resolves=False)], configuration=changed(at_once())).fault()
    score.notified(score.firing(since=3.0), at=3.51)
    score.notified(score.resolved(since=3.0, ends=4.0), at=4.51)
    score.notified(score.firing(since=20.75), at=20.9)
    assert "unexpected" not in kinds(score)


def test_faults_that_raise_other_alerts_do_not_end_the_cause() -> None:
    """ApiDown's fault comes while QueueLong's holds; QueueLong fires after it."""
    expects = [fires(fault="surge", resolves=False), fires("ApiDown", fault="down", resolves=False)]
    score = Score(expects=expects).fault("surge", confirmed=12.0)
    score.fault("down", at=12.0, confirmed=12.25).fired(active=12.25, firing=13.25)
    score.fired("ApiDown", active=12.5, firing=13.0)
    score.notified(score.firing("ApiDown", since=13.0), score.firing(since=13.25), at=13.51)
    assert verdict(score) == "pass"


def test_a_fault_that_left_no_record_does_not_end_the_cause_of_another() -> None:
    expects = [fires(fault="surge", resolves=False), fires(fault="gone", resolves=False)]
    score = Score(expects=expects).fault("surge").fired()
    score.notified(score.firing())
    assert kinds(score) == ["missed"]
    assert verdict(score) == "unknown"


def test_of_three_faults_each_ends_the_cause_of_the_one_before() -> None:
    """The second raises nothing, and the third's firing is not taken for the second's."""
    expects = [fires(fault=name, resolves=False) for name in ("one", "two", "three")]
    score = Score(expects=expects)
    for name, at in (("one", 6.0), ("two", 14.0), ("three", 22.0)):
        score.fault(name, at=at, confirmed=at + 0.25, healing=None, healed=None)
    for at in (6.5, 22.5):
        score.fired(active=at, firing=at + 1, until=at + 3)
        score.notified(score.firing(since=at + 1), at=at + 1.51)
        score.notified(score.resolved(since=at + 1, ends=at + 3), at=at + 3.51)
    judgement = judge(score.timeline())
    assert [(f.kind, f.expectation) for f in judgement.findings] == [("missed", 1)]


def test_a_drill_may_end_once_all_has_arrived() -> None:
    """The window closes at 12.5, and the notification came at 12.01."""
    score = replace(kept(resolves=False), length=12.25)
    score = replace(score, _arrivals=score._arrivals[:1])
    assert doubts(score) == []


def test_a_window_still_open_excuses_no_other() -> None:
    """ApiDown was due by 13.5, QueueLong by 14, and the drill ended at 13.75."""
    score = Score(expects=[fires(), fires("ApiDown")], length=13.75).fault()
    assert kinds(score) == ["missed"]
    assert verdict(score) == "fail"
    assert [row.verdict for row in judge(score.timeline()).rows] == ["unknown", "fail"]


def test_a_fault_never_injected_excuses_no_other_alert() -> None:
    score = Score(expects=[fires(fault="gone"), fires("ApiDown", fault="surge")]).fault()
    assert [row.verdict for row in judge(score.timeline()).rows] == ["unknown", "fail"]


def overruns(score: Score) -> dict[str, float]:
    return {finding.kind: round(finding.overrun_seconds, 2) for finding in judged(score).findings}


def test_a_delay_is_told_in_seconds() -> None:
    """By how much a reason must be able to delay something to account for it."""
    assert overruns(kept(notified_at=18.5)) == {"late": 6.25, "promise broken": 0.5}
    assert overruns(Score(expects=[fires()]).fault()) == {"missed": 26.0}
    assert overruns(replace(Score(expects=[fires()]).fault(), length=13.75)) == {"missed": 0.0}
    assert overruns(Score(expects=[fires()]).fault(confirmed=None)) == {"missed": 0.0}
    early = kept(notified_at=11.0)
    assert overruns(early) == {"early": 0.0}
    assert "0.40 s before its window opens" in texts(early)
    assert "0.90 s before its window opens" in texts(early)
    cut = replace(Score(expects=[fires()]).fault(), length=13.75)
    assert "the drill ended 0.25 s before the window of QueueLong closed" in texts(cut)


def test_a_finding_spans_from_its_fault_to_what_went_wrong() -> None:
    def span(score: Score) -> tuple[float, float]:
        finding = judge(score.timeline()).findings[0]
        return round(finding.began - START, 2), round(finding.ended - START, 2)

    assert span(kept(notified_at=12.4)) == (10.0, 12.4)
    assert span(Score(expects=[fires()]).fault()) == (10.0, 40.0)
    before = Score(expects=[fires(resolves=False)]).fault().fired(active=7.0, firing=8.0)
    assert span(before.notified(before.firing(since=8.0), at=8.51)) == (8.51, 8.51)


def test_only_the_first_notification_must_say_it() -> None:
    """A value in a text changes from one evaluation to the next."""
    score = Score(expects=[fires(annotations={"summary": "1600"}, resolves=False)]).fault()
    score.fired()
    score.notified(score.firing(annotations={"summary": "1600 wait"}))
    score.notified(score.firing(annotations={"summary": "1700 wait"}), at=14.01)
    assert verdict(score) == "pass"
    late = Score(expects=[fires(annotations={"summary": "1600"}, resolves=False)]).fault()
    late.fired()
    late.notified(late.firing(annotations={"summary": "1700 wait"}))
    late.notified(late.firing(annotations={"summary": "1600 wait"}), at=14.01)
    assert kinds(late) == ["wrong annotations"]


def test_an_alert_that_is_missing_and_has_no_rule_fails() -> None:
    without = tuple(r for r in CONFIGURATION.rules if r.name != "QueueLong")
    timeline = replace(Score(expects=[fires()]).fault().timeline(), configuration=changed(without))
    assert kinds(timeline) == ["missed"]
    assert verdict(timeline) == "fail"


def test_of_a_missing_alert_no_resolve_is_judged() -> None:
    score = Score(expects=[fires()]).fault().fired(until=15.0)
    score.notified(score.resolved(ends=15.0), at=16.01)
    assert kinds(score) == ["missed"]


def test_an_annotation_must_say_what_is_expected() -> None:
    assert verdict(kept(annotations={"summary": "QueueLong"})) == "pass"
    wrong = kept(annotations={"summary": "people"})
    assert kinds(wrong) == ["wrong annotations"]
    assert "without 'people': 'QueueLong is bad'" in texts(wrong)
    assert "has no annotation runbook" in texts(kept(annotations={"runbook": "http"}))
    assert verdict(wrong) == "fail"


def test_a_template_left_unexpanded_is_wrong_in_any_notification() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing())
    raw = score.resolved(annotations={"summary": "{{ $value }} wait"})
    score.notified(raw, at=22.01)
    assert kinds(score) == ["wrong annotations"]


def together(*partners: str) -> Score:
    expectation = fires(together_with=("ApiDown",), resolves=False)
    expects = [expectation, fires("ApiDown", resolves=False)]
    score = Score(expects=expects).fault(confirmed=10.75)
    score.fired().fired("ApiDown", active=11.0, firing=11.5)
    others = [score.firing(name) for name in partners]
    score.notified(score.firing(), *others)
    if not partners:
        score.notified(score.firing("ApiDown"), at=12.02)
    return score


def test_alerts_that_must_share_a_notification_pass_when_one_does_carry_all() -> None:
    assert verdict(together("ApiDown")) == "pass"


def test_alerts_that_come_apart_are_not_together() -> None:
    assert kinds(together()) == ["not together"]
    assert "together with ApiDown" in texts(together())


def test_a_partner_that_is_listed_as_resolved_is_not_together() -> None:
    score = together()
    score.notified(score.firing(), score.resolved("ApiDown"), at=14.01)
    assert "not together" in kinds(score)
    later = together()
    later.notified(later.firing(), later.firing("ApiDown"), at=14.01)
    assert verdict(later) == "pass"


def test_a_live_group_tells_the_alert_at_its_next_tick() -> None:
    """ApiDown has opened the group, so QueueLong waits up to 2 s instead of 0.5 s."""
    expects = [fires(resolves=False), fires("ApiDown", resolves=False)]
    score = Score(expects=expects).fault(at=7.0, confirmed=7.25)
    score.fired("ApiDown", active=7.5, firing=8.0).fired(active=8.0, firing=9.0)
    score.notified(score.firing("ApiDown", since=8.0), at=8.51)
    score.notified(score.firing("ApiDown", since=8.0), score.firing(since=9.0), at=10.51)
    assert verdict(score) == "pass"
    late = Score(expects=expects).fault(at=7.0, confirmed=7.25)
    late.fired("ApiDown", active=7.5, firing=8.0).fired(active=8.0, firing=9.0)
    late.notified(late.firing("ApiDown", since=8.0), at=8.51)
    late.notified(late.firing("ApiDown", since=8.0), late.firing(since=9.0), at=11.3)
    assert kinds(late) == ["late"]


def test_without_its_rule_a_notification_has_no_window_and_is_unknown() -> None:
    score = kept()
    without = tuple(r for r in CONFIGURATION.rules if r.name != "QueueLong")
    timeline = replace(score.timeline(), configuration=changed(without))
    assert "no rule" in doubts(timeline)
    assert verdict(timeline) == "unknown"


def test_the_route_of_the_labels_that_arrived_gives_the_wait() -> None:
    """The pager's own group_wait of 3 s counts, not the root's."""
    route = ALERTMANAGER["route"]
    pager = {**route["routes"][1], "group_wait": "3s"}
    slow = {**ALERTMANAGER, "route": {**route, "routes": [pager]}}
    configuration = replace(CONFIGURATION, alertmanager=slow)
    score = Score(expects=[fires(resolves=False)], configuration=configuration).fault().fired()
    score.notified(score.firing(), at=14.51)
    assert kinds(score) == []


def test_external_labels_are_part_of_what_arrives() -> None:
    configuration = replace(CONFIGURATION, external_labels={"cluster": "eu", "service": "no"})
    score = Score(expects=[fires(labels={"cluster": "eu"})], configuration=configuration)
    score.fault().fired()
    score.notified(score.firing())
    score.notified(score.resolved(), at=22.01)
    assert verdict(score) == "pass"
    assert len(score.timeline().arrivals[0].alerts[0].labels) == 4


def test_a_promise_is_kept_in_the_very_moment_in_which_it_ends() -> None:
    """Promised within 8 s of the fault at 10; never confirmed, it has no other window to keep."""
    for at, found in ((18.0, []), (18.25, ["promise broken"])):
        score = Score(expects=[fires(resolves=False)]).fault(confirmed=None).fired(polled=False)
        assert kinds(score.notified(score.firing(), at=at)) == found


def test_one_of_which_only_the_resolve_came_does_not_hide_one_that_was_told() -> None:
    score = Score(expects=[fires(resolves=False)]).fault()
    score.fired(until=12.0, host="a").fired(host="b")
    score.notified(score.resolved(ends=12.0, host="a"), score.firing(host="b"))
    assert kinds(score) == []


def test_one_in_the_wrong_group_is_told_of_though_its_resolve_lacks_an_end() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing(), group=chat_group("QueueLong"))
    without_end = replace(score.resolved(), ends_at=None)
    score.notified(without_end, at=22.01, group=chat_group("QueueLong"))
    assert "misgrouped" in kinds(score)


@pytest.mark.parametrize("which", [0, 1])
def test_the_very_edges_of_each_window_belong_to_it(which: int) -> None:
    """Early and late are told by the next number that a clock can show."""
    window = judge(kept(resolves=False).timeline()).outcomes[0].windows[which].window
    assert window.latest is not None

    def found(at: float) -> bool:
        timeline = kept(resolves=False).timeline()
        told = (replace(timeline.arrivals[0], at=at), *timeline.arrivals[1:])
        (outcome,) = judge(replace(timeline, arrivals=told)).outcomes
        judged = outcome.windows[which]
        assert judged.is_kept is (window.earliest <= at <= window.latest)
        return any(f" {judged.what} at " in finding.text for finding in outcome.findings)

    assert not found(window.latest)
    assert found(math.nextafter(window.latest, math.inf))
    assert not found(window.earliest)
    assert found(math.nextafter(window.earliest, -math.inf))


def test_the_wait_is_that_of_the_route_by_which_the_alert_came() -> None:
    """What comes from eu is held back by 4 s, in the same group of the same receiver."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    slow = {"receiver": "pager", "matchers": ['region="eu"'], "group_by": ["service"]}
    alertmanager["route"]["routes"].insert(0, {**slow, "group_wait": "4s"})
    score = Score(expects=[fires(resolves=False)])
    score.configuration = replace(CONFIGURATION, alertmanager=alertmanager)
    score.fault().fired(region="eu")
    score.notified(score.firing(region="eu"), at=15.51)
    assert kinds(score) == []
