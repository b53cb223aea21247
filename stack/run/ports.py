"""Free ports on the loopback, leased so that stacks started at the same time do not collide.

The ports lie below the kernel's ephemeral range, where an outgoing connection of any program
could take one between the moment it is found free and the moment the service binds it. A lease
is a file lock, which the kernel releases however its holder ends.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

from stack.run.stack import StackError

FIRST_PORT = 14000
LAST_PORT = 31999
BLOCK = 64


class PortLease:
    """A block of free ports; ``take`` gives one after another, ``release`` returns the block."""

    def __init__(self) -> None:
        directory = Path(tempfile.gettempdir()) / f"flash-drills-ports-{os.getuid()}"
        directory.mkdir(mode=0o700, exist_ok=True)
        blocks = list(range(FIRST_PORT, LAST_PORT - BLOCK, BLOCK))
        random.shuffle(blocks)
        for first in blocks:
            lock = (directory / str(first)).open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            ports = [port for port in range(first, first + BLOCK) if is_free(port)]
            if len(ports) == BLOCK:
                self._lock: IO[str] = lock
                self._ports = iter(ports)
                return
            lock.close()
        raise StackError(
            f"no block of {BLOCK} free ports on 127.0.0.1 between {FIRST_PORT} and {LAST_PORT}; "
            "end some of what listens there"
        )

    def take(self) -> int:
        port = next(self._ports, None)
        if port is None:
            raise StackError(f"a stack has {BLOCK} ports, and this one needs more")
        return port

    def release(self) -> None:
        self._lock.close()


def is_free(port: int) -> bool:
    """Whether a listener could bind this port on 127.0.0.1 and on all addresses now."""
    for host in ("127.0.0.1", ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
