"""The form of a comparison is recognised where the tighter windows hold, and nowhere else."""

import pytest

from stack.run.speed import (
    ExpressionForm,
    GaugeForm,
    GeneralForm,
    QuantileForm,
    RateForm,
    RateRatioForm,
    UpForm,
    analyse,
)

MINUTE = 60_000


def ratio(comparison: str, threshold: float, minutes: int = 5) -> RateRatioForm:
    return RateRatioForm(comparison, pytest.approx(threshold), minutes * MINUTE)


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        ("up == 0", UpForm("==", 0)),
        ('up{job="api"} < 1', UpForm("<", 1)),
        ("avg by (job) (up) < 0.5", UpForm("<", 0.5)),
        ("redis_up == 0", GaugeForm("==", 0)),
        ("max by (job) (waiting) >= 1000", GaugeForm(">=", 1000)),
        ("1000 < waiting", GaugeForm(">", 1000)),
        ("1 - free / size >= 0.85", GaugeForm(">=", 0.85)),
        ("abs(temperature - 20) > 5", GaugeForm(">", 5)),
        ("(used / limit) * 100 > (80 + 10)", GaugeForm(">", 90)),
        ("used / up > 3", GaugeForm(">", 3)),
    ],
)
def test_values_of_the_moment(expression: str, form: ExpressionForm) -> None:
    """A gauge, or arithmetic of gauges, follows the next scrape; ``up`` alone is its own form."""
    assert analyse(expression).form == form


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        ("sum(rate(bad[5m])) / sum(rate(all[5m])) > 0.05", ratio(">", 0.05)),
        ("rate(bad[5m]) / (rate(bad[5m]) + rate(good[5m])) >= 0.05", ratio(">=", 0.05)),
        ("0.05 < sum(rate(bad[5m])) / sum(rate(all[5m]))", ratio(">", 0.05)),
        ("100 * sum(rate(bad[5m])) / sum(rate(all[5m])) > 5", ratio(">", 0.05)),
        ("sum(rate(bad[5m])) * 100 / sum(rate(all[5m])) > 5", ratio(">", 0.05)),
        ("sum(rate(bad[5m])) / (sum(rate(all[5m])) / 100) > 5", ratio(">", 0.05)),
        ("5 * 4 * sum(rate(bad[5m])) / sum(rate(all[5m])) > 1", ratio(">", 0.05)),
        ("1 - sum(rate(good[5m])) / sum(rate(all[5m])) > 0.2", ratio("<", 0.8)),
        ("(1 - rate(good[5m]) / rate(all[5m])) * 100 > 20", ratio("<", 0.8)),
        ("-(rate(bad[5m]) / rate(all[5m])) < -0.05", ratio(">", 0.05)),
        ("rate(bad[5m]) / rate(all[5m]) + 1 > 1.05", ratio(">", 0.05)),
        ("rate(bad[5m]) / rate(all[5m]) / -2 < -0.05", ratio(">", 0.1)),
        ("sum(rate(bad[5m])) > 0.05 * sum(rate(all[5m]))", ratio(">", 0.05)),
        ("sum(rate(all[5m])) * 0.05 < sum(rate(bad[5m]))", ratio(">", 0.05)),
        ("sum(rate(bad[5m])) > sum(rate(all[5m])) / 20", ratio(">", 0.05)),
        ("increase(bad[5m]) / increase(all[5m]) > 0.05", ratio(">", 0.05)),
        ("(sum(rate(bad[5m])) or vector(0)) / sum(rate(all[5m])) > 0.05", ratio(">", 0.05)),
        ("rate(bad[5m]) / clamp_min(rate(all[5m]), 1) > 0.05", ratio(">", 0.05)),
        ("rate(seconds_sum[2m]) / rate(seconds_count[2m]) > 2", ratio(">", 2, minutes=2)),
        (
            'label_replace(rate(bad[5m]) / rate(all[5m]), "a", "b", "", "") > 0.05',
            ratio(">", 0.05),
        ),
    ],
)
def test_ratios_of_rates(expression: str, form: ExpressionForm) -> None:
    """However a ratio is written, its threshold is that of the bare ratio."""
    assert analyse(expression).form == form


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        (
            "histogram_quantile(0.95, sum by (le) (rate(seconds_bucket[2m]))) > 2",
            QuantileForm(">", 2, 0.95, 2 * MINUTE),
        ),
        (
            "histogram_quantile(0.5, rate(seconds[2m])) * 1000 > 2000",
            QuantileForm(">", 2, 0.5, 2 * MINUTE),
        ),
        ("sum(rate(orders[2m])) > 5", RateForm(">", 5, 2 * MINUTE)),
        ("rate(orders[2m]) * 60 > 300", RateForm(">", 5, 2 * MINUTE)),
        ("1 - avg(rate(idle[2m])) >= 0.75", RateForm("<=", 0.25, 2 * MINUTE)),
    ],
)
def test_quantiles_and_single_rates(expression: str, form: ExpressionForm) -> None:
    """Units and complements are undone."""
    assert analyse(expression).form == form


@pytest.mark.parametrize(
    "expression",
    [
        "vector(1)",
        "x",
        "absent(up)",
        "up == bool 0",
        "a > 5 and b > 3",
        "a > b",
        "x offset 5m > 3",
        "x @ end() > 3",
        "avg_over_time(x[5m]) > 3",
        "increase(x[5m]) > 3",
        "irate(x[5m]) > 3",
        "rate(x[5m] offset 5m) > 3",
        "rate(a[5m]) / rate(b[10m]) > 0.05",
        "rate(a[5m]) / increase(b[5m]) > 0.05",
        "rate(a[5m]) / b > 0.05",
        "rate(a[5m]) / (rate(b[5m]) + 1) > 0.05",
        "rate(a[5m]) + x > 3",
        "sum(rate(a[2m])) > 3 * sum(rate(a[10m] offset 5m))",
        "rate(a[5m]) > rate(b[5m])",
        "rate(a[5m]) > -2 * rate(b[5m])",
        "-1 * rate(a[5m]) / rate(b[5m]) < -0.05",
        "max_over_time(rate(a[5m])[1h:1m]) > 3",
        "histogram_quantile(scalar(q), rate(x[5m])) > 2",
        "histogram_quantile(0.9, x) > 2",
        "count(x > 5) > 3",
        "count(up) < 3",
        "2 / rate(x[5m]) > 3",
        "rate(x[5m]) ^ 2 > 3",
        "time() - x > 3",
        "deriv(x[5m]) > 3",
    ],
)
def test_all_else_is_general(expression: str) -> None:
    """What is not surely of a measured form gets the bounds that hold for any expression."""
    assert analyse(expression).form == GeneralForm()
