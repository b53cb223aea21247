"""Follows what reaches the sink while a drill runs, so that waits end the moment it arrives."""

import threading
import time

from scenarios.judge.timeline import Arrival, ChatMessage, NotifiedAlert, Refusal
from sink.client import NotArrived, SinkClient, SinkUnreachableError
from sink.record import Notification

POLL_SECONDS = 2.0
RETRY_SECONDS = 0.2


class ArrivalRecorder:
    """Long-polls the sink in a thread of its own; ``changed`` is notified with each arrival."""

    def __init__(self, url: str, token: str) -> None:
        self._client = SinkClient(url, token)
        self._arrivals: list[Arrival] = []
        self.changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrival recorder", daemon=True)
        self._thread.start()

    def arrivals(self) -> tuple[Arrival, ...]:
        with self.changed:
            return tuple(self._arrivals)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        last = 0
        while not self._ended.is_set():
            try:
                notification = self._client.wait(lambda _: True, POLL_SECONDS, after=last)
            except NotArrived:
                continue
            except SinkUnreachableError:
                time.sleep(RETRY_SECONDS)
                continue
            last = notification.seq
            with self.changed:
                self._arrivals.append(arrival_of(notification))
                self.changed.notify_all()


def read_all(url: str, token: str) -> tuple[tuple[Arrival, ...], tuple[Refusal, ...]]:
    """Everything the sink holds, for the timeline. Raises SinkError."""
    client = SinkClient(url, token)
    arrivals = tuple(arrival_of(notification) for notification in client.notifications())
    refusals = tuple(
        Refusal(at=refusal.at, receiver=refusal.receiver, status=refusal.status, why=refusal.why)
        for refusal in client.refusals()
    )
    return arrivals, refusals


def read_messages(url: str, token: str) -> tuple[ChatMessage, ...]:
    """Every message that a chat was sent, for the timeline. Raises SinkError."""
    return tuple(
        ChatMessage(
            sequence=message.seq,
            at=message.received_at,
            receiver=message.receiver,
            service=message.service,
            title=message.title,
            link=message.link,
            colour=message.colour,
            text=message.text,
        )
        for message in SinkClient(url, token).messages()
    )


def arrival_of(notification: Notification) -> Arrival:
    """A notification as the timeline keeps it."""
    return Arrival(
        sequence=notification.seq,
        at=notification.received_at,
        receiver=notification.receiver,
        group_key=notification.group_key,
        group_labels=notification.group_labels,
        status=notification.status,
        alerts=tuple(
            NotifiedAlert(
                labels=alert.labels,
                annotations=alert.annotations,
                status="resolved" if alert.status == "resolved" else "firing",
                starts_at=alert.starts_at,
                ends_at=alert.ends_at,
                fingerprint=alert.fingerprint,
            )
            for alert in notification.alerts
        ),
        identity=notification.identity,
        truncated_alerts=notification.truncated_alerts,
    )
