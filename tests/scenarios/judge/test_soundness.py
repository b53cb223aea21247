"""Doubts: what cannot be trusted, what each doubt can account for, and what none can."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.evidence import GAP_INTERVALS
from scenarios.judge.expectation import Allowed, Heartbeat, Silent
from scenarios.judge.timeline import (
    Clock,
    GroupEvaluations,
    Host,
    LoadRun,
    ScrapeJob,
    ScrapeSamples,
    Timeline,
)
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    CONFIGURATION,
    EVALUATION,
    RATE,
    SCRAPE,
    START,
    Score,
    chat_group,
    doubts,
    fires,
    inhibited,
    kept,
    kinds,
    rule,
    texts,
    verdict,
)


def misrouted() -> Timeline:
    score = Score(expects=[fires()]).fault().fired()
    return score.notified(score.firing(), receiver="chat").timeline()


CLEAN = kept().timeline()
LATE = kept(notified_at=12.4).timeline()
MISSED = Score(expects=[fires()]).fault().fired().timeline()
MISROUTED = misrouted()


def test_the_timelines_of_this_file_are_what_they_are_called() -> None:
    assert verdict(CLEAN) == "pass"
    assert kinds(LATE) == ["late"]
    assert kinds(MISSED) == ["missed"]
    assert kinds(MISROUTED) == ["misrouted"]
    assert {verdict(LATE), verdict(MISSED), verdict(MISROUTED)} == {"fail"}


def doubtful(**changes: Any) -> list[Timeline]:
    """The clean, the late, the missed and the misrouted timeline with one thing changed."""
    return [replace(timeline, **changes) for timeline in (CLEAN, LATE, MISSED, MISROUTED)]


def verdicts(timelines: Iterable[Timeline]) -> list[str]:
    return [verdict(timeline) for timeline in timelines]


def test_a_source_that_could_not_be_read_may_account_for_what_is_missing() -> None:
    unread = doubtful(problems=("the sink did not answer",))
    assert verdicts(unread) == ["unknown", "unknown", "unknown", "fail"]
    assert "the sink did not answer" in texts(unread[0])


@pytest.mark.parametrize(
    ("step", "expected"), [(0.04, "pass"), (0.06, "unknown"), (-0.06, "unknown")]
)
def test_a_clock_that_was_stepped_is_noticed(step: float, expected: str) -> None:
    clock = Clock(START, START + 40.0, 500.0, 540.0 - step)
    assert verdict(replace(CLEAN, clock=clock)) == expected
    if expected == "unknown":
        assert f"stepped by {step:+.3f} s" in texts(replace(CLEAN, clock=clock))


def test_a_clock_that_was_stepped_may_account_for_what_came_early() -> None:
    early = kept(notified_at=11.6).timeline()
    assert verdict(early) == "fail"
    stepped = Clock(START, START + 40.0, 500.0, 539.0)
    assert verdict(replace(early, clock=stepped)) == "unknown"
    assert verdict(replace(early, problems=("x",))) == "unknown"
    assert verdict(replace(early, host=Host(2.0, START + 11, True))) == "fail"


def test_a_stall_as_long_as_a_skipped_scrape_is_a_doubt_of_what_was_on_time() -> None:
    limit = GAP_INTERVALS * SCRAPE
    for seconds, expected in ((limit - 0.01, "pass"), (limit + 0.01, "unknown")):
        assert verdict(replace(CLEAN, host=Host(seconds, START + 12, True))) == expected


def test_a_stall_is_held_against_the_shortest_scrape_interval() -> None:
    """Where none is known, any stall that windows do not allow for is a doubt."""
    stalled = replace(CLEAN, host=Host(0.5, START + 12, True))
    slow = ScrapeJob("redis", 1.0, 0.1)
    jobs = (CLEAN.configuration.scrape_jobs[0], slow)
    for known, expected in ((jobs, "unknown"), ((slow,), "pass"), ((), "unknown")):
        configuration = replace(stalled.configuration, scrape_jobs=known)
        assert verdict(replace(stalled, configuration=configuration)) == expected


def test_a_stall_within_the_allowance_is_none() -> None:
    assert verdict(replace(CLEAN, host=Host(0.25, START + 12, True))) == "pass"
    stalled = replace(CLEAN, host=Host(0.26, START + 12, True))
    assert doubts(stalled) == ["stall"]
    assert "stalled for 0.26 s at 12.00 s" in texts(stalled)


@pytest.mark.parametrize(("notified_at", "expected"), [(12.54, "unknown"), (12.56, "fail")])
def test_a_stall_accounts_for_a_delay_of_its_own_length(notified_at: float, expected: str) -> None:
    """The window closes at 12.25, so this one is late by 0.29 or by 0.31 s."""
    late = kept(notified_at=notified_at).timeline()
    assert verdict(replace(late, host=Host(0.3, START + 12, True))) == expected


@pytest.mark.parametrize(
    ("at", "expected"), [(9.6, "fail"), (9.8, "unknown"), (12.6, "unknown"), (12.8, "fail")]
)
def test_a_stall_accounts_only_for_what_was_under_way(at: float, expected: str) -> None:
    """The fault began at 10, the notification came at 12.4, the stall took 0.3 s."""
    assert verdict(replace(LATE, host=Host(0.3, START + at, True))) == expected


def test_a_stall_does_not_account_for_an_alert_that_is_missing_long_after() -> None:
    assert verdict(replace(MISSED, host=Host(2.0, START + 12, True))) == "fail"


FOREIGN = "ApiDown"


def foreign() -> Timeline:
    """An alert arrived that no part of the drill names."""
    score = kept().fired(FOREIGN, active=20.0, firing=20.0, until=22.0)
    return score.notified(score.firing(FOREIGN, since=20.0), at=20.51).timeline()


def saturated(timeline: Timeline, began: float, ended: float, *, shared: bool = True) -> Timeline:
    """Between these two no core of the host was idle."""
    spans = ((START + began, START + ended),)
    return replace(timeline, host=Host(0.0, START, shared, saturated=spans))


def test_neighbours_that_left_no_core_account_for_an_alert_that_is_none_of_the_drill_s() -> None:
    """What is under test was held up by them: the alert is true, and proves nothing of the rule."""
    assert FOREIGN not in {e.alert for e in foreign().declaration.expects}
    assert verdict(foreign()) == "fail"
    doubted = saturated(foreign(), 18.0, 20.2)
    assert verdict(doubted) == "unknown"
    assert "the host had no core left for 2.2 s from 18.00 s on" in texts(doubted)
    assert judge(doubted).is_starved


def test_a_drill_that_has_the_host_to_itself_has_no_neighbour_to_blame() -> None:
    assert verdict(saturated(foreign(), 18.0, 20.2, shared=False)) == "fail"


def test_strangers_that_took_the_cores_account_for_an_alert_of_a_drill_that_runs_alone() -> None:
    """And, as neighbours do, for nothing that came before, nor for what the drill itself names."""

    def taken(timeline: Timeline, began: float, ended: float) -> Timeline:
        spans = ((START + began, START + ended),)
        host = Host(0.0, START, shared_with_drills=False, taken_by_strangers=spans)
        return replace(timeline, host=host)

    doubted = taken(foreign(), 18.0, 20.2)
    assert verdict(doubted) == "unknown"
    assert "most of which other programs than the run took" in texts(doubted)
    assert judge(doubted).is_starved
    assert verdict(taken(foreign(), 23.0, 25.0)) == "fail"
    assert verdict(taken(LATE, 9.0, 13.0)) == "fail"


def test_cores_that_were_busy_long_before_or_only_after_account_for_nothing() -> None:
    assert verdict(saturated(foreign(), 1.0, 2.5)) == "fail"
    assert verdict(saturated(foreign(), 23.0, 25.0)) == "fail"


def test_what_the_drill_names_is_judged_however_busy_the_host_was() -> None:
    busy = [saturated(timeline, 9.0, 13.0) for timeline in (CLEAN, LATE, MISSED, MISROUTED)]
    assert verdicts(busy) == ["pass", "fail", "fail", "fail"]
    declaration = foreign().declaration
    named = replace(declaration, expects=(*declaration.expects, Silent(FOREIGN)))
    assert verdict(saturated(replace(foreign(), declaration=named), 18.0, 20.2)) == "fail"


def with_fault(timeline: Timeline, **changes: Any) -> Timeline:
    return replace(timeline, faults=(replace(timeline.faults[0], **changes),))


def test_a_fault_that_was_never_read_back_is_unknown_never_a_pass() -> None:
    unconfirmed = [with_fault(t, confirmed=None) for t in (CLEAN, MISSED, MISROUTED)]
    assert verdicts(unconfirmed) == ["unknown", "unknown", "fail"]
    assert "fault 'surge' was injected but never read back: 1600 wait" in texts(unconfirmed[0])


def test_a_fault_that_was_not_read_back_accounts_only_for_its_own_alert() -> None:
    score = Score(expects=[fires(fault="surge")]).fault().fired()
    score.fault("other", at=30, confirmed=None)
    assert kinds(score) == ["missed"]
    assert verdict(score) == "fail"


def load(share: float) -> Timeline:
    return replace(
        CLEAN, load=tuple(replace(second, started=RATE * share) for second in CLEAN.load)
    )


@pytest.mark.parametrize(("share", "expected"), [(0.94, "pass"), (0.92, "unknown")])
def test_a_load_that_falls_short_is_unknown_and_its_figure_is_named(
    share: float, expected: str
) -> None:
    """40 s at 10 a second are 390 arrivals due, an edge of a second left out."""
    timeline = load(share)
    assert verdict(timeline) == expected
    if expected == "unknown":
        assert "load steady started 368 of 390 arrivals due at 10 a second (94%)" in texts(timeline)


def test_a_load_that_fell_short_may_account_for_what_is_missing() -> None:
    short = load(0.5).load
    assert verdicts(doubtful(load=short)) == ["unknown", "unknown", "unknown", "fail"]
    resolved = Score(expects=[fires()]).fault().fired(until=14.0)
    resolved.notified(resolved.firing())
    resolved.notified(resolved.resolved(ends=14.0), at=14.01)
    assert kinds(resolved) == ["resolved early"]
    assert verdict(resolved) == "fail"
    assert verdict(replace(resolved.timeline(), load=short)) == "unknown"


def test_only_the_seconds_of_its_own_run_count() -> None:
    half = (
        LoadRun("steady", RATE, START, START + 20),
        LoadRun("surge", RATE, START + 20, START + 40),
    )
    both = tuple(
        replace(second, load="steady" if second.at <= START + 20 else "surge")
        for second in CLEAN.load
    )
    assert verdict(replace(CLEAN, load_runs=half, load=both)) == "pass"
    swapped = tuple(
        replace(second, load="surge" if second.at <= START + 20 else "steady")
        for second in CLEAN.load
    )
    assert verdict(replace(CLEAN, load_runs=half, load=swapped)) == "unknown"


def test_a_load_that_never_ran_or_was_too_small_is_unknown() -> None:
    none = replace(CLEAN, load_runs=(), load=())
    assert "no load ran, 10 a second are declared" in texts(none)
    assert verdict(none) == "unknown"
    small = replace(CLEAN, load_runs=(replace(CLEAN.load_runs[0], rate_per_second=9.4),))
    assert "loads of 9.4 a second ran, 10 are declared" in texts(small)
    enough = replace(CLEAN, load_runs=(replace(CLEAN.load_runs[0], rate_per_second=9.6),))
    assert verdict(enough) == "pass"


def test_a_drill_that_declares_no_load_needs_none() -> None:
    declaration = replace(CLEAN.declaration, required_rate_per_second=0.0)
    assert verdict(replace(CLEAN, declaration=declaration, load_runs=(), load=())) == "pass"


RATIO = "sum(rate(failed[2s])) / sum(rate(all_payments[2s])) > 0.05"


def ratio(*, events: float | None, reached: float = 0.25) -> Score:
    """QueueLong as a ratio over 2 s; of its range 1.75 s are covered by scrapes."""
    rules = tuple(
        replace(r, expression=RATIO) if r.name == "QueueLong" else r for r in CONFIGURATION.rules
    )
    score = Score(expects=[fires()], configuration=replace(CONFIGURATION, rules=rules))
    return score.fault(symptom_ratio=reached, events_per_second=events)


@pytest.mark.parametrize(
    ("events", "expected"), [(5.72, "fail"), (5.70, "unknown"), (None, "fail")]
)
def test_a_ratio_of_too_few_events_is_unknown(events: float | None, expected: str) -> None:
    """(0.25 - 0.05) x 1.75 x 5.714 events a second are 2."""
    assert kinds(ratio(events=events)) == ["missed"]
    assert verdict(ratio(events=events)) == expected


def test_a_ratio_below_the_threshold_is_no_matter_of_luck() -> None:
    assert verdict(ratio(events=1.0, reached=0.05)) == "fail"
    assert verdict(ratio(events=1.0, reached=0.01)) == "fail"


def without_scrapes(
    timeline: Timeline, began: float, ended: float, job: str = "api", up: int = 1
) -> Timeline:
    """No scrape of the job was attempted between the two."""
    scrapes = []
    for samples in timeline.scrapes:
        times = tuple(
            t for t in samples.times if samples.job != job or not began < t - START < ended
        )
        scrapes.append(ScrapeSamples(samples.job, samples.instance, times, (up,) * len(times)))
    return replace(timeline, scrapes=tuple(scrapes))


def test_a_scrape_that_failed_is_evidence_and_no_doubt() -> None:
    assert verdict(without_scrapes(CLEAN, 0, 0, up=0)) == "pass"


@pytest.mark.parametrize(("ended", "expected"), [(11.25, "pass"), (11.5, "unknown")])
def test_a_scrape_that_was_not_attempted_is_a_doubt(ended: float, expected: str) -> None:
    """Between 11 and 11.25 nothing is left out; between 11 and 11.5 one scrape is."""
    gap = without_scrapes(CLEAN, 11.0, ended)
    assert verdict(gap) == expected
    if expected == "unknown":
        assert "api:1 of job api was not scraped for 0.50 s from 11.00 s on, due every 0.25 s" in (
            texts(gap)
        )


def test_a_jittery_scrape_within_one_and_a_half_intervals_is_on_time() -> None:
    def shifted(by: float) -> Timeline:
        api, redis = CLEAN.scrapes
        times = tuple(t + by if t == START + 11.0 else t for t in api.times)
        return replace(CLEAN, scrapes=(replace(api, times=times), redis))

    assert verdict(shifted(0.12)) == "pass"
    assert verdict(shifted(0.13)) == "unknown"


def test_a_gap_that_a_fault_explains_is_none() -> None:
    def disturbed(**changes: Any) -> str:
        return verdict(with_fault(without_scrapes(CLEAN, 11.0, 14.0), **changes))

    assert disturbed() == "unknown"
    assert disturbed(disturbs_jobs=("api",)) == "pass"
    assert disturbed(disturbs_jobs=("redis",)) == "unknown"
    assert disturbed(disturbs_jobs=("api",), injecting=START + 14.1) != "pass"


@pytest.mark.parametrize(("began", "expected"), [(19.75, "pass"), (20.5, "unknown")])
def test_a_fault_explains_gaps_until_it_is_healed(began: float, expected: str) -> None:
    timeline = with_fault(without_scrapes(CLEAN, began, began + 1), disturbs_jobs=("api",))
    assert verdict(timeline) == expected
    unhealed = without_scrapes(
        Score(expects=[Silent("ApiSlow")])
        .fault(healing=None, healed=None, disturbs_jobs=("api",))
        .timeline(),
        began,
        began + 1,
    )
    assert verdict(unhealed) == "pass"


def test_a_gap_accounts_for_alerts_that_read_the_job_alone() -> None:
    assert verdict(without_scrapes(LATE, 11.0, 11.5)) == "unknown"
    assert verdict(without_scrapes(LATE, 11.0, 11.5, job="redis")) == "fail"
    assert verdict(without_scrapes(MISROUTED, 11.0, 11.5)) == "fail"


def test_a_gap_accounts_only_for_what_was_under_way() -> None:
    assert verdict(without_scrapes(LATE, 6.0, 6.5)) == "fail"
    assert verdict(without_scrapes(LATE, 8.75, 9.25)) == "unknown"
    assert verdict(without_scrapes(LATE, 13.0, 13.5)) == "fail"


@pytest.mark.parametrize(("notified_at", "expected"), [(13.7, "unknown"), (13.8, "fail")])
def test_a_gap_accounts_for_its_length_and_what_starts_over(
    notified_at: float, expected: str
) -> None:
    """0.5 s of gap and at most 1.5 s of ``for`` (ApiSlow's, of those that read the job)."""
    late = kept(notified_at=notified_at + 0.5).timeline()
    assert verdict(without_scrapes(late, 11.0, 11.5)) == expected


def test_a_gap_before_the_load_was_steady_does_not_count() -> None:
    assert verdict(without_scrapes(CLEAN, 1.0, 4.9)) == "pass"
    assert verdict(without_scrapes(CLEAN, 4.6, 5.2)) == "unknown"


def test_a_target_that_is_scraped_no_more_is_noticed() -> None:
    stopped = without_scrapes(CLEAN, 30.0, 50.0)
    assert "api:1 of job api was not scraped for 9.75 s from 30.00 s on" in texts(stopped)


def test_a_target_that_was_scraped_too_late_is_noticed() -> None:
    timeline = without_scrapes(CLEAN, -1.0, 6.0)
    assert "api:1 of job api was not scraped for 1.00 s from 5.00 s on" in texts(timeline)


def test_a_job_without_any_scrape_is_noticed() -> None:
    timeline = replace(CLEAN, scrapes=CLEAN.scrapes[:1])
    assert "no scrape of job redis could be read back" in texts(timeline)
    assert verdict(timeline) == "unknown"
    assert "no scrape of any target could be read back" in texts(replace(CLEAN, scrapes=()))
    assert verdict(replace(CLEAN, scrapes=())) == "unknown"
    assert verdict(replace(MISSED, scrapes=())) == "unknown"


def test_a_target_of_a_job_nobody_configured_has_no_pace() -> None:
    stranger = ScrapeSamples("stranger", "x:1", (START + 10.0,), (1,))
    assert verdict(replace(CLEAN, scrapes=(*CLEAN.scrapes, stranger))) == "pass"


@pytest.mark.parametrize(("ended", "expected"), [(41.7, "pass"), (41.8, "unknown")])
def test_scrapes_must_be_read_back_to_the_end(ended: float, expected: str) -> None:
    """The last lies at 39.75, and 2 s later is too late."""
    clock = Clock(START, START + ended, 500.0, 500.0 + ended)
    timeline = replace(CLEAN, clock=clock)
    assert verdict(timeline) == expected
    assert ("scrapes" in doubts(timeline)) is (expected == "unknown")


def test_a_slow_job_may_be_read_back_later() -> None:
    jobs = tuple(replace(job, interval_seconds=4.0) for job in CONFIGURATION.scrape_jobs)
    clock = Clock(START, START + 45.7, 500.0, 545.7)
    slow = replace(CLEAN, clock=clock, configuration=replace(CONFIGURATION, scrape_jobs=jobs))
    assert "read back only until" not in texts(slow)
    later = replace(slow, clock=Clock(START, START + 45.8, 500.0, 545.8))
    assert "scrapes of job api were read back only until 6.05 s before the end" in texts(later)


def evaluated(timeline: Timeline, **changes: Any) -> Timeline:
    (group,) = timeline.evaluations
    return replace(timeline, evaluations=(replace(group, **changes),))


def test_evaluations_that_prometheus_missed_are_a_doubt() -> None:
    missed = [evaluated(t, missed=1) for t in (CLEAN, LATE, MISROUTED)]
    assert verdicts(missed) == ["unknown", "unknown", "fail"]
    assert "Prometheus missed 1 evaluations of group rules" in texts(missed[0])


def test_evaluations_missed_only_before_the_load_was_steady_are_none() -> None:
    assert verdict(evaluated(CLEAN, missed=2, missed_seen=(START + 1, START + 4.9))) == "pass"
    assert verdict(evaluated(CLEAN, missed=2, missed_seen=(START + 1, START + 5.1))) == "unknown"


@pytest.mark.parametrize(("notified_at", "expected"), [(14.2, "unknown"), (14.3, "fail")])
def test_missed_evaluations_account_for_themselves_and_what_starts_over(
    notified_at: float, expected: str
) -> None:
    """The window closes at 12.25; (1 + 1) x 0.25 and 1.5 s of ``for`` may be lost."""
    late = kept(notified_at=notified_at).timeline()
    assert verdict(evaluated(late, missed=1)) == expected


def test_missed_evaluations_account_for_alerts_of_their_group_alone() -> None:
    other = GroupEvaluations("other", EVALUATION, 1)
    assert verdict(replace(LATE, evaluations=(*LATE.evaluations, other))) == "fail"


def not_evaluated(timeline: Timeline, began: float, ended: float) -> Timeline:
    (group,) = timeline.evaluations
    times = tuple(t for t in group.times if not began < t - START < ended)
    return evaluated(timeline, times=times)


@pytest.mark.parametrize(("ended", "expected"), [(11.5, "pass"), (11.75, "unknown")])
def test_evaluations_that_lie_too_far_apart_are_a_doubt(ended: float, expected: str) -> None:
    """Their times are seen by scrapes, so one left out may be a scrape that came too soon."""
    timeline = not_evaluated(CLEAN, 11.0, ended)
    assert verdict(timeline) == expected
    if expected == "unknown":
        assert "group rules was not evaluated for 0.75 s from 11.00 s on" in texts(timeline)


def test_a_gap_in_evaluations_accounts_only_for_what_was_under_way() -> None:
    assert verdict(not_evaluated(LATE, 11.0, 12.0)) == "unknown"
    assert verdict(not_evaluated(LATE, 5.0, 6.0)) == "fail"
    assert verdict(not_evaluated(LATE, 13.0, 14.0)) == "fail"
    assert verdict(not_evaluated(CLEAN, 1.0, 4.5)) == "pass"


def test_alerts_that_cannot_be_read_back_are_a_doubt() -> None:
    blind = kept()
    blind.watchdog = False
    assert doubts(blind) == ["blind"]
    assert "Watchdog must fire always and has no sample" in texts(blind)
    assert verdict(blind) == "unknown"
    assert verdict(replace(MISSED, alert_samples=())) == "fail"


def test_without_any_sample_nothing_can_be_said_of_an_inhibition() -> None:
    timeline = Score(expects=[inhibited()]).fault().timeline()
    assert kinds(timeline) == ["nothing to inhibit"]
    assert verdict(timeline) == "fail"
    assert verdict(replace(timeline, alert_samples=())) == "unknown"
    other = replace(timeline.alert_samples[0], labels={"alertname": "Other"}, state="pending")
    assert verdict(replace(timeline, alert_samples=(other,))) == "fail"


def test_a_watchdog_that_is_not_loaded_is_not_asked_for() -> None:
    rules = tuple(r for r in CONFIGURATION.rules if r.name != "Watchdog")
    timeline = replace(CLEAN, configuration=replace(CONFIGURATION, rules=rules))
    assert verdict(replace(timeline, alert_samples=timeline.alert_samples[1:])) == "pass"


def test_any_heartbeat_must_have_samples() -> None:
    rules = (*CONFIGURATION.rules, rule("Beat", "vector(1)", severity="none"))
    beat = Heartbeat("Beat", 600.0, "chat", chat_group("Beat"))
    score = Score(expects=[beat], configuration=replace(CONFIGURATION, rules=rules))
    assert "blind" in doubts(score)
    score.fired("Beat", active=0.0, firing=0.0, until=40.0)
    assert "blind" not in doubts(score)


def test_pending_samples_do_not_show_that_an_alert_fires() -> None:
    samples = CLEAN.alert_samples
    pending = replace(samples[0], state="pending")
    assert "blind" in doubts(replace(CLEAN, alert_samples=(pending, *samples[1:])))
    empty = replace(samples[0], times=())
    assert "blind" in doubts(replace(CLEAN, alert_samples=(empty, *samples[1:])))


def test_a_notification_that_left_alerts_out_is_a_doubt() -> None:
    score = Score(expects=[fires(), fires("ApiDown", resolves=False)])
    score.fault(confirmed=10.75).fired().fired("ApiDown", active=11.0, firing=11.5)
    whole, cut = replace(score, _arrivals=[]), replace(score, _arrivals=[])
    whole.notified(whole.firing("ApiDown"))
    cut.notified(cut.firing("ApiDown"), truncated=1)
    assert verdict(whole) == "fail"
    assert verdict(cut) == "unknown"
    assert "the notification to pager at 12.01 s left out 1 alerts" in texts(cut)


def test_scrapes_of_a_job_with_its_own_pace_are_judged_by_that() -> None:
    jobs = (ScrapeJob("api", 0.25, 0.1), ScrapeJob("redis", 1.0, 0.1))
    timeline = replace(CLEAN, configuration=replace(CONFIGURATION, scrape_jobs=jobs))
    assert verdict(without_scrapes(timeline, 11.0, 12.0, job="redis")) == "pass"
    assert verdict(without_scrapes(timeline, 11.0, 12.75, job="redis")) == "unknown"


def test_neighbours_account_for_a_foreign_alert_that_nobody_was_told_of() -> None:
    unseen = kept().fired(FOREIGN, active=20.0, firing=20.0, until=20.25).timeline()
    assert kinds(unseen) == ["fired unseen"]
    assert verdict(saturated(unseen, 18.0, 20.2)) == "unknown"


def test_a_notification_that_left_alerts_out_may_have_told_of_them_together() -> None:
    score = Score(expects=[fires(together_with=("ApiDown",), resolves=False)])
    score.fault().fired()
    score.allows = [Allowed("ApiDown", "pager", "a test of one alone")]
    score.notified(score.firing(), truncated=1)
    assert kinds(score) == ["not together"]
    assert verdict(score) == "unknown"
    score._arrivals[0] = replace(score._arrivals[0], truncated_alerts=0)
    assert verdict(score) == "fail"


def test_however_little_load_is_declared_it_must_have_run() -> None:
    declaration = replace(CLEAN.declaration, required_rate_per_second=0.5)
    without = replace(CLEAN, declaration=declaration, load_runs=(), load=())
    assert verdict(without) == "unknown"
    assert len(judge(without).reasons) == 1


def test_a_fault_explains_no_gap_before_it() -> None:
    gap = without_scrapes(CLEAN, 6.0, 8.0)
    assert "scrapes" in doubts(with_fault(gap, disturbs_jobs=("api",)))


def test_a_job_without_any_scrape_accounts_for_what_its_alerts_lack() -> None:
    unread = replace(MISSED, scrapes=MISSED.scrapes[1:])
    assert [s.job for s in unread.scrapes] == ["redis"]
    assert verdict(unread) == "unknown"


def test_scrapes_that_could_not_be_read_to_the_end_account_for_nothing_before() -> None:
    """LATE was told at 12.4 s."""

    def read_until(ended: float) -> str:
        scrapes = tuple(
            replace(s, times=tuple(t for t in s.times if t - START <= ended)) for s in LATE.scrapes
        )
        return verdict(replace(LATE, scrapes=scrapes))

    assert read_until(13.0) == "fail"
    assert read_until(12.25) == "unknown"


def test_a_fault_that_sets_a_ratio_says_nothing_of_a_rule_without_a_threshold_of_its_own() -> None:
    """Of a rule whose form is not known nothing tells how many events it needs."""
    rules = tuple(
        replace(r, expression="max_over_time(queue_waiting[2s]) > 5 or up == 0")
        if r.name == "QueueLong"
        else r
        for r in CONFIGURATION.rules
    )
    score = kept()
    score.configuration = replace(CONFIGURATION, rules=rules)
    score._faults[0] = replace(score._faults[0], symptom_ratio=0.5, events_per_second=1.0)
    assert "few events" not in doubts(score)


def test_a_load_that_ran_for_no_longer_than_an_edge_has_nothing_due() -> None:
    brief = LoadRun("brief", RATE, START + 20, START + 20.5)
    assert verdict(replace(CLEAN, load_runs=(*CLEAN.load_runs, brief))) == "pass"


def test_a_metric_of_two_jobs_lacks_scrapes_where_either_does() -> None:
    both = {**CONFIGURATION.metric_jobs, "queue_waiting": ("api", "redis")}
    late = replace(LATE, configuration=replace(CONFIGURATION, metric_jobs=both))
    for job in ("api", "redis"):
        assert verdict(without_scrapes(late, 11.0, 11.5, job=job)) == "unknown"


def test_without_any_scrape_there_is_one_doubt_and_not_one_for_each_job() -> None:
    assert len(judge(replace(CLEAN, scrapes=())).reasons) == 1


def test_evaluations_are_seen_as_late_as_the_slowest_scrape_shows_them() -> None:
    """At 1 s between scrapes a gap of 1.375 s may be none, with one more quarter it is."""
    slow = tuple(replace(job, interval_seconds=1.0) for job in CONFIGURATION.scrape_jobs[1:])
    jobs = (*CONFIGURATION.scrape_jobs[:1], *slow)
    timeline = replace(CLEAN, configuration=replace(CONFIGURATION, scrape_jobs=jobs))
    assert verdict(not_evaluated(timeline, 11.0, 12.25)) == "pass"
    assert verdict(not_evaluated(timeline, 11.0, 12.5)) == "unknown"


def test_the_order_in_which_evaluations_were_read_changes_nothing() -> None:
    (group,) = CLEAN.evaluations
    assert verdict(evaluated(CLEAN, times=group.times[::-1])) == "pass"


def test_one_fault_that_explains_a_gap_is_enough() -> None:
    gap = with_fault(without_scrapes(CLEAN, 11.0, 14.0), disturbs_jobs=("api",))
    other = replace(gap.faults[0], name="other", disturbs_jobs=())
    for faults in ((gap.faults[0], other), (other, gap.faults[0])):
        assert "scrapes" not in doubts(replace(gap, faults=faults))


@pytest.mark.parametrize(("seen", "explained"), [(15.0, True), (15.2, False), (11.3, False)])
def test_evaluations_missed_while_prometheus_came_back_are_of_its_outage(
    seen: float, explained: bool
) -> None:
    """There again at 14.5 s: an interval and a half, and a scrape, after which it shows."""
    down = with_fault(
        CLEAN,
        stops=("prometheus",),
        injecting=START + 12.0,
        confirmed=START + 12.1,
        healing=START + 14.0,
        healed=START + 14.5,
    )
    missed = evaluated(down, missed=1, missed_seen=(START + seen,))
    assert ("evaluations" not in doubts(missed)) is explained


def test_a_count_of_events_without_a_ratio_says_nothing() -> None:
    score = ratio(events=1.0)
    score._faults[0] = replace(score._faults[0], symptom_ratio=None)
    assert doubts(score) == []


def test_a_notification_that_left_alerts_out_may_have_told_of_a_resolve() -> None:
    for truncated, expected in ((0, "fail"), (1, "unknown")):
        score = Score(expects=[fires()]).fault().fired()
        score.notified(score.firing(), truncated=truncated)
        assert kinds(score) == ["not resolved"]
        assert verdict(score) == expected
