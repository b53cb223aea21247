"""Tells Grafana what drills did while others go on: nothing waits for Grafana, or depends on it."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.report.annotations import annotations
from scenarios.report.grafana import Grafana, GrafanaError
from scenarios.report.saved import TimelineError, read_timeline

# For what is left when it is closed: a Grafana that is well takes some milliseconds for each.
DONE_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class _Told:
    """How many annotations of a timeline Grafana has, of how many; ``problem`` is why not all."""

    path: Path
    added: int
    wanted: int
    problem: str


class Annotator:
    """Adds the annotations of saved timelines in a thread of its own.

    Of a timeline it gives up at the first annotation that is not taken, and tries again with the
    next timeline: a Grafana that is gone costs one attempt for each.
    """

    def __init__(self, grafana: Grafana) -> None:
        self._grafana = grafana
        self._given: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._paths: list[Path] = []
        self._told: list[_Told] = []
        # A Grafana that sends a byte now and then holds no request to its timeout: a thread that
        # ends with the process needs no answer.
        self._thread = threading.Thread(target=self._run, name="annotator", daemon=True)
        self._thread.start()

    def add(self, timeline: Path) -> None:
        """Have the annotations of a saved timeline added, soon."""
        self._paths.append(timeline)
        self._given.put(timeline)

    def close(self, within_seconds: float = DONE_WITHIN_SECONDS) -> Sequence[str]:
        """Wait for what is left, no longer than this; gives what went wrong, a line for each."""
        self._given.put(None)
        self._thread.join(within_seconds)
        told = list(self._told)
        problems = [*_problems(told), *self._unfinished(len(told), within_seconds)]
        return [f"Grafana at {self._grafana.url}: {problem}" for problem in problems]

    @property
    def added(self) -> int:
        """How many annotations Grafana has taken."""
        return sum(told.added for told in self._told)

    def _run(self) -> None:
        while (path := self._given.get()) is not None:
            self._told.append(self._tell(path))

    def _tell(self, path: Path) -> _Told:
        added = wanted = 0
        try:
            made = annotations(read_timeline(path))
            wanted = len(made)
            for annotation in made:
                self._grafana.add(annotation)
                added += 1
        except (GrafanaError, TimelineError) as error:
            return _Told(path, added, wanted, str(error))
        return _Told(path, added, wanted, "")

    def _unfinished(self, done: int, within_seconds: float) -> Iterator[str]:
        if self._thread.is_alive():
            names = ", ".join(path.stem for path in self._paths[done:])
            yield f"it was not done with {names} after {within_seconds:g} s"


def _problems(told: Sequence[_Told]) -> Iterator[str]:
    """Each problem once, with the drills that had it and what of theirs is not there."""
    for problem in dict.fromkeys(one.problem for one in told if one.problem):
        having = [one for one in told if one.problem == problem]
        names = ", ".join(one.path.stem for one in having)
        missing = sum(one.wanted - one.added for one in having)
        yield f"{missing} annotations of {names} were not added: {problem}"
