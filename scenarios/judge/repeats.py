"""Judges one alert that must be told again and again while its fault holds."""

from collections.abc import Iterator, Sequence

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.evidence import Evidence, Life, cause_of, into_drill
from scenarios.judge.expectation import Repeats
from scenarios.judge.finding import Finding, FindingKind
from scenarios.judge.groups import repeat_gap
from scenarios.judge.lookup import destination_of
from scenarios.judge.match import Claims, is_met
from scenarios.judge.misplaced import misplacements
from scenarios.judge.outcome import Outcome
from scenarios.judge.repeated import gap_findings, longest_gap, never_repeated, repeat_windows


def judge_repeats(evidence: Evidence, claims: Claims, index: int, expectation: Repeats) -> Outcome:
    """Each alert that it names, from its first notification until it stops firing in Prometheus.

    The first notification itself is a matter of ``fires``.
    """
    promise = expectation.every_seconds / evidence.timeline.speed
    if not is_met(claims, index):
        return Outcome(
            "repeats",
            expectation.alert,
            index,
            findings=tuple(_instead(evidence, index, expectation, claims.nearest[index])),
            receiver=expectation.at,
            group=expectation.group,
            promise_seconds=promise,
        )
    lives = [life for life in claims.expected[index] if life.firing]
    shortest, longest = repeat_gap(
        destination_of(evidence.configuration, lives[0].labels, expectation.at, expectation.group)
    )
    findings: list[Finding] = []
    for life in lives:
        moments = (*_told(life), _fired_until(evidence, life))
        for limit, kind, why in _limits(longest, promise):
            findings += gap_findings(evidence, index, expectation, moments, limit, kind, why)
        findings += _contents(index, expectation, life)
    longest_lived = max(lives, key=lambda life: len(life.firing))
    before, after = longest_gap(_told(longest_lived))
    return Outcome(
        "repeats",
        expectation.alert,
        index,
        findings=tuple(findings),
        reasons=tuple(never_repeated(expectation.alert, _told(longest_lived), shortest)),
        windows=tuple(window for life in lives for window in repeat_windows(_told(life), longest)),
        receiver=expectation.at,
        group=expectation.group,
        began=before,
        notified_at=after,
        promise_seconds=promise,
    )


def _limits(longest: float, promise: float) -> tuple[tuple[float, FindingKind, str], ...]:
    return (
        (longest, "late", "it repeats within"),
        (promise, "promise broken", "promised every"),
    )


def _told(life: Life) -> list[float]:
    return sorted(sighting.arrival.at for sighting in life.firing)


def _fired_until(evidence: Evidence, life: Life) -> float:
    """The last moment at which it is known to have fired."""
    runs = [run.ended for run in evidence.runs_of(life.alert, life.labels) if run.holds(life)]
    return max((*runs, _told(life)[-1]))


def _contents(index: int, expectation: Repeats, life: Life) -> Iterator[Finding]:
    for sighting in life.firing:
        for problem in annotation_problems(sighting.alert, {}):
            at = sighting.arrival.at
            yield _finding(index, expectation, "wrong annotations", problem, at, at)


def _instead(
    evidence: Evidence, index: int, expectation: Repeats, nearest: Sequence[Life]
) -> Iterator[Finding]:
    """What is wrong with what arrived instead; missed where nothing did."""
    for life in nearest:
        for kind, text in misplacements(evidence, expectation, life):
            yield _finding(index, expectation, kind, text, life.starts_at, life.first_seen)
    if not nearest:
        fault = cause_of(evidence.timeline, expectation)
        began = evidence.timeline.clock.started if fault is None else fault.injecting
        text = f"never arrived at {expectation.at} after {into_drill(evidence, began)}"
        yield _finding(index, expectation, "missed", text, began, evidence.ended)


def _finding(
    index: int, expectation: Repeats, kind: FindingKind, text: str, began: float, ended: float
) -> Finding:
    return Finding(
        kind,
        f"{expectation.alert} {text}",
        expectation.alert,
        began,
        ended,
        expectation=index,
        fault=expectation.fault,
    )
