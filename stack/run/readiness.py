"""When a stack is ready: each service answers, and an alert that fired now would be notified."""

import contextlib
import time
from collections.abc import Callable

import requests

from stack.observe.prometheus import Prometheus, ReadError, unix_seconds
from stack.observe.session import session_for
from stack.run.alertmanager_pair import wait_until_paired
from stack.run.stack import Stack, StackError
from stack.run.waiting import NotSeen, wait_until

ANSWER_WITHIN_SECONDS = 2.0
# What a service may take to come up, at any speed.
READY_WITHIN_SECONDS = 30.0
# What Prometheus may take in production, in seconds, of which ``patience`` makes a bound.
SCRAPED_WITHIN_SECONDS = 15.0
EVALUATED_WITHIN_SECONDS = 60.0


def answers(url: str) -> tuple[bool, str]:
    """Whether a URL answers 2xx."""
    try:
        with session_for(url) as session:
            status = session.get(url, timeout=ANSWER_WITHIN_SECONDS).status_code
    except requests.RequestException as error:
        return False, type(error).__name__
    return 200 <= status < 300, f"HTTP {status}"


def redis_answers(port: int) -> tuple[bool, str]:
    """Whether a Redis server on this loopback port answers PING."""
    import redis  # noqa: PLC0415 - 60 ms that most commands do not need

    try:
        with contextlib.closing(
            redis.Redis(
                host="127.0.0.1",
                port=port,
                socket_timeout=ANSWER_WITHIN_SECONDS,
                socket_connect_timeout=ANSWER_WITHIN_SECONDS,
            )
        ) as client:
            return bool(client.ping()), "PONG"
    except redis.RedisError as error:
        return False, type(error).__name__


def wait_until_trusted(stack: Stack) -> None:
    """Until the alerts of a stack whose services answer count. Raises StackError."""
    prometheus = Prometheus(stack.addresses.prometheus)

    def patience(seconds: float) -> float:
        return 4 * seconds / stack.speed + READY_WITHIN_SECONDS

    try:
        if stack.addresses.alertmanager_2:
            pair = (stack.addresses.alertmanager, stack.addresses.alertmanager_2)
            wait_until_paired(prometheus, pair, patience)
        wait_until_alerts_count(prometheus, patience)
    except (NotSeen, ReadError) as error:
        log = stack.process_log("prometheus").strip()
        raise StackError(f"the pipeline is not ready: {error}\nPrometheus' log:\n{log}") from error


def wait_until_alerts_count(prometheus: Prometheus, patience: Callable[[float], float]) -> None:
    """Until every target was scraped well, Alertmanager is known, and all was evaluated twice.

    What fires before Prometheus has an active Alertmanager is dropped silently. Raises NotSeen and
    ReadError.
    """

    def scraped() -> tuple[bool, str]:
        targets = prometheus.targets()
        waiting = [t.instance for t in targets if t.health != "up" or t.last_scrape == 0]
        return bool(targets) and not waiting, f"not scraped well yet: {waiting or 'no targets'}"

    def alertmanager_known() -> tuple[bool, str]:
        active = prometheus.active_alertmanagers()
        return bool(active), f"active Alertmanagers: {active or 'none'}"

    wait_until(
        "a good scrape of every target", scraped, within_seconds=patience(SCRAPED_WITHIN_SECONDS)
    )
    wait_until(
        "Prometheus to find Alertmanager",
        alertmanager_known,
        within_seconds=patience(SCRAPED_WITHIN_SECONDS),
    )
    since = time.time()

    def evaluated() -> tuple[bool, str]:
        groups = prometheus.rule_groups()
        behind = [
            group["name"]
            for group in groups
            if unix_seconds(group["lastEvaluation"]) < since + float(group["interval"])
        ]
        return bool(groups) and not behind, f"not evaluated twice yet: {behind}"

    wait_until(
        "two evaluations of every rule group",
        evaluated,
        within_seconds=patience(EVALUATED_WITHIN_SECONDS),
    )
