"""Judges whether an alert that fired was resolved: not before healing, and soon enough after."""

from collections.abc import Iterator, Sequence

from scenarios.judge.evidence import (
    Evidence,
    Life,
    Sighting,
    into_drill,
)
from scenarios.judge.expectation import Fires
from scenarios.judge.finding import INTERRUPTED, Finding, FindingKind, Reason
from scenarios.judge.lookup import destination_of, identity
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.starvation import is_declared, real_resolves, starved_since
from scenarios.judge.timeline import FaultRecord, Rule
from scenarios.judge.window import (
    Bounds,
    Lags,
    Part,
    Window,
    allowance_seconds,
    clear_bounds,
    resolve_bounds,
)

NOT_RESOLVED: frozenset[FindingKind] = frozenset({"not resolved"})
NEVER_HEALED: frozenset[FindingKind] = frozenset(
    {"not resolved", "resolved late", "promise broken"}
)


def judge_resolve(
    evidence: Evidence,
    index: int,
    expectation: Fires,
    *,
    fault: FaultRecord,
    rule: Rule,
    lives: Sequence[Life],
) -> Outcome:
    """The findings on the resolve of an alert that arrived firing, to be added to its own.

    Several alerts of one name may have arrived (one for each route, say): each must resolve.
    """
    findings: list[Finding] = []
    windows: list[WindowResult] = []
    reasons = [*_starved(evidence, index, lives), *_not_healed(index, expectation, fault)]
    judging = _Judging(evidence, index, expectation, fault, rule)
    for life in lives:
        findings += judging.early(life)
    for life in _last_of_each(lives):
        resolved = next(iter(real_resolves(evidence, life)), None)
        at_life = judging.windows(life, resolved)
        windows += at_life
        findings += judging.late(resolved, at_life)
        findings += judging.taken_back(life, resolved)
        reasons += judging.ended_early(resolved, at_life)
    return Outcome(
        "fires",
        expectation.alert,
        index,
        findings=tuple(findings),
        reasons=tuple(reasons),
        windows=tuple(windows),
    )


def _last_of_each(lives: Sequence[Life]) -> list[Life]:
    """An alert that fired again before its resolve was told is resolved by its last firing only."""
    last = {identity(life.labels): life for life in sorted(lives, key=lambda life: life.starts_at)}
    return list(last.values())


def _starved(evidence: Evidence, index: int, lives: Sequence[Life]) -> Iterator[Reason]:
    for life in lives:
        for sighting in life.resolved:
            since = starved_since(evidence, life, sighting)
            if since is not None and not is_declared(evidence, life, since):
                yield Reason(
                    "starved",
                    f"{life.alert} was resolved at {into_drill(evidence, sighting.arrival.at)} by "
                    f"Alertmanager itself: Prometheus was held up from "
                    f"{into_drill(evidence, since)} on",
                    INTERRUPTED,
                    began=since,
                    expectation=index,
                )


def _not_healed(index: int, expectation: Fires, fault: FaultRecord) -> Iterator[Reason]:
    if fault.healed is None:
        what = "was never healed" if fault.healing is None else "was not seen to be healed"
        yield Reason(
            "fault",
            f"fault {fault.name!r} {what}, so {expectation.alert} need not resolve",
            NEVER_HEALED,
            fault=fault.name,
            expectation=index,
        )


class _Judging:
    """One expectation with all that the checks of its resolve have in common."""

    def __init__(
        self,
        evidence: Evidence,
        index: int,
        expectation: Fires,
        fault: FaultRecord,
        rule: Rule,
    ) -> None:
        self.evidence = evidence
        self.index = index
        self.expectation = expectation
        self.fault = fault
        self.rule = rule
        self.lags = Lags.of(fault)
        self.allowance = allowance_seconds(expectation.within_seconds / evidence.timeline.speed)

    def early(self, life: Life) -> Iterator[Finding]:
        """Resolved while the fault still held."""
        healing = self.fault.healing
        bounds = self._cleared()
        opens = None if healing is None else bounds.placed(healing, None).earliest
        for sighting in real_resolves(self.evidence, life):
            resolved_at = _resolved_at(sighting)
            if opens is not None and resolved_at >= opens:
                continue
            because = (
                "although its fault was never healed"
                if opens is None
                else f"{opens - resolved_at:.2f} s before that was possible"
            )
            yield self._finding(
                "resolved early",
                f"resolved at {into_drill(self.evidence, resolved_at)}, {because}",
                began=life.starts_at,
                ended=sighting.arrival.at,
            )

    def windows(self, life: Life, resolved: Sighting | None) -> list[WindowResult]:
        """In Prometheus, at the receiver counted from healing, and counted from Prometheus."""
        healing = self.fault.healing
        if healing is None:
            return []
        route = destination_of(
            self.evidence.configuration, life.labels, life.receiver, life.group_labels
        )
        peer = self.evidence.configuration.peer_timeout_seconds
        interval = route.group_interval_seconds + peer
        told = resolve_bounds(
            self.evidence.configuration, self.rule, self.lags, interval, self.allowance
        ).placed(healing, self.fault.healed)
        if resolved is None:
            return [WindowResult("resolved", told, None)]
        resolved_at, told_at = _resolved_at(resolved), resolved.arrival.at
        after = (Part("group interval", interval), Part("allowance", self.allowance))
        return [
            WindowResult("resolved", told, told_at),
            WindowResult(
                "resolved in Prometheus",
                self._cleared().placed(healing, self.fault.healed),
                resolved_at,
            ),
            WindowResult(
                "resolved after Prometheus said so",
                Bounds((), after).placed(resolved_at, resolved_at),
                told_at,
            ),
        ]

    def late(self, resolved: Sighting | None, windows: Sequence[WindowResult]) -> Iterator[Finding]:
        """Not resolved at all, after its window, or later than promised."""
        if resolved is None:
            latest = windows[0].window.latest if windows else None
            yield self._finding(
                "not resolved",
                f"was not resolved at {self.expectation.at}",
                began=self._healing_or_fault(),
                ended=self.evidence.ended,
                overrun_seconds=0.0 if latest is None else max(0.0, self.evidence.ended - latest),
            )
            return
        for result in windows:
            yield from self._after(result.window, result)
        promised = self.expectation.resolves_within_seconds
        healing = self.fault.healing
        if promised is not None and healing is not None:
            taken = resolved.arrival.at - healing
            seconds = promised / self.evidence.timeline.speed
            if taken > seconds:
                yield self._finding(
                    "promise broken",
                    f"resolved {taken:.2f} s after healing began, promised within {seconds:.2f} s",
                    began=healing,
                    ended=resolved.arrival.at,
                    overrun_seconds=taken - seconds,
                )

    def taken_back(self, life: Life, resolved: Sighting | None) -> Iterator[Finding]:
        """Told as firing once more after its resolve: who was told believes the last word."""
        if resolved is None:
            return
        last = max(sighting.arrival.at for sighting in life.resolved)
        after = [sighting.arrival.at for sighting in life.firing if sighting.arrival.at > last]
        if after:
            yield self._finding(
                "not resolved",
                f"was told as firing at {into_drill(self.evidence, after[-1])}, after its resolve "
                f"at {into_drill(self.evidence, last)}, and not resolved again",
                began=last,
                ended=after[-1],
            )

    def ended_early(
        self, resolved: Sighting | None, windows: Sequence[WindowResult]
    ) -> Iterator[Reason]:
        """Nothing can be called not resolved while its resolve may still come."""
        latest = windows[0].window.latest if windows else None
        if resolved is None and latest is not None and self.evidence.ended < latest:
            yield Reason(
                "ended early",
                f"the drill ended {latest - self.evidence.ended:.2f} s before the resolve of "
                f"{self.expectation.alert} was due",
                NOT_RESOLVED,
                expectation=self.index,
            )

    def _after(self, window: Window, result: WindowResult) -> Iterator[Finding]:
        arrived = result.arrived
        if window.latest is not None and arrived is not None and arrived > window.latest:
            yield self._finding(
                "resolved late",
                f"{result.what} at {into_drill(self.evidence, arrived)}, "
                f"{arrived - window.latest:.2f} s after its window closed",
                began=self._healing_or_fault(),
                ended=arrived,
                overrun_seconds=arrived - window.latest,
            )

    def _cleared(self) -> Bounds:
        return clear_bounds(self.evidence.configuration, self.rule, self.lags, self.allowance)

    def _healing_or_fault(self) -> float:
        return self.fault.injecting if self.fault.healing is None else self.fault.healing

    def _finding(
        self,
        kind: FindingKind,
        text: str,
        *,
        began: float,
        ended: float,
        overrun_seconds: float = 0.0,
    ) -> Finding:
        return Finding(
            kind,
            f"{self.expectation.alert} {text}",
            self.expectation.alert,
            began,
            ended,
            expectation=self.index,
            fault=self.fault.name,
            overrun_seconds=overrun_seconds,
        )


def _resolved_at(sighting: Sighting) -> float:
    """endsAt; where the payload lacks it, when it was told."""
    ends_at = sighting.alert.ends_at
    return sighting.arrival.at if ends_at is None else ends_at
