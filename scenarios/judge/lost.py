"""Judges one alert that fires and resolves while its receiver fails: nobody is ever told of it."""

from collections.abc import Iterator

from scenarios.judge.causes import cause
from scenarios.judge.evidence import Evidence, Run, into_drill
from scenarios.judge.expectation import Lost
from scenarios.judge.finding import DELAYED, NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import group_wait
from scenarios.judge.lookup import destination_of
from scenarios.judge.match import Claims
from scenarios.judge.outcome import Outcome
from scenarios.judge.window import ALLOWANCE_SECONDS


def judge_lost(evidence: Evidence, claims: Claims, index: int, expectation: Lost) -> Outcome:
    """It fired, was due while the receiver failed, and never arrived."""
    because = cause(evidence, expectation)
    runs = [
        run
        for run in evidence.runs_of(expectation.alert, expectation.labels)
        if because is not None and because.covers(run.began)
    ]
    return Outcome(
        "lost",
        expectation.alert,
        index,
        findings=(
            *_never_fired(evidence, index, expectation, runs),
            *(
                _finding(
                    "unexpected",
                    f"{life.alert} arrived at {life.receiver} at "
                    f"{into_drill(evidence, life.first_seen)}, though it resolved before "
                    f"{expectation.at} was well again",
                    expectation,
                    index,
                    began=life.starts_at,
                    ended=life.first_seen,
                )
                for life in claims.silent.get(index, ())
            ),
        ),
        reasons=tuple(_not_shown(evidence, index, expectation, runs)),
        receiver=expectation.at,
        began=None if because is None else because.fault.injecting,
    )


def _never_fired(
    evidence: Evidence, index: int, expectation: Lost, runs: list[Run]
) -> Iterator[Finding]:
    if not runs:
        yield _finding(
            "missed",
            f"{expectation.alert} never fired in Prometheus, so nothing was lost",
            expectation,
            index,
            began=evidence.timeline.clock.started,
            ended=evidence.ended,
        )


def _not_shown(
    evidence: Evidence, index: int, expectation: Lost, runs: list[Run]
) -> Iterator[Reason]:
    """A loss is shown only where the alert would surely have been told of, were the receiver well.

    The flush after its end forgets it: until then the receiver must go on failing.
    """
    if runs and not any(_was_due(evidence, expectation, run) for run in runs):
        yield Reason(
            "loss not shown",
            f"{expectation.alert} did not fire long enough while {expectation.at} failed: no "
            "notification was surely due and refused",
            NOTHING,
            expectation=index,
        )
    if not runs and cause(evidence, expectation) is None:
        yield Reason(
            "fault",
            f"the fault that must raise {expectation.alert} was never injected",
            DELAYED,
            expectation=index,
        )


def _was_due(evidence: Evidence, expectation: Lost, run: Run) -> bool:
    group = {name: value for name, value in run.labels.items() if name in expectation.group}
    route = destination_of(evidence.configuration, run.labels, expectation.at, group)
    wait = group_wait(evidence, route, run.labels, run.began)
    due = run.began + wait.latest_seconds + ALLOWANCE_SECONDS
    forgotten = run.ended + route.group_interval_seconds
    return due <= run.ended and any(
        expectation.at in fault.holds_up_receivers
        and fault.confirmed is not None
        and fault.confirmed <= run.began + wait.earliest_seconds
        and (fault.healing is None or fault.healing >= forgotten)
        for fault in evidence.timeline.faults
    )


def _finding(
    kind: FindingKind, text: str, expectation: Lost, index: int, *, began: float, ended: float
) -> Finding:
    return Finding(
        kind,
        text,
        expectation.alert,
        began,
        ended,
        expectation=index,
        fault=expectation.fault,
    )
