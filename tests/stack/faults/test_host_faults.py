"""Host faults on the real host, small and short: levels, expiry, and an end with their harness."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import psutil
import pytest

from stack.faults.cpu_usage import BusyMeter
from stack.faults.fault import FaultError
from stack.faults.held_memory import CHUNK_BYTES
from stack.faults.host_cpu import STRESSOR as CPU_STRESSOR
from stack.faults.host_cpu import TOLERANCE, HostCpu
from stack.faults.host_memory import HostMemory
from stack.faults.memory_sizing import LEFT_FREE_BYTES, bytes_to_take
from stack.faults.memory_stressor import memory_now
from stack.faults.mount_holder import unmount
from stack.faults.small_disk import is_mounted, mount_point, why_not_mounted
from stack.faults.stressors import living_stressors
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import NotSeen, wait_until
from tests.stack.faults.small_stack import SmallStack

SMALL_BYTES = 300 << 20
TARGET = 0.65
# Within this much of its harness's death a stressor must be gone, on a busy host too.
SOON_SECONDS = 8.0


def slightly_fuller() -> HostMemory:
    memory = memory_now()
    share = max(SMALL_BYTES / memory.total_bytes, 0.015)
    return HostMemory(memory.used_ratio + share, expires_seconds=60)


def held_bytes(pid: int) -> int:
    """What a stressor keeps from others: its pages, and those of its files in memory."""
    held = psutil.Process(pid).memory_info().rss
    for file in Path(f"/proc/{pid}/fd").glob("*"):
        # Others are opened and closed while we look.
        with contextlib.suppress(FileNotFoundError):
            if "memfd:" in str(file.readlink()):
                held += file.stat().st_blocks * 512
    return held


def busy_without_stress(seconds: float) -> float:
    meter = BusyMeter()
    time.sleep(seconds)
    return meter.busy_ratio()


def until_alive(stack: SmallStack, module: str) -> list[int]:
    wait_until(
        f"{module} to run",
        lambda: (bool(living_stressors(stack, module)), "no process"),
        within_seconds=30,
    )
    return living_stressors(stack, module)


def test_a_near_miss_stays_near_its_target(bare_stack: SmallStack) -> None:
    """Over two seconds the host is as busy as was asked, while the others' load is let in."""
    others = busy_without_stress(0.5)
    if others > TARGET - 0.2:
        pytest.skip(f"the host is {others:.0%} busy by itself: no room to land on {TARGET:.0%}")
    fault = HostCpu(TARGET, expires_seconds=30)
    fault.inject(bare_stack)
    wait_until("the target", lambda: astuple(fault.read_back(bare_stack)), within_seconds=30)

    ratios = []
    for _ in range(3):
        ratios.append(busy_without_stress(2.0))
        if abs(ratios[-1] - TARGET) <= TOLERANCE:
            return
    fault.heal(bare_stack)
    others = busy_without_stress(0.5)
    if others > TARGET - 0.2:
        pytest.skip(f"the host became {others:.0%} busy by itself")
    pytest.fail(f"asked for {TARGET}, measured {ratios} over 2 s each")


def test_cpu_stressors_come_last(bare_stack: SmallStack) -> None:
    """Stressors have the lowest priority, among processes and, with autogroups, sessions."""
    HostCpu(0.05, expires_seconds=30).inject(bare_stack)
    for pid in until_alive(bare_stack, CPU_STRESSOR):
        assert psutil.Process(pid).nice() == 19
        autogroup = Path(f"/proc/{pid}/autogroup")
        if not autogroup.exists():
            pytest.skip("this kernel has no autogroups")
        wait_until(
            "the session's priority",
            lambda autogroup=autogroup: (  # type: ignore[misc]
                autogroup.read_text().strip().endswith("nice 19"),
                autogroup.read_text(),
            ),
            within_seconds=30,
        )


def test_a_killed_cpu_stressor_is_noticed(bare_stack: SmallStack) -> None:
    """The readback says no once a stressor is gone, whatever else keeps the host busy."""
    fault = HostCpu(1.0, expires_seconds=30)
    fault.inject(bare_stack)
    pids = until_alive(bare_stack, CPU_STRESSOR)
    psutil.Process(pids[0]).kill()
    wait_until(
        "the end of the stressor",
        lambda: (pids[0] not in living_stressors(bare_stack, CPU_STRESSOR), "alive"),
        within_seconds=30,
    )

    readback = fault.read_back(bare_stack)
    assert not readback.took_effect
    assert "stressors live" in readback.observed


@pytest.mark.parametrize(
    ("make", "module"),
    [
        (lambda: HostCpu(0.05, expires_seconds=3.0), CPU_STRESSOR),
        (
            lambda: HostMemory(slightly_fuller().used_ratio, expires_seconds=3.0),
            HostMemory.stressor,
        ),
    ],
)
def test_stressors_end_themselves_at_expiry(
    make: Callable[[], HostCpu | HostMemory], module: str, bare_stack: SmallStack
) -> None:
    """A fault that nobody heals is over by itself, and the readback says why it is gone."""
    fault = make()
    fault.inject(bare_stack)
    until_alive(bare_stack, module)
    wait_until(
        "expiry",
        lambda: (not living_stressors(bare_stack, module), "alive"),
        within_seconds=30,
    )

    readback = fault.read_back(bare_stack)
    assert not readback.took_effect
    assert "its time is over" in readback.observed


def test_memory_is_held_at_the_level_and_given_back(bare_stack: SmallStack) -> None:
    """What is taken is really there, and gone with the stressor."""
    fault = slightly_fuller()
    if (reason := fault.unavailable()) is not None:
        pytest.skip(reason)
    fault.inject(bare_stack)
    wait_until("the level", lambda: astuple(fault.read_back(bare_stack)), within_seconds=30)
    (pid,) = living_stressors(bare_stack, HostMemory.stressor)
    assert held_bytes(pid) > SMALL_BYTES / 2

    fault.heal(bare_stack)
    assert not psutil.pid_exists(pid)
    wait_until("its end", lambda: astuple(fault.read_back_healed(bare_stack)), within_seconds=30)


def test_memory_makes_room_when_others_take_some(bare_stack: SmallStack) -> None:
    """The stressor lets go what others take, so that the level stays; and takes it again."""
    fault = slightly_fuller()
    if (reason := fault.unavailable()) is not None:
        pytest.skip(reason)
    fault.inject(bare_stack)
    wait_until("the level", lambda: astuple(fault.read_back(bare_stack)), within_seconds=30)
    (pid,) = living_stressors(bare_stack, HostMemory.stressor)

    def at_the_level() -> tuple[bool, str]:
        """By the host, and not by what the stressor holds: all others come and go as well."""
        lacking = bytes_to_take(memory_now(), fault.used_ratio)
        told = f"{lacking} B to go, it holds {held_bytes(pid)} B"
        return abs(lacking) <= 2 * CHUNK_BYTES, told

    # The readback is content a little below the target, while the stressor still grows.
    wait_until("the stressor to be done", at_the_level, within_seconds=30)
    taken_by_us = bytearray(b"\x01") * (128 << 20)
    wait_until("the stressor to let go", at_the_level, within_seconds=30)
    del taken_by_us
    wait_until("the stressor to take it again", at_the_level, within_seconds=30)


def test_memory_stressor_is_the_first_to_die(bare_stack: SmallStack) -> None:
    """Should the host run out of memory, the kernel ends the stressor and no service."""
    fault = slightly_fuller()
    if fault.unavailable() is not None or not Path("/proc/self/oom_score_adj").exists():
        pytest.skip(fault.unavailable() or "no oom_score_adj on this system")
    fault.inject(bare_stack)
    (pid,) = until_alive(bare_stack, HostMemory.stressor)
    score = Path(f"/proc/{pid}/oom_score_adj")
    wait_until(
        "its score", lambda: (score.read_text() == "1000\n", score.read_text()), within_seconds=30
    )


def test_a_stressor_that_gets_no_memory_lets_go_and_says_so(bare_stack: SmallStack) -> None:
    """Where the system gives no more, what was taken is given back and the readback tells why."""
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is not held in a file here")
    fault = slightly_fuller()
    if (reason := fault.unavailable()) is not None:
        pytest.skip(reason)
    stressor = (
        f"ulimit -f 200000; exec {sys.executable} -m {HostMemory.stressor} --stack-directory "
        f"{bare_stack.directory} --used-ratio {fault.used_ratio} --expires-seconds 30"
    )
    bare_stack.start_process(HostMemory.name, ["sh", "-c", stressor], {})
    wait_until(
        "the stressor to give up",
        lambda: (
            "cannot hold the level" in bare_stack.process_log(HostMemory.name)
            and not living_stressors(bare_stack, HostMemory.stressor),
            bare_stack.process_log(HostMemory.name),
        ),
        within_seconds=30,
    )
    readback = fault.read_back(bare_stack)
    assert not readback.took_effect
    assert "got no more than" in readback.observed


def test_injecting_twice_is_refused_and_leaves_nothing_behind(bare_stack: SmallStack) -> None:
    """A fault that is in already is an error, after which none of its stressors lives."""
    fault = HostCpu(0.05, expires_seconds=30)
    fault.inject(bare_stack)
    with pytest.raises(FaultError, match=r"stressor host_cpu-0 did not start: .*already runs"):
        fault.inject(bare_stack)
    assert living_stressors(bare_stack, CPU_STRESSOR) == []


def test_a_target_below_what_is_used_is_refused(bare_stack: SmallStack) -> None:
    """Nothing is started where the memory is fuller than was asked for, and the text says so."""
    used_ratio = memory_now().used_ratio
    fault = HostMemory(max(used_ratio / 2, 0.001))
    assert "already used to" in (fault.unavailable() or "")
    with pytest.raises(FaultError, match="already used to"):
        fault.inject(bare_stack)
    assert living_stressors(bare_stack, HostMemory.stressor) == []


def test_a_target_without_room_for_one_gib_is_refused() -> None:
    """The GiB that stays free is the real host's, too."""
    total_bytes = memory_now().total_bytes
    too_full = 1 - LEFT_FREE_BYTES / total_bytes / 2
    assert "1 GiB is always left free" in (HostMemory(too_full).unavailable() or "")


@pytest.mark.parametrize("also_the_guardian", [False, True], ids=["harness", "harness+guardian"])
def test_no_stressor_outlives_a_killed_harness(tmp_path: Path, also_the_guardian: bool) -> None:
    """After SIGKILL of the harness, even with its guardian, stressors and mounts are soon gone."""
    fault = slightly_fuller()
    if (reason := fault.unavailable()) is not None:
        pytest.skip(reason)
    directory = tmp_path / "stack"
    harness = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.stack.faults.harness_to_kill"),
            *(str(directory), str(fault.used_ratio)),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert harness.stdout is not None
        said = harness.stdout.readline().split()
        assert said[:1] == ["injected"], said
        assert of_stack(directory, "stressor")
        assert is_mounted(mount_point(directory)) or why_not_mounted() is not None
        if also_the_guardian:
            os.kill(int(said[1]), signal.SIGKILL)
    finally:
        harness.kill()
        harness.wait()
        if harness.stdout is not None:
            harness.stdout.close()

    try:
        wait_until(
            "no process or mount of the stack",
            lambda: (not left_over(directory), f"{left_over(directory)}"),
            within_seconds=SOON_SECONDS,
        )
    except NotSeen:
        for process in of_stack(directory, ""):
            process.kill()
        if is_mounted(mount_point(directory)):
            unmount(mount_point(directory))
        raise


def of_stack(directory: Path, part: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(directory) in (process.info["cmdline"] or ())
        and any(part in word for word in process.info["cmdline"])
        and "tests.stack.faults.harness_to_kill" not in process.info["cmdline"]
    ]


def left_over(directory: Path) -> list[psutil.Process | Path]:
    disk = mount_point(directory)
    return [*of_stack(directory, ""), *([disk] if is_mounted(disk) else [])]
