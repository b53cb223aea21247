"""Whether Prometheus scraped and evaluated as often as it is configured to."""

import itertools
from collections.abc import Iterator

from scenarios.judge.evidence import GAP_INTERVALS, Evidence, into_drill
from scenarios.judge.finding import INTERRUPTED, Reason
from scenarios.judge.form import form_of, jobs_of
from scenarios.judge.outages import PROMETHEUS, outages
from scenarios.judge.timeline import GroupEvaluations, Rule, ScrapeSamples
from scenarios.judge.window import for_seconds

# The samples are read back a moment before the drill's clock is stopped.
READ_BACK_SECONDS = 2.0


def scrape_reasons(evidence: Evidence) -> Iterator[Reason]:
    """Scrapes that were not attempted in time, and that no fault explains."""
    scrapes = evidence.timeline.scrapes
    if not scrapes:
        yield Reason("scrapes", "no scrape of any target could be read back", INTERRUPTED)
        return
    read_until = max((max(samples.times, default=0.0) for samples in scrapes), default=0.0)
    unread = evidence.ended - read_until
    seen = {samples.job for samples in scrapes}
    for job in evidence.configuration.scrape_jobs:
        if job.job not in seen:
            text = f"no scrape of job {job.job} could be read back"
            yield _of_job(evidence, job.job, text)
        elif unread > max(READ_BACK_SECONDS, GAP_INTERVALS * job.interval_seconds):
            text = (
                f"scrapes of job {job.job} were read back only until {unread:.2f} s before the end"
            )
            yield _of_job(evidence, job.job, text, began=read_until)
    for samples in scrapes:
        yield from _scrape_gaps(evidence, samples, read_until)


def _scrape_gaps(evidence: Evidence, samples: ScrapeSamples, read_until: float) -> Iterator[Reason]:
    intervals = {job.job: job.interval_seconds for job in evidence.configuration.scrape_jobs}
    interval = intervals.get(samples.job)
    if interval is None:
        return
    since = evidence.watched_since
    before = max((time for time in samples.times if time <= since), default=since)
    times = (before, *sorted(time for time in samples.times if time > since), read_until)
    for previous, following in itertools.pairwise(times):
        gap = following - previous
        if (
            gap > GAP_INTERVALS * interval
            and not _is_disturbed(evidence, samples.job, previous, following)
            and not _is_outage(evidence, previous, following, GAP_INTERVALS * interval)
        ):
            yield _of_job(
                evidence,
                samples.job,
                f"{samples.instance} of job {samples.job} was not scraped for {gap:.2f} s from "
                f"{into_drill(evidence, previous)} on, due every {interval:g} s",
                began=previous,
                gap_seconds=gap,
            )


def _is_disturbed(evidence: Evidence, job: str, began: float, ended: float) -> bool:
    return any(
        job in fault.disturbs_jobs
        and fault.injecting <= ended
        and began <= (evidence.ended if fault.healed is None else fault.healed)
        for fault in evidence.timeline.faults
    )


def _is_outage(evidence: Evidence, began: float, ended: float, slack_seconds: float) -> bool:
    """Whether nothing was done because Prometheus had been taken down, and no longer than that."""
    return any(
        outage.explains(began, ended, slack_seconds)
        for outage in outages(evidence.timeline, PROMETHEUS)
    )


def _of_job(
    evidence: Evidence,
    job: str,
    text: str,
    *,
    began: float | None = None,
    gap_seconds: float | None = None,
) -> Reason:
    """Accounts for alerts that read the job, for as long as a range and ``for`` start over."""
    configuration = evidence.configuration
    reading = [
        rule
        for rule in configuration.rules
        if rule.kind == "alerting" and any(read.job == job for read in jobs_of(configuration, rule))
    ]
    if began is None or gap_seconds is None:
        return Reason(
            "scrapes",
            text,
            INTERRUPTED,
            began=evidence.timeline.clock.started if began is None else began,
            alerts=frozenset(rule.name for rule in reading),
        )
    refill = refill_seconds(evidence, reading)
    return Reason(
        "scrapes",
        text,
        INTERRUPTED,
        began=began,
        ended=began + gap_seconds + refill,
        limit_seconds=gap_seconds + refill,
        alerts=frozenset(rule.name for rule in reading),
    )


def refill_seconds(evidence: Evidence, rules: list[Rule]) -> float:
    """After a gap a range fills again and ``for`` may start over."""
    return max(
        (
            form_of(evidence.configuration, rule).window_seconds + for_seconds(rule)
            for rule in rules
        ),
        default=0.0,
    )


def evaluation_reasons(evidence: Evidence) -> Iterator[Reason]:
    """Evaluations that Prometheus itself says it missed, or that lie too far apart.

    Their times are known only from scrapes of Prometheus, so two may be seen as one.
    """
    slowest = max((job.interval_seconds for job in evidence.configuration.scrape_jobs), default=0.0)
    read_back = {group.group for group in evidence.timeline.evaluations if group.times}
    unread = sorted({rule.group for rule in evidence.configuration.rules} - read_back)
    if unread:
        yield Reason(
            "problem",
            f"no evaluation of {' and '.join(f'group {name}' for name in unread)} could be read "
            "back: Prometheus must scrape itself",
            INTERRUPTED,
            alerts=frozenset(rule.name for name in unread for rule in _alerting(evidence, name)),
        )
    for group in evidence.timeline.evaluations:
        rules = _alerting(evidence, group.group)
        if group.missed and not _is_explained(evidence, group, slowest):
            yield _of_group(
                evidence,
                rules,
                f"Prometheus missed {group.missed} evaluations of group {group.group}",
                delay_seconds=(group.missed + 1) * group.interval_seconds,
            )
        yield from _evaluation_gaps(evidence, group, rules, slowest)


def _alerting(evidence: Evidence, group: str) -> list[Rule]:
    return [
        rule
        for rule in evidence.configuration.rules
        if rule.group == group and rule.kind == "alerting"
    ]


def _is_explained(evidence: Evidence, group: GroupEvaluations, slowest_scrape: float) -> bool:
    """Whether evaluations are known to have been missed only before the drill counted, or while
    Prometheus came back."""
    slack = GAP_INTERVALS * group.interval_seconds + slowest_scrape
    return bool(group.missed_seen) and all(
        seen < evidence.watched_since or _is_outage(evidence, seen, seen, slack)
        for seen in group.missed_seen
    )


def _evaluation_gaps(
    evidence: Evidence, group: GroupEvaluations, rules: list[Rule], slowest_scrape: float
) -> Iterator[Reason]:
    """From the beginning of the watch to its end, but for what is read back too late to be seen."""
    if not group.times:
        return
    since = evidence.watched_since
    watched = sorted(time for time in group.times if time >= since)
    read_until = max((since, *watched, evidence.ended - READ_BACK_SECONDS))
    for previous, following in itertools.pairwise((since, *watched, read_until)):
        gap = following - previous
        slack = GAP_INTERVALS * group.interval_seconds + slowest_scrape
        if gap > slack and not _is_outage(evidence, previous, following, slack):
            yield _of_group(
                evidence,
                rules,
                f"group {group.group} was not evaluated for {gap:.2f} s from "
                f"{into_drill(evidence, previous)} on, due every {group.interval_seconds:g} s",
                delay_seconds=gap,
                began=previous,
            )


def _of_group(
    evidence: Evidence,
    rules: list[Rule],
    text: str,
    *,
    delay_seconds: float,
    began: float | None = None,
) -> Reason:
    limit = delay_seconds + refill_seconds(evidence, rules)
    return Reason(
        "evaluations",
        text,
        INTERRUPTED,
        began=evidence.timeline.clock.started if began is None else began,
        ended=evidence.ended if began is None else began + limit,
        limit_seconds=limit,
        alerts=frozenset(rule.name for rule in rules),
    )
