"""A drill's timeline written as a score: what happened when, in seconds since the drill began.

Everything a test does not say is as it should be: the load holds its rate, every scrape and
evaluation is on time, the Watchdog fires, and nothing else does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scenarios.judge.expectation import Allowed, Expectation, Fires, Heartbeat, Inhibited
from scenarios.judge.finding import OF_GROUPS, verdict_of
from scenarios.judge.timeline import (
    AlertSamples,
    AlertState,
    Arrival,
    Clock,
    Configuration,
    Declaration,
    FaultRecord,
    GroupEvaluations,
    Host,
    LoadRun,
    LoadSecond,
    NotifiedAlert,
    Refusal,
    Rule,
    ScrapeJob,
    ScrapeSamples,
    Stage,
    Timeline,
)
from scenarios.judge.verdict import Judgement, judge

START = 1_800_000_000.0
SPEED = 60.0
SCRAPE = EVALUATION = 0.25
LENGTH = 40.0
STEADY = 5.0
RATE = 10.0
PROMISE_SECONDS = 480.0

CRITICAL = {"severity": "critical", "service": "tickets"}
WARNING = {"severity": "warning", "service": "tickets"}


def rule(name: str, expression: str, for_seconds: float = 0.0, **labels: str) -> Rule:
    """An alerting rule of the one rule group; without labels it is critical."""
    return Rule(
        name=name,
        kind="alerting",
        group="rules",
        file="rules.yml",
        expression=expression,
        interval_seconds=EVALUATION,
        for_seconds=for_seconds,
        labels=labels or CRITICAL,
        annotations={"summary": f"{name} is bad"},
    )


RULES = (
    rule("QueueLong", "queue_waiting >= 1000", 1.0),
    rule("ApiDown", 'up{job="api"} == 0', 0.5),
    rule("ApiSlow", "api_seconds > 2", 1.5, **WARNING),
    rule("Watchdog", "vector(1)", severity="none", service="tickets"),
)

ALERTMANAGER: Mapping[str, Any] = {
    "route": {
        "receiver": "chat",
        "group_by": ["alertname", "service"],
        "group_wait": "500ms",
        "group_interval": "2s",
        "repeat_interval": "1m",
        "routes": [
            {"receiver": "switch", "matchers": ['alertname="Watchdog"'], "repeat_interval": "5s"},
            {"receiver": "pager", "matchers": ['severity="critical"'], "group_by": ["service"]},
        ],
    },
    "inhibit_rules": [
        {
            "source_matchers": ['alertname="ApiDown"'],
            "target_matchers": ['alertname="ApiSlow"'],
            "equal": ["service"],
        }
    ],
    "receivers": [
        {"name": name, "webhook_configs": [{"url": f"http://sink/{name}"}]}
        for name in ("chat", "pager", "switch")
    ],
}

CONFIGURATION = Configuration(
    rules=RULES,
    scrape_jobs=(ScrapeJob("api", SCRAPE, 0.1), ScrapeJob("redis", SCRAPE, 0.1)),
    alertmanager=ALERTMANAGER,
    evaluation_interval_seconds=EVALUATION,
    resend_delay_seconds=1.0,
    metric_jobs={"queue_waiting": ("api",), "api_seconds": ("api",), "up": ("api", "redis")},
)

PAGER_GROUP = {"service": "tickets"}


def chat_group(alert: str) -> dict[str, str]:
    """The group of one alert at the chat."""
    return {"alertname": alert, "service": "tickets"}


def fires(alert: str = "QueueLong", **changes: Any) -> Fires:
    """The alert must reach the pager within 8 s at speed 60."""
    expectation = Fires(alert, within_seconds=PROMISE_SECONDS, at="pager", group=PAGER_GROUP)
    return replace(expectation, **changes)


def inhibited(**changes: Any) -> Inhibited:
    """ApiSlow must be muted by ApiDown."""
    return replace(Inhibited("ApiSlow", by="ApiDown"), **changes)


def labels_of(configuration: Configuration, alert: str, more: Mapping[str, str]) -> dict[str, str]:
    """The labels an alert has by its rule, and more."""
    static = next(r.labels for r in configuration.rules if r.name == alert)
    return {**static, "alertname": alert, **more}


@dataclass
class Score:
    """What happened, in the order in which a test says it."""

    expects: Sequence[Expectation] = ()
    allows: Sequence[Allowed] = ()
    near_misses: Mapping[str, str] = field(default_factory=dict)
    configuration: Configuration = CONFIGURATION
    length: float = LENGTH
    watchdog: bool = True
    _faults: list[FaultRecord] = field(default_factory=list)
    _states: list[AlertState] = field(default_factory=list)
    _samples: list[AlertSamples] = field(default_factory=list)
    _arrivals: list[Arrival] = field(default_factory=list)
    _refusals: list[Refusal] = field(default_factory=list)

    def fault(
        self,
        name: str = "surge",
        *,
        at: float = 10.0,
        confirmed: float | None = 10.25,
        healing: float | None = 20.0,
        healed: float | None = 20.25,
        **changes: Any,
    ) -> "Score":
        """A fault, or with near_miss=True a near miss."""
        record = FaultRecord(
            name=name,
            fault="surge",
            near_miss=False,
            wanted={},
            injecting=START + at,
            confirmed=None if confirmed is None else START + confirmed,
            observed="1600 wait",
            healing=None if healing is None else START + healing,
            healed=None if healed is None else START + healed,
        )
        self._faults.append(replace(record, **changes))
        return self

    def fired(
        self,
        alert: str = "QueueLong",
        *,
        active: float = 10.5,
        firing: float = 11.5,
        until: float = 20.5,
        without: tuple[float, float] | None = None,
        polled: bool = True,
        **more: str,
    ) -> "Score":
        """The alert was pending, then firing until the evaluation at ``until`` cleared it.

        ``without`` is a stretch in which nothing was evaluated.
        """
        labels = labels_of(self.configuration, alert, more)
        pending, burning = steps(active, firing), steps(firing, until)
        if without is not None:
            began, ended = without
            burning = tuple(t for t in burning if not began < t - START < ended)
        self._samples.append(AlertSamples(labels, "pending", pending))
        self._samples.append(AlertSamples(labels, "firing", burning))
        if polled:
            spans = (("pending", active, firing), ("firing", firing, until))
            for state, began, ended in (span for span in spans if span[1] < span[2]):
                seen = (START + began + 0.05, START + ended)
                self._states.append(
                    AlertState(labels, {}, state, START + active, *seen)  # type: ignore[arg-type]
                )
        return self

    def firing(
        self, alert: str = "QueueLong", *, since: float = 11.5, **more: Any
    ) -> NotifiedAlert:
        """The alert as a notification lists it while it fires."""
        return self._notified(alert, "firing", since, None, more)

    def resolved(
        self, alert: str = "QueueLong", *, since: float = 11.5, ends: float = 20.5, **more: Any
    ) -> NotifiedAlert:
        """The alert as a notification lists it once it is resolved."""
        return self._notified(alert, "resolved", since, ends, more)

    def _notified(
        self, alert: str, status: Any, since: float, ends: float | None, more: dict[str, Any]
    ) -> NotifiedAlert:
        annotations = more.pop("annotations", {"summary": f"{alert} is bad"})
        labels = labels_of(self.configuration, alert, more)
        return NotifiedAlert(
            labels={**self.configuration.external_labels, **labels},
            annotations=annotations,
            status=status,
            starts_at=START + since,
            ends_at=None if ends is None else START + ends,
            fingerprint=str(sorted(labels.items())),
        )

    def notified(
        self,
        *alerts: NotifiedAlert,
        at: float = 12.01,
        receiver: str = "pager",
        group: Mapping[str, str] | None = None,
        truncated: int = 0,
    ) -> "Score":
        """A notification reached the sink."""
        group = PAGER_GROUP if group is None else group
        seen = sorted((a.fingerprint, a.status, a.starts_at) for a in alerts)
        self._arrivals.append(
            Arrival(
                sequence=len(self._arrivals) + 1,
                at=START + at,
                receiver=receiver,
                group_key=f"{receiver}:{sorted(group.items())}",
                group_labels=group,
                status="firing" if any(a.status == "firing" for a in alerts) else "resolved",
                alerts=alerts,
                identity=f"{receiver} {sorted(group.items())} {seen}",
                truncated_alerts=truncated,
            )
        )
        return self

    def refused(self, *, at: float = 12.0, receiver: str = "pager") -> "Score":
        """The sink refused a request."""
        self._refusals.append(Refusal(START + at, receiver, 401, "no token"))
        return self

    def timeline(self) -> Timeline:
        """All of it as the judge gets it."""
        everywhen = steps(0.0, self.length)
        watchdog = labels_of(self.configuration, "Watchdog", {}) if self.watchdog else {}
        samples = [AlertSamples(watchdog, "firing", everywhen)] if self.watchdog else []
        beats = any(isinstance(expectation, Heartbeat) for expectation in self.expects)
        standing = () if beats else (Allowed("Watchdog", "switch", "fires always"),)
        declaration = Declaration(
            name="business/queue",
            layer="business",
            proves="a long queue is told",
            path="scenarios/business/queue.py",
            expects=tuple(self.expects),
            allows=(*standing, *self.allows),
            near_misses=self.near_misses,
            required_rate_per_second=RATE,
        )
        return Timeline(
            declaration=declaration,
            speed=SPEED,
            clock=Clock(START, START + self.length, 500.0, 500.0 + self.length),
            configuration=self.configuration,
            stages=(
                Stage("loading", START, START + 2),
                Stage("warm-up", START + 2, START + STEADY),
                Stage("surge", START + STEADY, START + self.length),
            ),
            faults=tuple(self._faults),
            load_runs=(LoadRun("steady", RATE, START, START + self.length),),
            load=tuple(
                LoadSecond("steady", START + second, RATE, RATE, RATE, 0.0)
                for second in range(1, int(self.length) + 1)
            ),
            alert_states=tuple(self._states),
            alert_samples=(*samples, *self._samples),
            scrapes=tuple(
                ScrapeSamples(job.job, f"{job.job}:1", everywhen, (1,) * len(everywhen))
                for job in self.configuration.scrape_jobs
            ),
            evaluations=(GroupEvaluations("rules", EVALUATION, 0, everywhen),),
            arrivals=tuple(self._arrivals),
            refusals=tuple(self._refusals),
            host=Host(0.01, START + 1, shared_with_drills=True),
        )


def steps(began: float, ended: float) -> tuple[float, ...]:
    """The evaluations from ``began`` on and before ``ended``, in unix seconds."""
    count = round((ended - began) / EVALUATION)
    return tuple(START + began + index * EVALUATION for index in range(count))


def kept(*, notified_at: float = 12.01, resolved_at: float = 22.01, **changes: Any) -> Score:
    """A drill in which QueueLong fires, is told in time, and resolves in time."""
    score = Score(expects=[fires(**changes)]).fault().fired()
    score.notified(score.firing(), at=notified_at)
    return score.notified(score.resolved(), at=resolved_at)


def judged(score: "Score | Timeline") -> Judgement:
    """What is judged of a score, but for its groups: see test_ticks.py and test_whole_group.py.

    Elsewhere a test sets each moment by the window it is about, on a tick or not, and lists in each
    notification what it is about.
    """
    judgement = judge(score if isinstance(score, Timeline) else score.timeline())
    findings = tuple(f for f in judgement.findings if f.kind not in OF_GROUPS)
    return replace(judgement, findings=findings, verdict=verdict_of(findings, judgement.reasons))


def verdict(score: "Score | Timeline") -> str:
    """The verdict on a score."""
    return judged(score).verdict


def kinds(score: "Score | Timeline") -> list[str]:
    """What was found wrong, each kind once, in order."""
    return list(dict.fromkeys(finding.kind for finding in judged(score).findings))


def doubts(score: "Score | Timeline") -> list[str]:
    """Why the verdict cannot be trusted, each kind once, in order."""
    return list(dict.fromkeys(reason.kind for reason in judged(score).reasons))


def texts(score: "Score | Timeline") -> str:
    """Everything found wrong or doubtful, in words."""
    judgement = judged(score)
    return "\n".join(item.text for item in (*judgement.findings, *judgement.reasons))
