"""Templates that show labels which are not there."""

import pytest

from scenarios.judge.fireability.shown_labels import find
from scenarios.judge.fireability.templates import shown_labels
from tests.scenarios.judge.fireability.subjects import alert, configured, said


def found(expr: str, summary: str, **labels: str) -> list[tuple[str, str]]:
    rule = alert("A", expr, labels=labels, annotations={"summary": summary})
    return said(list(find(configured(rule))))


@pytest.mark.parametrize(
    ("expr", "summary"),
    [
        ("x > 1", "{{ $labels.anything }}"),
        ("sum by (job) (x) > 1", "{{ $labels.job }}"),
        ("max by (le) (rate(b[5m])) > 1", "{{ $labels.le }}"),
        ("sum(x) > 1", "no label"),
        ("sum(x) > 1", "$labels.job in no action"),
        ("sum(x) > 1", "{{ if $labels.job }}{{ $labels.job }}{{ end }}"),
        ("sum(x) > 1", '{{ "$labels" }}'),
        ("sum(x) > 1", "{{ range query `up` }}{{ .Labels.job }}{{ end }}"),
        ('absent(up{job="api"})', "{{ $labels.job }}"),
        ("sum by (job) (x) * on (job) group_left (team) y", "{{ $labels.team }}"),
        ('count_values("version", x) > 1', "{{ $labels.version }}"),
        ('label_replace(sum(x), "job", "a", "", "") > 1', "{{ $labels.job }}"),
    ],
)
def test_what_may_be_there_is_no_defect(expr: str, summary: str) -> None:
    assert found(expr, summary) == []


@pytest.mark.parametrize(
    ("expr", "summary"),
    [
        ("sum(x) > 1", "{{ $labels.job }}"),
        ("sum(x) > 1", "{{ .Labels.job }}"),
        ("sum(x) > 1", '{{ index $labels "job" }}'),
        ("sum(x) > 1", "{{ $labels.job | toUpper }}"),
        ("sum without (job) (x) > 1", "{{- $labels.job -}}"),
        ("sum by (instance) (x) > 1", "{{ $labels.job }}"),
        ('absent(up{instance="a"})', "{{ $labels.job }}"),
        ("x / on (instance) y > 1", "{{ $labels.job }}"),
        ("histogram_quantile(0.9, sum by (le) (rate(b[5m]))) > 1", "{{ $labels.job }}"),
    ],
)
def test_a_label_that_the_result_never_has(expr: str, summary: str) -> None:
    ((severity, text),) = found(expr, summary)
    assert severity == "warning"
    assert "annotation summary shows $labels.job: the expression's result never has it" in text


@pytest.mark.parametrize("label", ["severity", "alertname"])
def test_labels_of_the_rule_are_not_among_labels(label: str) -> None:
    ((_, text),) = found("sum(x) > 1", f"{{{{ $labels.{label} }}}}", severity="critical")
    assert "not those of the rule" in text


def test_external_labels_have_a_name_of_their_own() -> None:
    ((_, text),) = found("sum(x) > 1", "{{ $labels.cluster }}")
    assert "write $externalLabels.cluster" in text


def test_the_quantile_s_bucket_label_is_gone() -> None:
    ((_, text),) = found("histogram_quantile(0.9, rate(b[5m])) > 1", "{{ $labels.le }}")
    assert "shows $labels.le" in text


def test_a_template_may_call_something_else_labels() -> None:
    assert list(shown_labels("{{ $labels := .Other }}{{ $labels.job }}")) == []
