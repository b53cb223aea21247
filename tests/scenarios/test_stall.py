"""The stall monitor tells a host that was held up from one that was not."""

import os
import signal
import subprocess
import sys
import threading
import time

from scenarios.stall import BEAT_SECONDS, StallMonitor
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until

STOPPED_SECONDS = 0.6
WATCHED = """
import sys, time
from scenarios.stall import StallMonitor
monitor = StallMonitor()
began = time.time()
print("watching", flush=True)
sys.stdin.readline()
# The monitor needs a beat to see what it was kept from.
deadline = time.monotonic() + 10
while monitor.worst(began, time.time())[0] < 0.3 and time.monotonic() < deadline:
    time.sleep(0.01)
print(*monitor.worst(began, time.time()), began, flush=True)
monitor.close()
"""


def test_a_process_that_was_stopped_knows_how_long_and_when() -> None:
    """SIGSTOP is what a starved host looks like from inside."""
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "watching\n"
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    time.sleep(STOPPED_SECONDS)
    process.send_signal(signal.SIGCONT)
    continued = time.time()
    out, _ = process.communicate("tell\n", timeout=30)
    stall, at, began = map(float, out.split())
    assert stall >= STOPPED_SECONDS - 2 * BEAT_SECONDS
    assert began <= at
    assert at >= continued - BEAT_SECONDS


def test_what_lies_outside_the_span_does_not_count() -> None:
    monitor = StallMonitor()
    try:
        assert monitor.worst(0.0, 1.0) == (0.0, 0.0)
        hold_the_interpreter(0.3)
        wait_until(
            "the stall to be seen",
            lambda: (monitor.worst(0.0, time.time())[0] > 0, "no stall"),
            within_seconds=10,
        )
        worst, at = monitor.worst(0.0, time.time())
        assert worst > BEAT_SECONDS
        assert monitor.worst(0.0, at - 1.0) == (0.0, 0.0)
        assert monitor.worst(at + 1000.0, at + 2000.0) == (0.0, 0.0)
    finally:
        monitor.close()


def hold_the_interpreter(seconds: float) -> None:
    """Keep every other thread of this process from running, as a long call in C does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
    finally:
        sys.setswitchinterval(interval)


def test_closing_ends_its_thread() -> None:
    before = threading.active_count()
    monitor = StallMonitor()
    assert threading.active_count() == before + 1
    monitor.close()
    assert threading.active_count() == before
