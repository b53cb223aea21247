"""Judges one alert that fires always and must be repeated: no gap longer than promised."""

import itertools
from collections.abc import Iterator, Sequence

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.evidence import (
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    into_drill,
)
from scenarios.judge.expectation import Heartbeat
from scenarios.judge.finding import INTERRUPTED, NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import repeat_gap
from scenarios.judge.lookup import destination_of, known_labels, rule_of
from scenarios.judge.match import Claims, is_met
from scenarios.judge.misplaced import misplacements
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.routing import Destination
from scenarios.judge.starvation import real_resolves, starved_since
from scenarios.judge.window import ALLOWANCE_SECONDS, Part, Window


def judge_heartbeat(
    evidence: Evidence, claims: Claims, index: int, expectation: Heartbeat
) -> Outcome:
    """Everything that is wrong with this expectation, all of it at once."""
    judging = _Judging(evidence, index, expectation, claims.expected[index])
    met = is_met(claims, index)
    nearest = claims.nearest.get(index, ())
    return Outcome(
        "heartbeat",
        expectation.alert,
        index,
        findings=tuple(judging.findings()) if met else tuple(judging.unmet(nearest)),
        reasons=tuple(judging.reasons()) if met else (),
        windows=judging.windows(),
        receiver=expectation.at,
        group=expectation.group,
        began=evidence.timeline.clock.started,
        notified_at=judging.arrivals[0] if met else None,
        promise_seconds=judging.promise_seconds,
    )


class _Judging:
    """One expectation with all that its checks have in common."""

    def __init__(
        self, evidence: Evidence, index: int, expectation: Heartbeat, lives: Sequence[Life]
    ) -> None:
        self.evidence = evidence
        self.index = index
        self.expectation = expectation
        self.lives = lives
        self.promise_seconds = expectation.every_seconds / evidence.timeline.speed
        self.arrivals = sorted(sighting.arrival.at for life in lives for sighting in life.firing)
        self.route = self._route()
        self.longest_gap = None if self.route is None else repeat_gap(self.route)[1]

    def findings(self) -> Iterator[Finding]:
        for began, ended in self._gaps():
            gap = ended - began
            if gap > self.promise_seconds:
                yield self._finding(
                    "promise broken",
                    f"did not arrive between {self._at(began)} and {self._at(ended)}, for "
                    f"{gap:.2f} s; promised every {self.promise_seconds:.2f} s",
                    began,
                    ended,
                    overrun_seconds=gap - self.promise_seconds,
                )
            if self.longest_gap is not None and gap > self.longest_gap:
                yield self._finding(
                    "late",
                    f"did not arrive between {self._at(began)} and {self._at(ended)}, for "
                    f"{gap:.2f} s; it repeats within {self.longest_gap:.2f} s",
                    began,
                    ended,
                    overrun_seconds=gap - self.longest_gap,
                )
        for life in self.lives:
            for sighting in real_resolves(self.evidence, life):
                at = sighting.arrival.at
                yield self._finding(
                    "resolved early",
                    f"was resolved at {self._at(at)}, and must fire always",
                    life.starts_at,
                    at,
                )
            for sighting in (*life.firing, *life.resolved):
                for problem in annotation_problems(sighting.alert, {}):
                    at = sighting.arrival.at
                    yield self._finding("wrong annotations", problem, at, at)

    def unmet(self, nearest: Sequence[Life]) -> Iterator[Finding]:
        """What is wrong with what arrived instead; missed where nothing did."""
        for life in nearest:
            for kind, text in misplacements(self.evidence, self.expectation, life):
                yield self._finding(kind, text, life.starts_at, life.first_seen)
        if not nearest:
            clock = self.evidence.timeline.clock
            text = f"never arrived at {self.expectation.at}"
            yield self._finding("missed", text, clock.started, clock.ended)

    def reasons(self) -> Iterator[Reason]:
        if not self._was_repeated():
            yield Reason(
                "too short",
                f"the drill ended before {self.expectation.alert} was due to be repeated",
                NOTHING,
                expectation=self.index,
            )
        for life in self.lives:
            for sighting in life.resolved:
                since = starved_since(self.evidence, life, sighting)
                if since is not None:
                    yield Reason(
                        "starved",
                        f"{life.alert} was resolved at {self._at(sighting.arrival.at)} by "
                        f"Alertmanager itself: Prometheus was held up from {self._at(since)} on",
                        INTERRUPTED,
                        began=since,
                        expectation=self.index,
                    )

    def windows(self) -> tuple[WindowResult, ...]:
        """Each gap as a window in which the next notification had to come."""
        if self.route is None or self.longest_gap is None:
            return ()
        parts = (
            Part("repeat interval to a tick", self.longest_gap - ALLOWANCE_SECONDS),
            Part("allowance", ALLOWANCE_SECONDS),
        )
        return tuple(
            WindowResult("repeated", Window(began, began + self.longest_gap, parts), following)
            for began, following in itertools.pairwise(self.arrivals)
        )

    def _was_repeated(self) -> bool:
        """Whether a repeat was seen: a duplicate, which comes at once, is none."""
        shortest = 0.0 if self.route is None else repeat_gap(self.route)[0]
        span = self.arrivals[-1] - self.arrivals[0]
        return span > 0 and span >= shortest - SAME_MOMENT_SECONDS

    def _gaps(self) -> Iterator[tuple[float, float]]:
        """From the first firing to the first notification, between those, and to the end."""
        started = self.evidence.timeline.clock.started
        runs = self.evidence.runs_of(self.expectation.alert, self.expectation.labels)
        began = min((run.began for run in runs), default=started)
        return itertools.pairwise((max(began, started), *self.arrivals, self.evidence.ended))

    def _route(self) -> Destination | None:
        configuration, expectation = self.evidence.configuration, self.expectation
        rule = rule_of(configuration, expectation.alert, expectation.labels)
        if self.lives:
            labels = dict(self.lives[0].labels)
        elif rule is not None:
            wanted = {**expectation.group, **expectation.labels}
            labels = known_labels(configuration, rule, wanted)
        else:
            return None
        return destination_of(configuration, labels, expectation.at, expectation.group)

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
            f"{self.expectation.alert} {text}",
            self.expectation.alert,
            min(began, ended),
            ended,
            expectation=self.index,
            overrun_seconds=overrun_seconds,
        )
