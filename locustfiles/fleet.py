"""The master of several workers: shares out one schedule, and keeps the ledger of all."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import MasterRunner

from locustfiles.dispatch import OneUserEach
from locustfiles.ledger import Ledger
from locustfiles.member import Member
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
from locustfiles.pace import Pace, Schedule, Turn

LOOK_SECONDS = 0.1
# A worker that has only just connected may not listen yet.
SEND_AGAIN_SECONDS = 1.0
# What a worker may take to end its visits beyond --stop-timeout, before it is left out.
CLOSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Fleet:
    """Gives each worker its turn in one schedule, anew whenever one comes or goes.

    The master reckons the same schedule, so that a worker that comes late can take it up, and that
    what was due of one that is gone is known.
    """

    def __init__(self, runner: MasterRunner, ledger: Ledger, pace: Callable[[], Pace]) -> None:
        self._runner = runner
        self._environment: Environment = runner.environment
        self._ledger = ledger
        self._pace = pace
        self._silent: set[str] = set()
        self._members: dict[str, Member] = {}
        self._schedule = Schedule(pace, 0.0)
        self._due: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._run = 0
        self._shares = 0
        self._keeping: gevent.Greenlet | None = None
        self._environment.dispatcher_class = partial(OneUserEach, runner)  # type: ignore[assignment]
        for name, listener in (
            (TAKEN, self._on_taken),
            (SECOND, self._on_second),
            (OVER, self._on_over),
            (REFUSED, self._on_refused),
        ):
            runner.register_message(name, listener)
        events = self._environment.events
        events.test_start.add_listener(self._begin)  # type: ignore[no-untyped-call]
        events.test_stopping.add_listener(self._close)  # type: ignore[no-untyped-call]

    def _begin(self, **_: object) -> None:
        """Begin a run with all workers that are there."""
        self._run += 1
        self._ledger.begin()
        options = self._environment.parsed_options
        assert options is not None
        self._schedule = Schedule(
            self._pace, self._ledger.begun_at, limit=options.arrivals_limit or None
        )
        self._due.clear()
        self._members = {}
        self._silent.clear()
        self._join(self._present())
        self._share_out()
        self._keeping = gevent.spawn(self._keep)

    def _keep(self) -> None:
        try:
            while True:
                gevent.sleep(LOOK_SECONDS)
                self._look()
        except OSError as error:
            self._give_up(f"The ledger cannot be written: {error}")

    def _look(self) -> None:
        now = time.monotonic()
        self._reckon(now)
        present = self._present()
        gone = [
            name
            for name, member in self._members.items()
            if name not in present or now - member.told_at > SILENT_SECONDS
        ]
        for name in gone:
            self._leave(name)
            # Until it tells of something again.
            self._silent.add(name)
        clients = self._runner.clients
        working = {node.id for node in (*clients.spawning, *clients.running)}
        came = self._join(working - self._members.keys() - self._silent)
        if gone or came:
            self._share_out()
        for name, member in self._members.items():
            if member.taken != self._shares and now - member.sent_at > SEND_AGAIN_SECONDS:
                self._send_share(name)
        if self._members:
            self._ledger.settle(min(member.seconds for member in self._members.values()))

    def _reckon(self, now: float) -> None:
        """Count whose turn each arrival was that fell due."""
        names = list(self._members)
        for due_at in self._schedule.due(now):
            if names:
                second = int(due_at - self._ledger.begun_at)
                self._due[second][names[(self._schedule.offered - 1) % len(names)]] += 1

    def _join(self, names: Iterable[str]) -> bool:
        """Take in these workers; True if there were any."""
        now = time.monotonic()
        came = sorted(names)
        for name in came:
            self._members[name] = Member(now, seconds=int(now - self._ledger.begun_at))
        return bool(came)

    def _leave(self, name: str) -> None:
        """Count what a worker that is gone should have let in, and what it had in flight."""
        member = self._members.pop(name)
        unclaimed = member.undecided
        self._ledger.add(member.seconds, {"shed": unclaimed, "abandoned": member.in_flight}, {})
        for second, due in self._due.items():
            if second >= member.seconds and due[name]:
                unclaimed += due[name]
                self._ledger.add(second, {"offered": due[name], "shed": due[name]}, {})
                due[name] = 0
        self._schedule.lost += unclaimed
        logger.warning(
            "Worker %s is gone: %d arrivals that were its turn are shed, %d visits abandoned; "
            "the whole rate is now kept by %d of the workers",
            name,
            unclaimed,
            member.in_flight,
            len(self._members),
        )

    def _share_out(self) -> None:
        """Tell each worker which arrivals are its turn from now on, and where the schedule is."""
        self._shares += 1
        for name in self._members:
            self._send_share(name)
        self._tell_lost()

    def _send_share(self, name: str) -> None:
        now = time.monotonic()
        self._members[name].sent_at = now
        share = Share(
            self._run,
            self._shares,
            elapsed_seconds=now - self._ledger.begun_at,
            turn=Turn(list(self._members).index(name), len(self._members)),
            stand=self._schedule.stand(),
        )
        self._runner.send_message(SHARE, asdict(share), client_id=name)

    def _tell_lost(self) -> None:
        for name, member in self._members.items():
            elsewhere = self._schedule.lost - member.lost
            self._runner.send_message(LOST, {"elsewhere": elsewhere}, client_id=name)

    def _on_taken(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        if msg.node_id in self._members:
            self._members[msg.node_id].taken = msg.data["number"]

    def _on_second(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        told: dict[str, Any] = msg.data
        if told["run"] != self._run or not self._ledger.running:
            return
        member = self._members.get(msg.node_id)
        if member is None:
            # It was given up, and its turns since were counted as shed.
            self._silent.discard(msg.node_id)
            return
        member.told(time.monotonic(), told["second"], told["counts"])
        self._ledger.add(told["second"], told["counts"], told["outcomes"])
        self._due[told["second"]].pop(msg.node_id, None)
        if lost := told["lost"] - member.lost:
            member.lost += lost
            self._schedule.lost += lost
            self._tell_lost()

    def _on_over(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        if msg.data["run"] == self._run and msg.node_id in self._members:
            self._members[msg.node_id].is_over = True

    def _on_refused(self, environment: Environment, msg: Message) -> None:  # noqa: ARG002
        self._give_up(f"Worker {msg.node_id}: {msg.data['reason']}")

    def _close(self, **_: object) -> None:
        """Let all workers finish and tell of it, before Locust stops them."""
        if self._keeping is None:
            return
        self._keeping.kill()
        self._keeping = None
        self._reckon(time.monotonic())
        for name in self._members:
            self._runner.send_message(CLOSE, {"run": self._run}, client_id=name)
        until = time.monotonic() + self._environment.stop_timeout + CLOSE_SECONDS
        while self._present() & set(self._unfinished()) and time.monotonic() < until:
            gevent.sleep(LOOK_SECONDS)
        for name in self._unfinished():
            self._leave(name)
        try:
            self._ledger.end()
        except OSError as error:
            self._give_up(f"The ledger cannot be written: {error}")
        if shed := self._ledger.totals["shed"]:
            logger.warning("%d of the arrivals offered were shed", shed)

    def _unfinished(self) -> list[str]:
        """The workers that are still to tell of their last second."""
        return [name for name, member in self._members.items() if not member.is_over]

    def _present(self) -> set[str]:
        """The workers that Locust knows of and that are not missing."""
        clients = self._runner.clients
        return {node.id for node in (*clients.ready, *clients.spawning, *clients.running)}

    def _give_up(self, reason: str) -> None:
        logger.error(reason)
        options = self._environment.parsed_options
        assert options is not None
        if options.headless:
            self._environment.process_exit_code = 1
        # Not here and now, as ending the run ends this greenlet.
        gevent.spawn(self._runner.quit if options.headless else self._runner.stop)
