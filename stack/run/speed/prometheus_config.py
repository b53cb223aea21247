"""prometheus.yml and Prometheus' flags, with all durations of the alerting pipeline divided.

Divided: global ``scrape_interval``, ``scrape_timeout``, ``evaluation_interval`` and
``rule_query_offset``, each job's ``scrape_interval`` and ``scrape_timeout``, and the ``timeout``
of each Alertmanager. What the file leaves to Prometheus' defaults is written out. Everything else
stays real: service discovery, remote storage, retention.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from stack.run.speed.durations import Speed, exact_speed, format_duration, parse_duration
from stack.run.speed.errors import SpeedError
from stack.run.speed.flags import divided_flags, flag_durations
from stack.run.speed.rounding import PlacedDuration, check_rounding, largest_speed
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

FILE = "prometheus.yml"
# A stack of 30 rules takes a third of a core at this scrape interval; below it starves itself.
SHORTEST_SCRAPE_MS = 100

DEFAULT_SCRAPE_INTERVAL = "1m"
DEFAULT_SCRAPE_TIMEOUT = "10s"
DEFAULT_EVALUATION_INTERVAL = "1m"
DEFAULT_ALERTMANAGER_TIMEOUT = "10s"
FLAGS = {
    "query.lookback-delta": "5m",
    "rules.alert.resend-delay": "1m",
    "rules.alert.for-grace-period": "10m",
    "rules.alert.for-outage-tolerance": "1h",
}


def compress_prometheus(
    config: Mapping[str, Any], speed: Speed, source: Source | None = None
) -> dict[str, Any]:
    """The configuration at this speed, as a copy; at speed 1 an unchanged one.

    Raises SpeedError where a duration cannot be read, where a scrape interval would be shorter
    than 100 ms, or where rounding would bend the durations.
    """
    read_from = source or Source(FILE)
    if exact_speed(speed) == 1:
        return dict(unshared(config))
    check_scrape_speed(config, speed, read_from)
    check_rounding(prometheus_durations(config, read_from), speed)
    return divided(config, lambda whole: _settings(whole, read_from), speed)


def prometheus_flags(speed: Speed) -> dict[str, str]:
    """Prometheus' flags that are durations of the pipeline, without their dashes."""
    return divided_flags("prometheus", FLAGS, speed)


def prometheus_durations(config: Mapping[str, Any], source: Source) -> Iterator[PlacedDuration]:
    """Every duration that is divided, with its place. Raises SpeedError."""
    return placed(_settings(config, source))


def prometheus_flag_durations() -> Iterator[PlacedDuration]:
    """The flags' durations in production."""
    return flag_durations("prometheus", FLAGS)


def scrape_intervals_ms(config: Mapping[str, Any], source: Source | None = None) -> dict[str, int]:
    """The scrape interval of each job by its name, those left to the global one included."""
    read_from = source or Source(FILE)
    by_keys = {s.keys: s.milliseconds for s in _settings(config, read_from)}
    common_ms = by_keys["global", "scrape_interval"]
    return {
        str(job.get("job_name")): by_keys.get((*keys, "scrape_interval")) or common_ms
        for keys, job in entries(config, ("scrape_configs",), read_from)
    }


def check_scrape_speed(config: Mapping[str, Any], speed: Speed, source: Source) -> None:
    """Raise SpeedError where a scrape interval would be shorter than 100 ms."""
    exact = exact_speed(speed)
    intervals = [
        setting
        for setting in _settings(config, source)
        if setting.keys[-1] == "scrape_interval" and setting.milliseconds > 0
    ]
    shortest = min(intervals, key=lambda setting: setting.milliseconds)
    interval_ms = shortest.milliseconds
    if interval_ms >= SHORTEST_SCRAPE_MS * exact:
        return
    lengths = [duration.milliseconds for duration in prometheus_durations(config, source)]
    largest = largest_speed(lengths, Fraction(interval_ms, SHORTEST_SCRAPE_MS))
    raise SpeedError(
        f"at speed {float(exact):g} the scrape interval of {format_duration(interval_ms)} would be "
        f"{float(interval_ms / exact):.4g} ms; below {SHORTEST_SCRAPE_MS} ms scrapes come late and "
        f"windows hold too few of them. The largest whole speed that works is {largest}",
        place=shortest.place,
        largest_speed=largest,
    )


def _settings(config: Mapping[str, Any], source: Source) -> Iterator[Setting]:
    def setting(keys: KeyPath, value: Any) -> Setting:
        return Setting(keys, value, source.place(keys))

    def global_setting(name: str, default: str) -> Setting:
        """A global duration; Prometheus takes its default for zero too."""
        keys: KeyPath = ("global", name)
        written = setting(keys, common.get(name) or default)
        return written if written.milliseconds else setting(keys, default)

    if config.get("scrape_config_files"):
        raise SpeedError(
            "jobs in other files would keep their real intervals; put them under scrape_configs",
            place=source.place(("scrape_config_files",)),
        )
    common = section(config, ("global",), source)
    interval = global_setting("scrape_interval", DEFAULT_SCRAPE_INTERVAL)
    yield interval
    longest_timeout_ms = min(parse_duration(DEFAULT_SCRAPE_TIMEOUT), interval.milliseconds)
    yield global_setting("scrape_timeout", format_duration(longest_timeout_ms))
    yield global_setting("evaluation_interval", DEFAULT_EVALUATION_INTERVAL)
    if common.get("rule_query_offset") is not None:
        yield setting(("global", "rule_query_offset"), common["rule_query_offset"])
    for keys, job in entries(config, ("scrape_configs",), source):
        for name in ("scrape_interval", "scrape_timeout"):
            if job.get(name) is not None:
                yield setting((*keys, name), job[name])
    for keys, manager in entries(config, ("alerting", "alertmanagers"), source):
        timeout = manager.get("timeout")
        yield setting(
            (*keys, "timeout"), DEFAULT_ALERTMANAGER_TIMEOUT if timeout is None else timeout
        )
