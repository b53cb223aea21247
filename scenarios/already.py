"""What fires before a drill has begun, of which nobody could say what the drill has proven."""

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.judge.expectation import Heartbeat
from scenarios.judge.timeline import Declaration
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.stack import StackError


def refuse_what_fires_already(
    prometheus: Prometheus, alertmanager: Alertmanager, declaration: Declaration
) -> None:
    """Raises StackError that names every alert that fires, and that the drill does not allow."""
    allowed = {allowed.alert for allowed in declaration.allows}
    allowed |= {e.alert for e in declaration.expects if isinstance(e, Heartbeat)}
    try:
        firing = [alert for alert in prometheus.alerts() if alert["state"] == "firing"]
        held = [alert for alert in alertmanager.alerts() if alert["status"]["state"] == "active"]
    except ReadError as error:
        raise StackError(f"what fires already cannot be read: {error}") from error
    found = dict(_told(firing, "Prometheus", "activeAt", allowed))
    found = {**dict(_told(held, "Alertmanager", "startsAt", allowed)), **found}
    if found:
        raise StackError(
            f"before anything was caused there {'fire' if len(found) > 1 else 'fires'} already: "
            + "; ".join(found.values())
            + ". Beside that nothing can be proven: end its cause, or, where it may fire as it "
            'likes, let the drill say so: allows=[Allowed(ALERT, RECEIVER, "WHY")]'
        )


def _told(
    alerts: list[dict[str, Any]], where: str, since: str, allowed: set[str]
) -> Iterator[tuple[str, str]]:
    """By name, which alert it is; several of one name are told by the first and their number."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for alert in alerts:
        name = str(alert["labels"].get("alertname", ""))
        if name not in allowed:
            by_name.setdefault(name, []).append(alert)
    for name, same in by_name.items():
        labels = ", ".join(
            f'{label}="{value}"'
            for label, value in sorted(same[0]["labels"].items())
            if label != "alertname"
        )
        more = f" and {len(same) - 1} more of that name" if len(same) > 1 else ""
        yield name, f"{name} {{{labels}}} at {where}, since {same[0][since]}{more}"
