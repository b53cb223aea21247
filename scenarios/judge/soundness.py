"""Why a timeline cannot be trusted in full: pipeline, load, fault or clock were not as declared.

Each reason says which findings it can account for, when, and for how long a delay. A scrape that
was attempted and failed is evidence about the app, and no reason.
"""

from collections.abc import Iterator

from scenarios.judge.evidence import GAP_INTERVALS, Evidence, cause_of, into_drill
from scenarios.judge.expectation import Fires, Heartbeat
from scenarios.judge.finding import (
    DELAYED,
    FOREIGN,
    INTERRUPTED,
    MISTIMED,
    NOTHING,
    FindingKind,
    Reason,
)
from scenarios.judge.form import form_of, scrape_interval_seconds
from scenarios.judge.load_soundness import load_reasons
from scenarios.judge.lookup import ALERT_NAME, rule_of
from scenarios.judge.pipeline_soundness import (
    evaluation_reasons,
    refill_seconds,
    scrape_reasons,
)
from scenarios.judge.timeline import FaultRecord, Rule
from scenarios.judge.window import ALLOWANCE_SECONDS

LARGEST_CLOCK_STEP_SECONDS = 0.05
# A stall longer than what windows allow for jitter can by itself make a punctual alert late.
LARGEST_STALL_SECONDS = ALLOWANCE_SECONDS
FEWEST_EVENTS = 2
WATCHDOG = "Watchdog"
OVERSHOT: frozenset[FindingKind] = frozenset({"near miss fired", "unexpected", "fired unseen"})
BLIND: frozenset[FindingKind] = frozenset({"nothing to inhibit"})
LEFT_OUT: frozenset[FindingKind] = frozenset({"missed", "not together", "not resolved"})


def soundness(evidence: Evidence) -> tuple[Reason, ...]:
    """Every reason of the whole drill; those of one expectation are found with it."""
    return (
        *_unread(evidence),
        *_clock(evidence),
        *_stall(evidence),
        *_saturated(evidence),
        *_faults(evidence),
        *load_reasons(evidence),
        *_few_events(evidence),
        *scrape_reasons(evidence),
        *evaluation_reasons(evidence),
        *_blind(evidence),
        *_of_another(evidence),
        *_truncated(evidence),
    )


def _unread(evidence: Evidence) -> Iterator[Reason]:
    for problem in evidence.timeline.problems:
        yield Reason("problem", problem, MISTIMED)


def _clock(evidence: Evidence) -> Iterator[Reason]:
    clock = evidence.timeline.clock
    step = (clock.ended - clock.started) - (clock.ended_monotonic - clock.started_monotonic)
    if abs(step) > LARGEST_CLOCK_STEP_SECONDS:
        yield Reason("clock", f"the host's clock was stepped by {step:+.3f} s", MISTIMED)


def _stall(evidence: Evidence) -> Iterator[Reason]:
    """A stall that could make something late; from that of a skipped scrape on also a doubt.

    A shorter one held up the harness alone: scrapes and evaluations were all on time, or there are
    reasons of theirs, and what arrived is stamped by the sink.
    """
    host = evidence.timeline.host
    intervals = [job.interval_seconds for job in evidence.configuration.scrape_jobs]
    if host.worst_stall_seconds > LARGEST_STALL_SECONDS:
        yield Reason(
            "stall",
            f"the host stalled for {host.worst_stall_seconds:.2f} s at "
            f"{into_drill(evidence, host.worst_stall_at)}, more than the "
            f"{LARGEST_STALL_SECONDS:g} s that windows allow",
            DELAYED,
            began=host.worst_stall_at - host.worst_stall_seconds,
            ended=host.worst_stall_at + host.worst_stall_seconds,
            limit_seconds=host.worst_stall_seconds,
            doubts=host.worst_stall_seconds > GAP_INTERVALS * min(intervals, default=0.0),
        )


def _saturated(evidence: Evidence) -> Iterator[Reason]:
    """On a host without a core left the stack under test is held up by its neighbours too: an alert
    that is none of this drill's is then true, and theirs; and so is one that a near miss stays
    below by itself alone.

    Where the drill has the host to itself only what strangers took is theirs; and what the drill
    expects is judged however busy the host was.
    """
    host = evidence.timeline.host
    if host.shared_with_drills:
        spans, whose = host.saturated, "which neighbours share"
    else:
        spans, whose = host.taken_by_strangers, "most of which other programs than the run took"
    alerting = [rule for rule in evidence.configuration.rules if rule.kind == "alerting"]
    declaration = evidence.timeline.declaration
    expected = {e.alert for e in declaration.expects} - set(declaration.near_misses.values())
    refill = refill_seconds(evidence, alerting)
    for began, ended in spans:
        yield Reason(
            "saturated",
            f"the host had no core left for {ended - began:.1f} s from "
            f"{into_drill(evidence, began)} on, {whose}",
            FOREIGN,
            began=began,
            ended=ended + refill,
            alerts=frozenset(rule.name for rule in alerting) - expected,
            doubts=False,
        )


def _faults(evidence: Evidence) -> Iterator[Reason]:
    for fault in evidence.timeline.faults:
        if fault.confirmed is None:
            text = f"fault {fault.name!r} was injected but never read back: {fault.observed}"
        elif fault.lost:
            text = f"fault {fault.name!r} was over before it was healed: {fault.lost}"
        else:
            continue
        yield Reason("fault", text, INTERRUPTED, fault=fault.name)
        missed = evidence.timeline.declaration.near_misses.get(fault.name)
        if fault.near_miss and missed is not None:
            # A neighbour's load on top of a near miss is a hit, and the rule is right to fire.
            text = (
                f"what {missed} did says nothing, as {fault.name!r} was not the miss it should be"
            )
            yield Reason("near miss", text, OVERSHOT, alerts=frozenset({missed}))


def _few_events(evidence: Evidence) -> Iterator[Reason]:
    """Just over its threshold a ratio of few events flaps: (q - θ)·λ·(R - S) must reach 2.

    A ratio that stays below the threshold is no matter of luck: the rule cannot fire.
    """
    for expectation in evidence.timeline.declaration.expects:
        if not isinstance(expectation, Fires):
            continue
        rule = rule_of(evidence.configuration, expectation.alert, expectation.labels)
        fault = cause_of(evidence.timeline, expectation)
        if rule is None or fault is None:
            continue
        events = _events_over_threshold(evidence, rule, fault)
        if events is not None and events < FEWEST_EVENTS:
            yield Reason(
                "few events",
                f"{expectation.alert} saw only {events:.1f} events more than its threshold "
                f"needs in its range; {FEWEST_EVENTS} keep it from flapping",
                INTERRUPTED,
                fault=fault.name,
                alerts=frozenset({expectation.alert}),
            )


def _events_over_threshold(evidence: Evidence, rule: Rule, fault: FaultRecord) -> float | None:
    form = form_of(evidence.configuration, rule)
    reached, rate = fault.symptom_ratio, fault.events_per_second
    if form.threshold is None or reached is None or rate is None or reached <= form.threshold:
        return None
    covered = form.window_seconds - scrape_interval_seconds(evidence.configuration, rule)
    return (reached - form.threshold) * rate * covered


def _blind(evidence: Evidence) -> Iterator[Reason]:
    """An alert that fires always shows whether alerts can be read back at all."""
    always = {WATCHDOG} | {
        expectation.alert
        for expectation in evidence.timeline.declaration.expects
        if isinstance(expectation, Heartbeat)
    }
    loaded = [rule.name for rule in evidence.configuration.rules if rule.name in always]
    sampled = {
        samples.labels.get(ALERT_NAME)
        for samples in evidence.timeline.alert_samples
        if samples.state == "firing" and samples.times
    }
    missing = sorted(name for name in loaded if name not in sampled)
    if missing:
        yield Reason(
            "blind",
            f"{' and '.join(missing)} must fire always and has no sample: what fired in "
            "Prometheus cannot be told",
            BLIND if not evidence.timeline.alert_samples else NOTHING,
        )


def _of_another(evidence: Evidence) -> Iterator[Reason]:
    """What is expected and arrived, and which the Prometheus under test never fired."""
    expected = {expectation.alert for expectation in evidence.timeline.declaration.expects}
    for life in evidence.lives:
        if life.alert not in expected or not life.firing:
            continue
        rule = rule_of(evidence.configuration, life.alert, life.labels)
        slack = 0.0 if rule is None else 2 * rule.interval_seconds
        if life.starts_at >= evidence.watched_since and not any(
            run.began - slack <= life.starts_at <= run.ended + slack
            for run in evidence.runs_of(life.alert, {})
        ):
            yield Reason(
                "of another",
                f"{life.alert} arrived at {life.receiver} as firing since "
                f"{into_drill(evidence, life.starts_at)}, and Prometheus was not seen to fire it "
                "then: does another send to the same Alertmanager?",
                NOTHING,
            )


def _truncated(evidence: Evidence) -> Iterator[Reason]:
    for arrival in evidence.timeline.arrivals:
        if arrival.truncated_alerts:
            yield Reason(
                "truncated",
                f"the notification to {arrival.receiver} at {into_drill(evidence, arrival.at)} "
                f"left out {arrival.truncated_alerts} alerts",
                LEFT_OUT,
                began=arrival.at,
            )
