"""Ranges are held against the scrapes of the jobs that can expose the metric."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.judge.fireability.defect import Defect
from scenarios.judge.fireability.few_scrapes import find
from tests.scenarios.judge.fireability.subjects import (
    alert,
    configured,
    record,
    rules_alone,
    said,
)


def found(expr: str) -> list[Defect]:
    return list(find(configured(alert("A", expr))))


@pytest.mark.parametrize(
    "expr",
    [
        "rate(x_total[1m]) > 1",
        'rate(x_total{job="slow"}[4m]) > 1',
        "irate(x_total[30s]) > 1",
        "max_over_time(x[15s]) > 1",
        "x > 1",
        "rate(job:x:sum[1m]) > 1",
        'rate(ALERTS{alertname="B"}[1s]) > 0',
    ],
)
def test_enough_scrapes_are_no_defect(expr: str) -> None:
    assert found(expr) == []


def test_a_rate_over_a_single_scrape_can_never_be() -> None:
    ((severity, text),) = said(found("rate(x_total[15s]) > 1"))
    assert severity == "error"
    assert text == (
        "A: rate(x_total[15s]) looks back over 15s at scrapes every 15s: rate needs two samples in "
        "its range, and hardly ever gets that many; look back over 1m at least, or scrape more "
        "often"
    )


def test_in_one_branch_it_is_a_warning_as_the_other_may_fire() -> None:
    ((severity, _),) = said(found("rate(x_total[15s]) > 1 or x > 1"))
    assert severity == "warning"


def test_a_rate_over_two_scrapes_breaks_with_one_that_fails() -> None:
    ((severity, text),) = said(found("rate(x_total[30s]) > 1"))
    assert severity == "warning"
    assert "rate is steady from 4 scrapes" in text
    ((severity, text),) = said(found("rate(x_total[29s]) > 1"))
    assert severity == "error"
    assert "not always gets that many" in text


def test_the_job_that_the_selector_names_decides() -> None:
    """A minute is enough for the job scraped each 15 s, and one scrape of the slow one."""
    assert found('rate(x_total{job="api"}[1m]) > 1') == []
    ((severity, text),) = said(found('rate(x_total{job=~"slow|other"}[1m]) > 1'))
    assert severity == "error"
    assert "scrapes every 1m" in text


def test_one_sample_is_enough_for_a_maximum_but_is_not_always_there() -> None:
    ((severity, text),) = said(found("max_over_time(x[10s]) > 1"))
    assert severity == "warning"
    assert "needs one sample in its range, and not always gets that many" in text


def test_recorded_values_come_with_the_evaluation_of_their_group() -> None:
    rules = (record("job:x:sum", "sum by (job) (x)"), alert("A", "deriv(job:x:sum[1m]) > 1"))
    ((severity, text),) = said(list(find(configured(*rules, interval="1m"))))
    assert severity == "error"
    assert "values recorded every 1m" in text
    assert list(find(configured(*rules, interval="15s"))) == []


def test_an_alert_of_the_metric_s_name_records_nothing() -> None:
    rules = alert("x_total", "rate(x_total[1m]) > 1")
    assert list(find(configured(rules, interval="5m"))) == []


def test_the_line_is_that_of_the_call() -> None:
    text = "rate(x_total[1m]) > 1\nand\nrate(x_total[15s]) > 1\n"
    subject = configured(alert("A", text))
    (rule,) = subject.rules
    (defect,) = find(subject)
    assert defect.place.path == "rules.yml"
    assert defect.place.line == rule.expr.line_at(text.index("rate(x_total[15s]"))


def test_nothing_is_said_where_the_scrapes_are_not_known() -> None:
    assert list(find(rules_alone(alert("A", "rate(x_total[1s]) > 1")))) == []


@given(st.integers(1, 400))
def test_the_severity_follows_from_the_number_of_scrapes_alone(seconds: int) -> None:
    severities = [defect.severity for defect in found(f"rate(x_total[{seconds}s]) > 1")]
    expected = ["error"] if seconds < 30 else ["warning"] if seconds < 60 else []
    assert severities == expected
