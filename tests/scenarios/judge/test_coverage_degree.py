"""An alert has a degree where something could come near its threshold and stay below."""

import pytest

from scenarios.judge.coverage_degree import has_degree


@pytest.mark.parametrize(
    "expression",
    [
        "queue_waiting >= 1000",
        "1000 < queue_waiting",
        "1 - avg(rate(node_cpu_seconds_total[2m])) >= 0.9",
        "sum(rate(a[2m])) > 3 * sum(rate(a[5m] offset 5m)) and sum(rate(a[2m])) > 0",
        "hit_ratio < 0.8",
        "free_bytes - wanted_bytes < 0",
        "sum(up) / count(up) < 0.5 or queue > 3",
        "queue / sum(up) > 500",
        "this is not PromQL",
    ],
)
def test_what_is_held_against_a_threshold_has_a_degree(expression: str) -> None:
    assert has_degree(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "vector(1)",
        "absent(up{job='api'})",
        "redis_up == 0",
        'up{job="api"} == 0',
        "up < 1",
        "1 > redis_up",
        "rate(rule_evaluation_failures_total[2m]) > 0",
        "0 < rate(rule_evaluation_failures_total[2m])",
        "a != b",
        "a unless b",
    ],
)
def test_a_state_has_none(expression: str) -> None:
    assert not has_degree(expression)
