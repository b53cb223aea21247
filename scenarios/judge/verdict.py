"""The verdict on a drill: pass, fail or unknown, with everything that led to it.

| findings                                    | reasons for doubt | verdict |
|---------------------------------------------|-------------------|---------|
| none                                        | none              | pass    |
| none                                        | some that doubt   | unknown |
| none                                        | others            | pass    |
| all accounted for by a reason               | some              | unknown |
| at least one that no reason accounts for    | any               | fail    |

What a reason accounts for depends on what it is of, when, and on how large a delay it can make:

| reason                          | accounts for                                                  |
|---------------------------------|---------------------------------------------------------------|
| fault not read back, not healed | what is missing, late or resolved early of that fault alone   |
| near miss not read back or lost | that the alert it is a near miss of fired                     |
| load fell short, too few events | the same as a fault not read back                             |
| scrape or evaluation left out   | the same, of alerts that read them, near that time, and       |
|                                 | delays up to the gap plus what refills                        |
| host stalled                    | what is missing or late by no more than the stall             |
| no core left beside neighbours  | that an alert fired or arrived then which the drill names not |
|                                 | or as a near miss                                             |
| Prometheus starved              | what is missing, late or resolved early after it              |
| clock stepped, source unread    | any of these, and what came early                             |
| no evaluation of a group read   | what is missing, late or resolved early of its alerts         |
| never fired in this Prometheus  | nothing: what arrived was sent by another                     |
| drill ended too early           | what was still due                                            |
| ALERTS could not be read back   | that nothing was seen to fire                                 |

But for these, no reason accounts for an alert that was misrouted, misgrouped, unexpected, with
wrong labels, annotations or message, seen firing where it must not, told of while inhibited or
muted, repeated early or refused: that is evidence whatever the host did. A pass with any doubt is
unknown, never a pass.
A stall shorter than a skipped scrape accounts for lateness, but is no doubt of what was on time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scenarios.judge.chat import chat_findings
from scenarios.judge.classify import ClassifiedArrival, classify
from scenarios.judge.duplicates import duplicate_findings
from scenarios.judge.errors import DeclarationError
from scenarios.judge.evidence import Evidence, read
from scenarios.judge.expectation import (
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.finding import OF_HOST, Finding, Reason, Verdict, verdict_of
from scenarios.judge.fires import judge_fires
from scenarios.judge.heartbeat import judge_heartbeat
from scenarios.judge.heartbeat_stop import judge_stop
from scenarios.judge.inhibited import judge_inhibited
from scenarios.judge.lost import judge_lost
from scenarios.judge.match import Claims, claims_of
from scenarios.judge.outcome import Outcome
from scenarios.judge.repeats import judge_repeats
from scenarios.judge.restarted import judge_restart
from scenarios.judge.silence import judge_near_miss, judge_silent, undeclared
from scenarios.judge.soundness import soundness
from scenarios.judge.ticks import tick_findings
from scenarios.judge.timeline import Timeline
from scenarios.judge.whole_group import left_out


@dataclass(frozen=True)
class Row:
    """One line of the table. Seconds are counted from the moment the cause began.

    Of a heartbeat they are the longest time between two beats, counted from the earlier of the two.
    ``window_seconds`` and ``promise_seconds`` are as they really ran, divided by the speed.
    """

    drill: str
    kind: str
    alert: str
    verdict: Verdict
    notified_seconds: float | None
    window_seconds: tuple[float, float | None] | None
    promise_seconds: float | None
    receiver: str
    group: Mapping[str, str]


@dataclass(frozen=True)
class Judgement:
    """The verdict on one drill. ``outcomes`` stand in the order of the declaration.

    ``findings`` and ``reasons`` are all there are, those of the outcomes included.
    """

    drill: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    reasons: tuple[Reason, ...]
    outcomes: tuple[Outcome, ...]
    rows: tuple[Row, ...]
    arrivals: tuple[ClassifiedArrival, ...]
    allowed: int
    duplicates: int

    @property
    def is_starved(self) -> bool:
        """Whether the drill is unknown for no other reason than that the host held it up."""
        return self.verdict == "unknown" and {r.kind for r in self.reasons} <= OF_HOST


def judge(timeline: Timeline) -> Judgement:
    """Judge a drill by its timeline alone. Raises DeclarationError, ConfigurationError."""
    declaration = timeline.declaration
    if not declaration.expects:
        raise DeclarationError(
            f"{declaration.path}: {declaration.name} is a drill with no expectation; "
            "say what fires, is inhibited, beats or stays silent"
        )
    evidence = read(timeline)
    claims = claims_of(evidence)
    outcomes = (
        *(_outcome(evidence, claims, index) for index in range(len(declaration.expects))),
        *(
            judge_near_miss(evidence, step, alert)
            for step, alert in declaration.near_misses.items()
        ),
        *_of_broken_monitoring(evidence, claims),
    )
    of_drill = soundness(evidence)
    arrivals = classify(evidence, claims)
    findings = (
        *(finding for outcome in outcomes for finding in outcome.findings),
        *undeclared(evidence, claims),
        *tick_findings(evidence, claims),
        *left_out(evidence),
        *chat_findings(evidence),
        *duplicate_findings(evidence, arrivals),
    )
    reasons = (*(reason for outcome in outcomes for reason in outcome.reasons), *of_drill)
    return Judgement(
        drill=declaration.name,
        verdict=verdict_of(findings, reasons),
        findings=findings,
        reasons=reasons,
        outcomes=outcomes,
        rows=tuple(_row(declaration.name, outcome, reasons) for outcome in outcomes),
        arrivals=arrivals,
        allowed=sum(
            alert.classification == "allowed" for arrival in arrivals for alert in arrival.alerts
        ),
        duplicates=sum(arrival.is_duplicate for arrival in arrivals),
    )


def _outcome(evidence: Evidence, claims: Claims, index: int) -> Outcome:
    expectation = evidence.timeline.declaration.expects[index]
    match expectation:
        case Fires():
            return judge_fires(evidence, claims, index, expectation)
        case Inhibited() | Muted():
            return judge_inhibited(evidence, claims, index, expectation)
        case Lost():
            return judge_lost(evidence, claims, index, expectation)
        case Heartbeat():
            return judge_heartbeat(evidence, claims, index, expectation)
        case Repeats():
            return judge_repeats(evidence, claims, index, expectation)
        case Silent():
            return judge_silent(evidence, claims, index, expectation)


def _of_broken_monitoring(evidence: Evidence, claims: Claims) -> Iterator[Outcome]:
    """What restarts and outages of the monitoring do to what is expected, each on its own."""
    for index, expectation in enumerate(evidence.timeline.declaration.expects):
        if isinstance(expectation, Fires):
            for step in expectation.restarts:
                yield judge_restart(evidence, claims, index, expectation, step)
        elif isinstance(expectation, Heartbeat):
            for step in expectation.stops:
                yield judge_stop(evidence, index, expectation, step)


def _row(drill: str, outcome: Outcome, reasons: tuple[Reason, ...]) -> Row:
    began = outcome.began
    return Row(
        drill=drill,
        kind=outcome.kind,
        alert=outcome.alert,
        verdict=verdict_of(outcome.findings, reasons),
        notified_seconds=(
            None if began is None or outcome.notified_at is None else outcome.notified_at - began
        ),
        window_seconds=_window_seconds(outcome),
        promise_seconds=outcome.promise_seconds,
        receiver=outcome.receiver,
        group=outcome.group,
    )


def _window_seconds(outcome: Outcome) -> tuple[float, float | None] | None:
    """The window in which it was due to be notified, the first where there are several."""
    began = outcome.began
    window = next((w.window for w in outcome.windows if w.arrived == outcome.notified_at), None)
    if began is None or window is None:
        return None
    return window.earliest - began, None if window.latest is None else window.latest - began
