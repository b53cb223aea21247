"""Series of two vectors that can never find each other are found."""

import pytest

from scenarios.judge.fireability.vector_matching import find
from tests.scenarios.judge.fireability.subjects import alert, record, rules_alone, said


def found(expr: str, *records: dict[str, object]) -> list[tuple[str, str]]:
    return said(list(find(rules_alone(*records, alert("A", expr)))))


@pytest.mark.parametrize(
    ("expr", "label"),
    [
        ("(count(x) > 1) * on (instance) group_left (name) info", "instance"),
        ("sum by (job) (x) / y > 1", "instance"),
        ("x > vector(5)", "instance"),
        ('x{mode="a"} / x{mode="b"} > 1', "mode"),
        ("x and sum by (job) (y) > 1", "instance"),
        ("avg without (instance) (x) > on (instance) y", "instance"),
        ("sum by (pod) (x) / on (instance) sum by (pod, instance) (up) > 1", "instance"),
    ],
)
def test_a_label_that_one_side_lacks_or_holds_otherwise(expr: str, label: str) -> None:
    ((severity, text),) = found(expr)
    assert severity == "error"
    assert f"; keep {label} on both sides" in text


@pytest.mark.parametrize(
    "expr",
    [
        "x / y > 1",
        "sum by (job) (x) / sum by (job) (y) > 1",
        "sum by (job) (x) / on (job) group_right y > 1",
        "x / ignoring (instance) group_left sum by (job) (y) > 1",
        "x / scalar(sum(y)) > 1",
        'x{mode="a"} / ignoring (mode) x{mode="b"} > 1',
        "x or sum(y)",
        "sum by (pod) (x) / sum by (pod) (y) > 1",
        'label_replace(x, "instance", "$1", "host", "(.*)") * on (instance) y',
        "x and on () sum(y) > 1",
        "sum(x) > sum(y)",
        "x > on (node) group_left y",
        "job:x:sum / y > 1",
        'absent(x{job="a"}) and absent(y{job="a"})',
        'ALERTS{alertname="B"} and on (job) sum by (job) (y)',
    ],
)
def test_what_may_match_is_no_defect(expr: str) -> None:
    assert found(expr) == []


def test_what_a_recording_rule_drops_is_followed() -> None:
    ((severity, text),) = found("job:x:sum / y > 1", record("job:x:sum", "sum by (job) (x)"))
    assert severity == "error"
    assert "instance is never there on the left and always there on the right" in text


def test_an_unless_that_finds_nothing_takes_nothing_away() -> None:
    """The alert fires all the same, too often."""
    ((severity, _),) = found("x > 1 unless sum by (job) (y) > 1")
    assert severity == "warning"
