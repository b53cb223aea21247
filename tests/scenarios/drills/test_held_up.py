"""A run whose host starves Prometheus for a moment: the drill is made again, and both are told."""

import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.drills

# Several scrapes and evaluations at the default speed, and too short for a stack to be given up.
STARVED_SECONDS = 1.5


def test_a_drill_that_was_starved_passes_alone_and_the_first_attempt_is_kept(
    start: Callable[..., Any],
) -> None:
    run = start("delivery/quiet_baseline.py")
    run.until("watching the silence")
    processes = run.family().processes
    (prometheus,) = [p for p, line in processes.items() if "--storage.tsdb.path" in str(line)]
    prometheus.send_signal(signal.SIGSTOP)
    time.sleep(STARVED_SECONDS)
    prometheus.send_signal(signal.SIGCONT)
    assert run.wait() == pytest.ExitCode.OK, run.output
    assert re.search(r"quiet_baseline +held up by the host: runs again", run.output)
    assert "held up by the host: these drills ran again, alone" in run.output
    result = run.results["delivery/quiet_baseline"]
    assert result["verdict"] == "pass"
    assert any("was not scraped for" in reason for reason in result["first_attempt"]["reasons"])
    assert (run.report / "starved" / "timelines" / "delivery-quiet_baseline.json").is_file()
    assert run.timeline("delivery/quiet_baseline").is_file()
