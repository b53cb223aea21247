"""The stages of one drill: what it is at now, for the person who waits, and for the timeline."""

import time
from collections.abc import Callable

from scenarios.judge.timeline import Stage

WARM_UP = "warm-up"


class Stages:
    """``enter`` ends the stage before; ``say`` adds a detail to the current one for the user."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._ended: list[Stage] = []
        self._current: tuple[str, float] | None = None

    def enter(self, name: str) -> None:
        self.end()
        self._current = (name, time.time())

    def say(self, text: str) -> None:
        self._progress(text)

    def end(self) -> None:
        if self._current is not None:
            name, began = self._current
            self._ended.append(Stage(name, began, time.time()))
            self._current = None

    def all(self) -> tuple[Stage, ...]:
        return tuple(self._ended)
