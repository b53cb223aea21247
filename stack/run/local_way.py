"""``--stack local``: loopback processes, each drill on a stack of its own, many side by side."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stack.run.engines import Engine, require
from stack.run.local import ENGINES, LocalStack, layers_absent
from stack.run.way import Feature, Wanted

LACKS: Mapping[Feature, str] = {
    "containers": "a local stack has no containers; run it with --stack compose",
    "postgresql": "a local stack keeps orders in SQLite; run it with --stack compose",
}


class LocalWay:
    """``engines`` are found or built by ``prepare`` where they are not given."""

    name = "local"
    lacks = LACKS
    one_at_a_time = False
    fills_host = False

    def __init__(self, engines: Mapping[str, Engine] | None = None) -> None:
        self._engines = engines

    def layers_absent(self, source: Path, features: frozenset[Feature]) -> Mapping[str, str]:
        return layers_absent(source, observes_host="host" in features)

    def prepare(self, say: Callable[[str], None]) -> None:
        if self._engines is None:
            self._engines = require(ENGINES, say)

    def stack(self, wanted: Wanted) -> LocalStack:
        assert self._engines is not None, "prepare comes first"
        return LocalStack(
            self._engines,
            name=wanted.name,
            speed=wanted.speed,
            observes_host="host" in wanted.features,
            alertmanagers=2 if "two-alertmanagers" in wanted.features else 1,
            app_settings=wanted.app_settings,
            source=wanted.source,
        )
