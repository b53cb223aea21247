"""The external way: nothing is started but the sink; all drills share what runs elsewhere."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stack.observe.prometheus import ReadError
from stack.run.external.running import ExternalStack
from stack.run.external.settings import ExternalSettings
from stack.run.external.unchanged import Seen, see
from stack.run.stack import StackError
from stack.run.way import Feature, Wanted

ELSEWHERE = "--stack external starts and breaks nothing itself; cause it by a hook"
LACKS: Mapping[Feature, str] = {
    "flash-tickets": ELSEWHERE,
    "host": ELSEWHERE,
    "containers": ELSEWHERE,
    "postgresql": ELSEWHERE,
    "two-alertmanagers": "one Alertmanager can be named; run it with --stack local",
}


class ExternalWay:
    """What runs at the addresses of a settings file, at production's speed."""

    name = "external"
    lacks = LACKS
    # Each drill's sink listens at the one address that the receivers post to.
    one_at_a_time = True
    fills_host = False

    def __init__(self, settings: ExternalSettings) -> None:
        self.settings = settings
        self._checked: Seen | None = None

    def layers_absent(self, _source: Path, _features: frozenset[Feature]) -> Mapping[str, str]:
        return {}

    def prepare(self, _say: Callable[[str], None]) -> None:
        """Nothing is made; what the drills were just held against is kept. Raises StackError."""
        try:
            self._checked = see(self.settings)
        except ReadError as error:
            raise StackError(f"the running configuration cannot be read: {error}") from error

    def stack(self, wanted: Wanted) -> ExternalStack:
        return ExternalStack(self.settings, name=wanted.name, checked=self._checked)
