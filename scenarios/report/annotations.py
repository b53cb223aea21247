"""What a drill did, as annotations of a dashboard: a region for each fault, a mark for each
notification."""

import html
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scenarios.judge.timeline import Arrival, Declaration, FaultRecord, Timeline
from stack.grafana.marks import FAULT_TAGS, HEARTBEAT_TAGS, NOTIFICATION_TAGS

NEAR_MISS_TAG = "near miss"


@dataclass(frozen=True)
class Annotation:
    """One annotation; times in unix milliseconds. A mark has no end, a region has.

    ``text`` is HTML, as Grafana shows it.
    """

    time: int
    time_end: int | None
    tags: tuple[str, ...]
    text: str


def annotations(timeline: Timeline) -> tuple[Annotation, ...]:
    """Those of one drill, in the order of their times."""
    drill = timeline.declaration
    return tuple(
        sorted(
            (
                *(_of_fault(fault, drill, timeline.clock.ended) for fault in timeline.faults),
                *(_of_notification(arrival, drill) for arrival in timeline.arrivals),
            ),
            key=lambda annotation: annotation.time,
        )
    )


def _of_fault(fault: FaultRecord, drill: Declaration, drill_ended: float) -> Annotation:
    """From inject to heal; to the end of the drill where it was not healed before."""
    seen = "its effect was never seen" if fault.confirmed is None else fault.observed
    parts = (
        f"{fault.fault}{_listed(fault.wanted)}",
        f"near miss of {drill.near_misses.get(fault.name)}" if fault.near_miss else "fault",
        seen,
        f"gone before it was healed: {fault.lost}" if fault.lost else "",
        f"drill {drill.name}",
        f"step {fault.name}",
    )
    healed = fault.healed if fault.healed is not None else drill_ended
    tags = (*FAULT_TAGS, *([NEAR_MISS_TAG] * fault.near_miss), fault.fault, f"drill:{drill.name}")
    return Annotation(
        _milliseconds(fault.injecting),
        _milliseconds(healed),
        tags,
        _as_html("; ".join(filter(None, parts))),
    )


def _of_notification(arrival: Arrival, drill: Declaration) -> Annotation:
    alerts = Counter(
        f"{alert.labels.get('alertname', 'an alert without a name')} {alert.status}"
        for alert in arrival.alerts
    )
    told = ", ".join(name + (f" ({times})" if times > 1 else "") for name, times in alerts.items())
    text = f"{arrival.receiver}: {told}; group{_listed(arrival.group_labels)}; drill {drill.name}"
    is_heartbeat = all(alert.labels.get("severity") == "none" for alert in arrival.alerts)
    tags = (
        *(HEARTBEAT_TAGS if is_heartbeat else NOTIFICATION_TAGS),
        arrival.status,
        f"receiver:{arrival.receiver}",
        f"drill:{drill.name}",
    )
    return Annotation(_milliseconds(arrival.at), None, tags, _as_html(text))


def _listed(values: Mapping[str, float | str]) -> str:
    """Names and values in brackets, with a blank before; nothing where there are none."""
    return f" ({', '.join(_shown(values))})" if values else ""


def _shown(values: Mapping[str, float | str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} {value if isinstance(value, str) else f'{value:.10g}'}"


def _as_html(text: str) -> str:
    return html.escape(text, quote=False)


def _milliseconds(unix_seconds: float) -> int:
    return round(unix_seconds * 1000)
