"""Production's whole configuration: read from its files, checked as one, and divided.

Only ``read_production`` touches files. Ratios are checked over all files and flags together, as
a ``for`` in one file lives with a scrape interval in another.
"""

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, SequenceNode

from stack.run.speed import yaml_text
from stack.run.speed.alertmanager_config import (
    alertmanager_durations,
    alertmanager_flag_durations,
    alertmanager_flags,
    compress_alertmanager,
)
from stack.run.speed.durations import Speed, exact_speed
from stack.run.speed.errors import Place, SpeedError
from stack.run.speed.lint import Finding, lint_rule_files
from stack.run.speed.prometheus_config import (
    check_scrape_speed,
    compress_prometheus,
    prometheus_durations,
    prometheus_flag_durations,
    prometheus_flags,
    scrape_intervals_ms,
)
from stack.run.speed.rounding import PlacedDuration, check_rounding
from stack.run.speed.rules import compress_rules, read_rules
from stack.run.speed.scrapes import lint_scrapes
from stack.run.speed.settings import KeyPath, Source, spelled


@dataclass(frozen=True)
class Production:
    """The files of one alerting pipeline; ``rules`` are texts by path."""

    prometheus: Mapping[str, Any]
    alertmanager: Mapping[str, Any]
    rules: Mapping[str, str]
    prometheus_source: Source = field(default_factory=lambda: Source("prometheus.yml"))
    alertmanager_source: Source = field(default_factory=lambda: Source("alertmanager.yml"))


@dataclass(frozen=True)
class Compressed:
    """The same configuration at a speed, with the flags both engines need for it."""

    prometheus: dict[str, Any]
    alertmanager: dict[str, Any]
    rules: dict[str, str]
    prometheus_flags: dict[str, str]
    alertmanager_flags: dict[str, str]


def read_production(prometheus_file: Path, alertmanager_file: Path) -> Production:
    """Read both configurations and the rule files that the first one names.

    Raises SpeedError with file and line where a file cannot be read.
    """
    prometheus, prometheus_source = _read_yaml(prometheus_file)
    alertmanager, alertmanager_source = _read_yaml(alertmanager_file)
    rules: dict[str, str] = {}
    for index, pattern in enumerate(prometheus.get("rule_files") or []):
        # A pattern may be absolute; the folder is no part of one, whatever it is called.
        absolute = Path(glob.escape(str(prometheus_file.parent))) / str(pattern)
        found = sorted(Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor))))
        if not found:
            raise SpeedError(
                f"no rule file is named {str(pattern)!r}",
                place=prometheus_source.place(("rule_files", index)),
            )
        rules |= {str(path): _read(path) for path in found}
    return Production(prometheus, alertmanager, rules, prometheus_source, alertmanager_source)


def check_production(production: Production, speed: Speed) -> None:
    """Raise SpeedError where the configuration as a whole cannot be run at this speed.

    The error names file, line and key of what stands in the way, and the largest speed that works.
    """
    if exact_speed(speed) == 1:
        return
    check_scrape_speed(production.prometheus, speed, production.prometheus_source)
    check_rounding(production_durations(production), speed)


def compress_production(production: Production, speed: Speed) -> Compressed:
    """The configuration at this speed. Raises SpeedError."""
    check_production(production, speed)
    return Compressed(
        prometheus=compress_prometheus(production.prometheus, speed, production.prometheus_source),
        alertmanager=compress_alertmanager(
            production.alertmanager, speed, production.alertmanager_source
        ),
        rules={path: compress_rules(text, path, speed) for path, text in production.rules.items()},
        prometheus_flags=prometheus_flags(speed),
        alertmanager_flags=alertmanager_flags(speed),
    )


def lint_production(production: Production) -> list[Finding]:
    """The rules that would say something else at a higher speed, or have too few scrapes."""
    intervals_ms = scrape_intervals_ms(production.prometheus, production.prometheus_source)
    return lint_rule_files(production.rules) + lint_scrapes(production.rules, intervals_ms)


def production_durations(production: Production) -> Iterator[PlacedDuration]:
    """Every duration that is divided, in all files and flags."""
    yield from prometheus_durations(production.prometheus, production.prometheus_source)
    yield from prometheus_flag_durations()
    yield from alertmanager_durations(production.alertmanager, production.alertmanager_source)
    yield from alertmanager_flag_durations()
    for path, text in production.rules.items():
        yield from read_rules(text, path).durations()


def _read_yaml(path: Path) -> tuple[dict[str, Any], Source]:
    text = _read(path)
    root = yaml_text.compose(text, str(path))
    config = yaml_text.load(text, str(path))
    if root is None or not isinstance(config, dict):
        raise SpeedError("a mapping of settings belongs here", place=Place(str(path), line=1))
    return config, Source(str(path), dict(_lines(root, (), str(path))))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpeedError(f"cannot be read: {error}", place=Place(str(path))) from error


def _lines(node: Node, above: KeyPath, path: str) -> Iterator[tuple[KeyPath, int]]:
    """The line of each key; those merged in with ``<<`` stand at their anchor."""
    match node:
        case MappingNode():
            place = Place(path, spelled(above), yaml_text.line_of(node))
            for key, (key_node, value) in yaml_text.mapping(node, place).items():
                yield (*above, key), yaml_text.line_of(key_node)
                yield from _lines(value, (*above, key), path)
        case SequenceNode():
            for index, item in enumerate(node.value):
                yield (*above, index), yaml_text.line_of(item)
                yield from _lines(item, (*above, index), path)
