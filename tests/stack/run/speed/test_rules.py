"""Rule files keep everything but their durations, and what is wrong is told with file and line."""

import difflib
import json
import textwrap

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.run.speed import SpeedError, compress_rules, read_rules

RULES = """\
# Payments, as the team has them. [5m]
groups:
  - name: payments   # evaluated every minute
    interval: 1m
    query_offset: 30s
    limit: 10
    labels: {layer: business}
    rules:
      - record: method:payments_failed:rate5m
        expr: sum by (method) (rate(payments_failed_total[5m]))

      - alert: PaymentsFail
        expr: |
          # failures of all payments, over [5m]
          method:payments_failed:rate5m
            / sum by (method) (rate(payments_total{route!="/health[5m]"}[5m]))
            > 0.05
        for: 10m
        keep_firing_for: "5m"
        labels:
          severity: critical
        annotations:
          summary: "for 10m, {{ $value | humanizePercentage }} of {{ $labels.method }} [5m]"

      - alert: OrdersSurge
        expr: >-
          sum(rate(orders_created_total[2m]))
          > 3 * sum(rate(orders_created_total[10m]
          offset 5m))
        for: 0s
"""


def changed_lines(text: str, speed: float) -> list[str]:
    lines = difflib.ndiff(text.splitlines(), compress_rules(text, "rules.yml", speed).splitlines())
    return [line[2:].strip() for line in lines if line.startswith("+ ")]


def rule(expr: str, /, **keys: str) -> str:
    """A rule file of one alert, whose expression stands in line 5."""
    more = "".join(f"\n    {key}: {value}" for key, value in keys.items())
    return f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expr}{more}\n"


def test_divides_every_duration_and_keeps_comments_and_lines() -> None:
    """Twenty times faster, only these lines differ."""
    assert changed_lines(RULES, 20) == [
        "interval: 3s",
        "query_offset: 1s500ms",
        "expr: sum by (method) (rate(payments_failed_total[15s]))",
        '/ sum by (method) (rate(payments_total{route!="/health[5m]"}[15s]))',
        "for: 30s",
        'keep_firing_for: "15s"',
        "sum(rate(orders_created_total[6s]))",
        "> 3 * sum(rate(orders_created_total[30s]",
        "offset 15s))",
    ]


def test_at_speed_one_the_text_is_untouched() -> None:
    """Production's files are used as they are, whatever is in them."""
    assert compress_rules(RULES, "rules.yml", 1) == RULES
    assert compress_rules("not even rules: [", "rules.yml", 1.0) == "not even rules: ["


def test_all_that_is_no_duration_means_the_same() -> None:
    """Read by YAML, the two files differ in those values alone."""
    before, after = yaml.safe_load(RULES), yaml.safe_load(compress_rules(RULES, "r.yml", 20))
    for group in (before["groups"][0], after["groups"][0]):
        for key in ("interval", "query_offset"):
            del group[key]
        for each in group["rules"]:
            for key in ("for", "keep_firing_for", "expr"):
                each.pop(key, None)
    assert before == after


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "groups:\n", "groups: []\n"])
def test_a_file_without_rules_stays_as_it_is(text: str) -> None:
    """An empty file is a rule file too."""
    assert compress_rules(text, "rules.yml", 20) == text


@pytest.mark.parametrize(
    ("expr", "divided"),
    [
        ('rate(x{a="5m"}[5m]) > 1', 'rate(x{a="5m"}[15s]) > 1'),
        ("'rate(x{a=''[5m]''}[5m]) > 1'", "'rate(x{a=''[5m]''}[15s]) > 1'"),
        ("'rate(x[5m]) > 1'", "'rate(x[15s]) > 1'"),
        (r'"rate(x{a=\"[5m]\"}[5m]) > 1"', r'"rate(x{a=\"[5m]\"}[15s]) > 1"'),
        ("&e rate(x[5m]) > 1", "&e rate(x[15s]) > 1"),
        ('!!str "rate(x[5m]) > 1"', '!!str "rate(x[15s]) > 1"'),
        ('&e "rate(x{a=\\"é\\"}[5m])"', '&e "rate(x{a=\\"é\\"}[15s])"'),
        (
            '"rate(x{a=\\"\\x41\\u00e9\\U0001F600\\"}\\n\\t[5m]\\\n      )\\x20> 1"',
            '"rate(x{a=\\"\\x41\\u00e9\\U0001F600\\"}\\n\\t[15s]\\\n      )\\x20> 1"',
        ),
        ("rate(x[5m])\n      > 1", "rate(x[15s])\n      > 1"),
        ("|2-\n\n        rate(x[5m])\n\n       > 1", "|2-\n\n        rate(x[15s])\n\n       > 1"),
        (
            ">+\n      rate(x[5m]\n\n      offset 5m)\n",
            ">+\n      rate(x[15s]\n\n      offset 15s)\n",
        ),
        ("rate(x[5m]) # per second [5m]", "rate(x[15s]) # per second [5m]"),
    ],
)
def test_every_style_of_yaml_is_edited_in_place(expr: str, divided: str) -> None:
    """Plain, quoted, literal and folded, with anchors, tags, comments and blank lines."""
    assert compress_rules(rule(expr), "rules.yml", 20) == rule(divided)


EXPRESSION_LINES = st.lists(
    st.sampled_from(
        ['+ sum(rate(x{a="[5m]"}[5m]))', "+ rate(x[1h:1m])", "+ x{a='é[5m]'} offset 5m", "+ 5m"]
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(EXPRESSION_LINES, st.sampled_from(["literal", "folded", "double", "single"]))
def test_an_expression_is_divided_the_same_in_every_style(lines: list[str], style: str) -> None:
    """What YAML reads from the edited file is the divided expression, whatever the style."""
    lines[0] = lines[0].removeprefix("+ ")
    body = textwrap.indent("\n".join(lines), " " * 6)
    spelled = {
        "literal": f"|\n{body}",
        "folded": f">-\n{body}",
        "double": json.dumps("\n".join(lines), ensure_ascii=False),
        "single": "'" + " ".join(lines).replace("'", "''") + "'",
    }[style]
    divided = compress_rules(rule(spelled), "rules.yml", 20)
    before, after = (
        yaml.safe_load(text)["groups"][0]["rules"][0]["expr"] for text in (rule(spelled), divided)
    )
    assert after == (
        before.replace("}[5m]", "}[15s]")
        .replace("offset 5m", "offset 15s")
        # The only subquery there is.
        .replace("[1h:1m]", "[3m:3s]")
    )


def test_anchors_and_merged_rules_are_divided_once() -> None:
    """A duration that two rules share stands once in the file and is divided once."""
    text = (
        "groups:\n- name: g\n  rules:\n"
        "  - &first {alert: A, expr: x > 1, for: &wait 5m}\n"
        "  - {<<: *first, alert: B}\n"
        "  - {alert: C, expr: y > 1, for: *wait}\n"
    )
    assert compress_rules(text, "rules.yml", 20) == text.replace("5m", "15s")


def test_an_anchor_that_is_no_duration_elsewhere_is_refused() -> None:
    """Dividing it would change the other place too."""
    text = rule("x > 1", **{"for": "&f 5m", "annotations": "{waited: *f}"})
    with pytest.raises(
        SpeedError, match=r"r.yml:6: waited: one YAML anchor .* write the value out"
    ):
        compress_rules(text, "r.yml", 20)


def test_windows_line_ends_and_a_byte_order_mark_are_taken() -> None:
    """Files from Windows are divided like others."""
    text = rule("|\n      rate(x[5m])", **{"for": "5m"}).replace("\n", "\r\n")
    divided = compress_rules("\ufeff" + text, "rules.yml", 20)
    assert divided == text.replace("5m", "15s")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (rule("x["), "r.yml:5: expr of A: cannot be parsed as PromQL: a range is not closed"),
        (rule("|\n\n      sum(x\n       + 5"), "r.yml:7: expr of A: cannot be parsed as PromQL"),
        (rule("rate(x[5m+1m])"), "r.yml:5: expr of A: cannot be parsed as PromQL: unexpected"),
        (rule("x", **{"for": "5x"}), "r.yml:6: for of A: '5x' is not a duration"),
        (rule("x", fro="5m"), "r.yml:6: fro: .* no such key; did you mean 'for'"),
        (rule("x", record="a:b"), "r.yml:4: a rule of group g has both 'alert' and 'record'"),
        (rule("[x]"), "r.yml:5: expr: a single value belongs here"),
        (rule("x", expr="y"), "r.yml:6: expr: this key stands twice"),
        (rule("x").replace("- alert: A\n    ", "- "), "r.yml:4: .* neither 'alert' nor 'record'"),
        (rule("").replace("expr", "for"), "r.yml:4: rule A has no 'expr'"),
        (rule("x").replace("name: g\n  ", ""), "r.yml:2: a rule group has no 'name'"),
        (rule("x").replace("alert", "record") + "    for: 5m\n", "r.yml:6: for: .* no such key"),
        ("groups:\n\t- name: g\n", "r.yml:2: not YAML: .* cannot start any token"),
        ("groups: {}\n", "r.yml:1: groups: a list belongs here"),
        ("groups: []\n---\ngroups: []\n", "r.yml:2: not YAML: .* another document"),
        ("- a\n", "r.yml:1: a mapping of keys and values belongs here"),
        ("groups:\n- name: g\n  interval: 1 m\n", "r.yml:3: interval of group g: '1 m' is not"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_line(text: str, error: str) -> None:
    """YAML, structure, durations and PromQL alike: file, line, key, what, and what to do."""
    with pytest.raises(SpeedError) as refused:
        compress_rules(text, "r.yml", 20)
    assert refused.match(error)
    assert str(refused.value).startswith("r.yml:")


def test_a_speed_that_bends_the_rules_is_refused_with_file_line_and_key() -> None:
    """The range of one second is the one that does not divide by 300."""
    text = rule("rate(x[1s]) > 1", **{"for": "5m"})
    with pytest.raises(SpeedError, match=r"^r.yml:5: range in expr of A: at speed 300, 1s is 3\.3"):
        compress_rules(text, "r.yml", 300)


def test_rules_are_read_with_their_lines_and_durations() -> None:
    """What the checks and the lints work on."""
    file = read_rules(RULES, "rules.yml")
    assert [(r.kind, r.name, r.group, r.line) for r in file.rules] == [
        ("record", "method:payments_failed:rate5m", "payments", 9),
        ("alert", "PaymentsFail", "payments", 12),
        ("alert", "OrdersSurge", "payments", 25),
    ]
    durations = [(str(d.place), d.milliseconds) for d in file.durations()]
    assert durations == [
        ("rules.yml:4: interval of group payments", 60_000),
        ("rules.yml:5: query_offset of group payments", 30_000),
        ("rules.yml:10: range in expr of method:payments_failed:rate5m", 300_000),
        ("rules.yml:18: for of PaymentsFail", 600_000),
        ("rules.yml:19: keep_firing_for of PaymentsFail", 300_000),
        ("rules.yml:16: range in expr of PaymentsFail", 300_000),
        ("rules.yml:30: for of OrdersSurge", 0),
        ("rules.yml:27: range in expr of OrdersSurge", 120_000),
        ("rules.yml:28: range in expr of OrdersSurge", 600_000),
        ("rules.yml:29: offset in expr of OrdersSurge", 300_000),
    ]
