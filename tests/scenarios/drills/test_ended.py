"""However a run is ended in the middle of a fault, nothing outlives it by more than seconds.

Each run is stopped while its fault is in: its stack, its load, and what the fault has started or
set must be gone by themselves, whoever was there to clean up.
"""

import json
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from stack.run.waiting import wait_until

pytestmark = pytest.mark.drills

# Healing, and letting Locust write its statistics, take some seconds; a kill takes none.
ENDED_WITHIN_SECONDS = 60.0
GONE_WITHIN_SECONDS = 15.0


@dataclass(frozen=True)
class Stopped:
    """A run that was stopped in the middle, and whom it had started by then."""

    run: Any
    family: Any
    code: int


@pytest.fixture(scope="module")
def stopped(start: Callable[..., Any]) -> Mapping[str, Stopped]:
    """A run for each way of ending, side by side, each with another fault."""
    begun = {
        "SIGINT": start("application/redis_latency.py", options=("--keep-stack",)),
        "SIGINT twice": start("business/slow_responses.py"),
        "SIGTERM": start("business/payment_failures.py"),
        "SIGKILL": start(
            "application/redis_down.py",
            # It never fires, so the fault is held to the end of the wait.
            edits=(("prometheus/rules/application.yml", "redis_up == 0", "redis_up == 2"),),
        ),
    }

    def stop(name: str, run: Any) -> Stopped:
        run.until("fault in" if name == "SIGKILL" else "near miss in")
        family = run.family()
        number = signal.Signals[name.partition(" ")[0]]
        run.process.send_signal(number)
        if name == "SIGINT twice":
            # Once the first is being dealt with, or the two would be taken for one.
            run.until("healing and ending what still runs: business/slow_responses")
            run.process.send_signal(number)
        stopped = Stopped(run, family, run.wait(ENDED_WITHIN_SECONDS))
        family.assert_gone(GONE_WITHIN_SECONDS)
        return stopped

    with ThreadPoolExecutor(len(begun)) as pool:
        stopped = {name: pool.submit(stop, name, run) for name, run in begun.items()}
    return {name: future.result() for name, future in stopped.items()}


WAYS = ("SIGINT", "SIGINT twice", "SIGTERM", "SIGKILL")


@pytest.mark.parametrize("way", WAYS)
def test_no_process_and_no_directory_outlives_it(way: str, stopped: Mapping[str, Stopped]) -> None:
    """The fixture has waited for it; here is shown that there was something to end."""
    assert stopped[way].run.remains() == {}
    family = stopped[way].family
    for word in ("stack.run.guardian", "stack.app", "stack.gateway", "sink", "locust"):
        assert len(family.members(word)) == 1, f"{word} did not run when it was stopped"
    assert len(family.directories) == 1
    assert len(family.processes) >= 9


def test_ctrl_c_ends_with_a_report_that_says_so(stopped: Mapping[str, Stopped]) -> None:
    run, code = stopped["SIGINT"].run, stopped["SIGINT"].code
    assert code == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in run.output
    assert "healing and ending what still runs: application/redis_latency" in run.output
    (result,) = json.loads((run.report / "results.json").read_text())["drills"]
    assert result["verdict"] == "error"
    assert "the run was ended before this drill was over" in result["text"]
    assert "application/redis_latency" in run.output.partition("alerts at the receiver")[2]


def test_ctrl_c_leaves_no_stack_even_where_failed_ones_are_to_be_kept(
    stopped: Mapping[str, Stopped],
) -> None:
    """Nobody wants to look at a stack whose drill they ended themselves."""
    assert "It ends in half an hour" not in stopped["SIGINT"].run.output
    (result,) = json.loads((stopped["SIGINT"].run.report / "results.json").read_text())["drills"]
    assert "kill" not in result["text"]


def test_impatience_is_no_harm(stopped: Mapping[str, Stopped]) -> None:
    """A second Ctrl-C may cost the report, never the cleaning up."""
    assert stopped["SIGINT twice"].code == pytest.ExitCode.INTERRUPTED


def test_a_killed_run_dies_of_its_signal(stopped: Mapping[str, Stopped]) -> None:
    assert stopped["SIGTERM"].code == -signal.SIGTERM
    assert stopped["SIGKILL"].code == -signal.SIGKILL


def test_stressors_of_the_host_end_with_a_run_that_is_killed(start: Callable[..., Any]) -> None:
    """The worst that could be left behind: cores that burn for ever."""
    run = start("flow/incident.py")
    run.until("injecting host_cpu")
    wait_until(
        "the stressors to run",
        lambda: (bool(run.family().members("stack.faults.cpu_stressor")), run.output),
        within_seconds=30,
    )
    family = run.family()
    run.process.kill()
    run.wait()
    family.assert_gone(GONE_WITHIN_SECONDS)
