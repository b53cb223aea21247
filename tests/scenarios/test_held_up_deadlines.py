"""The runner waits long enough for what a failed receiver is sent again, and for what is lost."""

from dataclasses import replace

import pytest

from scenarios.deadlines import Deadlines
from scenarios.judge.expectation import Fires, Lost
from scenarios.judge.held_up import next_attempt_part
from scenarios.judge.timeline import FaultRecord
from tests.scenarios.judge.score import CONFIGURATION, PAGER_GROUP, START, fires

GROUP_INTERVAL_SECONDS = 2.0
LOST = Lost("QueueLong", at="pager", group=PAGER_GROUP)

HOLDER = FaultRecord(
    name="pager fails",
    fault="receiver_failing",
    near_miss=False,
    wanted={},
    injecting=START,
    confirmed=START,
    observed="",
    healing=START + 10,
    healed=START + 10,
    holds_up_receivers=("pager",),
)
DEADLINES = Deadlines(CONFIGURATION)


@pytest.mark.parametrize("ends_flushes", [True, False])
@pytest.mark.parametrize("tried_for_seconds", [0.0, 3.0, 600.0])
def test_what_is_sent_again_is_waited_for_as_long_as_the_judge_allows(
    *, ends_flushes: bool, tried_for_seconds: float
) -> None:
    holder = replace(HOLDER, ends_flushes=ends_flushes)
    part = next_attempt_part(holder, tried_for_seconds, GROUP_INTERVAL_SECONDS)
    assert DEADLINES.tried_again_by(fires(), holder) > START + 10 + part.total_seconds


@pytest.mark.parametrize("expectation", [fires(), LOST], ids=["fires", "lost"])
def test_what_is_due_has_fired_and_waited_for_its_group(expectation: Fires | Lost) -> None:
    """QueueLong fires 1 s after it is pending, and its group waits for half a second."""
    assert DEADLINES.due_hold_seconds("QueueLong") > 0.5
    assert DEADLINES.due_by(expectation, HOLDER) > DEADLINES.notified_by(expectation, HOLDER)


def test_what_is_lost_is_waited_for_until_its_group_was_flushed_without_it() -> None:
    assert DEADLINES.forgotten_after_seconds("QueueLong") > GROUP_INTERVAL_SECONDS
