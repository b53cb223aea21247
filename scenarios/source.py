"""Where the configuration to be drilled comes from before anything runs: files, or what runs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.configuration import from_apis, from_files
from scenarios.drill import Drill
from scenarios.judge.expectation import Fires, Heartbeat, Lost, Repeats
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
        configuration = from_apis(prometheus, alertmanager, {}, jobs_by_target=True)
        texts = {
            "prometheus.yml": prometheus.configuration(),
            "alertmanager.yml": json.dumps(alertmanager.configuration(), sort_keys=True),
            "rules": repr(configuration.rules),
        }
    except ReadError as error:
        raise StackError(f"the running configuration cannot be read: {error}") from error
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return Running(settings, configuration, digests)


def not_at_sink(running: Running, drills: Sequence[Drill]) -> tuple[list[str], list[str]]:
    """What keeps receivers that drills name from reaching the sink, and what cannot be read."""
    expected = sorted(
        {e.at for drill in drills for e in drill.expects if isinstance(e, NAMES_A_RECEIVER)}
    )
    manager, settings = running.configuration.alertmanager, running.settings
    unread = masked(manager, expected)
    told = [
        f"Alertmanager masks the addresses of its webhooks; that {', '.join(unread)} "
        f"{'posts' if len(unread) == 1 else 'post'} to {webhook_url(settings, 'RECEIVER')} is "
        "shown by the first notification"
    ]
    return receiver_problems(settings, manager, expected), told if unread else []
