"""A worker of several: keeps its turn in the master's schedule, and tells it of each second."""

from __future__ import annotations

import time
from collections.abc import Mapping

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.rpc import Message
from locust.runners import WorkerRunner

from locustfiles.ledger import COUNTS
from locustfiles.messages import (
    CLOSE,
    LOST,
    OVER,
    REFUSED,
    SECOND,
    SHARE,
    SILENT_SECONDS,
    TAKEN,
    Share,
)
from locustfiles.pace import Schedule


class Worker:
    """The master's word in this process, and this process' word to the master."""

    def __init__(self, runner: WorkerRunner) -> None:
        self._runner = runner
        self._share: Share | None = None
        self._share_at = 0.0
        self._has_share = Event()
        self._lost_elsewhere = 0
        self._schedule: Schedule | None = None
        for name, listener in (
            (SHARE, self._on_share),
            (LOST, self._on_lost),
            (CLOSE, self._on_close),
        ):
            runner.register_message(name, listener)

    def await_run(self) -> float:
        """Wait for the share of the run that begins; returns how many seconds ago it began."""
        self._has_share.wait()
        assert self._share is not None
        return self._share.elapsed_seconds + time.monotonic() - self._share_at

    def keep(self, schedule: Schedule) -> None:
        """Keep this schedule to the master's until the run is over."""
        self._schedule = schedule
        self._take_up()

    def is_cut_off(self) -> bool:
        """Whether the master says nothing, so that it has given this turn to others."""
        heard_at: float | None = self._runner.last_heartbeat_timestamp
        return heard_at is not None and time.time() - heard_at > SILENT_SECONDS

    def tell(self, second: int, counts: Mapping[str, int], outcomes: Mapping[str, int]) -> None:
        """Tell the master what happened in a second of the run."""
        assert self._share is not None
        self._runner.send_message(
            SECOND,
            {
                "run": self._share.run,
                "second": second,
                "counts": {what: counts.get(what, 0) for what in COUNTS},
                "outcomes": dict(outcomes),
                "lost": 0 if self._schedule is None else self._schedule.lost,
            },
        )

    def refuse(self, reason: str) -> None:
        """Tell the master that this process must not make this load, which ends the run."""
        self._runner.environment.process_exit_code = 1
        self._runner.send_message(REFUSED, {"reason": reason})

    def _take_up(self) -> None:
        if self._share is None or self._schedule is None:
            return
        begun_at = self._share_at - self._share.elapsed_seconds
        self._schedule.take_up(self._share.stand, self._share.turn, begun_at)
        self._schedule.lost_elsewhere = self._lost_elsewhere

    def _on_share(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        self._share, self._share_at = Share.of(msg.data), time.monotonic()
        self._take_up()
        self._has_share.set()
        self._runner.send_message(TAKEN, {"number": self._share.number})

    def _on_lost(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        self._lost_elsewhere = msg.data["elsewhere"]
        if self._schedule is not None:
            self._schedule.lost_elsewhere = self._lost_elsewhere

    def _on_close(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        self._has_share.clear()
        gevent.spawn(self._finish, msg.data["run"])

    def _finish(self, run: int) -> None:
        """End the run as Locust would, and say so once the last second is told."""
        self._runner.stop()
        self._schedule = None
        self._runner.send_message(OVER, {"run": run})
