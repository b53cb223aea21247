"""What the running programs report is what the files say: preflight and judge see the same.

The two come by different ways: from the rules, status and flags APIs, and from reading the files.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import requests

from scenarios.configuration import from_apis, from_files
from scenarios.judge.form import form_of, jobs_of, look_back_seconds
from scenarios.judge.routing import destinations, receivers
from scenarios.judge.timeline import Configuration, Rule
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.configuration import PRODUCTION, layers_in
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, layers_absent, new_name

pytestmark = pytest.mark.engines

SPEED = 60.0


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    stack = LocalStack(
        require(ENGINES, print), name=new_name("test"), speed=SPEED, observes_host=True
    )
    with closing(stack):
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def running(stack: LocalStack) -> Configuration:
    return from_apis(
        Prometheus(stack.addresses.prometheus), Alertmanager(stack.addresses.alertmanager), {}
    )


@pytest.fixture(scope="module")
def written() -> Configuration:
    """Without what a local stack has not: the rules of containers, and the exporters for them."""
    absent = layers_absent(PRODUCTION, observes_host=True)
    layers = [layer for layer in layers_in(PRODUCTION) if layer not in absent]
    files = from_files(PRODUCTION, speed=SPEED, layers=layers, layers_absent=absent)
    jobs = tuple(job for job in files.scrape_jobs if job.job not in ("cadvisor", "postgres"))
    assert len(jobs) == len(files.scrape_jobs) - 2
    return replace(files, scrape_jobs=jobs)


def by_name(configuration: Configuration) -> dict[str, Rule]:
    rules = {rule.name: rule for rule in configuration.rules}
    assert len(rules) == len(configuration.rules)
    return rules


def test_the_rules_are_the_same_but_for_how_their_expressions_are_spelled(
    running: Configuration, written: Configuration
) -> None:
    assert by_name(running).keys() == by_name(written).keys()
    for name, rule in by_name(written).items():
        same = (
            "kind",
            "group",
            "file",
            "interval_seconds",
            "for_seconds",
            "keep_firing_for_seconds",
            "labels",
            "annotations",
        )
        loaded = by_name(running)[name]
        assert {field: getattr(loaded, field) for field in same} == {
            field: getattr(rule, field) for field in same
        }, name


def test_the_expressions_mean_the_same_to_prometheus(
    stack: LocalStack, running: Configuration, written: Configuration
) -> None:
    """Compared as Prometheus parses them: it reports its own spelling, not the file's."""

    def parsed(expression: str) -> Any:
        answer = requests.get(
            f"{stack.addresses.prometheus}/api/v1/parse_query",
            params={"query": expression},
            timeout=5,
        ).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    for name, rule in by_name(written).items():
        assert parsed(by_name(running)[name].expression) == parsed(rule.expression), name


def test_windows_are_made_of_the_same_parts(running: Configuration, written: Configuration) -> None:
    for name, rule in by_name(written).items():
        loaded = by_name(running)[name]
        assert form_of(running, loaded) == form_of(written, rule), name
        assert look_back_seconds(running, loaded) == look_back_seconds(written, rule), name


def test_routes_and_inhibitions_are_the_same(
    running: Configuration, written: Configuration
) -> None:
    assert receivers(running.alertmanager) == receivers(written.alertmanager)
    for rule in running.rules:
        labels = {**running.external_labels, **rule.labels, "alertname": rule.name}
        assert destinations(running.alertmanager, labels) == destinations(
            written.alertmanager, labels
        ), rule.name
    assert len(running.alertmanager["inhibit_rules"]) == len(written.alertmanager["inhibit_rules"])


def test_intervals_labels_and_delays_are_the_same(
    running: Configuration, written: Configuration
) -> None:
    assert running.scrape_jobs == written.scrape_jobs
    assert running.evaluation_interval_seconds == written.evaluation_interval_seconds == 0.25
    assert running.resend_delay_seconds == written.resend_delay_seconds == 1.0
    assert running.query_offset_seconds == written.query_offset_seconds
    assert running.external_labels == written.external_labels == {"cluster": "flash-tickets"}


@pytest.mark.parametrize(
    ("metric", "jobs"),
    [
        (
            "up",
            ("alertmanager", "flash-tickets-api", "node", "prometheus", "redis"),
        ),
        ("redis_up", ("redis",)),
        ("node_cpu_seconds_total", ("node",)),
        ("redis_command_duration_seconds_bucket", ("flash-tickets-api",)),
        ("payments_failed_total", ("flash-tickets-api",)),
        ("queue_waiting_users_total", ("flash-tickets-api",)),
    ],
)
def test_each_metric_is_known_with_the_jobs_that_expose_it(
    running: Configuration, metric: str, jobs: tuple[str, ...]
) -> None:
    """Before any load: a ratio must exist before the first failure."""
    assert running.metric_jobs[metric] == jobs


def test_every_rule_reads_metrics_that_somebody_exposes(running: Configuration) -> None:
    """A metric that no target has is one that is misspelt."""
    all_jobs = len(running.scrape_jobs)
    expected: Mapping[str, int] = {
        "TargetDown": all_jobs,
        "ScrapeTooSlow": all_jobs,
        "Watchdog": 0,
    }
    for rule in running.rules:
        assert len(jobs_of(running, rule)) == expected.get(rule.name, 1), rule.name


def test_an_api_that_is_gone_is_an_error_that_names_it(stack: LocalStack) -> None:
    stack.kill_service("alertmanager")
    try:
        with pytest.raises(ReadError, match=stack.addresses.alertmanager):
            from_apis(
                Prometheus(stack.addresses.prometheus),
                Alertmanager(stack.addresses.alertmanager),
                {},
            )
    finally:
        stack.start_service("alertmanager")
