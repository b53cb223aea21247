"""Asks of files, drills and a running stack what in them cannot work; judge/fireability/ tells."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.drill import Drill
from scenarios.injections import DrillStopped
from scenarios.judge.expectation import Inhibited, Silent
from scenarios.judge.fireability import holding, observed, of_files
from scenarios.judge.fireability.defect import Defect
from scenarios.judge.fireability.subject import Subject, of_production, of_rules
from scenarios.judge.timeline import Configuration, Declaration
from scenarios.judge.window import Lags
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.configuration import production_in
from stack.run.speed import SpeedError
from stack.run.stack import StackError


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what was found in it."""

    subject: Subject
    defects: tuple[Defect, ...]


def check_files(source: Path) -> Checked:
    """What the rules and routes of a configuration show by themselves. Raises StackError."""
    try:
        return _checked(of_production(production_in(source)))
    except SpeedError as error:
        raise StackError(str(error)) from error


def check_rule_files(paths: Sequence[Path], source: Path | None) -> Checked:
    """The same of these rule files; ``source`` is a configuration to hold them against, if any.

    Raises StackError.
    """
    try:
        texts = {str(path): path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"a rule file cannot be read: {error}") from error
    try:
        if source is None:
            return _checked(of_rules(texts))
        return _checked(of_production(production_in(source), texts))
    except SpeedError as error:
        raise StackError(str(error)) from error


def check_holding(
    configuration: Configuration, drill: Drill, declaration: Declaration, lags: Mapping[str, Lags]
) -> Iterator[Defect]:
    """Whether each fault of a drill lasts as long as its alerts need."""
    expires = {
        step.name: float(cause.expires_seconds)
        for step, cause in drill.causes
        if hasattr(cause, "expires_seconds")
    }
    return holding.find(configuration, declaration, lags, expires)


def check_running(
    prometheus: Prometheus, configuration: Configuration, declaration: Declaration
) -> list[Defect]:
    """What the series of the running stack show of the alerts a drill names. Raises ReadError."""
    expected = [e for e in declaration.expects if not isinstance(e, Silent)]
    sources = [e.by for e in expected if isinstance(e, Inhibited)]
    alerts = sorted({*(e.alert for e in expected), *sources, *declaration.near_misses.values()})
    metrics = observed.metrics_read(configuration, alerts)
    series = read_series(prometheus, metrics)
    return list(dict.fromkeys(observed.find(configuration, alerts, series)))


def refuse_what_cannot_fire(
    prometheus: Prometheus,
    configuration: Configuration,
    declaration: Declaration,
    say: Callable[[str], None],
) -> None:
    """Say what may not fire yet. Raises DrillStopped where an alert of the drill never can."""
    try:
        found = check_running(prometheus, configuration, declaration)
    except ReadError as error:
        raise DrillStopped(f"the series of the running stack cannot be read: {error}") from error
    for defect in found:
        if defect.severity == "warning":
            say(f"warning: {defect}")
    errors = [str(defect) for defect in found if defect.severity == "error"]
    if errors:
        raise DrillStopped(f"no fault was caused, as an alert cannot fire: {'; '.join(errors)}")


def read_series(
    prometheus: Prometheus, metrics: Collection[str]
) -> dict[str, list[Mapping[str, str]]]:
    """The labels of every series that these metrics have now. Raises ReadError."""
    found: dict[str, list[Mapping[str, str]]] = {}
    if metrics:
        names = "|".join(sorted(metrics))
        for series in prometheus.query(f'{{__name__=~"{names}"}}'):
            found.setdefault(series.labels["__name__"], []).append(series.labels)
    return found


def _checked(subject: Subject) -> Checked:
    return Checked(subject, of_files(subject))
