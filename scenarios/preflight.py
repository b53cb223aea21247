"""What is found wrong, or explained, before anything runs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scenarios.configuration import from_files
from scenarios.drill import Drill
from scenarios.judge.check import Faults, check
from scenarios.judge.explanation import explain as explained
from scenarios.judge.timeline import Configuration
from scenarios.judge.window import Lags
from stack.run.configuration import layers_in
from stack.run.kept_real import KEPT_REAL
from stack.run.local import HOST_LAYERS
from stack.run.speed import format_duration, lint_real_durations


class PreflightError(Exception):
    """Drills or configuration are wrong before anything runs; the text lists all that is."""


def preflight(drills: Sequence[Drill], source: Path, speed: float) -> list[str]:
    """Check every drill against the configuration it will run with; gives the warnings.

    Raises PreflightError, and StackError where the configuration itself cannot be used.
    """
    errors: list[str] = []
    warnings: list[str] = []
    for configuration, group, at_speed in groups(drills, source, speed):
        for problem in check(
            configuration,
            [drill.declaration(alerts(configuration)) for drill in group],
            speed=at_speed,
            faults={drill.name: faults_of(drill) for drill in group},
        ):
            (errors if problem.severity == "error" else warnings).append(str(problem))
    if errors:
        raise PreflightError("\n".join(["nothing was run:", *errors]))
    return warnings


def explain(drills: Sequence[Drill], source: Path, speed: float) -> list[str]:
    """What each drill expects, its windows and what they are made of, without running anything."""
    lines: list[str] = []
    for configuration, group, at_speed in groups(drills, source, speed):
        for drill in group:
            lines += explained(
                configuration,
                drill.declaration(alerts(configuration)),
                speed=at_speed,
                faults=faults_of(drill),
            ).splitlines()
            lines.append("")
    return lines + stays_real(source, speed)


def stays_real(source: Path, speed: float) -> list[str]:
    """Rules whose durations, at this speed, are no longer above one that no speed divides."""
    rules = {
        str(path): path.read_text()
        for path in sorted((source / "prometheus" / "rules").glob("*.yml"))
    }
    overtaken: dict[str, list[str]] = {}
    for real in KEPT_REAL:
        for finding in lint_real_durations(rules, [real], speed):
            overtaken.setdefault(finding.rule, []).append(
                f"{real.name} ({format_duration(real.milliseconds)})"
            )
    if not overtaken:
        return []
    return [
        f"Stays real, and at speed {speed:g} is no longer shorter than some duration of the rule:",
        *(f"  {rule}: {'; '.join(names)}" for rule, names in overtaken.items()),
    ]


def groups(
    drills: Sequence[Drill], source: Path, speed: float
) -> Iterator[tuple[Configuration, Sequence[Drill], float]]:
    """Drills that run with the same configuration at the same speed, with both."""
    ways = dict.fromkeys(
        (drill.disturbs_host, min(speed, drill.largest_speed or speed)) for drill in drills
    )
    for observes_host, at_speed in ways:
        layers = [layer for layer in layers_in(source) if observes_host or layer not in HOST_LAYERS]
        absent = {
            layer: "the host is shared with other drills"
            for layer in layers_in(source)
            if layer not in layers
        }
        configuration = from_files(source, speed=at_speed, layers=layers, layers_absent=absent)
        yield (
            configuration,
            [
                drill
                for drill in drills
                if (drill.disturbs_host, min(speed, drill.largest_speed or speed))
                == (observes_host, at_speed)
            ],
            at_speed,
        )


def alerts(configuration: Configuration) -> list[str]:
    """The names of the loaded alerting rules."""
    return [rule.name for rule in configuration.rules if rule.kind == "alerting"]


def faults_of(drill: Drill) -> Faults:
    """What each step's fault declares of itself, by step name."""
    found: Mapping[str, Lags] = {
        step.name: Lags(
            lag_seconds=step.fault.lag_seconds,
            heal_lag_seconds=step.fault.heal_lag_seconds,
            symptom_ratio=step.fault.symptom_ratio,
            slow_seconds=step.fault.slow_seconds,
            disturbs_jobs=step.fault.disturbs_jobs,
            events_per_second=step.events_per_second,
        )
        for step in drill.steps
        if step.fault is not None
    }
    return found
