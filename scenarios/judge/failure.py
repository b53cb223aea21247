"""Why a drill did not pass, in words: every window, every arrival, every doubt."""

from collections.abc import Iterator, Sequence

from scenarios.judge.classify import ClassifiedArrival
from scenarios.judge.finding import OF_GROUPS, Finding, Reason
from scenarios.judge.lookup import label_text
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.timeline import Timeline
from scenarios.judge.verdict import Judgement
from scenarios.judge.window import written
from scenarios.judge.words import INDENT, expectation_text

KEPT, BROKEN, DOUBTFUL = "✓", "✗", "?"
REASONS_OF_A_KIND = 3
UNDECLARED = "Not declared:"
GROUPS = "Not as their groups should be told:"
UNKNOWN = "Unknown, because:"
NOTICED = "Noticed, but not what the verdict is for:"


def failure_text(timeline: Timeline, judgement: Judgement) -> str:
    """Every window with what arrived in it, every arrival, and every doubt, for one drill.

    Moments are seconds since the drill began.
    """
    return "\n".join(_lines(timeline, judgement))


def _lines(timeline: Timeline, judgement: Judgement) -> Iterator[str]:
    seconds = timeline.clock.ended - timeline.clock.started
    yield (
        f"{judgement.verdict.upper()} {judgement.drill}, {seconds:.1f} s at speed "
        f"{timeline.speed:g}: {timeline.declaration.proves}"
    )
    yield from ("", "Expected:")
    for outcome in judgement.outcomes:
        yield from _outcome(timeline, judgement, outcome)
    of_outcomes = {id(f) for outcome in judgement.outcomes for f in outcome.findings}
    others = [finding for finding in judgement.findings if id(finding) not in of_outcomes]
    of_groups = [finding for finding in others if finding.kind in OF_GROUPS]
    undeclared = [finding for finding in others if finding.kind not in OF_GROUPS]
    for heading, findings in ((UNDECLARED, undeclared), (GROUPS, of_groups)):
        if findings:
            yield from ("", heading)
            for finding in findings:
                yield from _finding(finding, judgement.reasons, INDENT)
    yield from ("", f"Arrived ({len(judgement.arrivals)}):")
    for arrival in judgement.arrivals:
        yield from _arrival(timeline, arrival)
    because = [r for r in judgement.reasons if _led_to_verdict(r, judgement)]
    noticed = [r for r in judgement.reasons if not _led_to_verdict(r, judgement)]
    for heading, reasons in ((UNKNOWN, because), (NOTICED, noticed)):
        if reasons:
            yield from ("", heading)
            yield from _reasons(reasons)


def _outcome(timeline: Timeline, judgement: Judgement, outcome: Outcome) -> Iterator[str]:
    if outcome.title:
        title = outcome.title
    elif outcome.expectation is None:
        title = f"near miss: {outcome.alert} stays silent"
    else:
        title = expectation_text(timeline.declaration.expects[outcome.expectation])
    yield f"{INDENT}{_mark(outcome.findings, judgement.reasons)} {title}"
    for result in outcome.windows:
        yield f"{INDENT * 3}{_window(timeline, result)}"
    if outcome.promise_seconds is not None and outcome.kind == "fires":
        yield f"{INDENT * 3}{_promise(outcome)}"
    for finding in outcome.findings:
        yield from _finding(finding, judgement.reasons, INDENT * 3)
    if any(finding.kind in {"missed", "not resolved"} for finding in outcome.findings):
        yield f"{INDENT * 3}nearest: {_nearest(timeline, judgement.arrivals, outcome)}"


def _window(timeline: Timeline, result: WindowResult) -> str:
    window = result.window
    opens = _at(timeline, window.earliest)
    closes = (
        "open, its cause was not confirmed"
        if window.latest is None
        else _at(timeline, window.latest)
    )
    arrived = "nothing" if result.arrived is None else _at(timeline, result.arrived)
    mark = KEPT if result.is_kept else BROKEN
    return f"{mark} {result.what}: {arrived} in [{opens}, {closes}] = {written(window.parts)}"


def _promise(outcome: Outcome) -> str:
    promised = outcome.promise_seconds or 0.0
    began = outcome.began if outcome.promised_from is None else outcome.promised_from
    if outcome.notified_at is None or began is None:
        return f"{BROKEN} promise: nothing within {promised:.2f} s"
    taken = outcome.notified_at - began
    mark = KEPT if taken <= promised else BROKEN
    return f"{mark} promise: {taken:.2f} s, within {promised:.2f} s"


def _finding(finding: Finding, reasons: Sequence[Reason], indent: str) -> Iterator[str]:
    yield f"{indent}{finding.kind}: {finding.text}"
    for reason in reasons:
        if reason.accounts_for(finding):
            yield f"{indent}{INDENT}which may be because {reason.text}"
            return


def _mark(findings: Sequence[Finding], reasons: Sequence[Reason]) -> str:
    if not findings:
        return KEPT
    explained = all(any(r.accounts_for(finding) for r in reasons) for finding in findings)
    return DOUBTFUL if explained else BROKEN


def _nearest(timeline: Timeline, arrivals: Sequence[ClassifiedArrival], outcome: Outcome) -> str:
    """The arrival most like what is missing: by alert, then receiver, group and moment."""
    if not arrivals:
        return "nothing arrived at all"
    moments = [result.window.latest for result in outcome.windows if result.arrived is None]
    due = next((moment for moment in moments if moment is not None), timeline.clock.ended)

    def unlikeness(arrival: ClassifiedArrival) -> tuple[bool, bool, bool, float]:
        return (
            outcome.alert not in {alert.alert for alert in arrival.alerts},
            arrival.receiver != outcome.receiver,
            dict(arrival.group_labels) != dict(outcome.group),
            abs(arrival.at - due),
        )

    arrival = min(arrivals, key=unlikeness)
    alerts = ", ".join(f"{alert.alert} {alert.status}" for alert in arrival.alerts)
    return f"{_place(timeline, arrival)}: {alerts}"


def _arrival(timeline: Timeline, arrival: ClassifiedArrival) -> Iterator[str]:
    again = ", a duplicate" if arrival.is_duplicate else ""
    yield f"{INDENT}{_place(timeline, arrival)}{again}"
    for alert in arrival.alerts:
        rest = {name: value for name, value in alert.labels.items() if name != "alertname"}
        yield (
            f"{INDENT * 3}{alert.classification}: {alert.alert} {alert.status} {label_text(rest)}"
        )


def _place(timeline: Timeline, arrival: ClassifiedArrival) -> str:
    return (
        f"{_at(timeline, arrival.at)} at {arrival.receiver} in group "
        f"{label_text(arrival.group_labels)}"
    )


def _led_to_verdict(reason: Reason, judgement: Judgement) -> bool:
    """A drill passes or fails by its findings, whatever else was held up beside them."""
    return judgement.verdict == "unknown" and (
        reason.doubts or any(map(reason.accounts_for, judgement.findings))
    )


def _reasons(reasons: Sequence[Reason]) -> Iterator[str]:
    """The first few of each kind: a starved host gives hundreds of one."""
    shown: dict[str, int] = {}
    for reason in dict.fromkeys(reasons):
        shown[reason.kind] = shown.get(reason.kind, 0) + 1
        if shown[reason.kind] <= REASONS_OF_A_KIND:
            yield f"{INDENT}- {reason.text}"
    for kind, count in shown.items():
        if count > REASONS_OF_A_KIND:
            yield f"{INDENT}- and {count - REASONS_OF_A_KIND} more of {kind}"


def _at(timeline: Timeline, time: float) -> str:
    return f"{time - timeline.clock.started:.2f} s"
