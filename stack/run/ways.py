"""The ways to have a stack that ``--stack`` names, and which of them a drill can be run by."""

from collections.abc import Iterable

from stack.run.compose.way import ComposeWay
from stack.run.local_way import LocalWay
from stack.run.way import Feature, Way


def way_for(features: Iterable[Feature], preferred: Way) -> Way:
    """A way that has all of the features: the preferred one, another, or else the preferred."""
    wanted = set(features)
    ways: tuple[Way, ...] = (preferred, LocalWay(), ComposeWay())
    return next((way for way in ways if not wanted & way.lacks.keys()), preferred)
