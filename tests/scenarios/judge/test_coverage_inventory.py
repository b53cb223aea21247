"""What there is to prove is named, and an alert is ascribed to the one rule that raised it."""

from dataclasses import replace
from typing import Any

from scenarios.judge.coverage_inventory import (
    RouteKey,
    RuleKey,
    alerting_rule,
    inventory_of,
    recordings_of,
)
from scenarios.judge.timeline import Configuration, Rule
from tests.scenarios.judge.score import ALERTMANAGER, CONFIGURATION, rule


def with_rules(*rules: Rule) -> Configuration:
    return replace(CONFIGURATION, rules=rules)


def with_alertmanager(**changes: Any) -> Configuration:
    return replace(CONFIGURATION, alertmanager={**ALERTMANAGER, **changes})


def raised(configuration: Configuration, **labels: str) -> dict[str, str] | None:
    """The labels of the rule that is found."""
    found = alerting_rule(configuration, {"alertname": "Full", **labels})
    return None if found is None else dict(found.labels)


WARNING = rule("Full", "disk > 0.8", severity="warning")
CRITICAL = rule("Full", "disk > 0.9", severity="critical")


def test_the_only_rule_of_a_name_raised_it_whatever_relabelling_made_of_its_labels() -> None:
    configuration = with_rules(WARNING, rule("Other", "x > 1"))
    assert raised(configuration, severity="warn") == {"severity": "warning"}
    assert alerting_rule(configuration, {"alertname": "Unknown"}) is None


def test_of_several_rules_of_a_name_the_labels_decide() -> None:
    configuration = with_rules(WARNING, CRITICAL)
    assert raised(configuration, severity="critical") == {"severity": "critical"}
    assert raised(configuration, severity="warning", host="a") == {"severity": "warning"}
    assert raised(configuration, severity="info") is None


def test_of_several_that_fit_the_one_that_sets_the_most_raised_it() -> None:
    gold = rule("Full", "disk > 0.8", severity="warning", tier="gold")
    for configuration in (with_rules(WARNING, gold), with_rules(gold, WARNING)):
        both = {"severity": "warning", "tier": "gold"}
        assert raised(configuration, **both) == both
        assert raised(configuration, severity="warning") == {"severity": "warning"}


def test_of_rules_that_set_the_same_labels_none_is_chosen() -> None:
    assert raised(with_rules(WARNING, WARNING), severity="warning") is None


def test_a_label_of_a_template_may_have_any_value() -> None:
    by_host = rule("Full", "disk > 0.9", severity="{{ $labels.level }}", kind="host")
    configuration = with_rules(by_host, WARNING)
    found = raised(configuration, severity="page", kind="host")
    assert found == {"severity": "{{ $labels.level }}", "kind": "host"}


def test_a_recording_rule_raises_nothing() -> None:
    recording = replace(WARNING, kind="recording")
    assert alerting_rule(with_rules(recording), {"alertname": "Full"}) is None


def test_rules_are_named_by_file_group_name_and_labels() -> None:
    recording = replace(rule("job:x:rate", "rate(x[1m])"), kind="recording", labels={})
    inventory = inventory_of(with_rules(WARNING, CRITICAL, WARNING, recording))
    assert inventory.alerts == (
        RuleKey("Full", "rules.yml", "rules", (("severity", "warning"),)),
        RuleKey("Full", "rules.yml", "rules", (("severity", "critical"),)),
    )
    assert inventory.recordings == (RuleKey("job:x:rate", "rules.yml", "rules"),)
    assert inventory.gradual == set(inventory.alerts)


def test_routes_are_named_by_the_path_of_their_matchers_as_in_a_group_key() -> None:
    route = {
        "receiver": "chat",
        "group_by": ["service", "alertname"],
        "routes": [
            {
                "matchers": ['team=~"api|web"', 'severity!="none"'],
                "routes": [{"match": {"alertname": 'a "b"'}, "group_by": ["..."]}],
            },
            {"receiver": "pager", "matchers": ["x=y"]},
        ],
    }
    above = '{}/{severity!="none",team=~"api|web"}'
    assert inventory_of(with_alertmanager(route=route)).routes == (
        RouteKey("{}", "chat", ("alertname", "service")),
        RouteKey(above, "chat", ("alertname", "service")),
        RouteKey(above + r'/{alertname="a \"b\""}', "chat", None),
        RouteKey('{}/{x="y"}', "pager", ("alertname", "service")),
    )


def test_a_name_that_is_no_plain_word_is_quoted_in_a_path() -> None:
    route = {"receiver": "chat", "routes": [{"matchers": ['"a b"=c']}]}
    (_, child) = inventory_of(with_alertmanager(route=route)).routes
    assert child.path == '{}/{"a b"="c"}'


def test_inhibitions_are_told_with_what_must_be_equal() -> None:
    rules = [
        {"source_match": {"a": "b"}, "target_match_re": {"c": "d.*"}, "equal": ["y", "x"]},
        {"source_matchers": ["a=b"], "target_matchers": []},
        {"sources": [{"matchers": ["a=b"], "equal": ["x"]}, {"matchers": ["c=d"]}]},
    ]
    assert inventory_of(with_alertmanager(inhibit_rules=rules)).inhibitions == (
        'a="b" (equal x, y) mutes c=~"d.*"',
        'a="b" mutes any alert',
        'a="b" (equal x) and c="d" mutes any alert',
    )


def test_recording_rules_that_read_each_other_are_found_once() -> None:
    first = replace(rule("one", "two + x"), kind="recording")
    second = replace(rule("two", "one + y"), kind="recording")
    other = replace(rule("three", "z"), kind="recording")
    alert = rule("High", "one > 5")
    configuration = with_rules(alert, first, second, other)
    assert [key.name for key in recordings_of(configuration, alert)] == ["one", "two"]
