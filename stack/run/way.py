"""The ways to have a stack: what each has and lacks, and how it gives a drill its stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from stack.run.stack import DrilledStack

# What a drill may need that not every way has. ``flash-tickets``: the ticket app, its services and
# its load; ``host``: metrics of all of the host, without anybody else who disturbs it.
Feature = Literal["flash-tickets", "host", "containers", "postgresql", "two-alertmanagers"]


@dataclass(frozen=True)
class Wanted:
    """The stack that one drill is run on; ``source`` holds the configuration."""

    name: str
    speed: float
    source: Path
    features: frozenset[Feature] = frozenset()
    app_settings: Mapping[str, str] = field(default_factory=dict)


class Way(Protocol):
    """One way to have stacks.

    ``lacks`` says of each feature that this way has not why not, and what to do; where
    ``one_at_a_time``, no two of its stacks can be up at once; where it ``fills_host``, no drill of
    any run on this host may go on beside one of its own.
    """

    @property
    def name(self) -> str: ...

    @property
    def lacks(self) -> Mapping[Feature, str]: ...

    @property
    def one_at_a_time(self) -> bool: ...

    @property
    def fills_host(self) -> bool: ...

    def layers_absent(self, source: Path, features: frozenset[Feature]) -> Mapping[str, str]:
        """Layers of ``source`` whose rules such a stack does not load, with the reason."""

    def prepare(self, say: Callable[[str], None]) -> None:
        """Make, once in a run, what every stack needs. Raises StackError, EngineError."""

    def stack(self, wanted: Wanted) -> DrilledStack:
        """A stack for one drill, not yet started. Raises StackError."""
