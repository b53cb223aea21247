"""Selectors that can take nothing, before there is anything to take."""

from typing import Any

import pytest

from scenarios.judge.fireability.selectors import find
from tests.scenarios.judge.fireability.subjects import (
    PROMETHEUS,
    alert,
    configured,
    record,
    rules_alone,
    said,
)


def found(expr: str, **changes: Any) -> list[tuple[str, str]]:
    prometheus = {**PROMETHEUS, **changes}
    return said(list(find(configured(alert("A", expr), prometheus=prometheus))))


@pytest.mark.parametrize(
    "expr",
    [
        'up{job="api"} == 0',
        'up{job=~"ap.*"} == 0',
        'up{job!="api"} == 0',
        'absent(up{job="no-such"})',
        "vector(1)",
        'x{a="b", a!="c"} > 1',
        'x{a=~"b|c", a!="c"} > 1',
        'x{a=~".+", a!~"b.*"} > 1',
    ],
)
def test_what_can_take_something_is_no_defect(expr: str) -> None:
    assert found(expr) == []


def test_a_job_that_is_not_scraped_with_the_nearest_names() -> None:
    ((severity, text),) = found('up{job="apis"} == 0')
    assert severity == "error"
    assert text == (
        'A selects up{job="apis"}: prometheus.yml scrapes no such job; did you mean api?'
    )


def test_in_one_branch_it_is_a_warning_as_the_other_may_fire() -> None:
    ((severity, _),) = found('up{job="apis"} == 0 or up{job="api"} == 0')
    assert severity == "warning"
    ((severity, _),) = found('up{job="api"} == 0 unless up{job="apis"} == 0')
    assert severity == "warning"
    ((severity, _),) = found('up{job="api"} == 0 and on () up{job="apis"} == 0')
    assert severity == "error"


@pytest.mark.parametrize(
    "job",
    [
        {"relabel_configs": [{"source_labels": ["x"], "target_label": "job"}]},
        {"metric_relabel_configs": [{"action": "labelmap", "regex": "exported_(.+)"}]},
        {"honor_labels": True},
        {"file_sd_configs": [{"files": ["targets.json"]}]},
        {"static_configs": [{"targets": ["a:1"], "labels": {"job": "apis"}}]},
    ],
)
def test_where_the_job_can_come_from_elsewhere_nothing_is_certain(job: dict[str, Any]) -> None:
    jobs = [*PROMETHEUS["scrape_configs"], {"job_name": "other", **job}]
    assert found('up{job="apis"} == 0', scrape_configs=jobs) == []


def test_relabelling_of_other_labels_changes_no_job() -> None:
    step = {"source_labels": ["x"], "target_label": "instance"}
    jobs = [*PROMETHEUS["scrape_configs"], {"job_name": "other", "relabel_configs": [step]}]
    assert len(found('up{job="apis"} == 0', scrape_configs=jobs)) == 1


@pytest.mark.parametrize(
    "matchers", ['a="b", a="c"', 'a="b", a!="b"', 'a=~"b|c", a="d"', 'a!~".*"', 'a="b", a!~".+"']
)
def test_matchers_that_exclude_each_other(matchers: str) -> None:
    ((severity, text),) = found(f"x{{{matchers}}} > 1")
    assert severity == "error"
    assert "no series satisfies that" in text


def test_a_recorded_name_that_nobody_records() -> None:
    ((severity, text),) = found("job:x:sum > 1")
    assert severity == "warning"
    assert "no loaded rule records it" in text
    both = rules_alone(record("job:x:sum", "sum by (job) (x)"), alert("A", "job:x:sum > 1"))
    assert list(find(both)) == []


def test_a_recorded_series_may_have_any_job() -> None:
    rules = (record("job:x:sum", "sum(x)", job="made-up"), alert("A", 'job:x:sum{job="made-up"}'))
    assert list(find(configured(*rules))) == []
