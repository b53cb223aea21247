"""Judges one alert that must fire in Prometheus and be muted: while another fires, or a step is in.

A step is a silence or a maintenance window. When what mutes clears while the target still fires,
Alertmanager tells of the target at the group's next tick: from then on it is expected, within I,
and no longer wrong.
"""

from collections.abc import Iterator
from dataclasses import replace

from scenarios.judge.evidence import (
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    Run,
    cause_of,
    into_drill,
)
from scenarios.judge.expectation import Inhibited, Muted
from scenarios.judge.finding import NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import group_wait
from scenarios.judge.match import Claims
from scenarios.judge.muting import Hold, holds_of, is_muted_again, words_of
from scenarios.judge.outcome import Outcome
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.window import ALLOWANCE_SECONDS


def judge_inhibited(
    evidence: Evidence, claims: Claims, index: int, expectation: Inhibited | Muted
) -> Outcome:
    """Everything that is wrong with this expectation, all of it at once."""
    judging = _Judging(evidence, index, expectation)
    return Outcome(
        expectation.kind,
        expectation.alert,
        index,
        findings=(
            *judging.nothing_to_mute(),
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


def held_over(evidence: Evidence, expectation: Inhibited | Muted, life: Life) -> bool:
    """Whether a life that arrived is of a target that outlived its source."""
    return _Judging(evidence, 0, expectation).is_held_over(life)


def muted_when_due(evidence: Evidence, expectation: Inhibited | Muted) -> tuple[Run, ...]:
    """The stretches over which a target fired beside its source and would surely have been told."""
    judging = _Judging(evidence, 0, expectation)
    return tuple(
        replace(run, began=max(run.began, hold.began), ended=min(run.ended, hold.ended))
        for run, hold in judging.muted_runs()
        if judging.was_due(run, hold)
    )


class _Judging:
    """One expectation with all that its checks have in common."""

    def __init__(self, evidence: Evidence, index: int, expectation: Inhibited | Muted) -> None:
        self.evidence = evidence
        self.index = index
        self.expectation = expectation
        fault = cause_of(evidence.timeline, expectation)
        self.fault = "" if fault is None else fault.name
        self.began = evidence.timeline.clock.started if fault is None else fault.injecting
        self.targets = evidence.runs_of(expectation.alert, expectation.labels)
        self.holds = holds_of(evidence, expectation)
        self.words = words_of(expectation)

    def nothing_to_mute(self) -> Iterator[Finding]:
        if any(True for _ in self.muted_runs()):
            return
        alert, words = self.expectation.alert, self.words
        if not self.targets:
            what = (
                f"{alert} never fired in Prometheus, so {words.source} had nothing to {words.mute}"
            )
        elif not self.holds:
            what = f"{words.never_held}, so nothing {words.muted} {alert}"
        else:
            what = words.together
        yield self._finding(words.nothing_to_mute, what, self.began, self.evidence.ended)

    def not_shown(self) -> Iterator[Reason]:
        """A mute is shown only where the target would have been told of without it."""
        muted = list(self.muted_runs())
        if muted and not any(self.was_due(run, hold) for run, hold in muted):
            longest = max(run.overlap_seconds(hold.began, hold.ended) for run, hold in muted)
            yield Reason(
                "inhibition not shown",
                f"{self.expectation.alert} fired only {longest:.2f} s beside "
                f"{self.words.source}: no notification was surely due in that time",
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
            why = f"while {self.words.held} since {self._at(holds[0].began)}"
        elif later:
            why = f"before {self.words.held} at {self._at(later[0].began)}"
        else:
            why = f"while {self.words.did_not_hold}"
        yield self._finding(
            self.words.not_muted,
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
        for run, hold in self.muted_runs():
            for route in destinations(self.evidence.configuration.alertmanager, run.labels):
                first_flush = run.began + route.group_wait_seconds
                next_tick = hold.cleared + route.group_interval_seconds
                due = max(first_flush, next_tick) + ALLOWANCE_SECONDS
                if run.ended <= due or is_muted_again(
                    self.evidence, self.expectation, run, hold.ended, due
                ):
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
                        f"{run.alert} fired on after {self.words.cleared} at "
                        f"{self._at(hold.ended)}, but did not arrive at {route.receiver} by "
                        f"{self._at(due)}",
                        hold.ended,
                        first,
                        overrun_seconds=first - due,
                    )

    def muted_runs(self) -> Iterator[tuple[Run, Hold]]:
        for run in self.targets:
            for hold in self.holds:
                if run.overlap_seconds(hold.began, hold.ended) >= 0:
                    yield run, hold

    def was_due(self, run: Run, hold: Hold) -> bool:
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
