"""Turns production's configuration files into those of one stack: addresses, layers, speed.

Nothing else is changed: thresholds, labels, routes and texts are the files' own.
"""

import re
import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from stack.run.receivers import Sink, outsiders, use_sink
from stack.run.shape import require_shape
from stack.run.speed import (
    SCALES_ANNOTATION,
    Compressed,
    Production,
    SpeedError,
    compress_production,
    lint_production,
    read_production,
)
from stack.run.speed.production import production_durations
from stack.run.stack import StackError

PRODUCTION = Path(__file__).resolve().parents[1]
ALERTMANAGER_TARGET = "alertmanager:9093"
ALERTMANAGER_2_TARGET = "alertmanager-2:9093"
PATTERN_CHARACTERS = re.compile(r"[*?\[\]\\]")


@dataclass(frozen=True)
class Rendered:
    """The files of one stack, and what of production's configuration is not in them."""

    prometheus_file: Path
    alertmanager_file: Path
    prometheus_flags: Mapping[str, str]
    alertmanager_flags: Mapping[str, str]
    layers_absent: Mapping[str, str]


def layers_in(source: Path) -> tuple[str, ...]:
    """The rule files that a configuration has, by layer name."""
    return tuple(sorted(path.stem for path in (source / "prometheus" / "rules").glob("*.yml")))


def production_in(source: Path) -> Production:
    """What a folder has in prometheus/ and alertmanager/. Raises SpeedError with file and line."""
    prometheus = source / "prometheus" / "prometheus.yml"
    try:
        production = read_production(prometheus, source / "alertmanager" / "alertmanager.yml")
        require_shape(production)
    except RecursionError as error:
        raise SpeedError(
            f"a file of {source} contains itself: an alias (*NAME) stands inside its own anchor "
            "(&NAME)"
        ) from error
    return production


def compressed(source: Path, *, speed: float, layers: Sequence[str]) -> Compressed:
    """The configuration in ``source`` (prometheus/, alertmanager/) with these layers' rules,
    divided by the speed. Raises StackError with file and line."""
    try:
        production = production_in(source)
        rules = {path: text for path, text in production.rules.items() if Path(path).stem in layers}
        production = replace(production, rules=rules)
        _refuse_outsiders(production)
        _templates(production.alertmanager, source / "alertmanager")
        # Reading the rules finds syntax errors at any speed.
        findings = [finding for finding in lint_production(production) if not finding.accepted]
        if findings and speed > 1:
            raise StackError(
                f"these rules do not keep their meaning at --speed {speed:g}:\n"
                + "\n".join(f"  {finding}" for finding in findings)
                + f"\nRun at --speed 1, or say in the rule's annotation {SCALES_ANNOTATION} "
                "how its threshold scales."
            )
        # At speed 1 nothing is divided, but what is no duration is to be named all the same.
        deque(production_durations(production), maxlen=0)
        return compress_production(production, speed)
    except SpeedError as error:
        raise StackError(str(error)) from error


def render(
    source: Path,
    directory: Path,
    *,
    speed: float,
    layers_absent: Mapping[str, str],
    endpoints: Mapping[str, str],
    sink: Sink,
) -> Rendered:
    """Write the configuration in ``source`` below ``directory``, without the rules of the layers
    that are absent.

    ``endpoints`` maps the ``host:port`` of production's files to that of this stack; a scrape
    target that is not among them is left out, and a second Alertmanager that is among them is added
    beside the first. Raises StackError with file and line.
    """
    layers = [layer for layer in layers_in(source) if layer not in layers_absent]
    configuration = compressed(source, speed=speed, layers=layers)
    rules = directory / "prometheus" / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    for path, text in configuration.rules.items():
        (rules / Path(path).name).write_text(text, encoding="utf-8")
    prometheus = configuration.prometheus
    if ALERTMANAGER_2_TARGET in endpoints:
        _add_second_alertmanager(prometheus)
    _use_endpoints(prometheus, endpoints)
    prometheus_file = directory / "prometheus" / "prometheus.yml"
    prometheus["rule_files"] = [_pattern_below(prometheus_file.parent, "rules/*.yml")]
    prometheus_file.write_text(yaml.safe_dump(prometheus, sort_keys=False))
    alertmanager = configuration.alertmanager
    for receiver in alertmanager.get("receivers", []):
        use_sink(receiver, sink)
    alertmanager_file = directory / "alertmanager" / "alertmanager.yml"
    alertmanager_file.parent.mkdir(parents=True, exist_ok=True)
    _copy_templates(alertmanager, source / "alertmanager", alertmanager_file.parent)
    if "templates" in alertmanager:
        alertmanager["templates"] = [
            _pattern_below(alertmanager_file.parent, pattern)
            for pattern in alertmanager["templates"] or []
        ]
    alertmanager_file.write_text(yaml.safe_dump(alertmanager, sort_keys=False))
    return Rendered(
        prometheus_file=prometheus_file,
        alertmanager_file=alertmanager_file,
        prometheus_flags=configuration.prometheus_flags,
        alertmanager_flags=configuration.alertmanager_flags,
        layers_absent=layers_absent,
    )


def _pattern_below(folder: Path, pattern: str) -> str:
    """The pattern so that it finds files in this folder, whatever the folder is called.

    Both engines put the folder before a relative pattern and read the whole as one: in a folder
    ``a[b]`` they would find nothing. A star cannot be escaped, as Prometheus refuses one in a
    folder's name.
    """
    if not PATTERN_CHARACTERS.search(str(folder)):
        return pattern
    name = PATTERN_CHARACTERS.sub(lambda c: "?" if c[0] == "*" else f"\\{c[0]}", str(folder))
    return f"{name}/{pattern}"


def _refuse_outsiders(production: Production) -> None:
    """A drill must page nobody for real, nor feed a real Alertmanager or storage."""
    receivers = production.alertmanager.get("receivers") or []
    for name, kind, remedy in outsiders(receivers):
        raise StackError(
            f"{production.alertmanager_source.path}: receiver {name!r} has {kind} that would "
            f"notify somebody for real; in the copy that is drilled, {remedy}"
        )
    prometheus, path = production.prometheus, production.prometheus_source.path
    for key in ("remote_write", "remote_read"):
        if prometheus.get(key):
            raise StackError(f"{path}: {key} would reach a real storage; leave it out of the copy")
    for manager in (prometheus.get("alerting") or {}).get("alertmanagers") or []:
        for static in manager.get("static_configs") or []:
            for target in static.get("targets") or []:
                if target != ALERTMANAGER_TARGET:
                    raise StackError(
                        f"{path}: alerts would go to {target!r}; in the copy that is drilled, name "
                        f"Alertmanager {ALERTMANAGER_TARGET}"
                    )


def _add_second_alertmanager(prometheus: dict[str, Any]) -> None:
    """Wherever alerts go to the one Alertmanager, or it is scraped, the other is there too."""
    senders = prometheus.get("alerting", {}).get("alertmanagers", [])
    for part in (*senders, *prometheus.get("scrape_configs", [])):
        for static in part.get("static_configs", []):
            if ALERTMANAGER_TARGET in static["targets"]:
                static["targets"] = [*static["targets"], ALERTMANAGER_2_TARGET]


def _use_endpoints(prometheus: dict[str, Any], endpoints: Mapping[str, str]) -> None:
    """Point static targets at this stack, keeping production's name in the instance label."""
    managers = prometheus.get("alerting", {}).get("alertmanagers", [])
    for manager in managers:
        for static in manager.get("static_configs", []):
            static["targets"] = [endpoints.get(target, target) for target in static["targets"]]
    jobs = []
    for job in prometheus.get("scrape_configs", []):
        statics = [
            {
                **static,
                "targets": [endpoints[target]],
                "labels": {"instance": target, **static.get("labels", {})},
            }
            for static in job.get("static_configs", [])
            for target in static["targets"]
            if target in endpoints
        ]
        if statics:
            jobs.append({**job, "static_configs": statics})
    prometheus["scrape_configs"] = jobs


def _templates(alertmanager: Mapping[str, Any], folder: Path) -> list[Path]:
    """The template files that Alertmanager would read, relative to its configuration's folder."""
    found: list[Path] = []
    for pattern in alertmanager.get("templates") or []:
        files = [] if Path(pattern).is_absolute() else sorted(folder.glob(pattern))
        if not files:
            raise StackError(
                f"{folder / 'alertmanager.yml'}: templates: no file below {folder} is named "
                f"{pattern!r}; correct the pattern, or leave it out"
            )
        found += [file.relative_to(folder) for file in files]
    return found


def _copy_templates(alertmanager: Mapping[str, Any], folder: Path, to: Path) -> None:
    for template in _templates(alertmanager, folder):
        (to / template).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / template, to / template)
