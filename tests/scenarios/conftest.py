"""A timeline in which nothing went wrong, for tests of what is done with timelines."""

import pytest

from scenarios.judge.expectation import Allowed, Silent
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
    Rule,
    ScrapeJob,
    ScrapeSamples,
    Stage,
    Timeline,
)

BEGAN = 1_800_000_000.0
ENDED = BEGAN + 30
INTERVAL_SECONDS = 0.25
TIMES = tuple(BEGAN + n * INTERVAL_SECONDS for n in range(121))
HEARTBEAT_LABELS = {"alertname": "Watchdog", "severity": "none"}
HEARTBEAT = NotifiedAlert(
    labels=HEARTBEAT_LABELS,
    annotations={"summary": "Größer als 5 % 🎟"},
    status="firing",
    starts_at=BEGAN,
    ends_at=None,
    fingerprint="0123456789abcdef",
)


def rule(name: str, expression: str) -> Rule:
    return Rule(
        name=name,
        kind="alerting",
        group="application",
        file="application.yml",
        expression=expression,
        interval_seconds=INTERVAL_SECONDS,
        labels={"severity": "none" if name == "Watchdog" else "critical"},
    )


@pytest.fixture
def quiet_timeline() -> Timeline:
    """A drill of half a minute whose near miss stays one; the judge passes it."""
    return Timeline(
        declaration=Declaration(
            name="delivery/quiet",
            layer="delivery",
            proves="Nothing fires.",
            path="scenarios/delivery/quiet.py",
            expects=(Silent("RedisDown"),),
            allows=(Allowed("Watchdog", "everybody", "it fires always"),),
            near_misses={"near miss": "RedisDown"},
            required_rate_per_second=10.0,
        ),
        speed=60.0,
        clock=Clock(BEGAN, ENDED, 5.0, 35.0),
        configuration=Configuration(
            rules=(rule("RedisDown", "redis_up == 0"), rule("Watchdog", "vector(1)")),
            scrape_jobs=(ScrapeJob("redis", INTERVAL_SECONDS, INTERVAL_SECONDS),),
            alertmanager={
                "route": {"receiver": "everybody", "group_by": ["alertname"]},
                "receivers": [{"name": "everybody"}],
                "inhibit_rules": [],
            },
            evaluation_interval_seconds=INTERVAL_SECONDS,
            resend_delay_seconds=1.0,
            metric_jobs={"redis_up": ("redis",)},
            rules_absent={"system": "the host is shared with other drills"},
        ),
        stages=(Stage("loading", BEGAN, BEGAN + 5), Stage("warm-up", BEGAN + 5, BEGAN + 10)),
        faults=(
            FaultRecord(
                name="near miss",
                fault="redis_latency",
                near_miss=True,
                wanted={"latency_seconds": 0.06, "of": "Redis"},
                injecting=BEGAN + 12,
                confirmed=BEGAN + 12.5,
                observed="0.06 s",
                healing=BEGAN + 20,
                healed=BEGAN + 20.5,
                disturbs_jobs=("redis",),
            ),
        ),
        load_runs=(LoadRun("load", 10.0, BEGAN + 3, BEGAN + 28),),
        load=tuple(LoadSecond("load", BEGAN + n, 10.0, 10.0, 10.0, 0.0) for n in range(30)),
        alert_states=(
            AlertState(HEARTBEAT_LABELS, HEARTBEAT.annotations, "firing", BEGAN, BEGAN, ENDED),
        ),
        alert_samples=(AlertSamples(HEARTBEAT_LABELS, "firing", TIMES),),
        scrapes=(ScrapeSamples("redis", "redis-exporter:9121", TIMES, (1,) * len(TIMES)),),
        evaluations=(GroupEvaluations("application", INTERVAL_SECONDS, 0, TIMES),),
        arrivals=(
            Arrival(
                sequence=1,
                at=BEGAN + 1,
                receiver="everybody",
                group_key='{}:{alertname="Watchdog"}',
                group_labels={"alertname": "Watchdog"},
                status="firing",
                alerts=(HEARTBEAT,),
                identity="a",
            ),
        ),
        refusals=(),
        host=Host(0.01, BEGAN + 4, shared_with_drills=True),
    )
