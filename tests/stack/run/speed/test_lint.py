"""Findings carry file, line, rule and reason, follow recordings, and can be accepted."""

import pytest

from stack.run.speed import (
    SCALES_ANNOTATION,
    Cause,
    Finding,
    SpeedError,
    lint_rule_files,
    lint_rules,
)

RULES = """\
groups:
  - name: g
    rules:
      - alert: Restarts
        expr: |
          # more than a few
          sum(up) > 0
            and
          changes(process_start_time_seconds{job="api"}[15m]) > 2
            and changes(other[15m])  >  7
      - alert: Certificate
        expr: expires_seconds - time() < 86400
        annotations:
          summary: |
            Expires soon.
            {{ with query "up[5m]" }}{{ . | first | value }}{{ end }}
      - alert: Fine
        expr: up == 0
        annotations:
          summary: "{{ $labels.query }} {{ .query }} {{ \\"query\\" }} query {{/* query */}}"
"""


def test_each_finding_has_file_line_rule_what_and_why() -> None:
    """The line is that of the part that does not survive, inside a block of several lines."""
    assert [str(finding) for finding in lint_rules(RULES, "rules/api.yml")] == [
        "rules/api.yml:9: Restarts: a count over a window: "
        'changes(process_start_time_seconds{job="api"}[15m]) compared with 2: '
        "its window shrinks with the speed while the load stays, so it counts less",
        "rules/api.yml:10: Restarts: a count over a window: changes(other[15m]) compared with 7: "
        "its window shrinks with the speed while the load stays, so it counts less",
        "rules/api.yml:12: Certificate: the clock: time(): "
        "the clock, and every age and timestamp, goes by real seconds",
        "rules/api.yml:16: Certificate: a query in a template: summary: "
        "templates are not rewritten, so it keeps production's durations",
    ]


@pytest.mark.parametrize(
    "template",
    [
        '{{ query "up" }}',
        '{{ "up" | query | first | value }}',
        "{{with printf \"up{job='%s'}\" $labels.job | query}}{{end}}",
        "{{ query `up` | len }}",
        '{{ range (query "up") }}{{ . }}{{ end }}',
        '{{- $q := query "}}" -}}',
        'text {{ $value }} and {{ if gt 1.0 0.5 }}{{ query "x" | first }}{{ end }}',
    ],
)
def test_queries_in_templates_are_found_in_every_form(template: str) -> None:
    """As call, in a pipe, in brackets, in a block."""
    quoted = template.replace("'", "''")
    for key in ("annotations", "labels"):
        rule = f"  - alert: A\n    expr: x\n    {key}:\n      a: '{quoted}'\n"
        text = f"groups:\n- name: g\n  rules:\n{rule}"
        assert [(f.cause, f.line) for f in lint_rules(text, "r.yml")] == [(Cause.TEMPLATE_QUERY, 7)]


RECORDS = """\
groups:
  - name: records
    rules:
      - record: job:restarts:changes15m
        expr: sum by (job) (changes(started[15m]))
      - record: job:restarts:max
        expr: max_over_time(job:restarts:changes15m[1h:1m])
      - record: job:errors:rate5m
        expr: sum by (job) (rate(errors[5m]))
      - record: job:expires:seconds
        expr: expires - time()
      - record: unused:full
        expr: predict_linear(free[1h], 3600)
"""
ALERTS = """\
groups:
  - name: alerts
    rules:
      - {alert: Restarts, expr: 'job:restarts:changes15m > 3'}
      - {alert: RestartsBurst, expr: 'job:restarts:max > 3'}
      - {alert: RestartsShare, expr: 'job:restarts:changes15m / job:restarts:max > 0.5'}
      - {alert: Errors, expr: 'job:errors:rate5m > 3'}
      - {alert: ErrorsCounted, expr: 'job:errors:rate5m * 300 > 3'}
      - {alert: ByPattern, expr: '{__name__=~"job:restarts:.*"} > 3'}
      - {alert: Expires, expr: 'job:expires:seconds < 60'}
"""


def test_recording_rules_are_followed_across_files() -> None:
    """A recorded count, at one or two removes, is a count; a recorded rate is none."""
    findings = lint_rule_files({"alerts.yml": ALERTS, "records.yml": RECORDS})
    assert [(f.path, f.line, f.rule, f.cause) for f in findings] == [
        ("alerts.yml", 4, "Restarts", Cause.COUNT),
        ("alerts.yml", 5, "RestartsBurst", Cause.COUNT),
        ("alerts.yml", 8, "ErrorsCounted", Cause.COUNT),
        ("alerts.yml", 9, "ByPattern", Cause.COUNT),
        ("alerts.yml", 10, "Expires", Cause.CLOCK),
        ("records.yml", 11, "job:expires:seconds", Cause.CLOCK),
        ("records.yml", 13, "unused:full", Cause.PREDICTION),
    ]
    assert findings[4].what == (
        "the clock: time(), in the recording rule job:expires:seconds (records.yml:11)"
    )
    assert findings[0].what == "a count over a window: job:restarts:changes15m compared with 3"


def test_a_recording_rule_that_reads_itself_ends_the_search() -> None:
    """Two rules that record each other are no endless loop."""
    text = (
        "groups:\n- name: g\n  rules:\n"
        "  - {record: a, expr: 'b + 1'}\n"
        "  - {record: b, expr: 'a + increase(x[5m])'}\n"
        "  - {alert: C, expr: 'a > 1'}\n"
    )
    assert Cause.COUNT in {finding.cause for finding in lint_rules(text, "r.yml")}


def stating(rule: str, how: str) -> str:
    return rule.replace("'}", f"', annotations: {{{SCALES_ANNOTATION}: {how}}}}}")


def test_a_rule_that_states_how_it_scales_has_its_findings_accepted() -> None:
    """They are still listed, with what the rule says."""
    alert = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'increase(x[5m]) > 3'}\n"
    (plain,) = lint_rules(alert, "r.yml")
    (stated,) = lint_rules(stating(alert, "3 divided by the speed"), "r.yml")
    (empty,) = lint_rules(stating(alert, "''"), "r.yml")
    assert [plain.accepted, stated.accepted, empty.accepted] == [False, True, False]
    assert stated.scales == "3 divided by the speed"


def test_a_recording_rule_is_accepted_once_all_alerts_that_read_it_state_how_they_scale() -> None:
    """It can carry no annotation itself; without any alert nobody has answered for it."""
    record = "groups:\n- name: g\n  rules:\n  - {record: r, expr: 'predict_linear(x[1h], 60)'}\n"
    one = stating("  - {alert: A, expr: 'r < 0'}\n", "yes")
    other = "  - {alert: B, expr: 'r < 5'}\n"

    def accepted(text: str) -> dict[str, bool]:
        return {finding.rule: finding.accepted for finding in lint_rules(text, "r.yml")}

    assert accepted(record) == {"r": False}
    assert accepted(record + one) == {"r": True, "A": True}
    assert accepted(record + one + other) == {"r": False, "A": True, "B": False}
    assert accepted(record + one + stating(other, "also")) == {"r": True, "A": True, "B": True}


def test_findings_are_plain_values() -> None:
    """They can be compared, kept in sets and saved."""
    (finding,) = lint_rules(
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: time() - x > 5}\n", "r.yml"
    )
    assert finding == Finding(
        path="r.yml",
        line=4,
        rule="A",
        cause=Cause.CLOCK,
        what="the clock: time()",
        why="the clock, and every age and timestamp, goes by real seconds",
    )
    assert len({finding, finding}) == 1


def test_what_cannot_be_parsed_is_refused_with_file_and_line() -> None:
    """A rule that was not understood cannot be said to survive."""
    text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: rate(x[5m+1m]) > 1\n"
    with pytest.raises(SpeedError, match=r"^r.yml:5: expr of A: cannot be parsed as PromQL"):
        lint_rules(text, "r.yml")
