"""An expectation as a person would say it."""

from scenarios.judge.expectation import Expectation, Fires, Heartbeat, Inhibited, Silent
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
            )
        case Inhibited():
            alert = _alert(expectation.alert, expectation.labels)
            return f"{alert} is inhibited by {expectation.by}"
        case Heartbeat():
            return (
                f"{_alert(expectation.alert, expectation.labels)} beats at {expectation.at} in "
                f"group {label_text(expectation.group)}"
            )
        case Silent():
            return f"{expectation.alert} stays silent"


def _alert(name: str, labels: Labels) -> str:
    return f"{name} {label_text(labels)}" if labels else name
