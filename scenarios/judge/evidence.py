"""A timeline read as what alerts did: lives at receivers, and runs of firing in Prometheus."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.judge.expectation import Fires, Inhibited, Lost, Muted, Repeats
from scenarios.judge.lookup import (
    ALERT_NAME,
    Labels,
    identity,
    includes,
    notified_labels,
    rule_of,
)
from scenarios.judge.timeline import (
    AlertSamples,
    AlertState,
    Arrival,
    Configuration,
    FaultRecord,
    NotifiedAlert,
    Timeline,
)
from scenarios.judge.window import EARLY_TOLERANCE_SECONDS, for_seconds

# Two sources may date one moment this far apart: evaluations are due on a grid, not on it.
SAME_MOMENT_SECONDS = EARLY_TOLERANCE_SECONDS
# A sample later than this many intervals after the last shows that one was left out.
GAP_INTERVALS = 1.5
# The stages before silence counts.
SETTLING = frozenset({"starting", "loading", "warm-up"})


@dataclass(frozen=True)
class Sighting:
    """One alert inside one notification."""

    arrival: Arrival
    alert: NotifiedAlert


@dataclass(frozen=True)
class Life:
    """One firing of one alert, from firing to resolved, as one receiver was told of it."""

    receiver: str
    group_labels: Labels
    labels: Labels
    starts_at: float
    firing: tuple[Sighting, ...]
    resolved: tuple[Sighting, ...]

    @property
    def alert(self) -> str:
        return self.labels.get(ALERT_NAME, "")

    @property
    def notified_at(self) -> float | None:
        """When the receiver was first told that it fires."""
        return self.firing[0].arrival.at if self.firing else None

    @property
    def first_seen(self) -> float:
        return min(sighting.arrival.at for sighting in (*self.firing, *self.resolved))


@dataclass(frozen=True)
class Run:
    """One stretch over which Prometheus evaluated one alert as firing."""

    labels: Labels
    began: float
    ended: float

    @property
    def alert(self) -> str:
        return self.labels.get(ALERT_NAME, "")

    def holds(self, life: Life) -> bool:
        """Whether this is the firing that a life tells of."""
        return (
            dict(life.labels) == dict(self.labels)
            and self.began - SAME_MOMENT_SECONDS <= life.starts_at
            and life.starts_at <= self.ended + SAME_MOMENT_SECONDS
        )

    def overlap_seconds(self, began: float, ended: float) -> float:
        """How long it fired in this stretch; below zero where it did not."""
        return min(self.ended, ended) - max(self.began, began)


@dataclass(frozen=True)
class Evidence:
    """A timeline and what was read from it."""

    timeline: Timeline
    lives: tuple[Life, ...]
    runs: tuple[Run, ...]

    @property
    def configuration(self) -> Configuration:
        return self.timeline.configuration

    @property
    def ended(self) -> float:
        return self.timeline.clock.ended

    @property
    def watched_since(self) -> float:
        """When stack and load had settled: what was over before that proves nothing."""
        settling = [stage.ended for stage in self.timeline.stages if stage.name in SETTLING]
        return max((self.timeline.clock.started, *settling))

    def was_over_before_watch(self, life: Life) -> bool:
        """Whether what a life tells of had ended before silence counted."""
        ends = [sighting.alert.ends_at for sighting in life.resolved]
        runs = [run.ended for run in self.runs_of(life.alert, life.labels) if run.holds(life)]
        ended = [end for end in (*ends, *runs) if end is not None]
        return bool(ended) and max(ended) < self.watched_since

    def runs_of(self, alert: str, labels: Labels) -> tuple[Run, ...]:
        return tuple(
            run for run in self.runs if run.alert == alert and includes(run.labels, labels)
        )

    def lives_of(self, alert: str) -> tuple[Life, ...]:
        return tuple(life for life in self.lives if life.alert == alert)

    def life_of(self, arrival: Arrival, alert: NotifiedAlert) -> Life:
        """The life that one alert of one notification belongs to."""
        wanted = _key(arrival, alert)
        return next(life for life in self.lives if _key_of(life) == wanted)


def read(timeline: Timeline) -> Evidence:
    """Everything the judge wants to know of a timeline that does not stand in it literally."""
    return Evidence(timeline, lives_of(timeline.arrivals), runs_of(timeline))


def lives_of(arrivals: Iterable[Arrival]) -> tuple[Life, ...]:
    """The lives in the order in which they were first told of.

    A life is known by receiver, group labels, labels and startsAt: the group key is left out, as
    it changes with the text of the route.
    """
    sightings: dict[object, list[Sighting]] = {}
    for arrival in sorted(arrivals, key=lambda arrival: (arrival.at, arrival.sequence)):
        for alert in arrival.alerts:
            sightings.setdefault(_key(arrival, alert), []).append(Sighting(arrival, alert))
    return tuple(_life(seen) for seen in sightings.values())


def _key(arrival: Arrival, alert: NotifiedAlert) -> tuple[object, ...]:
    return (
        arrival.receiver,
        identity(arrival.group_labels),
        identity(alert.labels),
        round(alert.starts_at, 3),
    )


def _key_of(life: Life) -> tuple[object, ...]:
    sighting = (*life.firing, *life.resolved)[0]
    return _key(sighting.arrival, sighting.alert)


def _life(seen: list[Sighting]) -> Life:
    first = seen[0]
    return Life(
        receiver=first.arrival.receiver,
        group_labels=first.arrival.group_labels,
        labels=first.alert.labels,
        starts_at=first.alert.starts_at,
        firing=tuple(sighting for sighting in seen if sighting.alert.status == "firing"),
        resolved=tuple(sighting for sighting in seen if sighting.alert.status == "resolved"),
    )


def runs_of(timeline: Timeline) -> tuple[Run, ...]:
    """Every run of firing, from the samples read back and, where those lack it, from the polls."""
    configuration = timeline.configuration
    runs: list[Run] = []
    for samples in timeline.alert_samples:
        if samples.state == "firing":
            runs += _sampled_runs(timeline, samples)
    for state in timeline.alert_states:
        labels = notified_labels(configuration, state.labels)
        rule = rule_of(configuration, labels.get(ALERT_NAME, ""), labels)
        if state.state != "firing" or rule is None:
            continue
        began = state.active_at + for_seconds(rule)
        if not any(
            run.labels == labels
            and run.overlap_seconds(began, state.last_seen) > -SAME_MOMENT_SECONDS
            for run in runs
        ):
            runs.append(Run(labels, began, max(began, state.last_seen)))
    return tuple(sorted(runs, key=lambda run: (run.began, sorted(run.labels.items()))))


def _sampled_runs(timeline: Timeline, samples: AlertSamples) -> Iterable[Run]:
    configuration = timeline.configuration
    labels = notified_labels(configuration, samples.labels)
    times = sorted(time + configuration.query_offset_seconds for time in samples.times)
    if not times:
        return
    began = times[0]
    for previous, following in itertools.pairwise(times):
        if _stopped_between(timeline, labels, previous, following):
            yield Run(labels, began, previous)
            began = following
    yield Run(labels, began, times[-1])


def _stopped_between(timeline: Timeline, labels: Labels, previous: float, following: float) -> bool:
    """Whether an alert stopped firing between two samples, and was not just left unevaluated."""
    configuration = timeline.configuration
    rule = rule_of(configuration, labels.get(ALERT_NAME, ""), labels)
    interval = configuration.evaluation_interval_seconds if rule is None else rule.interval_seconds
    if following - previous <= GAP_INTERVALS * interval:
        return False
    times = [
        time
        for evaluations in timeline.evaluations
        if rule is not None and evaluations.group == rule.group
        for time in evaluations.times
    ]
    margin = interval / 2
    return not times or any(previous + margin < time < following - margin for time in times)


def cause_of(
    timeline: Timeline, expectation: Fires | Repeats | Inhibited | Lost | Muted
) -> FaultRecord | None:
    """The record of the fault that must raise the alert; of an unnamed one, the first."""
    return next(
        (
            fault
            for fault in timeline.faults
            if not fault.near_miss and expectation.fault in {fault.name, ""}
        ),
        None,
    )


def firing_state(evidence: Evidence, life: Life) -> AlertState | None:
    """The state that shows when the alert of this life became active, from the alerts API.

    Only a state that was seen firing after the life began is of this life: an earlier firing of
    the same alert ended before.
    """
    states = [
        state
        for state in evidence.timeline.alert_states
        if state.state == "firing"
        and notified_labels(evidence.configuration, state.labels) == dict(life.labels)
        and state.active_at <= life.starts_at + SAME_MOMENT_SECONDS
        and state.last_seen >= life.starts_at
    ]
    return max(states, key=lambda state: state.active_at, default=None)


def into_drill(evidence: Evidence, time: float) -> str:
    """A moment as a reader of one drill wants it: seconds since the drill began."""
    return f"{time - evidence.timeline.clock.started:.2f} s"
