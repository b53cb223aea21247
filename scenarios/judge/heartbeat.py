"""Judges one alert that fires always and must be repeated: no gap longer than promised."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.evidence import Evidence, Life, into_drill
from scenarios.judge.expectation import Heartbeat
from scenarios.judge.finding import INTERRUPTED, Finding, FindingKind, Reason
from scenarios.judge.groups import repeat_gap
from scenarios.judge.lookup import destination_of
from scenarios.judge.match import Claims, is_met
from scenarios.judge.misplaced import misplacements
from scenarios.judge.outages import MONITORING, outages
from scenarios.judge.outcome import Outcome
from scenarios.judge.repeated import gap_findings, longest_gap, never_repeated, repeat_windows
from scenarios.judge.starvation import is_declared, real_resolves, starved_since


def judge_heartbeat(
    evidence: Evidence, claims: Claims, index: int, expectation: Heartbeat
) -> Outcome:
    """Everything that is wrong with this expectation, all of it at once."""
    heard = _Heard(evidence, index, expectation)
    promise = expectation.every_seconds / evidence.timeline.speed
    if not is_met(claims, index):
        return Outcome(
            "heartbeat",
            expectation.alert,
            index,
            findings=tuple(heard.instead(claims.nearest[index])),
            receiver=expectation.at,
            group=expectation.group,
            promise_seconds=promise,
        )
    lives = claims.expected[index]
    arrivals = sorted(sighting.arrival.at for life in lives for sighting in life.firing)
    stretches = heard.stretches(arrivals)
    before, after = longest_gap(max(stretches, key=_longest_seconds))
    shortest, longest = repeat_gap(
        destination_of(evidence.configuration, lives[0].labels, expectation.at, expectation.group)
    )
    return Outcome(
        "heartbeat",
        expectation.alert,
        index,
        findings=(
            *heard.gaps(arrivals, longest, "late", "it repeats within"),
            *heard.gaps(arrivals, promise, "promise broken", "promised every"),
            *heard.contents(lives),
        ),
        reasons=(
            *never_repeated(expectation.alert, arrivals, shortest),
            *heard.starved(lives),
        ),
        windows=tuple(
            window for stretch in stretches for window in repeat_windows(stretch, longest)
        ),
        receiver=expectation.at,
        group=expectation.group,
        began=before,
        notified_at=after,
        promise_seconds=promise,
    )


def _longest_seconds(moments: Sequence[float]) -> float:
    return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)


@dataclass(frozen=True)
class _Heard:
    """One heartbeat, and what is wrong with what was heard of it."""

    evidence: Evidence
    index: int
    expectation: Heartbeat

    def gaps(
        self, arrivals: Sequence[float], longest: float, kind: FindingKind, why: str
    ) -> Iterator[Finding]:
        """From the first firing to the first notification, between those, and to the end.

        The first beat of all comes as soon as Prometheus starts, before the drill does.
        """
        started = self.evidence.timeline.clock.started
        runs = self.evidence.runs_of(self.expectation.alert, self.expectation.labels)
        began = min((run.began for run in runs), default=started)
        for moments in self.stretches((max(began, started), *arrivals, self.evidence.ended)):
            yield from gap_findings(
                self.evidence, self.index, self.expectation, moments, longest, kind, why
            )

    def stretches(self, moments: Sequence[float]) -> list[list[float]]:
        """The moments, parted where the monitoring was away for a while and no beat was due."""
        steps = self.expectation.stops
        gone = [o for o in outages(self.evidence.timeline, MONITORING) if o.fault.name in steps]
        parted = [list(moments[:1])]
        for before, after in itertools.pairwise(moments):
            if any(outage.began <= after and before <= outage.back for outage in gone):
                parted.append([])
            parted[-1].append(after)
        return parted

    def contents(self, lives: Sequence[Life]) -> Iterator[Finding]:
        """A heartbeat never resolves, and says what it means."""
        for life in lives:
            for sighting in real_resolves(self.evidence, life):
                at = sighting.arrival.at
                text = f"was resolved at {self._at(at)}, and must fire always"
                yield self._finding("resolved early", text, life.starts_at, at)
            for sighting in life.firing:
                for problem in annotation_problems(sighting.alert, {}):
                    at = sighting.arrival.at
                    yield self._finding("wrong annotations", problem, at, at)

    def instead(self, nearest: Sequence[Life]) -> Iterator[Finding]:
        """What is wrong with what arrived instead; missed where nothing did."""
        for life in nearest:
            for kind, text in misplacements(self.evidence, self.expectation, life):
                yield self._finding(kind, text, life.starts_at, life.first_seen)
        if not nearest:
            clock = self.evidence.timeline.clock
            text = f"never arrived at {self.expectation.at}"
            yield self._finding("missed", text, clock.started, clock.ended)

    def starved(self, lives: Sequence[Life]) -> Iterator[Reason]:
        """Resolves that Alertmanager made up are a doubt, and nothing wrong with the rule."""
        for life in lives:
            for sighting in life.resolved:
                since = starved_since(self.evidence, life, sighting)
                if since is not None and not is_declared(self.evidence, life, since):
                    yield Reason(
                        "starved",
                        f"{life.alert} was resolved at {self._at(sighting.arrival.at)} by "
                        f"Alertmanager itself: Prometheus was held up from {self._at(since)} on",
                        INTERRUPTED,
                        began=since,
                        expectation=self.index,
                    )

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
            began,
            ended,
            expectation=self.index,
            overrun_seconds=overrun_seconds,
        )
