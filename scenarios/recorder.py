"""Records what Prometheus shows while a drill runs, and reads its series back at the end."""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from scenarios.judge.timeline import AlertSamples, AlertState, GroupEvaluations, ScrapeSamples
from stack.observe.prometheus import Prometheus, ReadError, Series, unix_seconds

# The ALERTS series carries these beside the alert's own labels.
ALERT_STATE = "alertstate"
METRIC_NAME = "__name__"
State = Literal["pending", "firing"]
Key = tuple[frozenset[tuple[str, str]], State, float]


class AlertRecorder:
    """Polls the alerts API in a thread of its own; ``now`` is what the last poll showed."""

    def __init__(self, url: str, every_seconds: float) -> None:
        self._prometheus = Prometheus(url)
        self._every_seconds = every_seconds
        self._lock = threading.Lock()
        self._states: dict[Key, AlertState] = {}
        self._current: tuple[AlertState, ...] = ()
        self._failed_polls: list[tuple[float, str]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert recorder", daemon=True)
        self._thread.start()

    def now(self) -> tuple[AlertState, ...]:
        """The alerts, pending or firing, that the last successful poll showed."""
        with self._lock:
            return self._current

    def states(self) -> tuple[AlertState, ...]:
        """Every state seen, in the order in which it was first seen."""
        with self._lock:
            return tuple(sorted(self._states.values(), key=lambda state: state.first_seen))

    def failed_polls(self) -> list[tuple[float, str]]:
        with self._lock:
            return list(self._failed_polls)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_seconds):
            at = time.time()
            try:
                alerts = self._prometheus.alerts()
            except ReadError as error:
                with self._lock:
                    self._failed_polls.append((at, str(error)))
                continue
            with self._lock:
                self._current = tuple(self._note(alert, at) for alert in alerts)

    def _note(self, alert: Mapping[str, Any], at: float) -> AlertState:
        active_at = unix_seconds(alert["activeAt"])
        key: Key = (frozenset(alert["labels"].items()), alert["state"], active_at)
        known = self._states.get(key)
        state = AlertState(
            labels=alert["labels"],
            annotations=alert["annotations"],
            state=alert["state"],
            active_at=active_at,
            first_seen=known.first_seen if known is not None else at,
            last_seen=at,
        )
        self._states[key] = state
        return state


def read_alert_samples(prometheus: Prometheus, span_seconds: float) -> tuple[AlertSamples, ...]:
    """The ALERTS series of the last ``span_seconds``: a sample for each evaluation."""
    return tuple(
        AlertSamples(
            labels={
                name: value
                for name, value in series.labels.items()
                if name not in (METRIC_NAME, ALERT_STATE)
            },
            state="firing" if series.labels[ALERT_STATE] == "firing" else "pending",
            times=tuple(time for time, _ in series.samples),
        )
        for series in raw(prometheus, "ALERTS", span_seconds)
    )


def read_scrapes(prometheus: Prometheus, span_seconds: float) -> tuple[ScrapeSamples, ...]:
    """The ``up`` series of the last ``span_seconds``: a sample for each attempted scrape."""
    return tuple(
        ScrapeSamples(
            job=series.labels.get("job", ""),
            instance=series.labels.get("instance", ""),
            times=tuple(time for time, _ in series.samples),
            up=tuple(int(value) for _, value in series.samples),
        )
        for series in raw(prometheus, "up", span_seconds)
    )


def read_evaluations(prometheus: Prometheus, span_seconds: float) -> tuple[GroupEvaluations, ...]:
    """Evaluations of each rule group in the last ``span_seconds``, from Prometheus' own metrics."""
    intervals = {
        f"{group['file']};{group['name']}": float(group["interval"])
        for group in prometheus.rule_groups()
    }
    counted = {
        series.labels["rule_group"]: series.samples
        for series in raw(prometheus, "prometheus_rule_group_iterations_missed_total", span_seconds)
    }
    last = {
        series.labels["rule_group"]: tuple(sorted({value for _, value in series.samples}))
        for series in raw(
            prometheus, "prometheus_rule_group_last_evaluation_timestamp_seconds", span_seconds
        )
    }
    return tuple(
        GroupEvaluations(
            group=key.rpartition(";")[2],
            interval_seconds=interval,
            missed=round(sum(increases(counted.get(key, ())))),
            missed_seen=tuple(
                at
                for (at, _), increase in zip(
                    counted.get(key, ())[1:], increases(counted.get(key, ())), strict=True
                )
                if increase > 0
            ),
            times=last.get(key, ()),
        )
        for key, interval in intervals.items()
    )


def increases(samples: Sequence[tuple[float, float]]) -> list[float]:
    """How much a counter grew from each sample to the next, from 0 where it was restarted."""
    return [
        after - before if after >= before else after
        for (_, before), (_, after) in itertools.pairwise(samples)
    ]


def raw(prometheus: Prometheus, selector: str, span_seconds: float) -> list[Series]:
    """The raw samples of a selector in the last ``span_seconds``."""
    return prometheus.query(f"{selector}[{max(1, round(span_seconds * 1000))}ms]")
