"""What a window is made from is read from the expression: form, range, jobs, recording rules."""

from dataclasses import replace

import pytest

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.form import (
    Form,
    form_of,
    jobs_of,
    look_back_seconds,
    scrape_interval_seconds,
    scrape_timeout_seconds,
)
from scenarios.judge.timeline import Configuration, Rule, ScrapeJob
from tests.scenarios.judge.score import CONFIGURATION, rule

RATIO = "sum(rate(failed[2s])) / sum(rate(all_payments[2s]))"
QUANTILE = "histogram_quantile(0.95, sum by (le) (rate(seconds_bucket[4s])))"


def world(*rules: Rule) -> Configuration:
    """Three jobs of different pace, and which metric comes from which."""
    return replace(
        CONFIGURATION,
        rules=rules,
        scrape_jobs=(
            ScrapeJob("api", 0.25, 0.1),
            ScrapeJob("redis", 0.5, 0.2),
            ScrapeJob("node", 1.0, 0.4),
        ),
        metric_jobs={
            "failed": ("api",),
            "all_payments": ("api",),
            "redis_up": ("redis",),
            "up": ("api", "redis", "node"),
        },
    )


def recorded(name: str, expression: str, interval: float = 0.5) -> Rule:
    return replace(rule(name, expression), kind="recording", interval_seconds=interval, labels={})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("redis_up == 0", Form("gauge", 0.0)),
        ("max by (job) (queue) >= 1000", Form("gauge", 0.0)),
        ("up == 0", Form("up", 0.0)),
        ("sum(rate(failed[2s])) > 1", Form("rate", 2.0)),
        (f"{RATIO} > 0.05", Form("ratio", 2.0, threshold=0.05)),
        (f"{RATIO} >= 0.05", Form("ratio", 2.0, threshold=0.05)),
        (f"{RATIO} < 0.8", Form("ratio", 2.0, threshold=None)),
        (f"{QUANTILE} < 2", Form("quantile", 4.0, threshold=None)),
        ("vector(1)", Form("general", 0.0)),
        ("max_over_time(queue[3s]) > 5", Form("general", 3.0)),
        ("queue > 2 * queue offset 10s", Form("general", 0.0)),
    ],
)
def test_each_form_is_known(expression: str, expected: Form) -> None:
    assert form_of(world(), rule("A", expression)) == expected


@pytest.mark.parametrize("comparison", [">", ">="])
def test_a_quantile_rises_when_the_rest_is_slow(comparison: str) -> None:
    form = form_of(world(), rule("A", f"{QUANTILE} {comparison} 2"))
    assert form.kind == "quantile"
    assert form.threshold == pytest.approx(0.05)


SURGE = "sum(rate(orders[2s])) > 3 * sum(rate(orders[10s] offset {offset}))"


def test_the_present_compared_with_the_past_fills_in_the_present_range_alone() -> None:
    """S is 1 and E 0.25: the offset must outlast 2 + 1 + 2 x 0.25 seconds."""
    just_long_enough = form_of(world(), rule("A", SURGE.format(offset="3s500ms")))
    assert just_long_enough == Form("general", 2.0)


def test_an_offset_that_is_too_short_counts_in_full() -> None:
    too_short = form_of(world(), rule("A", SURGE.format(offset="3s499ms")))
    assert too_short == Form("general", 13.499)


def test_a_subquery_is_not_taken_for_a_past() -> None:
    expression = "max_over_time(rate(failed[1s])[10s:1s]) > rate(failed[1s])"
    assert form_of(world(), rule("A", expression)) == Form("general", 11.0)


def test_what_only_looks_at_the_past_counts_in_full() -> None:
    assert form_of(world(), rule("A", "delta(queue[1s] offset 10s) > 0")) == Form("general", 11.0)


def test_recording_rules_add_their_ranges_and_their_intervals() -> None:
    ratio = recorded("payments:ratio", RATIO)
    again = recorded("payments:ratio:max", "max_over_time(payments:ratio[3s])", 0.25)
    alert = rule("A", "payments:ratio:max > 0.05")
    configuration = world(ratio, again, alert)
    assert form_of(configuration, alert) == Form("general", 5.0, recording_seconds=0.75)
    assert look_back_seconds(configuration, alert) == 5.75


def test_the_longest_of_several_paths_counts() -> None:
    short, long = recorded("a:short", "rate(failed[1s])"), recorded("a:long", "rate(failed[8s])")
    alert = rule("A", "a:short > a:long or rate(failed[3s]) > 1")
    assert form_of(world(short, long, alert), alert).window_seconds == 8.0


def test_a_recording_rule_that_reads_itself_is_followed_once() -> None:
    itself = recorded("a:sum", "a:sum + rate(failed[1s])")
    alert = rule("A", "a:sum > 1")
    assert form_of(world(itself, alert), alert) == Form("general", 1.0, recording_seconds=0.5)


@pytest.mark.parametrize(
    ("expression", "jobs"),
    [
        ("failed > 0", ["api"]),
        ("redis_up == 0", ["redis"]),
        ("redis_up == 0 and failed > 0", ["api", "redis"]),
        ("never_seen > 0", ["api", "redis", "node"]),
        ("up == 0", ["api", "redis", "node"]),
        ('up{job="redis"} == 0', ["redis"]),
        ('up{job=~"api|redis"} == 0', ["api", "redis"]),
        ('up{job!="node"} == 0', ["api", "redis"]),
        ('up{job!~"a.*"} == 0', ["redis", "node"]),
        ('up{job="gone"} == 0', ["api", "redis", "node"]),
        ("a:ratio > 1", ["redis"]),
        ("vector(1)", []),
        ('{__name__=~"x.*"} > 0', ["api", "redis", "node"]),
    ],
)
def test_the_jobs_are_those_that_expose_the_metrics(expression: str, jobs: list[str]) -> None:
    alert = rule("A", expression)
    configuration = world(recorded("a:ratio", "redis_up"), alert)
    assert [job.job for job in jobs_of(configuration, alert)] == jobs


def test_the_slowest_of_the_jobs_sets_the_pace() -> None:
    both = rule("A", "redis_up == 0 and failed > 0")
    assert scrape_interval_seconds(world(), both) == 0.5
    assert scrape_interval_seconds(world(), rule("A", "vector(1)")) == 0.0


def test_only_a_disturbed_job_that_is_read_can_hang() -> None:
    both = rule("A", "redis_up == 0 and failed > 0")
    assert scrape_timeout_seconds(world(), both, ["api"]) == 0.1
    assert scrape_timeout_seconds(world(), both, ["api", "redis"]) == 0.2
    assert scrape_timeout_seconds(world(), both, ["node"]) == 0.0


def test_an_expression_nobody_can_parse_is_named_with_its_file() -> None:
    broken = rule("A", "sum(")
    with pytest.raises(ConfigurationError, match=r"rules\.yml: the expression of A"):
        form_of(world(), broken)
    assert len(jobs_of(world(), broken)) == 3


def test_a_recording_rule_nobody_can_parse_adds_nothing() -> None:
    alert = rule("A", "a:bad > 1")
    configuration = world(recorded("a:bad", "sum("), alert)
    assert form_of(configuration, alert) == Form("general", 0.0, recording_seconds=0.5)
