"""Checks of one expectation against the route: receiver, group, labels, annotations, resolves."""

from collections.abc import Iterator
from typing import Any, Literal

from scenarios.judge.expectation import Fires, Heartbeat, Repeats
from scenarios.judge.lookup import (
    ALERT_NAME,
    Labels,
    known_labels,
    label_text,
    plain_labels,
)
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Configuration, Rule
from stack.run.speed import analyse

Found = tuple[Literal["error", "warning"], str, str]


def routing_problems(
    configuration: Configuration, expectation: Fires | Heartbeat | Repeats, rule: Rule
) -> Iterator[Found]:
    """Why this alert could never arrive as expected."""
    yield from _labels(expectation, rule)
    wanted = {**expectation.group, **expectation.labels}
    labels = known_labels(configuration, rule, wanted)
    found = destinations(configuration.alertmanager, labels)
    at_receiver = [route for route in found if route.receiver == expectation.at]
    if not at_receiver:
        chosen = " and ".join(sorted({route.receiver for route in found}))
        yield (
            "error",
            f"the route sends {expectation.alert} {label_text(labels)} to {chosen}, not to "
            f"{expectation.at}",
            f"expect it at {chosen}, or change the route",
        )
        return
    problems = [list(_group(configuration, expectation, rule, route)) for route in at_receiver]
    yield from min(problems, key=len)
    if isinstance(expectation, Fires):
        yield from _annotations(expectation, rule)
        if expectation.resolves and not _sends_resolved(configuration, expectation.at):
            yield (
                "error",
                f"receiver {expectation.at} does not send resolves (send_resolved: false), and "
                f"{expectation.alert} is expected to resolve there",
                "let it send them, or say resolves=False",
            )


def _labels(expectation: Fires | Heartbeat | Repeats, rule: Rule) -> Iterator[Found]:
    for name, value in plain_labels(rule).items():
        expected = expectation.labels.get(name, value)
        if expected != value:
            yield (
                "error",
                f"the rule gives {expectation.alert} {label_text({name: value})}, expected "
                f"{label_text({name: expected})}",
                "correct the drill or the rule",
            )


def _group(
    configuration: Configuration,
    expectation: Fires | Heartbeat | Repeats,
    rule: Rule,
    route: Destination,
) -> Iterator[Found]:
    certain = known_labels(configuration, rule, {})
    for name, value in expectation.group.items():
        if route.group_by is not None and name not in route.group_by:
            yield (
                "error",
                f"the route to {expectation.at} groups by {', '.join(route.group_by) or 'nothing'}"
                f", not by {name}",
                f"leave {name} out of the group, or group by it",
            )
        elif name in certain and certain[name] != value:
            yield (
                "error",
                f"{expectation.alert} has {label_text({name: certain[name]})}, its group is "
                f"expected with {label_text({name: value})}",
                "correct the group",
            )
        elif name not in certain and not _can_carry(rule, name):
            yield (
                "error",
                f"{expectation.alert} never has a label {name}: neither its expression nor its "
                "rule gives it one",
                f"leave {name} out of the group",
            )
    for name in _certainly_grouped(route, certain):
        if name not in expectation.group:
            yield (
                "error",
                f"the route to {expectation.at} groups {expectation.alert} by {name} too",
                f"expect {label_text({name: certain[name]})} in its group",
            )


def _certainly_grouped(route: Destination, certain: Labels) -> list[str]:
    return [name for name in certain if route.group_by is None or name in route.group_by]


def _can_carry(rule: Rule, label: str) -> bool:
    if label == ALERT_NAME or label in rule.labels:
        return True
    labels = analyse(rule.expression).labels
    return labels is None or labels.can_carry(label)


def _annotations(expectation: Fires, rule: Rule) -> Iterator[Found]:
    for name in expectation.annotations:
        if name not in rule.annotations:
            yield (
                "error",
                f"the rule of {expectation.alert} has no annotation {name}",
                f"it has {', '.join(sorted(rule.annotations)) or 'none'}",
            )


def _sends_resolved(configuration: Configuration, receiver: str) -> bool:
    """Whether any integration of the receiver does; one that does not say is taken to."""
    integrations: list[Any] = [
        integration
        for known in configuration.alertmanager.get("receivers") or []
        if known["name"] == receiver
        for name, listed in known.items()
        if name.endswith("_configs")
        for integration in listed or []
    ]
    return not integrations or any(
        integration.get("send_resolved", True) for integration in integrations
    )
