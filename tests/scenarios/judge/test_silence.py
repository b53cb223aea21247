"""What must not happen: broken silences, near misses that fire, and all that nobody declared."""

from dataclasses import replace

import pytest

from scenarios.judge.expectation import Allowed, Silent
from scenarios.judge.timeline import Host, Stage, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    START,
    Score,
    chat_group,
    doubts,
    fires,
    inhibited,
    judged,
    kept,
    kinds,
    texts,
    verdict,
)


def silent() -> Score:
    return Score(expects=[Silent("QueueLong")])


def test_an_alert_that_neither_fires_nor_arrives_is_silent() -> None:
    assert doubts(silent()) == []
    assert verdict(silent()) == "pass"


def test_only_the_alert_that_is_named_breaks_its_silence() -> None:
    score = silent().fired("ApiSlow", active=12.0, firing=13.5, until=13.75)
    score.notified(score.firing("ApiDown", since=12.0), at=12.51)
    judgement = judge(score.timeline())
    assert [(f.kind, f.expectation) for f in judgement.findings] == [
        ("unexpected", None),
        ("fired unseen", None),
    ]
    assert [row.verdict for row in judgement.rows] == ["pass"]
    assert judgement.verdict == "fail"


def test_what_breaks_a_silence_is_found_with_it() -> None:
    score = silent().fired(method="card")
    score.fired(method="wallet")
    score.notified(score.firing(method="card"))
    judgement = judged(score)
    assert [(f.kind, f.expectation) for f in judgement.findings] == [
        ("unexpected", 0),
        ("fired unseen", 0),
    ]
    assert judgement.outcomes[0].began == START + 5.0


def test_an_alert_that_arrives_breaks_its_silence() -> None:
    score = silent().fired()
    score.notified(score.firing())
    assert kinds(score) == ["unexpected"]
    assert "QueueLong must stay silent, and arrived at pager at 12.01 s" in texts(score)
    assert verdict(score) == "fail"


def test_an_alert_that_fires_in_prometheus_alone_breaks_its_silence() -> None:
    assert kinds(silent().fired()) == ["fired unseen"]
    assert "and must stay silent" in texts(silent().fired())


def test_an_alert_that_is_pending_only_breaks_no_silence() -> None:
    assert verdict(silent().fired(active=10.0, firing=10.5, until=10.5)) == "pass"


def test_an_alert_seen_firing_by_the_polls_alone_breaks_its_silence() -> None:
    timeline = silent().fired().timeline()
    polled = replace(timeline, alert_samples=timeline.alert_samples[:1])
    assert kinds(polled) == ["fired unseen"]


def test_a_silence_too_short_to_be_broken_is_unknown() -> None:
    """QueueLong takes 0.25 + 2 x 0.25 + 1 s to fire, and the load was steady after 5 s."""
    assert verdict(replace(silent(), length=6.75)) == "pass"
    short = replace(silent(), length=6.5)
    assert doubts(short) == ["too short"]
    assert verdict(short) == "unknown"


def test_the_silence_of_an_alert_that_does_not_exist_proves_nothing() -> None:
    score = Score(expects=[Silent("QueueLoong")])
    assert doubts(score) == ["no rule"]
    assert verdict(score) == "unknown"


def near_miss(
    *, held: float = 2.0, confirmed: bool = True, healed: bool = True, lost: str = ""
) -> Score:
    """The queue grows to 700 from 10 on; QueueLong takes 1.75 s to fire, had it crossed."""
    score = Score(expects=[Silent("QueueLong")], near_misses={"small surge": "QueueLong"})
    return score.fault(
        "small surge",
        near_miss=True,
        at=9.75,
        confirmed=10.0 if confirmed else None,
        healing=10.0 + held if healed else None,
        healed=10.25 + held if healed else None,
        lost=lost,
    )


def test_a_firing_before_the_near_miss_is_not_of_it() -> None:
    score = near_miss()
    score.allows = [Allowed("QueueLong", "pager", "a test of near misses alone")]
    score.expects = [Silent("ApiSlow")]
    assert kinds(score.fired(active=6.0, firing=7.0, until=9.75)) == []
    touching = replace(score).fired(active=6.0, firing=7.0, until=10.25)
    assert kinds(touching) == ["near miss fired"]


def test_another_near_miss_or_an_earlier_fault_does_not_end_a_near_miss() -> None:
    for other in ({"near_miss": True, "at": 11.0}, {"at": 6.0, "healing": 8.0, "healed": 8.25}):
        score = near_miss()
        score.fault("other", **other)  # type: ignore[arg-type]
        score.fired(active=11.0, firing=12.0, until=13.0)
        assert "near miss fired" in kinds(score)


def test_a_near_miss_that_stays_silent_passes() -> None:
    assert kinds(near_miss()) == []
    assert doubts(near_miss()) == []
    assert verdict(near_miss()) == "pass"


@pytest.mark.parametrize(("firing", "until"), [(11.0, 12.0), (9.0, 10.0), (13.0, 13.25)])
def test_a_near_miss_that_fires_fails_though_nobody_is_told(firing: float, until: float) -> None:
    score = near_miss()
    score.expects = [fires(resolves=False)]
    score.fault(at=30, confirmed=30.25, healing=35, healed=35.25)
    score.fired(active=30.5, firing=31.5, until=35.5)
    score.notified(score.firing(since=31.5), at=32.01)
    assert verdict(score) == "pass"
    score.fired(active=firing - 1, firing=firing, until=until)
    assert kinds(score) == ["near miss fired", "fired unseen"]
    assert verdict(score) == "fail"


def test_a_near_miss_that_fires_beside_neighbours_that_left_no_core_is_unknown() -> None:
    """Held up by them it may not have stayed below; alone it must, whatever the host did."""
    score = near_miss()
    score.expects = [fires(resolves=False)]
    score.fault(at=30, confirmed=30.25, healing=35, healed=35.25)
    score.fired(active=30.5, firing=31.5, until=35.5)
    score.notified(score.firing(since=31.5), at=32.01)
    score.fired(active=10.0, firing=11.0, until=12.0)
    timeline = score.timeline()

    def busy(began: float, ended: float, *, shared: bool = True) -> Timeline:
        spans = ((START + began, START + ended),)
        return replace(timeline, host=Host(0.0, START, shared, saturated=spans))

    doubted = judge(busy(9.5, 11.5))
    assert doubted.verdict == "unknown"
    assert doubted.is_starved
    assert judge(busy(9.5, 11.5, shared=False)).verdict == "fail"
    assert judge(busy(20.0, 25.0)).verdict == "fail"


@pytest.mark.parametrize("score", [near_miss(lost="1200 wait"), near_miss(confirmed=False)])
def test_a_near_miss_that_was_none_says_nothing_of_its_alert(score: Score) -> None:
    """Neighbours may push a host over the threshold: then the rule is right to fire."""
    assert verdict(score) == "unknown"
    score.fired(active=11.0, firing=12.0, until=13.0)
    score.notified(score.firing(since=12.0), at=12.51)
    assert "unexpected" in kinds(score)
    assert verdict(score) == "unknown"


def test_a_near_miss_that_was_none_excuses_no_other_alert() -> None:
    score = near_miss(lost="1200 wait")
    score.fired("ApiSlow", active=11.0, firing=12.5, until=13.0)
    assert verdict(score) == "fail"


@pytest.mark.parametrize(("began", "fired"), [(13.0, True), (13.25, False)])
def test_a_near_miss_ends_when_what_it_did_must_have_cleared(began: float, fired: bool) -> None:
    """Healed at 12.25, it clears within 0.25 + 0.25 + 0.25 s."""
    score = near_miss()
    score.expects = [fires(resolves=False)]
    score.allows = [Allowed("QueueLong", "pager", "a test of near misses alone")]
    score.fault(at=30).fired(active=began - 1, firing=began, until=began + 1)
    assert ("near miss fired" in kinds(score)) is fired


def test_a_near_miss_ends_when_a_real_fault_begins() -> None:
    score = near_miss(held=20.0)
    score.expects = [fires(resolves=False)]
    score.fault(at=14.0, confirmed=14.25, healing=24, healed=24.25)
    score.fired(active=14.5, firing=15.5)
    score.notified(score.firing(since=15.5), at=16.01)
    assert verdict(score) == "pass"


@pytest.mark.parametrize(("began", "expected"), [(11.86, "pass"), (11.8, "unknown")])
def test_a_near_miss_must_be_held_long_enough_before_a_real_fault_begins(
    began: float, expected: str
) -> None:
    """Confirmed at 10; for 1.75 s QueueLong may still be silent over its threshold. From 0.1 s
    before the fault on it may fire because of that one, and shows nothing of the near miss."""
    score = near_miss(held=20.0)
    score.expects = [fires(resolves=False)]
    score.fault(at=began, confirmed=began + 0.2, healing=24, healed=24.25)
    score.fired(active=12.25, firing=13.25)
    score.notified(score.firing(since=13.25), at=13.76)
    assert verdict(score) == expected
    assert ("too short" in doubts(score)) is (expected == "unknown")


def test_a_near_miss_held_too_briefly_is_unknown() -> None:
    assert verdict(near_miss(held=1.75)) == "pass"
    assert doubts(near_miss(held=1.7)) == ["too short"]
    assert verdict(near_miss(held=1.7)) == "unknown"


def test_a_near_miss_that_was_never_healed_was_held_until_the_end() -> None:
    assert doubts(near_miss(healed=False)) == []
    assert "near miss fired" in kinds(near_miss(healed=False).fired(firing=30.0, until=31.0))


def test_a_near_miss_that_was_not_read_back_or_never_injected_is_unknown() -> None:
    assert doubts(near_miss(confirmed=False)) == ["fault", "near miss"]
    never = Score(expects=[Silent("QueueLong")], near_misses={"small surge": "QueueLong"})
    assert "near miss 'small surge' was never injected" in texts(never)
    assert verdict(never) == "unknown"
    real = never.fault("small surge")
    assert verdict(real) == "unknown"


def test_a_near_miss_of_an_alert_that_does_not_exist_proves_nothing() -> None:
    score = near_miss()
    score.near_misses = {"small surge": "QueueLoong"}
    assert doubts(score) == ["no rule"]


def test_an_alert_that_nobody_expects_is_unexpected() -> None:
    score = kept().fired("ApiSlow", active=13.5, firing=15.0)
    arrives = score.firing("ApiSlow", since=15.0)
    score.notified(arrives, at=15.51, receiver="chat", group=chat_group("ApiSlow"))
    assert kinds(score) == ["unexpected"]
    assert 'ApiSlow arrived at chat in group {alertname="ApiSlow"' in texts(score)
    assert verdict(score) == "fail"


def test_an_alert_that_nobody_names_is_said_to_be_expected_nowhere() -> None:
    score = kept()
    score.notified(score.firing("ApiSlow", since=15.0), at=15.51, receiver="chat")
    assert texts(score).endswith("at 15.51 s, and nobody expects it")


def test_an_alert_that_is_allowed_allows_no_other() -> None:
    score = allowed()
    score.notified(score.firing("ApiDown", since=15.0), at=15.51, receiver="chat")
    assert kinds(score) == ["unexpected"]


def test_any_of_several_sources_accounts_for_an_alert_beside_it() -> None:
    score = Score(expects=[inhibited(), fires("ApiDown", resolves=False)])
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5)
    score.fired("ApiDown", active=25.0, firing=25.5, until=26.0)
    score.allows = [Allowed("ApiDown", "pager", "again")]
    score.fired("ApiSlow", active=10.5, firing=12.0)
    score.notified(score.firing("ApiDown"))
    assert "fired unseen" not in kinds(score)


def test_an_expected_alert_whose_fault_was_never_injected_is_not_accounted_for() -> None:
    score = Score(expects=[fires(fault="gone")]).fault().fired()
    assert kinds(score) == ["missed", "fired unseen"]


def test_an_expected_alert_that_arrives_at_another_receiver_too_is_unexpected() -> None:
    score = kept()
    score.notified(score.firing(), at=12.02, receiver="chat")
    assert kinds(score) == ["unexpected"]
    assert "nobody expects it there: it is expected at pager" in texts(score)


def allowed(receiver: str = "chat") -> Score:
    score = kept().fired("ApiSlow", active=13.5, firing=15.0)
    score.allows = [Allowed("ApiSlow", receiver, "slow while the queue is long")]
    arrives = score.firing("ApiSlow", since=15.0)
    return score.notified(arrives, at=15.51, receiver="chat", group=chat_group("ApiSlow"))


def test_an_alert_that_is_allowed_at_its_receiver_is_neither() -> None:
    assert verdict(allowed()) == "pass"
    assert kinds(allowed("pager")) == ["unexpected"]


def test_an_alert_that_is_allowed_may_fire_unseen() -> None:
    score = kept().fired("ApiSlow", active=13.5, firing=15.0)
    score.allows = [Allowed("ApiSlow", "chat", "slow while the queue is long")]
    assert verdict(score) == "pass"


def test_an_undeclared_alert_that_fired_unseen_fails() -> None:
    score = kept().fired("ApiSlow", active=13.5, firing=15.0, until=15.25)
    assert kinds(score) == ["fired unseen"]
    assert "told to nobody, and is not declared" in texts(score)
    assert verdict(score) == "fail"


def test_an_expected_alert_that_fired_again_unseen_after_its_cause_fails() -> None:
    assert kinds(kept().fired(active=24.0, firing=25.0, until=25.25)) == ["fired unseen"]


def test_another_alert_of_the_same_name_that_fired_unseen_fails() -> None:
    score = kept(labels={"severity": "critical"})
    score.fired(firing=15.0, until=15.25, severity="warning")
    assert kinds(score) == ["fired unseen"]


def test_an_alert_beside_its_source_may_fire_unseen() -> None:
    score = Score(expects=[inhibited(), fires("ApiDown", resolves=False)])
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5)
    score.fired("ApiSlow", active=10.5, firing=12.0)
    score.notified(score.firing("ApiDown"))
    assert verdict(score) == "pass"


@pytest.mark.parametrize(("until", "found"), [(4.75, []), (5.25, ["fired unseen"])])
def test_what_was_over_before_the_load_was_steady_does_not_count(
    until: float, found: list[str]
) -> None:
    """The warm-up ends at 5; the last sample lies 0.25 s before ``until``."""
    assert kinds(kept().fired("ApiSlow", active=2.0, firing=3.5, until=until)) == found


@pytest.mark.parametrize(("ends", "found"), [(4.9, []), (5.1, ["unexpected"])])
def test_what_was_told_of_before_does_not_count_though_its_resolve_comes_later(
    ends: float, found: list[str]
) -> None:
    score = kept()
    score.notified(score.firing("ApiSlow", since=2.0), at=2.51, receiver="chat")
    resolved = score.resolved("ApiSlow", since=2.0, ends=ends)
    score.notified(resolved, at=6.51, receiver="chat")
    assert kinds(score) == found


def test_an_alert_that_never_ends_counts_whenever_it_began() -> None:
    score = kept()
    score.notified(score.firing("ApiSlow", since=2.0), at=2.51, receiver="chat")
    assert kinds(score) == ["unexpected"]


def test_without_a_warm_up_everything_counts() -> None:
    timeline = kept().fired("ApiSlow", active=0.0, firing=1.5, until=2.0).timeline()
    assert verdict(timeline) == "pass"
    stages = (Stage("surge", START, START + 40),)
    assert kinds(replace(timeline, stages=stages)) == ["fired unseen"]


def test_a_request_that_the_sink_refused_fails() -> None:
    score = kept().refused()
    assert kinds(score) == ["refused"]
    assert "a notification for pager was refused at 12.00 s with 401: no token" in texts(score)
    assert verdict(score) == "fail"


def test_what_was_resolved_before_the_watch_and_fired_on_was_not_over() -> None:
    """Alertmanager gave it up at 4 s; in Prometheus it fired until 8 s."""
    score = kept().fired("ApiSlow", active=0.5, firing=2.0, until=8.0)
    score.notified(score.firing("ApiSlow", since=2.0), at=2.51, receiver="chat")
    resolved = score.resolved("ApiSlow", since=2.0, ends=4.0)
    score.notified(resolved, at=4.51, receiver="chat")
    assert "unexpected" in kinds(score)


def test_each_near_miss_is_judged_by_its_own_time() -> None:
    """ApiDown fires in the second, 10 s after the first was over."""
    score = near_miss()
    score.near_misses = {**score.near_misses, "small outage": "ApiDown"}
    score.fault("small outage", near_miss=True, at=22.0, confirmed=22.2, healing=26, healed=26.2)
    assert kinds(score) == []
    assert "near miss fired" in kinds(score.fired("ApiDown", active=23.0, firing=23.5, until=24))
