"""The stall monitor tells a host that was held up from one that was not."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from scenarios.stall import (
    BEAT_SECONDS,
    IDLE_EVERY_SECONDS,
    SHORTEST_SATURATION_SECONDS,
    StallMonitor,
    idle_ratio,
    long_spans,
)
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


def test_a_host_with_no_core_left_is_noticed_and_one_with_some_is_not() -> None:
    """As many processes as cores that do nothing but count."""
    monitor = StallMonitor()
    began = time.time()
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        wait_until(
            "the busy cores to be seen",
            lambda: (bool(monitor.saturated(began, time.time())), "some core is idle"),
            within_seconds=30,
        )
        ((first, last),) = monitor.saturated(began, time.time())
        assert last - first >= SHORTEST_SATURATION_SECONDS
        assert began - IDLE_EVERY_SECONDS <= first < last <= time.time()
        assert monitor.saturated(began - 100.0, began - 50.0) == ()
        assert monitor.saturated(last + 50.0, last + 100.0) == ()
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
        monitor.close()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0.0, 0.5), (0.5, 1.1)], ((0.0, 1.1),)),
        ([(0.0, 0.5), (0.8, 1.4)], ()),
        ([(0.0, 1.2), (2.0, 3.5)], ((0.0, 1.2), (2.0, 3.5))),
        ([(4.0, 6.0)], ((4.0, 5.0),)),
        ([(-2.0, 0.7)], ((0.0, 0.7),)),
        ([(6.0, 9.0)], ()),
    ],
)
def test_only_spans_of_a_second_or_more_count_and_only_what_is_asked_of_them(
    spans: list[tuple[float, float]], expected: tuple[tuple[float, float], ...]
) -> None:
    assert long_spans(spans, 0.0, 5.0) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"user": 1.0, "nice": 1.0, "idle": 2.0, "iowait": 0.0}, 0.5),
        ({"user": 2.0, "nice": 0.0, "idle": 1.0, "iowait": 1.0}, 0.5),
        ({"user": 4.0, "nice": 0.0, "idle": 0.0, "iowait": 0.0}, 0.0),
        ({"user": 4.0, "nice": 0.0, "idle": 0.0, "iowait": 0.0, "guest": 4.0}, 0.0),
        ({"user": 0.0, "idle": 0.0}, 1.0),
    ],
)
def test_what_is_idle_is_what_neither_works_nor_is_counted_twice(
    after: dict[str, float], expected: float
) -> None:
    """On a kernel that knows no iowait, and where nothing was counted yet, too."""
    assert idle_ratio(dict.fromkeys(after, 0.0), after) == expected


def test_closing_ends_its_thread() -> None:
    before = threading.active_count()
    monitor = StallMonitor()
    assert threading.active_count() == before + 1
    monitor.close()
    assert threading.active_count() == before
