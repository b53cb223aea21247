"""When something must arrive, worked out from the configuration, part by named part.

The bounds are those of the design for any expression, and the tighter measured ones where the
form of the expression is known. S is the slowest scrape interval of the jobs that expose a
metric of the rule, E the rule group's evaluation interval, R the time over which the expression
looks back, F ``for``, K ``keep_firing_for``, G group wait, I group interval:

- any form: lag + R + S + 2E, + E and R for each recording rule on the way
- gauge, ``up``: lag + S + E, + the scrape timeout where the fault makes the target hang
- ratio that jumps to q over a threshold θ: lag + θ/q·R + S + E
- quantile p of which the share q of requests is slow: the same with 1 - p for θ, + the slow request
- rate, or a ratio of which θ or q is not known: lag + R + S + E

then ceil(F/E)·E and G for a new group or up to I for a live one. Each alert resolves after
ceil(K/E)·E and within lag + R + E (S + E without a range), and says so within I.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.judge.form import Form, form_of, scrape_interval_seconds, scrape_timeout_seconds
from scenarios.judge.timeline import Configuration, FaultRecord, Rule

# The smallest allowance that was never exceeded in 2,642 measured cycles, rounded up.
ALLOWANCE_SECONDS = 0.25
LARGEST_ALLOWANCE_SHARE = 0.2
# A scrape that began before a fault may read after it: how far before it a sample may be dated.
EARLY_TOLERANCE_SECONDS = 0.1
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Part:
    """One named piece of a window: ``seconds``, so many ``times``."""

    name: str
    seconds: float
    times: int = 1

    @property
    def total_seconds(self) -> float:
        return self.seconds * self.times

    def __str__(self) -> str:
        count = f"{self.times}{TIMES}" if self.times > 1 else ""
        return f"{count}{round(self.seconds, 3):g} {self.name}"


@dataclass(frozen=True)
class Bounds:
    """How long something takes at least, counted from its beginning, and at most.

    ``latest`` counts from the moment the cause was confirmed.
    """

    earliest: tuple[Part, ...]
    latest: tuple[Part, ...]

    @property
    def earliest_seconds(self) -> float:
        return total(self.earliest)

    @property
    def latest_seconds(self) -> float:
        return total(self.latest)

    def placed(self, began: float, confirmed: float | None) -> "Window":
        """The window in time; open-ended where the cause was never confirmed."""
        return Window(
            earliest=began + self.earliest_seconds - EARLY_TOLERANCE_SECONDS,
            latest=None if confirmed is None else confirmed + self.latest_seconds,
            parts=self.latest,
        )


@dataclass(frozen=True)
class Window:
    """From when until when, in unix seconds, and what the latest is made of."""

    earliest: float
    latest: float | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Lags:
    """What a fault declares of itself, in real seconds; see FaultRecord."""

    lag_seconds: float = 0.0
    heal_lag_seconds: float = 0.0
    symptom_ratio: float | None = None
    slow_seconds: float = 0.0
    disturbs_jobs: tuple[str, ...] = ()
    events_per_second: float | None = None
    stops: tuple[str, ...] = ()

    @classmethod
    def of(cls, fault: FaultRecord) -> "Lags":
        return cls(
            lag_seconds=fault.lag_seconds,
            heal_lag_seconds=fault.heal_lag_seconds,
            symptom_ratio=fault.symptom_ratio,
            slow_seconds=fault.slow_seconds,
            disturbs_jobs=tuple(fault.disturbs_jobs),
            events_per_second=fault.events_per_second,
            stops=tuple(fault.stops),
        )


@dataclass(frozen=True)
class Wait:
    """How long a group holds an alert back before it notifies, counted from startsAt."""

    name: str
    earliest_seconds: float
    latest_seconds: float


def with_peer_timeout(configuration: Configuration, wait: Wait) -> Wait:
    """Of two Alertmanagers the second waits for the first before it sends: that may be gone."""
    timeout = configuration.peer_timeout_seconds
    if timeout <= 0:
        return wait
    return Wait(
        f"{wait.name} and peer timeout", wait.earliest_seconds, wait.latest_seconds + timeout
    )


def total(parts: Iterable[Part]) -> float:
    return math.fsum(part.total_seconds for part in parts)


def written(parts: Iterable[Part]) -> str:
    """``0.25 scrape + 0.25 evaluation + 2 for + 0.5 group wait + 0.1 allowance``."""
    return " + ".join(str(part) for part in parts) or "0"


def allowance_seconds(promise_seconds: float | None) -> float:
    """What jitter may add; at most a fifth of the promise, which is in compressed seconds."""
    if promise_seconds is None:
        return ALLOWANCE_SECONDS
    return min(ALLOWANCE_SECONDS, LARGEST_ALLOWANCE_SHARE * promise_seconds)


def on_grid_seconds(duration_seconds: float, interval_seconds: float) -> float:
    """The duration rounded up to whole intervals, in whole milliseconds as the engines count."""
    interval = round(interval_seconds * 1000)
    if interval <= 0:
        return duration_seconds
    return math.ceil(round(duration_seconds * 1000) / interval) * interval / 1000


def for_seconds(rule: Rule) -> float:
    return on_grid_seconds(rule.for_seconds, rule.interval_seconds)


def keep_firing_seconds(rule: Rule) -> float:
    return on_grid_seconds(rule.keep_firing_for_seconds, rule.interval_seconds)


def pending_parts(configuration: Configuration, rule: Rule, lags: Lags) -> tuple[Part, ...]:
    """From the confirmed cause to activeAt, at most."""
    form = form_of(configuration, rule)
    if form.kind == "general":
        return certain_pending_parts(configuration, rule, lags)
    filling = _filling(configuration, rule, form, lags)
    timeout = _hanging_seconds(configuration, rule, lags) if form.kind == "up" else 0.0
    return _real(
        Part("lag", lags.lag_seconds),
        _slow_request(lags.lag_seconds, lags) if form.kind == "quantile" else Part("", 0.0),
        filling,
        Part("scrape", scrape_interval_seconds(configuration, rule)),
        Part("scrape timeout", timeout),
        Part("query offset", configuration.query_offset_seconds),
        Part("evaluation", rule.interval_seconds),
    )


def certain_pending_parts(configuration: Configuration, rule: Rule, lags: Lags) -> tuple[Part, ...]:
    """The same for any expression and any symptom above the threshold, however little."""
    form = form_of(configuration, rule)
    return _real(
        Part("lag", lags.lag_seconds),
        _slow_request(lags.lag_seconds, lags),
        Part("range", form.window_seconds),
        Part("scrape", scrape_interval_seconds(configuration, rule)),
        Part("scrape timeout", _hanging_seconds(configuration, rule, lags)),
        Part("query offset", configuration.query_offset_seconds),
        Part("recording rules", form.recording_seconds),
        Part("evaluation", rule.interval_seconds, 2),
    )


def certain_firing_seconds(configuration: Configuration, rule: Rule, lags: Lags) -> float:
    """From a confirmed symptom above the threshold, however little, to firing in Prometheus."""
    return total(certain_pending_parts(configuration, rule, lags)) + for_seconds(rule)


def clearing_parts(configuration: Configuration, rule: Rule, lags: Lags) -> tuple[Part, ...]:
    """From the confirmed healing to the first evaluation that is false, at most."""
    form = form_of(configuration, rule)
    lag = Part("lag", lags.heal_lag_seconds)
    slow = _slow_request(lags.heal_lag_seconds, lags)
    scrape = Part("scrape", scrape_interval_seconds(configuration, rule))
    offset = Part("query offset", configuration.query_offset_seconds)
    evaluation = Part("evaluation", rule.interval_seconds)
    range_part = Part("range", form.window_seconds)
    if form.kind == "general":
        recording = Part("recording rules", form.recording_seconds)
        twice = Part("evaluation", rule.interval_seconds, 2)
        return _real(lag, slow, range_part, scrape, offset, recording, twice)
    # What a range still holds of the fault leaves it with the range; a sample with the next scrape.
    leaving = scrape if form.kind in {"gauge", "up"} else range_part
    still_slow = (slow,) if form.kind == "quantile" else ()
    return _real(lag, *still_slow, leaving, offset, evaluation)


def notify_bounds(
    configuration: Configuration, rule: Rule, lags: Lags, wait: Wait, allowance: float
) -> Bounds:
    """From the fault to the notification."""
    after_active = active_bounds(rule, wait, allowance)
    return Bounds(
        earliest=after_active.earliest,
        latest=(*pending_parts(configuration, rule, lags), *after_active.latest),
    )


def active_bounds(rule: Rule, wait: Wait, allowance: float) -> Bounds:
    """From activeAt to the notification: the sharpest bound, free of scrape and fault."""
    held = Part("for", for_seconds(rule))
    return Bounds(
        earliest=_real(held, Part(wait.name, wait.earliest_seconds)),
        latest=_real(held, Part(wait.name, wait.latest_seconds), Part("allowance", allowance)),
    )


def clear_bounds(configuration: Configuration, rule: Rule, lags: Lags, allowance: float) -> Bounds:
    """From the healing to endsAt, the moment Prometheus resolves the alert."""
    kept = Part("keep firing", keep_firing_seconds(rule))
    return Bounds(
        earliest=_real(kept),
        latest=_real(
            *clearing_parts(configuration, rule, lags), kept, Part("allowance", allowance)
        ),
    )


def resolve_bounds(
    configuration: Configuration,
    rule: Rule,
    lags: Lags,
    group_interval_seconds: float,
    allowance: float,
) -> Bounds:
    """From the healing to the notification that the alert is resolved."""
    kept = Part("keep firing", keep_firing_seconds(rule))
    return Bounds(
        earliest=_real(kept),
        latest=_real(
            *clearing_parts(configuration, rule, lags),
            kept,
            Part("group interval", group_interval_seconds),
            Part("allowance", allowance),
        ),
    )


def _filling(configuration: Configuration, rule: Rule, form: Form, lags: Lags) -> Part:
    """How much of the range must fill until the threshold is crossed: θ/q·R.

    All of it where θ or q is not known; longer than θ/q·R where evenly spaced events are few.
    """
    threshold, reached = form.threshold, lags.symptom_ratio
    if threshold is None or reached is None or reached <= threshold:
        return Part("range", form.window_seconds)
    seconds = threshold / reached * form.window_seconds
    if form.kind == "ratio" and lags.events_per_second:
        interval = scrape_interval_seconds(configuration, rule)
        covered = max(0.0, form.window_seconds - interval)
        needed = math.floor(threshold * lags.events_per_second * covered) + 1
        seconds = max(seconds, needed / (lags.events_per_second * reached))
    return Part("share of range", seconds)


def _slow_request(lag_seconds: float, lags: Lags) -> Part:
    """A slowed request counts when it ends; that may stand in the declared lag already."""
    return Part("slow request", max(0.0, lags.slow_seconds - lag_seconds))


def _hanging_seconds(configuration: Configuration, rule: Rule, lags: Lags) -> float:
    """How long a scrape may hang: only of a job whose failing scrapes the fault explains."""
    return scrape_timeout_seconds(configuration, rule, lags.disturbs_jobs)


def _real(*parts: Part) -> tuple[Part, ...]:
    """Parts of no length say nothing."""
    return tuple(part for part in parts if part.seconds > 0)
