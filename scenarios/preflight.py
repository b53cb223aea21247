"""What is found wrong, or explained, before anything runs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scenarios.configuration import from_files
from scenarios.drill import Drill
from scenarios.fireability import check_files, check_holding
from scenarios.judge.check import Faults, check
from scenarios.judge.explanation import explain as explained
from scenarios.judge.restart_risk import false_resolves, late_firings
from scenarios.judge.timeline import Configuration
from scenarios.judge.window import Lags
from scenarios.source import (
    Running,
    Source,
    not_at_sink,
    one_of_several,
    whole,
    without_target,
)
from stack.run.alertmanager_pair import PEER_TIMEOUT_SECONDS
from stack.run.configuration import layers_in
from stack.run.kept_real import KEPT_REAL
from stack.run.local_way import LocalWay
from stack.run.speed import format_duration, lint_real_durations
from stack.run.way import Feature, Way
from stack.run.ways import way_for


class PreflightError(Exception):
    """Drills or configuration are wrong before anything runs; the text lists all that is."""


LOCAL = LocalWay()


def preflight(drills: Sequence[Drill], source: Source, speed: float, way: Way = LOCAL) -> list[str]:
    """Check every drill against the configuration it will run with; gives the warnings.

    Raises PreflightError, and StackError where the configuration itself cannot be used.
    """
    errors, warnings = drill_problems(drills, source, speed, way)
    errors += _unable_to_tell(drills, way)
    if isinstance(source, Running):
        wanted = _of_elsewhere(drills, way)
        unreached, told = not_at_sink(source, wanted)
        errors += [*without_target(source, wanted), *unreached]
        warnings += [*told, *one_of_several(source)]
    else:
        for defect in check_files(source).defects:
            (errors if defect.severity == "error" else warnings).append(str(defect))
    if errors:
        raise PreflightError("\n".join(["nothing was run:", *errors]))
    return [*warnings, *false_resolves(whole(source))]


def drill_problems(
    drills: Sequence[Drill], source: Source, speed: float, way: Way = LOCAL
) -> tuple[list[str], list[str]]:
    """The errors and the warnings of all drills, each held against the configuration it runs with.

    Raises StackError where the configuration itself cannot be used.
    """
    errors: list[str] = []
    warnings: list[str] = []
    for configuration, group, at_speed in groups(drills, source, speed, way):
        declared = [(drill, drill.declaration(alerts(configuration))) for drill in group]
        for problem in check(
            configuration,
            [declaration for _, declaration in declared],
            speed=at_speed,
            faults={drill.name: faults_of(drill) for drill in group},
        ):
            (errors if problem.severity == "error" else warnings).append(str(problem))
        for drill, declaration in declared:
            lags = faults_of(drill)
            errors += map(str, check_holding(configuration, drill, declaration, lags))
    return errors, warnings


def explain(drills: Sequence[Drill], source: Source, speed: float, way: Way = LOCAL) -> list[str]:
    """What each drill expects, its windows and what they are made of, without running anything."""
    lines: list[str] = []
    for configuration, group, at_speed in groups(drills, source, speed, way):
        for drill in group:
            lines += explained(
                configuration,
                drill.declaration(alerts(configuration)),
                speed=at_speed,
                faults=faults_of(drill),
            ).splitlines()
            lines.append("")
    return [*lines, *stays_real(source, speed), *restarts(source)]


def restarts(source: Source) -> list[str]:
    """What a restart of Prometheus makes of alerts that are pending, and of those that fire."""
    configuration = whole(source)
    late, false = list(late_firings(configuration)), list(false_resolves(configuration))
    return [
        *(["A restart of Prometheus makes pending alerts fire later:"] if late else []),
        *(f"  {line}" for line in late),
        *(["And firing alerts are lost for a while:"] if false else []),
        *(f"  {line}" for line in false),
    ]


def stays_real(source: Source, speed: float) -> list[str]:
    """Rules whose durations, at this speed, are no longer above one that no speed divides."""
    if isinstance(source, Running):
        return []
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
    drills: Sequence[Drill], source: Source, speed: float, way: Way
) -> Iterator[tuple[Configuration, Sequence[Drill], float]]:
    """Drills that run with the same configuration at the same speed, with both.

    A drill that ``way`` lacks something for is looked at as the way has it that does not.
    """
    if isinstance(source, Running):
        yield source.configuration, _of_elsewhere(drills, way), speed
        return

    def run_by(drill: Drill) -> tuple[frozenset[Feature], float]:
        return drill.features, min(speed, drill.largest_speed or speed)

    for features, at_speed in dict.fromkeys(map(run_by, drills)):
        absent = way_for(features, way).layers_absent(source, features)
        layers = [layer for layer in layers_in(source) if layer not in absent]
        configuration = from_files(source, speed=at_speed, layers=layers, layers_absent=absent)
        if "two-alertmanagers" in features:
            peer_timeout = PEER_TIMEOUT_SECONDS / at_speed
            configuration = replace(configuration, peer_timeout_seconds=peer_timeout)
        yield (
            configuration,
            [drill for drill in drills if run_by(drill) == (features, at_speed)],
            at_speed,
        )


def _unable_to_tell(drills: Sequence[Drill], way: Way) -> Iterator[str]:
    """A drill of which nobody knows whether it can run must not be skipped, nor end the run."""
    for drill in drills:
        try:
            drill.unavailable(way.lacks)
        except Exception as error:  # noqa: BLE001 - whatever a fault of the user's raises
            yield (
                f"{drill.path}: one of its faults cannot tell whether this host can have it; its "
                f"unavailable() raised {type(error).__name__}: {error}"
            )


def _of_elsewhere(drills: Sequence[Drill], way: Way) -> list[Drill]:
    """Without those of Flash Tickets: they expect nothing that runs there, and are skipped."""
    return [drill for drill in drills if drill.features.isdisjoint(way.lacks)]


def alerts(configuration: Configuration) -> list[str]:
    """The names of the loaded alerting rules."""
    return [rule.name for rule in configuration.rules if rule.kind == "alerting"]


def faults_of(drill: Drill) -> Faults:
    """What each step's fault declares of itself, by step name."""
    return {
        step.name: Lags(
            lag_seconds=cause.lag_seconds,
            heal_lag_seconds=cause.heal_lag_seconds,
            symptom_ratio=cause.symptom_ratio,
            slow_seconds=cause.slow_seconds,
            disturbs_jobs=cause.disturbs_jobs,
            stops=cause.stops,
            events_per_second=step.events_per_second,
        )
        for step, cause in drill.causes
    }
