"""Judges one alert that must fire in Prometheus and be muted for as long as another fires.

When the other clears while the target still fires, Alertmanager tells of the target at the
group's next tick: from then on it is expected, within I, and no longer wrong.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scenarios.judge.evidence import (
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    Run,
    cause_of,
    into_drill,
)
from scenarios.judge.expectation import Inhibited
from scenarios.judge.finding import NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import group_wait
from scenarios.judge.inhibition import is_muted
from scenarios.judge.lookup import Labels, rule_of
from scenarios.judge.match import Claims
from scenarios.judge.outcome import Outcome
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.window import ALLOWANCE_SECONDS


@dataclass(frozen=True)
class _Hold:
    """A stretch over which the source was active in Alertmanager."""

    began: float
    ended: float


def judge_inhibited(
    evidence: Evidence, claims: Claims, index: int, expectation: Inhibited
) -> Outcome:
    """Everything that is wrong with this expectation, all of it at once."""
    judging = _Judging(evidence, index, expectation)
    return Outcome(
        "inhibited",
        expectation.alert,
        index,
        findings=(
            *judging.nothing_to_inhibit(),
            *(
                finding
                for life in claims.inhibited.get(index, ())
                for finding in judging.arrived(life)
            ),
            *judging.never_told_after(claims),
        ),
        reasons=tuple(judging.not_shown()),
        began=judging.began,
    )


def held_over(evidence: Evidence, expectation: Inhibited, life: Life) -> bool:
    """Whether a life that arrived is of a target that outlived its source."""
    return _Judging(evidence, 0, expectation).is_held_over(life)


class _Judging:
    """One expectation with all that its checks have in common."""

    def __init__(self, evidence: Evidence, index: int, expectation: Inhibited) -> None:
        self.evidence = evidence
        self.index = index
        self.expectation = expectation
        fault = cause_of(evidence.timeline, expectation)
        self.fault = "" if fault is None else fault.name
        self.began = evidence.timeline.clock.started if fault is None else fault.injecting
        self.targets = evidence.runs_of(expectation.alert, expectation.labels)
        self.holds = _merged(
            _Hold(run.began, run.ended + _interval(evidence, run.labels))
            for run in evidence.runs_of(expectation.by, {})
        )

    def nothing_to_inhibit(self) -> Iterator[Finding]:
        if any(True for _ in self._muted_runs()):
            return
        alert, by = self.expectation.alert, self.expectation.by
        if not self.targets:
            what = f"{alert} never fired in Prometheus, so {by} had nothing to inhibit"
        elif not self.holds:
            what = f"{by} never fired, so nothing inhibited {alert}"
        else:
            what = f"{alert} and {by} never fired at the same time"
        yield self._finding("nothing to inhibit", what, self.began, self.evidence.ended)

    def not_shown(self) -> Iterator[Reason]:
        """An inhibition is shown only where the target would have been told of without it."""
        muted = list(self._muted_runs())
        if muted and not any(self._was_due(run, hold) for run, hold in muted):
            longest = max(run.overlap_seconds(hold.began, hold.ended) for run, hold in muted)
            yield Reason(
                "inhibition not shown",
                f"{self.expectation.alert} fired only {longest:.2f} s beside "
                f"{self.expectation.by}: no notification was surely due in that time",
                NOTHING,
            )

    def arrived(self, life: Life) -> Iterator[Finding]:
        """A target that arrived although its source held, or without any source."""
        if self.is_held_over(life):
            return
        at = life.first_seen
        holds = [hold for hold in self.holds if hold.began <= at <= hold.ended]
        later = [hold for hold in self.holds if hold.began > at]
        if holds:
            why = f"while {self.expectation.by} fired since {self._at(holds[0].began)}"
        elif later:
            why = f"before {self.expectation.by} fired at {self._at(later[0].began)}"
        else:
            why = f"while {self.expectation.by} did not fire"
        yield self._finding(
            "not inhibited",
            f"{life.alert} arrived at {life.receiver} at {self._at(at)}, {why}",
            life.starts_at,
            at,
        )

    def is_held_over(self, life: Life) -> bool:
        """First told of after its source cleared, and fired before that.

        A target that resolves with its source may be listed as resolved, by the same tick.
        """
        return any(
            life.starts_at <= hold.ended and life.first_seen >= hold.ended - SAME_MOMENT_SECONDS
            for hold in self.holds
        ) and not any(
            hold.began <= life.first_seen <= hold.ended - SAME_MOMENT_SECONDS for hold in self.holds
        )

    def never_told_after(self, claims: Claims) -> Iterator[Finding]:
        """A target that held on for longer than I after its source cleared, untold."""
        lives = claims.inhibited.get(self.index, ())
        for run, hold in self._muted_runs():
            for route in destinations(self.evidence.configuration.alertmanager, run.labels):
                due = hold.ended + route.group_interval_seconds + ALLOWANCE_SECONDS
                if run.ended <= due or self._is_muted_by_another(run, hold.ended, due):
                    continue
                told = [
                    life.notified_at
                    for life in lives
                    if life.notified_at is not None
                    and life.receiver == route.receiver
                    and dict(life.labels) == dict(run.labels)
                ]
                first = min(told, default=self.evidence.ended)
                if first > due:
                    yield self._finding(
                        "missed",
                        f"{run.alert} fired on after {self.expectation.by} cleared at "
                        f"{self._at(hold.ended)}, but did not arrive at {route.receiver} by "
                        f"{self._at(due)}",
                        hold.ended,
                        first,
                        overrun_seconds=first - due,
                    )

    def _muted_runs(self) -> Iterator[tuple[Run, _Hold]]:
        for run in self.targets:
            for hold in self.holds:
                if run.overlap_seconds(hold.began, hold.ended) >= 0:
                    yield run, hold

    def _was_due(self, run: Run, hold: _Hold) -> bool:
        """Whether a flush surely came while target and source both fired."""
        began, ended = max(run.began, hold.began), min(run.ended, hold.ended)
        return any(
            self._flushed(route, run, began, ended)
            for route in destinations(self.evidence.configuration.alertmanager, run.labels)
        )

    def _flushed(self, route: Destination, run: Run, began: float, ended: float) -> bool:
        wait = group_wait(self.evidence, route, run.labels, run.began)
        first, last = run.began + wait.earliest_seconds, run.began + wait.latest_seconds
        longest = max(route.group_wait_seconds, route.group_interval_seconds)
        return (began <= first and last <= ended) or ended - began > longest

    def _is_muted_by_another(self, run: Run, began: float, ended: float) -> bool:
        firing = [
            other.labels
            for other in self.evidence.runs
            if other.alert != self.expectation.by and other.overlap_seconds(began, ended) >= 0
        ]
        return is_muted(self.evidence.configuration.alertmanager, run.labels, firing)

    def _at(self, time: float) -> str:
        return into_drill(self.evidence, time)

    def _finding(
        self,
        kind: FindingKind,
        text: str,
        began: float,
        ended: float,
        *,
        overrun_seconds: float = 0.0,
    ) -> Finding:
        return Finding(
            kind,
            text,
            self.expectation.alert,
            began,
            ended,
            expectation=self.index,
            fault=self.fault,
            overrun_seconds=overrun_seconds,
        )


def _merged(holds: Iterable[_Hold]) -> list[_Hold]:
    """Sources that fire at the same time hold as one."""
    merged: list[_Hold] = []
    for hold in sorted(holds, key=lambda hold: hold.began):
        if merged and hold.began <= merged[-1].ended:
            merged[-1] = _Hold(merged[-1].began, max(merged[-1].ended, hold.ended))
        else:
            merged.append(hold)
    return merged


def _interval(evidence: Evidence, labels: Labels) -> float:
    """An alert clears at the evaluation after the last that fired."""
    configuration = evidence.configuration
    rule = rule_of(configuration, labels.get("alertname", ""), labels)
    return configuration.evaluation_interval_seconds if rule is None else rule.interval_seconds
