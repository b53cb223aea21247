"""Judges whether a heartbeat stops when the monitoring does: the dead man's switch has to notice.

Without Prometheus, Alertmanager tells of an alert until the end that came with it: 4 times the
longer of resend delay and evaluation interval after it was last sent. Without Alertmanager the last
notification is that under way. Once both are there again Prometheus sends within a resend delay,
and the group's next tick, or its group wait, is the first beat.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.judge.evidence import Evidence, into_drill
from scenarios.judge.expectation import Heartbeat
from scenarios.judge.finding import NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import arrivals_in, repeat_gap
from scenarios.judge.lookup import expected_route, rule_of
from scenarios.judge.outages import MONITORING, PROMETHEUS, Outage, outage_of
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.restore import RESENDS
from scenarios.judge.routing import Destination
from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.window import ALLOWANCE_SECONDS, Part, Window, for_seconds, total

KIND = "heartbeat stops"


def last_beat_parts(
    configuration: Configuration, rule: Rule, stops: frozenset[str]
) -> tuple[Part, ...]:
    """From the moment these services are gone to the last notification that it fires, at most."""
    allowance = Part("allowance", ALLOWANCE_SECONDS)
    if not stops & PROMETHEUS:
        return (allowance,)
    sent = Part(
        "resend delay", max(configuration.resend_delay_seconds, rule.interval_seconds), RESENDS
    )
    peer = Part("peer timeout", configuration.peer_timeout_seconds)
    return tuple(part for part in (sent, peer, allowance) if part.seconds > 0)


def first_beat_parts(
    configuration: Configuration, rule: Rule, route: Destination
) -> tuple[Part, ...]:
    """From the moment they are back to the first notification, at most."""
    parts = (
        Part("evaluation", rule.interval_seconds, 2),
        Part("for", for_seconds(rule)),
        Part("resend delay", configuration.resend_delay_seconds),
        Part(
            "group wait or interval",
            max(route.group_wait_seconds, route.group_interval_seconds),
        ),
        Part("peer timeout", configuration.peer_timeout_seconds),
        Part("allowance", ALLOWANCE_SECONDS),
    )
    return tuple(part for part in parts if part.seconds > 0)


def hold_seconds(
    configuration: Configuration, rule: Rule, route: Destination, stops: frozenset[str]
) -> float:
    """How long it must be silent so that the silence is no ordinary gap between two beats."""
    _, longest = repeat_gap(route)
    return total(last_beat_parts(configuration, rule, stops)) + longest + ALLOWANCE_SECONDS


def judge_stop(evidence: Evidence, index: int, expectation: Heartbeat, step: str) -> Outcome:
    """Everything that is wrong with how a heartbeat stopped, and came back, in one outage."""
    rule = rule_of(evidence.configuration, expectation.alert, expectation.labels)
    outage = outage_of(evidence.timeline, step, MONITORING)
    if rule is None or outage is None or outage.fault.confirmed is None:
        why = (
            f"no rule {expectation.alert} is loaded"
            if rule is None
            else f"{step!r} took neither Prometheus nor Alertmanager down"
        )
        reason = Reason(KIND, f"{why}, so its heartbeat need not stop", NOTHING, expectation=index)
        return Outcome(
            KIND, expectation.alert, index, reasons=(reason,), title=_title(expectation, step)
        )
    route = expected_route(evidence.configuration, expectation, rule)
    return _Judging(evidence, index, expectation, step, outage, rule, route).outcome()


def _title(expectation: Heartbeat, step: str) -> str:
    return f"{expectation.alert} stops at {expectation.at} because of {step!r}, and comes back"


@dataclass(frozen=True)
class _Judging:
    """One heartbeat and one outage, with all that the checks have in common."""

    evidence: Evidence
    index: int
    expectation: Heartbeat
    step: str
    outage: Outage
    rule: Rule
    route: Destination

    def outcome(self) -> Outcome:
        stopped, back = self._stopped(), self._back()
        return Outcome(
            KIND,
            self.expectation.alert,
            self.index,
            findings=(*self._beats_on(stopped), *self._stays_away(back)),
            reasons=tuple(self._too_short()),
            windows=(stopped, back),
            receiver=self.expectation.at,
            group=self.expectation.group,
            began=self.outage.began,
            notified_at=stopped.arrived,
            promise_seconds=self._promise_seconds,
            title=_title(self.expectation, self.step),
        )

    @property
    def _promise_seconds(self) -> float:
        return self.expectation.stops[self.step] / self.evidence.timeline.speed

    def _told(self) -> Iterator[tuple[float, bool]]:
        """When its receiver was told of it, and whether that it fires."""
        for arrival in arrivals_in(self.evidence, self.expectation.at, self.expectation.group):
            for alert in arrival.alerts:
                if alert.labels.get("alertname") == self.expectation.alert:
                    yield arrival.at, alert.status == "firing"

    def _beats(self) -> list[float]:
        return [at for at, fires in self._told() if fires]

    def _stopped(self) -> WindowResult:
        """The last beat before it may be back; of one before the outage, that none came in it."""
        parts = last_beat_parts(
            self.evidence.configuration, self.rule, frozenset(self.outage.fault.stops)
        )
        window = Window(self.outage.began, self.outage.gone + total(parts), parts)
        last = max((at for at in self._beats() if at < self.outage.returning), default=None)
        return WindowResult(
            "last beat, or the outage",
            window,
            self.outage.began if last is None else max(last, self.outage.began),
        )

    def _back(self) -> WindowResult:
        parts = first_beat_parts(self.evidence.configuration, self.rule, self.route)
        window = Window(self.outage.returning, self.outage.back + total(parts), parts)
        first = min((at for at in self._beats() if at >= self.outage.returning), default=None)
        return WindowResult("first beat after it", window, first)

    def _beats_on(self, stopped: WindowResult) -> Iterator[Finding]:
        """Beats after the last that could be, its resolve later than a tick after that, and a
        promise that was broken."""
        assert stopped.window.latest is not None
        assert stopped.arrived is not None
        told_by = stopped.window.latest + self.route.group_interval_seconds
        for at, fires in self._told():
            latest = stopped.window.latest if fires else told_by
            if latest < at < self.outage.returning:
                yield self._finding(
                    "not stopped",
                    f"was told of at {self._at(at)}, although {self.step!r} had taken "
                    f"{' and '.join(self.outage.fault.stops)} away at {self._at(self.outage.gone)} "
                    f"and it had to stop by {self._at(latest)}",
                    at,
                    overrun_seconds=at - latest,
                )
        taken = stopped.arrived - self.outage.began
        if taken > self._promise_seconds:
            yield self._finding(
                "promise broken",
                f"came for the last time {taken:.2f} s after {self.step!r} began, promised within "
                f"{self._promise_seconds:.2f} s",
                stopped.arrived,
                overrun_seconds=taken - self._promise_seconds,
            )

    def _stays_away(self, back: WindowResult) -> Iterator[Finding]:
        latest = back.window.latest
        assert latest is not None
        if self.outage.fault.healed is None:
            return
        if back.arrived is None and self.evidence.ended > latest:
            yield self._finding(
                "missed",
                f"did not come back after {self.step!r}, due by {self._at(latest)}",
                self.evidence.ended,
                overrun_seconds=self.evidence.ended - latest,
            )
        elif back.arrived is not None and back.arrived > latest:
            yield self._finding(
                "late",
                f"came back after {self.step!r} at {self._at(back.arrived)}, due by "
                f"{self._at(latest)}",
                back.arrived,
                overrun_seconds=back.arrived - latest,
            )

    def _too_short(self) -> Iterator[Reason]:
        """A silence no longer than that between two beats shows nothing."""
        _, longest = repeat_gap(self.route)
        last = max((at for at in self._beats() if at < self.outage.returning), default=None)
        silent = self.outage.returning - (self.outage.gone if last is None else last)
        if silent < longest:
            yield Reason(
                "too short",
                f"{self.step!r} left {self.expectation.alert} silent for {silent:.2f} s only, and "
                f"it may be for {longest:.2f} s between two beats",
                NOTHING,
                expectation=self.index,
            )
        if self.outage.fault.healed is None or self._back().arrived is None:
            yield Reason(
                "too short",
                f"the drill ended before {self.expectation.alert} was seen to be back after "
                f"{self.step!r}",
                NOTHING,
                expectation=self.index,
            )

    def _at(self, time: float) -> str:
        return into_drill(self.evidence, time)

    def _finding(
        self, kind: FindingKind, text: str, ended: float, *, overrun_seconds: float = 0.0
    ) -> Finding:
        return Finding(
            kind,
            f"{self.expectation.alert} {text}",
            self.expectation.alert,
            self.outage.began,
            ended,
            expectation=self.index,
            fault=self.step,
            overrun_seconds=overrun_seconds,
        )
