"""What can be set on the command line, in the environment and in the web UI, and how it is read."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_PER_SECOND = 2000.0
MOST_SECONDS = 3600.0
MOST_IN_FLIGHT = 5000
MOST_ARRIVALS = 1_000_000


@dataclass(frozen=True)
class Setting:
    """One value: `arrivals_per_second` is --arrivals-per-second and LOAD_ARRIVALS_PER_SECOND."""

    name: str
    default: float
    read: Callable[[str], float]
    help: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "LOAD_" + self.name.upper()


def number(least: float, most: float, *, above_least: bool = False) -> Callable[[str], float]:
    """Return a reader of numbers from `least` (itself excluded if `above_least`) to `most`."""
    bound = f"above {least:g}" if above_least else f"from {least:g}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        # A comparison with nan is false, so nan is refused like any other value out of bounds.
        if (value > least if above_least else value >= least) and value <= most:
            return value
        raise argparse.ArgumentTypeError(f"{text!r} is not a number {bound} to {most:g}")

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if least <= value <= most:
            return value
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

    return read


def rate(name: str, default: float, help_: str) -> Setting:
    """Return a setting of arrivals a second, which must be above zero."""
    return Setting(name, default, number(0, MOST_PER_SECOND, above_least=True), help_)


ARRIVALS_PER_SECOND = rate(
    "arrivals_per_second", 10.0, "Visits that begin each second, however slow the app answers"
)
IN_FLIGHT_MAX = Setting(
    "in_flight_max",
    1000,
    whole_number(1, MOST_IN_FLIGHT),
    "Visits going on at once at most; further arrivals are shed and counted",
)
ARRIVALS_LIMIT = Setting(
    "arrivals_limit",
    0,
    whole_number(0, MOST_ARRIVALS),
    "Arrivals in the whole run at most, 0 for any number",
)
COMMON = (IN_FLIGHT_MAX, ARRIVALS_LIMIT)


def first_mistake(settings: tuple[Setting, ...], form: Mapping[str, str]) -> str | None:
    """Return what is wrong with the first of these settings a web form gets wrong, or None."""
    for setting in settings:
        if setting.name in form:
            try:
                setting.read(form[setting.name])
            except argparse.ArgumentTypeError as error:
                return f"{setting.name}: {error}"
    return None
