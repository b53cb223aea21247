"""Comparisons that no number can satisfy are found, and only those."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.judge.fireability.bounds import bounds
from scenarios.judge.fireability.comparisons import find, never_true
from stack.run.speed import Place
from stack.run.speed.constants import constant_value
from stack.run.speed.parser import parse
from tests.scenarios.judge.fireability.subjects import alert, rules_alone, said


def found(expr: str) -> list[tuple[str, str]]:
    return said(list(find(rules_alone(alert("A", expr)))))


NEVER = [
    "up > 1",
    "up < 0",
    "up == 2",
    "count(up == 0) == 0",
    "count by (job) (x) < 1",
    "sum(up == 1) < 1",
    "sum(up == bool 1) < 0",
    "absent(x) == 0",
    "rate(x_total[5m]) < 0",
    "changes(x[5m]) == -1",
    "sum(rate(x_total[5m])) < 0",
    'sum(rate(x{status="500"}[5m])) / sum(rate(x[5m])) > 1',
    'sum by (job) (rate(x{status="500"}[5m])) / sum by (job) (rate(x[5m])) * 100 > 100',
    "sum(rate(bad[5m])) / (sum(rate(bad[5m])) + sum(rate(good[5m]))) > 1.2",
    "1 - sum(rate(a{x='1'}[5m])) / sum(rate(a[5m])) < 0",
    "1 - avg(rate(idle_total[5m])) > 1",
    "clamp_max(x, 5) > 5",
    "hour() > 23",
    "vector(1) > 2",
    "stddev(x) < 0",
    "0 > up",
    "x > NaN",
    "absent(x) != 1",
    "round(up) > 1",
    "up * -2 < -2",
    "up * -2 > 0",
    "x == 5 < 5",
]


@pytest.mark.parametrize("expr", NEVER)
def test_what_can_never_be_true(expr: str) -> None:
    ((severity, text),) = found(expr)
    assert severity == "error"
    assert "is never true" in text


@pytest.mark.parametrize(
    "expr",
    [
        "up == 0",
        "up < 1",
        "up >= 1",
        "up != 1",
        "count(up == 0) > 0",
        "(count(up == 1) or vector(0)) == 0",
        "count(x) == 1",
        "sum(up) == 0",
        "sum(up == bool 1) == 0",
        "absent(x) == 1",
        "rate(x_total[5m]) == 0",
        "deriv(x[5m]) < 0",
        "delta(x[5m]) < 0",
        'sum(rate(x{status="500"}[5m])) / sum(rate(x[5m])) >= 1',
        'sum(rate(x{status="500"}[5m])) / sum(rate(y[5m])) > 1',
        'sum(rate(x{status="500"}[5m])) / sum(rate(x[1h])) > 1',
        'sum(x{status="500"}) / sum(x) > 1',
        'sum(rate(x[5m])) / sum(rate(x{status="500"}[5m])) > 1',
        'sum by (a) (rate(x{status="500"}[5m])) / ignoring(a) group_left sum(rate(x[5m])) > 1',
        "avg by (job) (rate(x[5m])) / sum by (job) (rate(x[5m])) > 1",
        "1 - avg(rate(idle_total[5m])) >= 0.9",
        "1 - avail / total > 1",
        "clamp_max(x, 5) >= 5",
        "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m]))) > 100",
        "x > 1",
        "time() - x > 60",
        "-x > 0",
        "x * -1 > 0",
        "x != NaN",
        "absent(x) != 2",
        "round(up, 5) > 1",
        "up * -2 < -1",
        "x > scalar(up)",
        "vector(1)",
        "hour() >= 23",
    ],
)
def test_what_can_be_true_is_no_defect(expr: str) -> None:
    assert found(expr) == []


def test_a_count_of_nothing_is_nothing_and_the_way_out_is_told() -> None:
    ((_, text),) = found("count(up == 0) == 0")
    assert "its left side is at least 1, its right side always 0" in text
    assert "write absent(...), or add `or vector(0)`" in text


def test_in_one_branch_it_is_a_warning() -> None:
    ((severity, _),) = found("up > 1 or x > 1")
    assert severity == "warning"


def test_what_is_around_is_not_told_again() -> None:
    assert len(found("count(up > 1) > 0")) == 1


def test_a_quantile_ends_at_the_largest_finite_bucket_once_it_is_known() -> None:
    def told(threshold: str) -> int:
        tree = parse(f"histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) {threshold}")
        return len(list(never_true("A", tree, Place("rules.yml"), {"x_bucket": 10.0})))

    assert told("> 10") == 1
    assert told(">= 10.5") == 1
    assert told(">= 10") == 0
    assert told("> 9.9") == 0
    beyond = parse("histogram_quantile(1.5, rate(x_bucket[5m])) > 10")
    assert list(never_true("A", beyond, Place("rules.yml"), {"x_bucket": 10.0})) == []
    either = "histogram_quantile(0.9, rate(x_bucket[5m]) or rate(y_bucket[5m])) > 10"
    ends = {"x_bucket": 10.0, "y_bucket": 60.0}
    assert list(never_true("A", parse(either), Place("rules.yml"), ends)) == []


numbers = st.floats(-50, 50).map(lambda number: round(number, 2))
expressions = st.recursive(
    numbers.map(lambda number: f"vector({number})"),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, numbers, numbers).map(
            lambda p: f"clamp({p[0]}, {min(p[1:])}, {max(p[1:])})"
        ),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=6,
)


@given(expressions)
def test_bounds_hold_the_number_that_an_expression_is(expr: str) -> None:
    """Bounds of the parts are those of a variable within them: the number must lie inside."""
    tree = parse(expr)
    number = constant_value(tree)
    if number is not None:
        found = bounds(tree)
        assert found.least <= number <= found.most
