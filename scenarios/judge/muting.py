"""What mutes an alert, and over which stretches: another alert that fires, or a step that is in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scenarios.judge.evidence import Evidence, Run
from scenarios.judge.expectation import Inhibited, Muted
from scenarios.judge.finding import FindingKind
from scenarios.judge.inhibition import is_muted
from scenarios.judge.lookup import Labels, includes, rule_of


@dataclass(frozen=True)
class Hold:
    """A stretch over which the alert was muted: surely from ``began`` until ``ended``, and surely
    no longer from ``cleared`` on."""

    began: float
    ended: float
    cleared: float


@dataclass(frozen=True)
class Words:
    """How findings speak of what mutes: an alert ``fired``, a silence ``was in``."""

    source: str
    held: str
    did_not_hold: str
    never_held: str
    cleared: str
    together: str
    mute: str
    muted: str
    nothing_to_mute: FindingKind
    not_muted: FindingKind


def words_of(expectation: Inhibited | Muted) -> Words:
    alert, by = expectation.alert, expectation.by
    if isinstance(expectation, Inhibited):
        return Words(
            source=by,
            held=f"{by} fired",
            did_not_hold=f"{by} did not fire",
            never_held=f"{by} never fired",
            cleared=f"{by} cleared",
            together=f"{alert} and {by} never fired at the same time",
            mute="inhibit",
            muted="inhibited",
            nothing_to_mute="nothing to inhibit",
            not_muted="not inhibited",
        )
    return Words(
        source=repr(by),
        held=f"{by!r} was in",
        did_not_hold=f"{by!r} was not in",
        never_held=f"{by!r} was never in",
        cleared=f"{by!r} was over",
        together=f"{alert} never fired while {by!r} was in",
        mute="mute",
        muted="muted",
        nothing_to_mute="nothing to mute",
        not_muted="not muted",
    )


def holds_of(evidence: Evidence, expectation: Inhibited | Muted) -> list[Hold]:
    """In order; sources that hold at the same time hold as one."""
    if isinstance(expectation, Inhibited):
        return _merged(_while_firing(evidence, expectation.by))
    return _merged(_while_in(evidence, expectation.by))


def is_muted_again(
    evidence: Evidence, expectation: Inhibited | Muted, run: Run, began: float, ended: float
) -> bool:
    """Whether anything mutes an alert in this stretch, after its source cleared.

    Something else than that, or the source once more.
    """
    firing = [other.labels for other in evidence.runs if other.overlap_seconds(began, ended) >= 0]
    return is_muted(evidence.configuration.alertmanager, run.labels, firing) or any(
        other != expectation
        and isinstance(other, Muted)
        and mutes(other, run.labels)
        and any(hold.began <= ended and began <= hold.cleared for hold in holds_of(evidence, other))
        for other in evidence.timeline.declaration.expects
    )


def may_be_muted(evidence: Evidence, labels: Labels, began: float, ended: float) -> bool:
    """Whether anything that the judge knows of may have muted an alert in this stretch."""
    firing = [run.labels for run in evidence.runs if run.overlap_seconds(began, ended) >= 0]
    return is_muted(evidence.configuration.alertmanager, labels, firing) or any(
        isinstance(expectation, Muted) and mutes(expectation, labels)
        for expectation in evidence.timeline.declaration.expects
    )


def mutes(expectation: Muted, labels: Labels) -> bool:
    return labels.get("alertname") == expectation.alert and includes(labels, expectation.labels)


def _while_firing(evidence: Evidence, alert: str) -> Iterator[Hold]:
    for run in evidence.runs_of(alert, {}):
        cleared = run.ended + _interval(evidence, run.labels)
        yield Hold(run.began, cleared, cleared)


def _while_in(evidence: Evidence, step: str) -> Iterator[Hold]:
    """What was made through an API holds once it was read back, and until its end was asked for."""
    for fault in evidence.timeline.faults:
        if fault.name == step and fault.confirmed is not None:
            ended = evidence.ended if fault.healing is None else fault.healing
            yield Hold(fault.confirmed, ended, ended if fault.healed is None else fault.healed)


def _merged(holds: Iterable[Hold]) -> list[Hold]:
    merged: list[Hold] = []
    for hold in sorted(holds, key=lambda hold: hold.began):
        if merged and hold.began <= merged[-1].ended:
            last = merged[-1]
            merged[-1] = Hold(
                last.began, max(last.ended, hold.ended), max(last.cleared, hold.cleared)
            )
        else:
            merged.append(hold)
    return merged


def _interval(evidence: Evidence, labels: Labels) -> float:
    """An alert clears at the evaluation after the last that fired."""
    configuration = evidence.configuration
    rule = rule_of(configuration, labels.get("alertname", ""), labels)
    return configuration.evaluation_interval_seconds if rule is None else rule.interval_seconds
