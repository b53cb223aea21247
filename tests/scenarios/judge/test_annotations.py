"""An unexpanded template is recognised in annotations and labels, and plain text is not."""

import pytest

from scenarios.judge.annotations import annotation_problems
from scenarios.judge.timeline import NotifiedAlert


def alert(summary: str, **labels: str) -> NotifiedAlert:
    return NotifiedAlert(labels, {"summary": summary}, "firing", 0.0, None, "f")


@pytest.mark.parametrize(
    "text",
    [
        "{{ $value }} wait",
        "wait }}",
        "<no value> wait",
        "<error expanding template: error executing template>",
        "%!f(string=many) wait",
        "%!(EXTRA int=3)",
        "%!v(PANIC=String method)",
    ],
)
def test_what_a_template_leaves_behind_is_wrong(text: str) -> None:
    (problem,) = annotation_problems(alert(text), {})
    assert "annotation summary with" in problem
    (problem,) = annotation_problems(alert("fine", team=text), {})
    assert "label team with" in problem


@pytest.mark.parametrize("text", ["", "95 % used!", "100%!", "100%! (again)", "{x}", "a < b > c"])
def test_plain_text_is_not(text: str) -> None:
    assert list(annotation_problems(alert(text, team=text), {})) == []


def test_every_expected_text_is_looked_for() -> None:
    found = list(annotation_problems(alert("many wait"), {"summary": "many", "runbook": "http"}))
    assert found == ["has no annotation runbook, expected one with 'http'"]
    assert list(annotation_problems(alert("many wait"), {"summary": "few"})) == [
        "has annotation summary without 'few': 'many wait'"
    ]
