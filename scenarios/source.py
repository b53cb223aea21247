"""Where the configuration to be drilled comes from before anything runs: files, or what runs."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.configuration import from_apis, from_files
from scenarios.drill import Drill
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Lost, Muted, Repeats
from scenarios.judge.lookup import known_labels, rule_of
from scenarios.judge.routing import destinations
from scenarios.judge.timeline import Configuration
from scenarios.report.run_record import hashes
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.configuration import layers_in
from stack.run.external.asked import ask_remote, masked, receiver_problems, webhook_url
from stack.run.external.settings import ExternalSettings
from stack.run.stack import StackError

NAMES_A_RECEIVER = Fires | Heartbeat | Lost | Repeats


@dataclass(frozen=True)
class Running:
    """What a Prometheus and an Alertmanager that run elsewhere say they are configured with."""

    settings: ExternalSettings
    configuration: Configuration
    hashes: Mapping[str, str]


Source = Path | Running


def whole(source: Source) -> Configuration:
    """All of a configuration, as it is at speed 1. Raises StackError."""
    if isinstance(source, Running):
        return source.configuration
    return from_files(source, speed=1.0, layers=layers_in(source), layers_absent={})


def hashes_of(source: Source) -> Mapping[str, str]:
    """The SHA-256 of each of its parts."""
    return source.hashes if isinstance(source, Running) else hashes(source)


def read_running(settings: ExternalSettings) -> Running:
    """Ask what runs elsewhere. Raises StackError where it cannot be drilled."""
    ask_remote(settings)
    prometheus = Prometheus(settings.prometheus.url)
    alertmanager = Alertmanager(settings.alertmanager.url)
    try:
        configuration = from_apis(prometheus, alertmanager, {}, runs_already=True)
        texts = {
            "prometheus.yml": prometheus.configuration(),
            "alertmanager.yml": json.dumps(alertmanager.configuration(), sort_keys=True),
            "rules": repr(configuration.rules),
        }
    except ReadError as error:
        raise StackError(f"the running configuration cannot be read: {error}") from error
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return Running(settings, configuration, digests)


def one_of_several(running: Running) -> list[str]:
    """What is granted where Alertmanager is one of a cluster, as its API does not tell."""
    seconds = running.configuration.peer_timeout_seconds
    if seconds == 0:
        return []
    return [
        f"Alertmanager at {running.settings.alertmanager.address} is one of a cluster: windows "
        f"grant {seconds:g} s more, by the default of --cluster.peer-timeout, and what its groups' "
        "clocks show is not judged, as each member has its own"
    ]


def without_target(running: Running, drills: Sequence[Drill]) -> list[str]:
    """Which drills have a load that nobody says where to send."""
    return [
        f"{running.settings.path}: app: is missing, and the load of {drill.name} goes to it; add "
        "its address, or give the drill load=None"
        for drill in drills
        if drill.load is not None and not running.settings.app
    ]


def not_at_sink(running: Running, drills: Sequence[Drill]) -> tuple[list[str], list[str]]:
    """What keeps receivers that drills name from reaching the sink, and what cannot be read."""
    manager, settings = running.configuration.alertmanager, running.settings
    named = {e.at for drill in drills for e in drill.expects if isinstance(e, NAMES_A_RECEIVER)}
    for places in _would_be_told(running.configuration, drills):
        if all(receiver_problems(settings, manager, [place]) for place in places):
            named |= places
    expected = sorted(named)
    unread = masked(manager, expected)
    told = [
        f"Alertmanager masks the addresses of its webhooks; that {', '.join(unread)} "
        f"{'posts' if len(unread) == 1 else 'post'} to {webhook_url(settings, 'RECEIVER')} is "
        "shown by the first notification"
    ]
    return receiver_problems(settings, manager, expected), told if unread else []


def _would_be_told(configuration: Configuration, drills: Sequence[Drill]) -> Iterator[set[str]]:
    """The receivers of each alert that must not arrive: where none reaches the sink it never would,
    whatever mutes it."""
    for drill in drills:
        for expectation in drill.expects:
            if isinstance(expectation, Inhibited | Muted):
                labels = expectation.labels
                rule = rule_of(configuration, expectation.alert, labels)
                if rule is not None:
                    known = known_labels(configuration, rule, labels)
                    yield {d.receiver for d in destinations(configuration.alertmanager, known)}
