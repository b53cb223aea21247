"""What the watch puts down of the host; its sources are read in the drills' own tests."""

from dataclasses import dataclass
from typing import Any

import pytest

from scenarios.judge.timeline import Configuration, Declaration
from scenarios.watch import Watch
from stack.run.stack import Addresses, Secrets

NOBODY = "http://127.0.0.1:9"
ADDRESSES = Addresses(*[NOBODY] * 7, redis_host="127.0.0.1", redis_port=9, redis_exporter=NOBODY)
SECRETS = Secrets(sink_token="a", gateway_token="b", admin_token="c")
BUSY = ((1.0, 3.0), (5.0, 6.5))
TAKEN = ((1.25, 3.0),)


class Stalls:
    """In place of a StallMonitor: the host was busy, for a part of it with strangers' work."""

    def worst(self, _began: float, _ended: float) -> tuple[float, float]:
        return 0.25, 2.0

    def saturated(self, _began: float, _ended: float) -> Any:
        return BUSY

    def taken_by_strangers(self, _began: float, _ended: float) -> Any:
        return TAKEN


@dataclass
class Stack:
    """In place of one whose services have all gone."""

    is_of_own_processes: bool
    speed: float = 60.0
    addresses: Addresses = ADDRESSES
    secrets: Secrets = SECRETS


@pytest.mark.parametrize("own", [True, False])
def test_what_strangers_took_counts_of_a_stack_of_processes_that_are_the_run_s_own(
    own: bool,
) -> None:
    """What containers use looks like a stranger's too, and what runs elsewhere is not held up."""
    stack: Any = Stack(own)
    stalls: Any = Stalls()
    configuration = Configuration((), (), {}, 15.0, 60.0)
    with Watch(stack, configuration, lambda: False) as watch:
        timeline = watch.timeline(
            Declaration("a", "", "", "a.py", ()),
            stages=(),
            faults=(),
            load_runs=(),
            stalls=stalls,
            shared=False,
        )
    assert timeline.host.saturated == BUSY
    assert timeline.host.taken_by_strangers == (TAKEN if own else ())
    assert (timeline.host.worst_stall_seconds, timeline.host.shared_with_drills) == (0.25, False)
    assert any("the sink cannot be read back" in problem for problem in timeline.problems)
