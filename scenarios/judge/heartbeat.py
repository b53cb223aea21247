"""Judges one alert that fires always and must be repeated: no gap longer than promised."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence, Life, into_drill
from scenarios.judge.expectation import Heartbeat
from scenarios.judge.finding import INTERRUPTED, NOTHING, Finding, FindingKind, Reason
from scenarios.judge.groups import repeat_gap
from scenarios.judge.lookup import destination_of
from scenarios.judge.match import Claims, is_met
from scenarios.judge.misplaced import misplacements
from scenarios.judge.outcome import Outcome, WindowResult
from scenarios.judge.starvation import real_resolves, starved_since
from scenarios.judge.window import ALLOWANCE_SECONDS, Part, Window


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
        reasons=(*heard.never_repeated(arrivals, shortest), *heard.starved(lives)),
        windows=_windows(arrivals, longest),
        receiver=expectation.at,
        group=expectation.group,
        began=evidence.timeline.clock.started,
        notified_at=arrivals[0],
        promise_seconds=promise,
    )


def _windows(arrivals: Sequence[float], longest: float) -> tuple[WindowResult, ...]:
    """Each gap as a window in which the next notification had to come."""
    parts = (
        Part("repeat interval to a tick", longest - ALLOWANCE_SECONDS),
        Part("allowance", ALLOWANCE_SECONDS),
    )
    return tuple(
        WindowResult("repeated", Window(began, began + longest, parts), following)
        for began, following in itertools.pairwise(arrivals)
    )


@dataclass(frozen=True)
class _Heard:
    """One heartbeat, and what is wrong with what was heard of it."""

    evidence: Evidence
    index: int
    expectation: Heartbeat

    def gaps(
        self, arrivals: Sequence[float], longest: float, kind: FindingKind, why: str
    ) -> Iterator[Finding]:
        """From the first firing to the first notification, between those, and to the end."""
        started = self.evidence.timeline.clock.started
        runs = self.evidence.runs_of(self.expectation.alert, self.expectation.labels)
        began = min((run.began for run in runs), default=started)
        moments = (max(began, started), *arrivals, self.evidence.ended)
        for previous, following in itertools.pairwise(moments):
            gap = following - previous
            if gap > longest:
                yield self._finding(
                    kind,
                    f"did not arrive between {self._at(previous)} and {self._at(following)}, for "
                    f"{gap:.2f} s; {why} {longest:.2f} s",
                    previous,
                    following,
                    overrun_seconds=gap - longest,
                )

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

    def never_repeated(self, arrivals: Sequence[float], shortest: float) -> Iterator[Reason]:
        """A duplicate, which comes at once, is no repeat."""
        if arrivals[-1] - arrivals[0] < shortest - SAME_MOMENT_SECONDS or len(arrivals) == 1:
            yield Reason(
                "too short",
                f"the drill ended before {self.expectation.alert} was due to be repeated",
                NOTHING,
            )

    def starved(self, lives: Sequence[Life]) -> Iterator[Reason]:
        """Resolves that Alertmanager made up are a doubt, and nothing wrong with the rule."""
        for life in lives:
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
