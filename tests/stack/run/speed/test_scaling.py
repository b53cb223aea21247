"""Each kind of expression that does not survive division is found, and none that does."""

import pytest

from stack.run.speed import Cause, lint_rules

RULE = """\
groups:
- name: g
  rules:
  - alert: A
    expr: |
      {}
"""


def causes(expression: str) -> set[Cause]:
    return {finding.cause for finding in lint_rules(RULE.format(expression), "rules.yml")}


@pytest.mark.parametrize(
    "expression",
    [
        "increase(e[5m]) > 3",
        'sum by (a) (increase(e{x="y"}[1h])) >= 10',
        "5 < increase(e[5m])",
        "increase(e[5m]) < 1",
        "increase(e[5m]) != 3",
        "changes(p[15m]) > 2",
        "resets(p[1h]) > 1",
        "delta(g[1h]) > 100",
        "abs(delta(g[1h])) > 100",
        "idelta(g[5m]) > 3",
        "count_over_time(x[5m]) < 10",
        "sum_over_time(increase(x[1m])[1h:1m]) > 5",
        "avg_over_time(delta(x[1m])[1h:1m]) > 5",
        "max_over_time(increase(x[5m])[1h:]) > 5",
        "-increase(x[5m]) < -3",
        "increase(x[5m]) * 2 > 3",
        "increase(x[5m]) ^ 2 > 9",
        "ceil(increase(x[5m]) / 5) > 2",
        "log10(increase(x[5m])) > 2",
        "vector(scalar(increase(x[5m]))) > 3",
        'label_replace(increase(x[5m]), "a", "b", "c", "d") > 3',
        "topk(3, increase(x[5m])) > 4",
        "stdvar(increase(x[5m])) > 3",
        "count(increase(x[5m]) > 5) > 2",
        "sum(changes(x[5m]) > bool 2) > 1",
        "histogram_count(increase(h[5m])) > 4",
        "(increase(x[5m]) > 0) > 4",
        "(increase(x[5m]) or vector(0)) > 4",
        "increase(x[5m]) > 10 or rate(y[5m]) > 1",
        "y > 1 unless increase(x[5m]) > 10",
        "increase(a[5m]) > limit",
        "increase(a[5m]) > scalar(limit)",
        "increase(a[5m]) > rate(a[1h])",
        "increase(a[5m]) / rate(b[5m]) > 7",
        "2 / increase(a[5m]) > 7",
        "increase(a[5m]) * increase(b[5m]) > 7",
    ],
)
def test_a_count_against_what_does_not_shrink(expression: str) -> None:
    """However it is wrapped, aggregated, turned round or compared."""
    assert causes(expression) == {Cause.COUNT}


@pytest.mark.parametrize(
    "expression",
    [
        "increase(x[5m]) - 5 > 0",
        "5 - increase(x[5m]) < 0",
        "increase(a[5m]) / (increase(b[5m]) + 1) > 0.1",
        "clamp_min(increase(a[5m]), 1) > 0",
        "increase(a[5m]) / clamp_min(increase(b[5m]), 10) > 0.1",
        "increase(a[5m]) + rate(b[5m]) > 0",
        "increase(a[5m]) % 7 == 0",
    ],
)
def test_a_count_added_to_or_limited_by_what_does_not_shrink(expression: str) -> None:
    """A comparison in disguise."""
    assert Cause.COUNT in causes(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "restarts - restarts offset 10m >= 1",
        "x offset 5m - x offset 10m > 1",
        "sum(x{a='b'}) - sum(x{a='b'} offset 1h) > 1",
        "abs(x - x offset 1h) > 1",
        "abs(x) - abs(x offset 1h) > 1",
        "max_over_time(x[1h:1m]) - min_over_time(x[1h:1m]) > 4",
        "last_over_time(x[1h]) - first_over_time(x[1h]) > 4",
        "floor(increase(x[1h])) > 0",
        "round(increase(x[1h])) > 3",
        "job:errors:increase5m > 3",
        "job:errors:sum_increase1h > 3",
    ],
)
def test_a_count_that_is_not_called_one(expression: str) -> None:
    """Differences over time, whole steps of a count, and counts recorded elsewhere."""
    assert causes(expression) == {Cause.COUNT}


@pytest.mark.parametrize(
    "expression",
    [
        "rate(x[5m]) * 300 > 10",
        "300 * sum(rate(x[5m])) > 10",
        "sum(rate(x[5m])) * 60 * 5 > 10",
        "rate(x[5m]) / (1/300) > 10",
        "rate(x[5m]) > 10/300",
        "10/300 < rate(x[5m])",
        "rate(x[1h]) * 3600 > 10",
        "irate(x[5m]) * 300 > 1",
        "deriv(x[1h]) * 3600 > 5",
        "max_over_time(rate(x[5m])[1h:5m]) * 3600 > 10",
        "rate(x[5m]) * -300 < -10",
        "(rate(a[5m]) + rate(b[5m])) * 300 > 10",
        "rate(a[5m]) * 300 + rate(b[5m]) * 300 > 10",
    ],
)
def test_a_rate_times_the_seconds_of_its_range_is_a_count_again(expression: str) -> None:
    """In whatever order the factors are written."""
    assert causes(expression) == {Cause.COUNT}


@pytest.mark.parametrize(
    "expression",
    [
        "increase(a[5m]) == 0",
        "0 == increase(a[5m])",
        "increase(a[5m]) <= 0",
        "changes(a[1h]) == 0",
        "x unless increase(a[5m]) > 0",
        "absent(increase(a[5m]) > 0)",
    ],
)
def test_that_nothing_was_counted_depends_on_the_window(expression: str) -> None:
    """What happens once a minute happens in five minutes, but not always in fifteen seconds."""
    assert causes(expression) == {Cause.COUNT}


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("predict_linear(free[1h], 14400) < 0", Cause.PREDICTION),
        ("avg(predict_linear(free[6h:1m], 86400)) < 0", Cause.PREDICTION),
        ("time() - x > 300", Cause.CLOCK),
        ("x - time() < 300", Cause.CLOCK),
        ("vector(time() % 86400) > 3", Cause.CLOCK),
        ("(time() - a) / (time() - b) > 0.5", Cause.CLOCK),
        ("timestamp(x) < 5", Cause.CLOCK),
        ("redis_uptime_in_seconds < 300", Cause.CLOCK),
        ("certificate_age_seconds > 300", Cause.CLOCK),
        ("x @ 1700000000 > 3", Cause.CLOCK),
        ("max_over_time(x[1h:1m] @ 5) > 3", Cause.CLOCK),
        ("hour() > 8", Cause.CALENDAR),
        ("minute() > 8", Cause.CALENDAR),
        ("day_of_week() == 0", Cause.CALENDAR),
        ("day_of_month() == 1", Cause.CALENDAR),
        ("day_of_year() == 1", Cause.CALENDAR),
        ("days_in_month() == 31", Cause.CALENDAR),
        ("month() == 12", Cause.CALENDAR),
        ("year() > 2030", Cause.CALENDAR),
        ("x > 3 and on () hour(y) < 5", Cause.CALENDAR),
        ("x > 3 unless on () hour() < 5", Cause.CALENDAR),
        ("node_load1 > 3", Cause.LOAD_AVERAGE),
        ("node_load5 / count without (cpu) (cores) > 2", Cause.LOAD_AVERAGE),
        ("avg_over_time(node_load15[5m]) > 3", Cause.LOAD_AVERAGE),
        ('{__name__=~"node_load.*"} > 3', Cause.LOAD_AVERAGE),
        ('{__name__="node_load1"} > 3', Cause.LOAD_AVERAGE),
        ('{"node_load1"} > 3', Cause.LOAD_AVERAGE),
        ("x > 5m", Cause.SECONDS),
        ("x - 1h30m > 5", Cause.SECONDS),
        ("clamp_max(x, 1d) > 5", Cause.SECONDS),
        ("x > 24 * 3600", Cause.SECONDS),
        ("x > 7 * 24 * 60 * 60", Cause.SECONDS),
        ("x > -(5 * 60)", Cause.SECONDS),
        ("avg_over_time(x[5m]) * 300 > 5", Cause.SECONDS),
    ],
)
def test_what_goes_by_real_time(expression: str, cause: Cause) -> None:
    """Predictions, the clock, the calendar, the kernel's averages and seconds as numbers."""
    assert causes(expression) == {cause}


def test_a_count_divided_by_the_seconds_of_its_window_has_two_reasons() -> None:
    """The count shrinks, and the number that means its window does not."""
    assert causes("increase(x[5m]) / 300 > 3") == {Cause.COUNT, Cause.SECONDS}
    assert causes("rate(x[5m]) * 5m > 3") == {Cause.COUNT, Cause.SECONDS}


@pytest.mark.parametrize(
    "expression",
    [
        "rate(x[5m]) > 3",
        "irate(x[5m]) > 3",
        "rate(a[5m]) * 60 > 5",
        "rate(a[5m]) > 10 / 60",
        "rate(a[5m]) > 300",
        "100 * rate(a[5m]) / rate(b[5m]) > 3",
        "100 * rate(a[100s]) / rate(b[100s]) > 3",
        "increase(x[5m]) > 0",
        "0 < increase(x[5m])",
        "increase(x[5m]) != 0",
        "changes(x[1h]) > 0",
        "changes(process_start_time_seconds[5m]) > 0",
        "resets(redis_uptime_in_seconds[5m]) > 0",
        "delta(x[1h]) < 0",
        "deriv(x[1h]) < 0",
        "increase(x[5m]) > 0 and y > 5",
        "increase(x[5m])",
        "increase(x[5m]) < +Inf",
        "increase(x[5m]) != NaN",
        "increase(a[5m]) / increase(b[5m]) > 0.1",
        "increase(seconds_sum[5m]) / increase(seconds_count[5m]) > 2",
        "sum(increase(a[5m])) / (sum(increase(a[5m])) + sum(increase(b[5m]))) * 100 > 5",
        "((increase(a[5m]) or vector(0)) / increase(b[5m])) > 0.5",
        "increase(a[5m]) > 2 * increase(a[5m] offset 1d)",
        "increase(x[1h]) / 12 < increase(x[5m])",
        "rate(a[5m]) * 300 > increase(b[1h])",
        "rate(a[5m]) > 3 * rate(a[10m] offset 5m) and rate(a[5m]) > 5",
        "sum(rate(a[5m])) / sum(rate(b[5m])) * 300 > 1",
        "1 - avg(rate(cpu{mode='idle'}[5m])) > 0.9",
        "histogram_quantile(0.99, sum by (le) (increase(b[5m]))) > 2",
        "x * 100 > 5",
        "x / y < 0.1",
        "x_seconds > 300",
        "x > 3600",
        "x > 1024 * 1024 * 60",
        "avg_over_time(x[1h]) > 3",
        "quantile_over_time(0.9, x[1h]) > 3",
        "stddev_over_time(x[1h]) > 3",
        "sum_over_time(x[5m]) > 3",
        "sum_over_time(up[1h]) / count_over_time(up[1h]) < 0.9",
        "count_over_time(x[5m]) > 0",
        "avg_over_time((x > bool 5)[1h:1m]) > 0.5",
        "count(up == 0) / count(up) > 0.5",
        "sgn(increase(x[5m])) == 1",
        "present_over_time(x[5m])",
        "absent_over_time(x[10m])",
        "absent(up{job='x'})",
        "up == 0",
        "vector(1)",
        "ALERTS{alertstate='firing'} == 1",
        "max(x) by (hour) > 3",
        "x{time='hour()'} > 3",
        "hour > 3",
        "node_loads > 4",
        "{__name__!~'node_load.*', job='x'} > 4",
        "{job='x'} > 4",
        "x offset 5m > 5",
        "x @ end() > 5",
        "x - y offset 5m > 5",
        "x - y > 5",
        "rate(x[5m]) - rate(x[5m] offset 1d) > 5",
        "x / x offset 1h > 2",
        "max_over_time(x[1h]) - min_over_time(y[1h]) > 4",
        "max_over_time(x[1h]) - x > 4",
        "round(x / y, 0.1) > 5",
        "job:x:rate5m > 5",
        "delta5m > 5",
    ],
)
def test_what_survives_is_not_named(expression: str) -> None:
    """Rates, ratios, gauges, quantiles, counts against counts, and that anything happened."""
    assert causes(expression) == set()
