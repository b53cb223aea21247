"""Durations that no speed divides, and the rules that tell them from their windows.

A reservation of 2 minutes is over well within a ``for`` of 5 minutes. At speed 20 that ``for``
lasts 15 s and the reservation still 2 minutes: what production's rule waits out, the faster one
does not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stack.run.speed.durations import Speed, divide, exact_speed, format_duration
from stack.run.speed.issues import Cause
from stack.run.speed.lint import Finding
from stack.run.speed.rules import read_rules


@dataclass(frozen=True)
class RealDuration:
    """A duration of the app, a client or an engine that is the same at any speed."""

    name: str
    milliseconds: int


# A receiver that hangs blocks its group this long, however short group_interval has become.
ALERTMANAGER_SHORTEST_ATTEMPT = RealDuration("Alertmanager's shortest delivery attempt", 10_000)


def lint_real_durations(
    texts: Mapping[str, str], real: Iterable[RealDuration], speed: Speed
) -> list[Finding]:
    """Each rule with a duration longer than a real one in production, but not at this speed.

    ``texts`` are rule files by path. One finding for each rule and real duration, at the shortest
    of the rule's durations. Raises SpeedError where a file cannot be read.
    """
    exact = exact_speed(speed)
    kept = list(real)
    found = []
    for path, text in texts.items():
        for rule in read_rules(text, path).rules:
            durations = sorted(rule.durations(), key=lambda d: d.milliseconds)
            for one in kept:
                overtaken = [
                    d
                    for d in durations
                    if one.milliseconds < d.milliseconds <= one.milliseconds * exact
                ]
                if overtaken:
                    shortest = overtaken[0]
                    keys = list(dict.fromkeys(d.place.key.partition(" of ")[0] for d in overtaken))
                    becomes = format_duration(divide(shortest.milliseconds, exact))
                    found.append(
                        Finding(
                            path=path,
                            line=shortest.place.line or rule.line,
                            rule=rule.name,
                            cause=Cause.KEPT_REAL,
                            what=f"{Cause.KEPT_REAL.value}: {one.name} "
                            f"({format_duration(one.milliseconds)})",
                            why=f"in production it is shorter than {', '.join(keys)} "
                            f"({format_duration(shortest.milliseconds)}), at speed "
                            f"{float(exact):g} that is {becomes}",
                        )
                    )
    return found
