"""A harness that injects host faults into a stack and then hangs, to be killed by a test.

Run as ``python -m tests.stack.faults.harness_to_kill DIRECTORY USED_RATIO``; says "injected" and
its guardian's pid once both faults' stressors run.
"""

import signal
import sys
from pathlib import Path

from stack.faults.host_cpu import HostCpu
from stack.faults.host_memory import HostMemory
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

stack = SmallStack(Path(sys.argv[1]))
HostCpu(0.05, expires_seconds=60).inject(stack)
HostMemory(float(sys.argv[2]), expires_seconds=60).inject(stack)


def all_run() -> tuple[bool, str]:
    logs = {name: stack.process_log(name) for name in stack.supervisor.processes()}
    return all("ends with its parent" in log for log in logs.values()), str(logs)


wait_until("the stressors of both faults to run", all_run, within_seconds=30)
sys.stdout.write(f"injected {stack.supervisor.guardian_pid}\n")
sys.stdout.flush()
signal.pause()
