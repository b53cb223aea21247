"""Port leases do not overlap, skip what is in use, and come back however their holder ends."""

import random
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from stack.run.local import LocalStack, new_name
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


def test_the_port_that_is_chosen_for_the_app_is_no_other_service_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever chooses one cannot know what the stack will lease."""
    monkeypatch.setattr(random, "shuffle", lambda _: None)
    seen = PortLease()
    first, second = seen.take(), seen.take()
    seen.release()
    for app_port in (first, second):
        with closing(LocalStack({}, name=new_name("test"), speed=60, app_port=app_port)) as stack:
            ports = list(stack._port.values())
            assert stack._port["app"] == app_port
            assert all(first <= port < first + BLOCK for port in ports), "it leased another block"
            assert len(set(ports)) == len(ports)


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
