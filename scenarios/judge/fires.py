"""Judges one alert that must fire: whether it arrived, where, in which group, saying what, when."""

from collections.abc import Iterator, Sequence

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.chat import message_problems
from scenarios.judge.due import Due, promise_seconds
from scenarios.judge.evidence import Evidence, Life, cause_of, into_drill
from scenarios.judge.expectation import Fires
from scenarios.judge.finding import DELAYED, NOTHING, Finding, FindingKind, Reason
from scenarios.judge.lookup import label_text, rule_of
from scenarios.judge.match import Claims, is_met
from scenarios.judge.misplaced import misplacements
from scenarios.judge.order import overtaken_seconds
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.resolves import judge_resolve
from scenarios.judge.timeline import FaultRecord
from scenarios.judge.untold import untold_runs


def judge_fires(evidence: Evidence, claims: Claims, index: int, expectation: Fires) -> Outcome:
    """Everything that is wrong with this expectation, all of it at once."""
    fault = cause_of(evidence.timeline, expectation)
    if fault is None:
        return _never_injected(evidence, index, expectation)
    return _Judging(evidence, claims, index, expectation, fault).outcome()


def _never_injected(evidence: Evidence, index: int, expectation: Fires) -> Outcome:
    name = f"fault {expectation.fault!r}" if expectation.fault else "any fault"
    return Outcome(
        "fires",
        expectation.alert,
        index,
        findings=(
            Finding(
                "missed",
                f"{expectation.alert} did not arrive at {expectation.at}",
                expectation.alert,
                evidence.timeline.clock.started,
                evidence.ended,
                expectation=index,
            ),
        ),
        reasons=(
            Reason(
                "fault",
                f"{name} that must raise {expectation.alert} was never injected",
                DELAYED,
                expectation=index,
            ),
        ),
        receiver=expectation.at,
        group=expectation.group,
    )


class _Judging:
    """One expectation with all that its checks have in common."""

    def __init__(
        self,
        evidence: Evidence,
        claims: Claims,
        index: int,
        expectation: Fires,
        fault: FaultRecord,
    ) -> None:
        self.evidence = evidence
        self.index = index
        self.expectation = expectation
        self.fault = fault
        self.promise_seconds = promise_seconds(evidence, expectation)
        self.rule = rule_of(evidence.configuration, expectation.alert, expectation.labels)
        self.is_met = is_met(claims, index)
        self.lives = sorted(
            claims.expected[index], key=lambda life: (life.notified_at is None, life.first_seen)
        )
        self.due = Due(
            evidence, expectation, fault, self.rule, self.lives[0] if self.is_met else None
        )
        self.nearest = claims.nearest.get(index, [])

    def outcome(self) -> Outcome:
        windows = tuple(self.due.windows())
        findings = [*self._arrival(windows), *self._contents(), *self._untold()]
        reasons: list[Reason] = [*self._ended_early(windows), *self._no_rule()]
        if self.is_met and self.expectation.resolves and self.rule is not None:
            resolved = judge_resolve(
                self.evidence,
                self.index,
                self.expectation,
                fault=self.fault,
                rule=self.rule,
                lives=self.lives,
            )
            findings += resolved.findings
            reasons += resolved.reasons
            windows = (*windows, *resolved.windows)
        return Outcome(
            "fires",
            self.expectation.alert,
            self.index,
            findings=tuple(findings),
            reasons=tuple(reasons),
            windows=windows,
            receiver=self.expectation.at,
            group=self.expectation.group,
            began=self.fault.injecting,
            notified_at=self.due.notified_at,
            promise_seconds=self.promise_seconds,
            promised_from=self.due.promised_from(windows),
        )

    def _arrival(self, windows: Sequence[WindowResult]) -> Iterator[Finding]:
        notified_at = self.due.notified_at
        if notified_at is None:
            yield from self._unmet(windows)
            return
        for result in windows:
            yield from self._out_of_window(result, notified_at)
        taken = notified_at - self.due.promised_from(windows)
        if taken > self.promise_seconds:
            yield self._finding(
                "promise broken",
                f"arrived {taken:.2f} s after the fault, promised within "
                f"{self.promise_seconds:.2f} s",
                ended=notified_at,
                overrun_seconds=taken - self.promise_seconds,
            )
        overtaken = overtaken_seconds(self.evidence, self.expectation, notified_at)
        if overtaken > 0:
            yield self._finding(
                "out of order",
                f"arrived {overtaken:.2f} s before {self.expectation.after}, which must come first",
                ended=notified_at,
                overrun_seconds=overtaken,
            )

    def _out_of_window(self, result: WindowResult, notified_at: float) -> Iterator[Finding]:
        window = result.window
        if notified_at < window.earliest:
            yield self._finding(
                "early",
                f"{result.what} at {self._at(notified_at)}, "
                f"{window.earliest - notified_at:.2f} s before its window opens",
                ended=notified_at,
            )
        if window.latest is not None and notified_at > window.latest:
            yield self._finding(
                "late",
                f"{result.what} at {self._at(notified_at)}, "
                f"{notified_at - window.latest:.2f} s after its window closed",
                ended=notified_at,
                overrun_seconds=notified_at - window.latest,
            )

    def _unmet(self, windows: Sequence[WindowResult]) -> Iterator[Finding]:
        """What is wrong with what arrived instead; missed where nothing did."""
        diagnosed = [finding for life in self.nearest for finding in self._diagnosis(life)]
        if diagnosed:
            yield from diagnosed
            return
        latest = windows[0].window.latest if windows else None
        resolved_only = ", only its resolve did" if self.lives else ""
        yield self._finding(
            "missed",
            f"did not arrive at {self.expectation.at}{resolved_only}",
            ended=self.evidence.ended,
            overrun_seconds=0.0 if latest is None else max(0.0, self.evidence.ended - latest),
        )

    def _diagnosis(self, life: Life) -> Iterator[Finding]:
        for kind, text in misplacements(self.evidence, self.expectation, life):
            yield self._finding(kind, text, ended=life.first_seen)
        if life.starts_at < self.fault.injecting:
            yield self._finding(
                "early",
                f"arrived at {self._at(life.first_seen)}, firing since "
                f"{self._at(life.starts_at)}, before its fault began at "
                f"{self._at(self.fault.injecting)}",
                ended=life.first_seen,
            )

    def _untold(self) -> Iterator[Finding]:
        if self.is_met:
            for run in untold_runs(self.evidence, self.expectation):
                yield self._finding(
                    "missed",
                    f"{label_text(run.labels)} fired from {self._at(run.began)} to "
                    f"{self._at(run.ended)} and was told to nobody, though another of its name was",
                    ended=run.ended,
                )

    def _contents(self) -> Iterator[Finding]:
        for life in self.lives:
            for sighting in (*life.firing, *life.resolved):
                is_first = life.firing and sighting is life.firing[0]
                wanted = self.expectation.annotations if is_first else {}
                for problem in annotation_problems(sighting.alert, wanted):
                    yield self._finding("wrong annotations", problem, ended=sighting.arrival.at)
        yield from self._messages()
        missing = self._never_together()
        if missing:
            yield self._finding(
                "not together",
                f"no notification carries it together with {' and '.join(missing)}, all firing",
                ended=self.evidence.ended,
            )

    def _messages(self) -> Iterator[Finding]:
        """What the chat says beside the first notification, and beside that of the resolve."""
        for life in self.lives:
            for arrival, problem in message_problems(self.evidence, self.expectation, life):
                text = f"at {arrival.receiver} at {self._at(arrival.at)}: {problem}"
                yield self._finding("wrong message", text, ended=arrival.at)

    def _never_together(self) -> list[str]:
        """The alerts that are missing from the notification that comes nearest to having all."""
        wanted = self.expectation.together_with
        lacking = [
            [
                name
                for name in wanted
                if not any(
                    alert.status == "firing" and alert.labels.get("alertname") == name
                    for alert in sighting.arrival.alerts
                )
            ]
            for life in self.lives
            for sighting in life.firing
        ]
        return min(lacking, key=len, default=[])

    def _ended_early(self, windows: Sequence[WindowResult]) -> Iterator[Reason]:
        """Nothing can be called missing while it may still come."""
        latest = windows[0].window.latest if windows else None
        if not self.is_met and latest is not None and self.evidence.ended < latest:
            yield Reason(
                "ended early",
                f"the drill ended {latest - self.evidence.ended:.2f} s before the window of "
                f"{self.expectation.alert} closed",
                frozenset({"missed"}),
                expectation=self.index,
            )

    def _no_rule(self) -> Iterator[Reason]:
        """Without its rule there is no window to hold an alert against."""
        if self.rule is None:
            text = f"no rule {self.expectation.alert} is loaded, so nothing says when it is due"
            yield Reason("no rule", text, NOTHING)

    def _at(self, time: float) -> str:
        return into_drill(self.evidence, time)

    def _finding(
        self, kind: FindingKind, text: str, *, ended: float, overrun_seconds: float = 0.0
    ) -> Finding:
        return Finding(
            kind,
            f"{self.expectation.alert} {text}",
            self.expectation.alert,
            min(self.fault.injecting, ended),
            ended,
            expectation=self.index,
            fault=self.fault.name,
            overrun_seconds=overrun_seconds,
        )
