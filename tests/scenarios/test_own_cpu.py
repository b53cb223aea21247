"""What a run's own processes use is counted, and nothing that a stranger uses."""

import subprocess
import sys

from scenarios.own_cpu import own_cpu_seconds

SPIN_SECONDS = 1.0
SPIN = f"import time\nwhile time.process_time() < {SPIN_SECONDS}: pass\n"
# The kernel tells of a running process in ticks of 10 ms; a Python that only starts needs far less.
MOST_OF_IT_SECONDS = 0.9 * SPIN_SECONDS


def test_what_a_child_uses_counts_while_it_runs_and_after_it_ended() -> None:
    before = own_cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", f"{SPIN}print(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        running = own_cpu_seconds()
        child.communicate(b"\n")
    assert running - before >= MOST_OF_IT_SECONDS
    assert own_cpu_seconds() - before >= MOST_OF_IT_SECONDS


def test_what_a_grandchild_uses_counts_after_both_ended() -> None:
    before = own_cpu_seconds()
    nested = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {SPIN!r}])\n"
    subprocess.run([sys.executable, "-c", nested], check=True)
    assert own_cpu_seconds() - before >= MOST_OF_IT_SECONDS


def test_what_a_stranger_uses_does_not_count() -> None:
    """One whose parent has ended descends from nobody here; its end closes what it writes to."""
    before = own_cpu_seconds()
    leave = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {SPIN!r}])\n"
    subprocess.run([sys.executable, "-c", leave], check=True, stdout=subprocess.PIPE)
    assert own_cpu_seconds() - before < MOST_OF_IT_SECONDS
