"""A harness that brings a stack up in containers and then hangs, to be killed by a test.

Run as ``python -m tests.stack.run.compose.harness_to_kill NAME``; says "up" once it is.
"""

import signal
import sys

from stack.run.compose.way import ComposeWay
from stack.run.configuration import PRODUCTION
from stack.run.way import Wanted
from tests.docker import overrides

way = ComposeWay(overrides())
way.prepare(lambda _: None)
stack = way.stack(Wanted(sys.argv[1], 60.0, PRODUCTION, frozenset({"flash-tickets"})))
stack.start()
sys.stdout.write(f"up {stack.directory}\n")
sys.stdout.flush()
signal.pause()
