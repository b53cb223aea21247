"""A harness that injects host faults into a stack and then hangs, to be killed by a test.

Run as ``python -m tests.stack.faults.harness_to_kill DIRECTORY USED_RATIO``; says "injected" and
its guardian's pid once the stressors of all faults run, and a disk is full where one can be.
"""

import signal
import sys
from pathlib import Path

from stack.faults.disk_busy import DiskBusy
from stack.faults.disk_full import DiskFull
from stack.faults.host_cpu import HostCpu
from stack.faults.host_memory import HostMemory
from stack.faults.network_surge import NetworkSurge
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

stack = SmallStack(Path(sys.argv[1]))
HostCpu(0.05, expires_seconds=60).inject(stack)
HostMemory(float(sys.argv[2]), expires_seconds=60).inject(stack)
disk_full = DiskFull(0.8, expires_seconds=60)
others = (disk_full, NetworkSurge(1e6, expires_seconds=60), DiskBusy(0.1, expires_seconds=60))
for fault in others:
    if fault.unavailable() is None:
        fault.inject(stack)


def all_run() -> tuple[bool, str]:
    logs = {name: stack.process_log(name) for name in stack.supervisor.processes()}
    full = disk_full.unavailable() is not None or disk_full.read_back(stack).took_effect
    return full and all("ends with its parent" in log for log in logs.values()), str(logs)


wait_until("the stressors of all faults to run", all_run, within_seconds=30)
sys.stdout.write(f"injected {stack.supervisor.guardian_pid}\n")
sys.stdout.flush()
signal.pause()
