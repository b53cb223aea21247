"""All that happened in one drill, from all sources, as plain data that can be judged again.

Every time is in unix seconds of the one host clock; every duration in seconds as it really ran,
that is, already divided by the speed. Promises alone (see expectation.py) are in production time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scenarios.judge.expectation import Allowed, Expectation

FORMAT = 1


@dataclass(frozen=True)
class Declaration:
    """The drill as it was declared before anything ran. ``near_misses`` maps step name to alert."""

    name: str
    layer: str
    proves: str
    path: str
    expects: tuple[Expectation, ...]
    allows: tuple[Allowed, ...] = ()
    near_misses: Mapping[str, str] = field(default_factory=dict)
    required_rate_per_second: float = 0.0


@dataclass(frozen=True)
class Clock:
    """The host clock at both ends, so that a step of the wall clock shows."""

    started: float
    ended: float
    started_monotonic: float
    ended_monotonic: float


@dataclass(frozen=True)
class Rule:
    """One alerting or recording rule as Prometheus' rules API reports it."""

    name: str
    kind: Literal["alerting", "recording"]
    group: str
    file: str
    expression: str
    interval_seconds: float
    for_seconds: float = 0.0
    keep_firing_for_seconds: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ScrapeJob:
    """One scrape job as the running configuration reports it."""

    job: str
    interval_seconds: float
    timeout_seconds: float


@dataclass(frozen=True)
class Configuration:
    """The configuration as the running APIs report it.

    ``alertmanager`` is Alertmanager's parsed configuration (route, receivers, inhibit_rules), with
    durations as the strings it reports. ``metric_jobs`` maps a metric name used in a rule to the
    jobs that expose it. ``rules_absent`` names layers whose rules were not loaded, with the reason.
    ``for_grace_period_seconds`` and ``for_outage_tolerance_seconds`` say what of ``for`` outlives a
    restart of Prometheus. ``peer_timeout_seconds`` is how long the second of two Alertmanagers
    waits for the first; 0 where one is alone.
    """

    rules: tuple[Rule, ...]
    scrape_jobs: tuple[ScrapeJob, ...]
    alertmanager: Mapping[str, Any]
    evaluation_interval_seconds: float
    resend_delay_seconds: float
    query_offset_seconds: float = 0.0
    external_labels: Mapping[str, str] = field(default_factory=dict)
    metric_jobs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules_absent: Mapping[str, str] = field(default_factory=dict)
    for_grace_period_seconds: float = 600.0
    for_outage_tolerance_seconds: float = 3600.0
    peer_timeout_seconds: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A named stretch of the drill: starting, warm-up, baseline, a step's name, settling."""

    name: str
    began: float
    ended: float


@dataclass(frozen=True)
class FaultRecord:
    """One fault or near miss as it really went.

    ``injecting`` is when injection began; ``confirmed`` when its readback showed the effect (None:
    it never did, and the verdict is unknown). ``lost`` is what the readback showed before healing
    where the effect was gone by then. ``healing`` and ``healed`` likewise. The lags are
    declared by the fault and never divided by the speed: how long after ``confirmed`` (``healed``)
    the symptom may take to stand in what the app exposes. ``disturbs_jobs`` names the scrape jobs
    whose failing scrapes the fault explains; ``stops`` the services that were gone, from
    ``injecting`` or ``confirmed`` to ``healing`` or ``healed``. ``symptom_ratio`` is what a ratio
    rises to (q), where the fault sets one; ``ramps`` marks a fault that grows until it is
    confirmed, of which a promise counts from then; ``slow_seconds`` how long the slowed requests
    take. ``restarts_groups`` marks one after which Alertmanager begins every group anew.
    ``events_per_second`` is how many events that ratio is taken over, where they may be too
    few (None: it is not counted). ``holds_up_receivers`` names the receivers that take nothing
    while it is in; ``ends_flushes`` says that they refuse for good (4xx), so that Alertmanager
    tries again at the next tick only.
    """

    name: str
    fault: str
    near_miss: bool
    wanted: Mapping[str, float | str]
    injecting: float
    confirmed: float | None
    observed: str
    healing: float | None = None
    healed: float | None = None
    lag_seconds: float = 0.0
    heal_lag_seconds: float = 0.0
    disturbs_jobs: tuple[str, ...] = ()
    symptom_ratio: float | None = None
    slow_seconds: float = 0.0
    events_per_second: float | None = None
    ramps: bool = False
    lost: str = ""
    holds_up_receivers: tuple[str, ...] = ()
    ends_flushes: bool = False
    stops: tuple[str, ...] = ()
    restarts_groups: bool = False

    @property
    def promised_from(self) -> float:
        """The moment from which the team's promise counts."""
        return self.confirmed if self.ramps and self.confirmed is not None else self.injecting


@dataclass(frozen=True)
class LoadSecond:
    """One second of one load, from its ledger. ``offered`` counts arrivals due, answered or not."""

    load: str
    at: float
    offered: float
    started: float
    completed: float
    failed: float


@dataclass(frozen=True)
class LoadRun:
    """One load that was started: what it had to offer, and between which times it had to."""

    load: str
    rate_per_second: float
    began: float
    ended: float


@dataclass(frozen=True)
class AlertState:
    """An alert as Prometheus' alerts API first showed it in this state.

    ``last_seen`` is the last poll that still showed it so; ``active_at`` is Prometheus' activeAt.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: Literal["pending", "firing"]
    active_at: float
    first_seen: float
    last_seen: float


@dataclass(frozen=True)
class AlertSamples:
    """The samples of one ALERTS series, read back at the end: one for each evaluation."""

    labels: Mapping[str, str]
    state: Literal["pending", "firing"]
    times: tuple[float, ...]


@dataclass(frozen=True)
class ScrapeSamples:
    """The samples of one target's ``up``, read back at the end: one for each attempted scrape."""

    job: str
    instance: str
    times: tuple[float, ...]
    up: tuple[int, ...]


@dataclass(frozen=True)
class GroupEvaluations:
    """Evaluations of one rule group over the drill, from Prometheus' own metrics.

    ``missed_seen`` are the moments at which the count of those missed was seen to have grown.
    """

    group: str
    interval_seconds: float
    missed: int
    times: tuple[float, ...] = ()
    missed_seen: tuple[float, ...] = ()


@dataclass(frozen=True)
class NotifiedAlert:
    """One alert inside a notification. ``ends_at`` is None while it fires."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    status: Literal["firing", "resolved"]
    starts_at: float
    ends_at: float | None
    fingerprint: str


@dataclass(frozen=True)
class Arrival:
    """One notification as the sink stored it. ``identity`` is equal for duplicates."""

    sequence: int
    at: float
    receiver: str
    group_key: str
    group_labels: Mapping[str, str]
    status: str
    alerts: tuple[NotifiedAlert, ...]
    identity: str
    truncated_alerts: int = 0


@dataclass(frozen=True)
class ChatMessage:
    """One message as Slack or Discord was sent it; see sink/message.py for what its parts are."""

    sequence: int
    at: float
    receiver: str
    service: Literal["slack", "discord"]
    title: str
    link: str
    colour: str
    text: str


@dataclass(frozen=True)
class Refusal:
    """A request the sink refused: evidence of a receiver that is configured wrongly."""

    at: float
    receiver: str
    status: int
    why: str


@dataclass(frozen=True)
class Host:
    """How the host treated the harness: the worst stall of a thread that only keeps time, and from
    when until when no core was idle, or none was and others than the run took most of them."""

    worst_stall_seconds: float
    worst_stall_at: float
    shared_with_drills: bool
    saturated: tuple[tuple[float, float], ...] = ()
    taken_by_strangers: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Timeline:
    """Everything the judge may look at. ``problems`` are sources that could not be read."""

    declaration: Declaration
    speed: float
    clock: Clock
    configuration: Configuration
    stages: tuple[Stage, ...]
    faults: tuple[FaultRecord, ...]
    load_runs: tuple[LoadRun, ...]
    load: tuple[LoadSecond, ...]
    alert_states: tuple[AlertState, ...]
    alert_samples: tuple[AlertSamples, ...]
    scrapes: tuple[ScrapeSamples, ...]
    evaluations: tuple[GroupEvaluations, ...]
    arrivals: tuple[Arrival, ...]
    refusals: tuple[Refusal, ...]
    host: Host
    problems: tuple[str, ...] = ()
    messages: tuple[ChatMessage, ...] = ()
    format: int = FORMAT
