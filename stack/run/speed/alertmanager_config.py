"""alertmanager.yml and Alertmanager's flags, with all durations of the alerting pipeline divided.

Divided: ``global.resolve_timeout``, ``group_wait``, ``group_interval`` and ``repeat_interval`` of
each route, and the ``timeout`` of each receiver's integrations. What the root route leaves to
Alertmanager's defaults is written out. Everything else stays real: time intervals, the retries
that Pushover is told of, gossip.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stack.run.speed.durations import Speed, exact_speed
from stack.run.speed.flags import divided_flags, flag_durations
from stack.run.speed.rounding import PlacedDuration, check_rounding
from stack.run.speed.settings import (
    KeyPath,
    Setting,
    Source,
    divided,
    entries,
    placed,
    section,
    unshared,
)

FILE = "alertmanager.yml"
DEFAULT_RESOLVE_TIMEOUT = "5m"
# The defaults of the root route; every other route inherits from the one above it.
ROOT_DEFAULTS = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
FLAGS = {"cluster.peer-timeout": "15s"}


def compress_alertmanager(
    config: Mapping[str, Any], speed: Speed, source: Source | None = None
) -> dict[str, Any]:
    """The configuration at this speed, as a copy; at speed 1 an unchanged one.

    Raises SpeedError where a duration cannot be read or rounding would bend the durations.
    """
    read_from = source or Source(FILE)
    if exact_speed(speed) == 1:
        return dict(unshared(config))
    check_rounding(alertmanager_durations(config, read_from), speed)
    return divided(config, lambda whole: _settings(whole, read_from), speed)


def alertmanager_flags(speed: Speed) -> dict[str, str]:
    """Alertmanager's flags that are durations of the pipeline, without their dashes."""
    return divided_flags("alertmanager", FLAGS, speed)


def alertmanager_durations(config: Mapping[str, Any], source: Source) -> Iterator[PlacedDuration]:
    """Every duration that is divided, with its place. Raises SpeedError."""
    return placed(_settings(config, source))


def alertmanager_flag_durations() -> Iterator[PlacedDuration]:
    """The flags' durations in production."""
    return flag_durations("alertmanager", FLAGS)


def _settings(config: Mapping[str, Any], source: Source) -> Iterator[Setting]:
    common = section(config, ("global",), source)
    keys: KeyPath = ("global", "resolve_timeout")
    yield Setting(
        keys, common.get("resolve_timeout") or DEFAULT_RESOLVE_TIMEOUT, source.place(keys)
    )
    root = section(config, ("route",), source)
    yield from _route({**ROOT_DEFAULTS, **_present(root)}, ("route",), config, source)
    for receiver_keys, receiver in entries(config, ("receivers",), source):
        for integration in receiver:
            if integration.endswith("_configs"):
                yield from _timeouts(config, (*receiver_keys, integration), source)


def _route(
    route: Mapping[str, Any], keys: KeyPath, config: Mapping[str, Any], source: Source
) -> Iterator[Setting]:
    for name in ROOT_DEFAULTS:
        if route.get(name) is not None:
            yield Setting((*keys, name), route[name], source.place((*keys, name)))
    for below, child in entries(config, (*keys, "routes"), source):
        yield from _route(child, below, config, source)


def _timeouts(config: Mapping[str, Any], keys: KeyPath, source: Source) -> Iterator[Setting]:
    for inside, integration in entries(config, keys, source):
        if integration.get("timeout") is not None:
            place = source.place((*inside, "timeout"))
            yield Setting((*inside, "timeout"), integration["timeout"], place)


def _present(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}
