"""An expectation as a person would say it."""

from scenarios.judge.expectation import (
    Expectation,
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.lookup import Labels, label_text

INDENT = "  "


def expectation_text(expectation: Expectation) -> str:
    """``ApiDown {instance="a"} fires at pager in group {service="api"}``, and the like."""
    match expectation:
        case Fires():
            together = " and ".join(expectation.together_with)
            return (
                f"{_alert(expectation.alert, expectation.labels)} fires at {expectation.at} in "
                f"group {label_text(expectation.group)}"
                f"{f', together with {together}' if together else ''}"
                f"{f', after {expectation.after}' if expectation.after else ''}"
            )
        case Inhibited():
            alert = _alert(expectation.alert, expectation.labels)
            return f"{alert} is inhibited by {expectation.by}"
        case Muted():
            alert = _alert(expectation.alert, expectation.labels)
            return f"{alert} is muted by {expectation.by!r}"
        case Lost():
            alert = _alert(expectation.alert, expectation.labels)
            return f"{alert} is lost, as {expectation.at} fails"
        case Heartbeat() | Repeats():
            does = "beats" if isinstance(expectation, Heartbeat) else "is repeated"
            return (
                f"{_alert(expectation.alert, expectation.labels)} {does} at {expectation.at} in "
                f"group {label_text(expectation.group)}"
            )
        case Silent():
            return f"{expectation.alert} stays silent"


def _alert(name: str, labels: Labels) -> str:
    return f"{name} {label_text(labels)}" if labels else name
