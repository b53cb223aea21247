"""Judges what a restart of Prometheus did to one alert: what its rules of restoring say, no more.

A pending alert starts over, goes on, or waits; one that fires stays at its receiver, or is resolved
by Alertmanager before it fires again. Which of these is worked out from the configuration and the
record of the outage (restore.py), and held against what the alerts API and the receiver showed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenarios.judge.evidence import (
    GAP_INTERVALS,
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    Sighting,
    into_drill,
)
from scenarios.judge.expectation import Fires
from scenarios.judge.finding import NOTHING, Finding, Reason
from scenarios.judge.lookup import Labels, destination_of, identity, notified_labels, rule_of
from scenarios.judge.match import Claims
from scenarios.judge.outages import PROMETHEUS, Outage, outage_of
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.restore import Return, Span, forgotten, returned
from scenarios.judge.starvation import starved_since
from scenarios.judge.timeline import AlertState, Rule
from scenarios.judge.window import ALLOWANCE_SECONDS, Part, Window

KIND = "restart"


def judge_restart(
    evidence: Evidence, claims: Claims, index: int, expectation: Fires, step: str
) -> Outcome:
    """Everything that is wrong with what one restart did to the alert of an expectation."""
    outage = outage_of(evidence.timeline, step, PROMETHEUS)
    rule = rule_of(evidence.configuration, expectation.alert, expectation.labels)
    lives = claims.expected[index]
    doubt = None
    if outage is None or outage.fault.confirmed is None:
        doubt = f"{step!r} never took Prometheus down, so nothing shows what becomes of "
    elif outage.fault.healed is None:
        doubt = (
            f"Prometheus was not seen to be back after {step!r}, so nothing shows what became of "
        )
    elif rule is None:
        doubt = f"no rule {expectation.alert} is loaded, so nothing says what becomes of "
    elif not lives:
        doubt = f"nothing arrived that shows what {step!r} made of "
    if doubt is not None or outage is None or rule is None:
        reason = Reason(KIND, f"{doubt}{expectation.alert}", NOTHING, expectation=index)
        return Outcome(
            KIND, expectation.alert, index, reasons=(reason,), title=_title(expectation, step)
        )
    judging = _Judging(evidence, index, expectation, step, outage, rule, lives)
    return judging.outcome()


def _title(expectation: Fires, step: str) -> str:
    state = expectation.restarts[step]
    return f"{expectation.alert}, {state} at {step!r}, is what Prometheus restores of it"


@dataclass(frozen=True)
class _Before:
    """The alert as the outage found it: ``at`` is its last evaluation."""

    state: str
    at: float
    active_at: float


@dataclass(frozen=True)
class _Judging:
    """One restart and one alert, with all that the checks have in common."""

    evidence: Evidence
    index: int
    expectation: Fires
    step: str
    outage: Outage
    rule: Rule
    lives: Sequence[Life]

    def outcome(self) -> Outcome:
        wanted = self.expectation.restarts[self.step]
        before = self._before()
        found = "neither pending nor firing" if before is None else before.state
        if before is None or found != wanted:
            text = f"{self.step!r} found {self.expectation.alert} {found}, not {wanted}"
            reason = Reason(KIND, text, NOTHING, expectation=self.index)
            return Outcome(
                KIND,
                self.expectation.alert,
                self.index,
                reasons=(reason,),
                title=_title(self.expectation, self.step),
            )
        predicted = returned(
            self.evidence.configuration,
            self.rule,
            active_at=before.active_at,
            down_at=before.at,
            first_evaluation=self._first_evaluation(),
        )
        after = self._after()
        fired_at = self._fires_again(after)
        windows = tuple(self._windows(before, predicted, after, fired_at))
        return Outcome(
            KIND,
            self.expectation.alert,
            self.index,
            findings=(
                *self._not_as_restored(predicted, windows),
                *(self._resolves(before, predicted, fired_at) if wanted == "firing" else ()),
            ),
            windows=windows,
            receiver=self.expectation.at,
            group=self.expectation.group,
            began=self.outage.began,
            notified_at=windows[0].arrived,
            title=_title(self.expectation, self.step),
        )

    def _before(self) -> _Before | None:
        """From the samples, and since when from the alerts API; None where it was not active."""
        samples = [
            (time, samples.state)
            for samples in self.evidence.timeline.alert_samples
            if self._is_meant(samples.labels)
            for time in samples.times
            if time <= self.outage.gone
        ]
        states = [s for s in self._states() if s.first_seen <= self.outage.gone]
        if not samples or not states:
            return None
        at, state = max(samples)
        if at < self.outage.began - GAP_INTERVALS * self.rule.interval_seconds:
            return None
        return _Before(state, at, max(states, key=lambda s: s.last_seen).active_at)

    def _after(self) -> AlertState | None:
        """As the alerts API first showed it firing, or pending to the last, after the outage."""
        states = [s for s in self._states() if s.first_seen >= self.outage.returning]
        firing = [state for state in states if state.state == "firing"]
        return next(iter(firing), states[-1] if states else None)

    def _states(self) -> list[AlertState]:
        meant = [s for s in self.evidence.timeline.alert_states if self._is_meant(s.labels)]
        return sorted(meant, key=lambda state: state.first_seen)

    def _is_meant(self, labels: Labels) -> bool:
        meant = {identity(life.labels) for life in self.lives}
        return identity(notified_labels(self.evidence.configuration, labels)) in meant

    def _first_evaluation(self) -> Span:
        """Evaluating begins as soon as the rules are loaded, on the grid of the group."""
        return Span(self.outage.returning, self.outage.back + 2 * self.rule.interval_seconds)

    def _fires_again(self, after: AlertState | None) -> float | None:
        """The first evaluation after the outage that found it firing and was kept."""
        times = [
            time
            for samples in self.evidence.timeline.alert_samples
            if samples.state == "firing" and self._is_meant(samples.labels)
            for time in samples.times
            if time >= self.outage.returning
        ]
        seen = [after.first_seen] if after is not None and after.state == "firing" else []
        return min(times, default=min(seen, default=None))

    def _windows(
        self, before: _Before, predicted: Return, after: AlertState | None, fired_at: float | None
    ) -> Iterator[WindowResult]:
        outage = Part("without Prometheus", self.outage.back - self.outage.began)
        until_fires = (
            outage,
            Part(predicted.how, max(0.0, predicted.fires.latest - self.outage.back)),
            Part("allowance", ALLOWANCE_SECONDS),
        )
        yield WindowResult(
            f"{before.state} before, {predicted.how} after: active since",
            _window(predicted.active, (outage, Part("allowance", ALLOWANCE_SECONDS))),
            None if after is None else after.active_at,
        )
        yield WindowResult("fires after it", _window(predicted.fires, until_fires), fired_at)

    def _not_as_restored(
        self, predicted: Return, windows: Sequence[WindowResult]
    ) -> Iterator[Finding]:
        active, fires = windows
        if active.arrived is None or fires.arrived is None:
            yield self._finding(
                f"{predicted.how} after a restart, and did not fire again after {self.step!r}",
                self.evidence.ended,
            )
        for result in windows:
            if result.arrived is not None and not result.is_kept:
                window = result.window
                assert window.latest is not None
                yield self._finding(
                    f"{predicted.how} after a restart, and after {self.step!r} it was "
                    f"{'active since' if result is active else 'firing from'} "
                    f"{self._at(result.arrived)}, not between {self._at(window.earliest)} and "
                    f"{self._at(window.latest)}",
                    max(self.outage.back, result.arrived),
                    overrun_seconds=max(0.0, result.arrived - window.latest),
                )

    def _resolves(
        self, before: _Before, predicted: Return, fired_at: float | None
    ) -> Iterator[Finding]:
        """A false resolve that had to be and was not; one that could not be is resolved early."""
        given_up = forgotten(self.evidence.configuration, self.rule, before.at)
        again = predicted.fires if fired_at is None else Span(fired_at, fired_at)
        false = [s for life in self.lives for s in life.resolved if self._is_of_outage(life, s)]
        life = self.lives[0]
        route = destination_of(
            self.evidence.configuration, life.labels, life.receiver, life.group_labels
        )
        # A tick of the group must fall between giving up and firing again.
        surely = given_up.latest + route.group_interval_seconds + ALLOWANCE_SECONDS
        if not false and again.earliest > surely:
            yield self._finding(
                f"was not resolved because of {self.step!r}, though it fired again only at "
                f"{self._at(again.earliest)}, and Alertmanager gives it up by "
                f"{self._at(given_up.latest)}",
                again.earliest,
            )

    def _is_of_outage(self, life: Life, sighting: Sighting) -> bool:
        since = starved_since(self.evidence, life, sighting)
        return since is not None and self.outage.explains(
            since, since, GAP_INTERVALS * self.rule.interval_seconds
        )

    def _at(self, time: float) -> str:
        return into_drill(self.evidence, time)

    def _finding(self, text: str, ended: float, *, overrun_seconds: float = 0.0) -> Finding:
        return Finding(
            "not as restored",
            f"{self.expectation.alert} {text}",
            self.expectation.alert,
            self.outage.began,
            ended,
            expectation=self.index,
            fault=self.step,
            overrun_seconds=overrun_seconds,
        )


def _window(span: Span, parts: tuple[Part, ...]) -> Window:
    return Window(
        span.earliest - SAME_MOMENT_SECONDS,
        span.latest + ALLOWANCE_SECONDS,
        tuple(part for part in parts if part.seconds > 0),
    )
