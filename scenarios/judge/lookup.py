"""Looks up, in a configuration, an alert's rule, the labels it arrives with, and its route."""

from collections.abc import Mapping

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.expectation import Fires, Heartbeat, Repeats
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Configuration, Rule

Labels = Mapping[str, str]
ALERT_NAME = "alertname"


def includes(labels: Labels, wanted: Labels) -> bool:
    """Whether the labels hold all that are wanted."""
    return all(labels.get(name) == value for name, value in wanted.items())


def identity(labels: Labels) -> frozenset[tuple[str, str]]:
    """Labels as a value that can be compared and counted."""
    return frozenset(labels.items())


def notified_labels(configuration: Configuration, labels: Labels) -> dict[str, str]:
    """The labels Alertmanager is given: external labels where the alert has none of that name."""
    return {**configuration.external_labels, **labels}


def rule_of(configuration: Configuration, alert: str, labels: Labels) -> Rule | None:
    """The alerting rule of that name; of several, the one whose labels contradict none of these."""
    named = [rule for rule in configuration.rules if rule.kind == "alerting" and rule.name == alert]
    fitting = [
        rule
        for rule in named
        if all(labels.get(name, value) == value for name, value in plain_labels(rule).items())
    ]
    return next(iter(fitting or named), None)


def plain_labels(rule: Rule) -> dict[str, str]:
    """The labels a rule sets to a text of its own, not to a template."""
    return {name: value for name, value in rule.labels.items() if "{{" not in value}


def known_labels(configuration: Configuration, rule: Rule, wanted: Labels) -> dict[str, str]:
    """What is known beforehand of the labels with which a rule's alert reaches Alertmanager."""
    return notified_labels(configuration, {**wanted, **plain_labels(rule), ALERT_NAME: rule.name})


def destination_of(
    configuration: Configuration, labels: Labels, receiver: str, group: Labels
) -> Destination:
    """The route by which an alert reaches this receiver in this group; else the nearest to it."""
    found = destinations(configuration.alertmanager, labels)
    if not found:
        raise ConfigurationError(
            f"Alertmanager's route takes no alert with {label_text(labels)}; "
            "its root must have no matchers"
        )
    at_receiver = [route for route in found if route.receiver == receiver]
    in_group = [route for route in at_receiver if dict(route.group_labels) == dict(group)]
    return (*in_group, *at_receiver, *found)[0]


def expected_route(
    configuration: Configuration, expectation: Fires | Heartbeat | Repeats, rule: Rule
) -> Destination:
    """The route by which an expectation's alert is to arrive, as far as its labels are known."""
    labels = known_labels(configuration, rule, {**expectation.group, **expectation.labels})
    return destination_of(configuration, labels, expectation.at, expectation.group)


def label_text(labels: Labels) -> str:
    """``{service="api"}``, in the order of the names."""
    inside = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{{inside}}}"
