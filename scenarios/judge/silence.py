"""Judges what must not happen: silences, near misses, and all that nobody declared.

Everything that a drill does not declare must stay silent, and silent means more than that nobody
was told. An alert that fired in Prometheus undeclared and was not notified ("fired unseen")
fails the drill as well: a rule was true without a cause, and whether somebody is woken by it then
hangs on where a group's tick falls; or a route, an inhibition or a mute time dropped it, which is
the defect this harness is there to find. It is tolerated where the declaration accounts for it:
an alert that is expected from a fault that holds, a heartbeat, an inhibited alert beside its
source, an allowed alert. What was over before load and warm-up does not count either: a rule
that compares with the past takes the start of a load for a surge. Pending alone is never held
against anyone.
"""

from collections.abc import Iterator

from scenarios.judge.causes import cause
from scenarios.judge.evidence import (
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    Run,
    into_drill,
)
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Lost, Muted, Repeats, Silent
from scenarios.judge.finding import NOTHING, Finding, Reason
from scenarios.judge.held_up import explains_refusal
from scenarios.judge.lookup import includes, label_text, rule_of
from scenarios.judge.match import Claims, unexpected_lives
from scenarios.judge.muting import holds_of
from scenarios.judge.outcome import Outcome
from scenarios.judge.timeline import FaultRecord
from scenarios.judge.window import (
    ALLOWANCE_SECONDS,
    Lags,
    certain_firing_seconds,
    clear_bounds,
)


def judge_silent(evidence: Evidence, claims: Claims, index: int, expectation: Silent) -> Outcome:
    """The alert neither reached a receiver nor fired, and was watched long enough to have."""
    findings = [
        Finding(
            "unexpected",
            f"{life.alert} must stay silent, and arrived at {life.receiver} at "
            f"{into_drill(evidence, life.first_seen)}",
            life.alert,
            life.starts_at,
            life.first_seen,
            expectation=index,
        )
        for life in claims.silent.get(index, ())
    ]
    findings += [
        _fired_unseen(evidence, run, "must stay silent", index)
        for run in unseen_runs(evidence)
        if run.alert == expectation.alert
    ]
    return Outcome(
        "silent",
        expectation.alert,
        index,
        findings=tuple(findings),
        reasons=tuple(_watched_too_short(evidence, expectation)),
        began=evidence.watched_since,
    )


def _watched_too_short(evidence: Evidence, expectation: Silent) -> Iterator[Reason]:
    rule = rule_of(evidence.configuration, expectation.alert, {})
    if rule is None:
        yield _no_rule(expectation.alert)
        return
    needed = certain_firing_seconds(evidence.configuration, rule, Lags())
    watched = evidence.ended - evidence.watched_since
    if watched < needed:
        yield Reason(
            "too short",
            f"{expectation.alert} was watched for {watched:.2f} s, and may take {needed:.2f} s "
            "to fire",
            NOTHING,
        )


def judge_near_miss(evidence: Evidence, step: str, alert: str) -> Outcome:
    """The alert did not fire although the disturbance lasted as long as firing would take."""
    fault = next((f for f in evidence.timeline.faults if f.near_miss and f.name == step), None)
    if fault is None:
        text = f"near miss {step!r} was never injected"
        return Outcome("near miss", alert, None, reasons=(Reason("fault", text, NOTHING),))
    until = _near_miss_until(evidence, fault, alert)
    findings = tuple(
        Finding(
            "near miss fired",
            f"{alert} fired in Prometheus at {into_drill(evidence, run.began)}, although "
            f"near miss {step!r} stays below its threshold",
            alert,
            run.began,
            run.ended,
        )
        for run in evidence.runs_of(alert, {})
        if run.ended >= fault.injecting and run.began <= until
    )
    reasons = tuple(_near_miss_too_short(evidence, fault, alert))
    return Outcome("near miss", alert, None, findings, reasons, began=fault.injecting)


def _near_miss_until(evidence: Evidence, fault: FaultRecord, alert: str) -> float:
    """Until what it did must have cleared, or a real fault began."""
    rule = rule_of(evidence.configuration, alert, {})
    cleared = evidence.ended
    if fault.healed is not None and rule is not None:
        bounds = clear_bounds(evidence.configuration, rule, Lags.of(fault), ALLOWANCE_SECONDS)
        cleared = fault.healed + bounds.latest_seconds
    real = [
        other.injecting
        for other in evidence.timeline.faults
        if not other.near_miss and other.injecting > fault.injecting
    ]
    return min([cleared, *(injecting - SAME_MOMENT_SECONDS for injecting in real)])


def _near_miss_too_short(evidence: Evidence, fault: FaultRecord, alert: str) -> Iterator[Reason]:
    rule = rule_of(evidence.configuration, alert, {})
    if rule is None:
        yield _no_rule(alert)
        return
    if fault.confirmed is None:
        return
    healing = evidence.ended if fault.healing is None else fault.healing
    needed = certain_firing_seconds(evidence.configuration, rule, Lags.of(fault))
    # What fires once a real fault has begun is not held against it, so that shows nothing either.
    held = min(healing, _near_miss_until(evidence, fault, alert)) - fault.confirmed
    if held < needed:
        yield Reason(
            "too short",
            f"near miss {fault.name!r} was held alone for {held:.2f} s, and {alert} may take "
            f"{needed:.2f} s to fire",
            NOTHING,
        )


def _no_rule(alert: str) -> Reason:
    text = f"no rule {alert} is loaded, so its silence proves nothing"
    return Reason("no rule", text, NOTHING)


def undeclared(evidence: Evidence, claims: Claims) -> Iterator[Finding]:
    """Everything that arrived, fired or was refused and that the drill does not account for."""
    for life in unexpected_lives(evidence, claims):
        yield Finding(
            "unexpected",
            f"{life.alert} arrived at {life.receiver} in group {label_text(life.group_labels)} at "
            f"{into_drill(evidence, life.first_seen)}, and nobody expects it{_why(evidence, life)}",
            life.alert,
            life.starts_at,
            life.first_seen,
        )
    silent = {e.alert for e in evidence.timeline.declaration.expects if isinstance(e, Silent)}
    for run in unseen_runs(evidence):
        if run.alert not in silent:
            yield _fired_unseen(evidence, run, "is not declared", None)
    for refusal in evidence.timeline.refusals:
        if explains_refusal(evidence.timeline.faults, refusal.receiver, refusal.at):
            continue
        yield Finding(
            "refused",
            f"a notification for {refusal.receiver} was refused at "
            f"{into_drill(evidence, refusal.at)} with {refusal.status}: {refusal.why}",
            "",
            refusal.at,
            refusal.at,
        )


def unseen_runs(evidence: Evidence) -> list[Run]:
    """What fired in Prometheus, was told to nobody, and that no declaration accounts for."""
    return [
        run
        for run in evidence.runs
        if run.ended >= evidence.watched_since
        and not any(run.holds(life) for life in evidence.lives_of(run.alert))
        and not _is_accounted_for(evidence, run)
    ]


def _why(evidence: Evidence, life: Life) -> str:
    places = [
        e.at
        for e in evidence.timeline.declaration.expects
        if isinstance(e, Fires | Heartbeat | Repeats) and e.alert == life.alert
    ]
    if not places:
        return ""
    if life.receiver in places:
        return " then, there and with these labels"
    return f" there: it is expected at {' and '.join(sorted(set(places)))}"


def _is_accounted_for(evidence: Evidence, run: Run) -> bool:
    declaration = evidence.timeline.declaration
    if any(allowed.alert == run.alert for allowed in declaration.allows):
        return True
    for expectation in declaration.expects:
        if expectation.alert != run.alert:
            continue
        match expectation:
            case Heartbeat():
                return True
            case Fires() | Repeats() | Lost() if includes(run.labels, expectation.labels):
                because = cause(evidence, expectation)
                if because is not None and because.covers(run.began):
                    return True
            case Inhibited() if includes(run.labels, expectation.labels):
                sources = evidence.runs_of(expectation.by, {})
                if any(run.overlap_seconds(s.began, s.ended) >= 0 for s in sources):
                    return True
            case Muted() if includes(run.labels, expectation.labels):
                holds = holds_of(evidence, expectation)
                if any(run.overlap_seconds(hold.began, hold.ended) >= 0 for hold in holds):
                    return True
    return False


def _fired_unseen(evidence: Evidence, run: Run, why: str, index: int | None) -> Finding:
    return Finding(
        "fired unseen",
        f"{run.alert} {label_text(run.labels)} fired in Prometheus from "
        f"{into_drill(evidence, run.began)} to {into_drill(evidence, run.ended)}, was told to "
        f"nobody, and {why}",
        run.alert,
        run.began,
        run.ended,
        expectation=index,
    )
