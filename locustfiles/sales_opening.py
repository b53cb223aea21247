"""Profile and shape, for the web UI: a quiet hall, the rush when sales open, and the time after."""

from __future__ import annotations

from argparse import Namespace
from typing import ClassVar

from locust import LoadTestShape

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.pace import Pace, Step, Steps
from locustfiles.settings import ARRIVALS_PER_SECOND, MOST_SECONDS, Setting, number, rate
from locustfiles.visits import Visitor


def _seconds(name: str, default: float, help_: str) -> Setting:
    return Setting(name, default, number(0, MOST_SECONDS), help_)


def _steps(options: Namespace) -> Steps:
    return Steps(
        (
            Step(options.quiet_seconds, options.arrivals_per_second),
            Step(options.rush_seconds, options.rush_per_second),
            Step(options.settle_seconds, options.arrivals_per_second),
        )
    )


class Hall(OpenUser):
    """Visitors as on an ordinary day, only far more of them for a while."""

    settings: ClassVar[tuple[Setting, ...]] = (
        ARRIVALS_PER_SECOND,
        rate("rush_per_second", 100.0, "Visits that begin each second while the rush lasts"),
        _seconds("quiet_seconds", 30.0, "Seconds before sales open"),
        _seconds("rush_seconds", 60.0, "Seconds the rush lasts"),
        _seconds("settle_seconds", 60.0, "Seconds the run goes on after the rush"),
    )

    def pace(self, options: Namespace) -> Pace:
        return _steps(options)

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        return visits.look_or_buy(visitor, number)


class SalesOpening(LoadTestShape):
    """Ends the run after the last step. The steps are arrivals; of users there is always one."""

    def tick(self) -> tuple[int, float] | None:
        if self.runner is None or self.runner.environment.parsed_options is None:
            return None
        steps = _steps(self.runner.environment.parsed_options)
        run_seconds: float = self.get_run_time()  # type: ignore[no-untyped-call]
        return (1, 1.0) if run_seconds < steps.seconds else None
