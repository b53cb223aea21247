"""The stall monitor tells a host that was held up from one that was not."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from scenarios.stall import (
    BEAT_SECONDS,
    IDLE_EVERY_SECONDS,
    SHORTEST_SATURATION_SECONDS,
    StallMonitor,
    idle_ratio,
    long_spans,
    strangers_ratio,
)
from stack.faults.cgroup import cpu_limit_cores
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
    continued = time.time()
    process.send_signal(signal.SIGCONT)
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


# Counts for ever; ends with the test, or when that is gone.
BURN = "import time\nended = time.monotonic() + 120\nwhile time.monotonic() < ended: pass\n"
# As many as there are cores, that nobody here is a parent of: it ends and leaves them, and tells.
LEAVE_BURNING = (
    "import os, subprocess, sys\n"
    "for _ in range(os.cpu_count() or 1):\n"
    f"    print(subprocess.Popen([sys.executable, '-c', {BURN!r}], stdout=2).pid)\n"
)


@pytest.fixture
def monitor() -> Iterator[StallMonitor]:
    cores = os.cpu_count() or 1
    if len(os.sched_getaffinity(0)) < cores or (cpu_limit_cores() or cores) < cores:
        pytest.skip("this process may not use every core, so it cannot leave none idle")
    monitor = StallMonitor()
    yield monitor
    monitor.close()


def test_a_host_with_no_core_left_is_noticed_and_one_with_some_is_not(
    monitor: StallMonitor,
) -> None:
    """Processes that do nothing but count, so many that no stranger can have half of the cores."""
    began = time.time()
    burners = [
        subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(4 * (os.cpu_count() or 1))
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
        wait_until(
            "a while of it",
            lambda: (time.time() > first + 3 * SHORTEST_SATURATION_SECONDS, "not yet"),
            within_seconds=30,
        )
        assert monitor.taken_by_strangers(began, time.time()) == ()
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def test_what_strangers_take_is_told_from_what_the_run_s_own_processes_use(
    monitor: StallMonitor,
) -> None:
    began = time.time()
    left = subprocess.run(
        [sys.executable, "-c", LEAVE_BURNING], stdout=subprocess.PIPE, text=True, check=True
    )
    burners = [psutil.Process(int(pid)) for pid in left.stdout.split()]
    try:
        wait_until(
            "what strangers took to be seen",
            lambda: (bool(monitor.taken_by_strangers(began, time.time())), "nothing is taken"),
            within_seconds=30,
        )
        ((first, last),) = monitor.taken_by_strangers(began, time.time())
        assert last - first >= SHORTEST_SATURATION_SECONDS
        assert monitor.taken_by_strangers(began - 100.0, began - 50.0) == ()
    finally:
        for burner in burners:
            burner.kill()


def test_the_part_of_strangers_is_what_is_neither_idle_nor_own() -> None:
    before = {"user": 0.0, "idle": 0.0, "iowait": 0.0, "steal": 0.0, "guest": 0.0}
    after = {"user": 6.0, "idle": 1.0, "iowait": 1.0, "steal": 2.0, "guest": 6.0}
    assert strangers_ratio(before, after, own_seconds=3.0) == pytest.approx(0.5)
    assert strangers_ratio(before, after, own_seconds=8.0) == pytest.approx(0.0)
    assert strangers_ratio(before, before, own_seconds=1.0) == 0.0


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
    before = set(threading.enumerate())
    monitor = StallMonitor()
    (its_own,) = set(threading.enumerate()) - before
    monitor.close()
    assert not its_own.is_alive()
