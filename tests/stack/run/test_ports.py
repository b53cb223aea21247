"""Port leases do not overlap, skip what is in use, and come back however their holder ends."""

import socket
import subprocess
import sys

from stack.run.ports import BLOCK, PortLease, is_free
from stack.run.supervisor import REPOSITORY


def taken(lease: PortLease) -> set[int]:
    return {lease.take() for _ in range(BLOCK)}


def test_leases_held_at_the_same_time_share_no_port() -> None:
    leases = [PortLease() for _ in range(10)]
    ports = [port for lease in leases for port in taken(lease)]
    assert len(ports) == len(set(ports)) == 10 * BLOCK
    for lease in leases:
        lease.release()


def test_a_listener_makes_a_port_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_a_lease_of_another_process_is_respected() -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\nfrom stack.run.ports import PortLease\n"
            "lease = PortLease(); print(lease.take(), flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert holder.stdout is not None
    first = int(holder.stdout.readline())
    leases = [PortLease() for _ in range(50)]
    assert all(first not in taken(lease) for lease in leases)
    for lease in leases:
        lease.release()
    holder.kill()
    holder.wait()
    holder.stdout.close()
