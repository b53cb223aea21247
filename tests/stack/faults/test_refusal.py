"""Whether an address refuses connections: nobody, somebody, and Docker for one who is gone."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stack.faults.refusal import refuses
from stack.run.ports import PortLease

HOST = "127.0.0.1"


@contextmanager
def listener(*, closes: bool) -> Iterator[int]:
    """A port on which each connection is taken, and kept or closed at once."""
    kept: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if closes:
                    connection.close()
                else:
                    kept.append(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in kept:
        connection.close()


def test_an_address_at_which_nobody_listens_refuses() -> None:
    lease = PortLease()
    assert refuses(HOST, lease.take()) == (True, "connection refused")
    lease.release()


def test_an_address_at_which_somebody_waits_to_be_asked_does_not() -> None:
    with listener(closes=False) as port:
        assert refuses(HOST, port) == (False, "accepts connections")


def test_one_that_closes_at_once_refuses_as_docker_does_for_a_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However long the thread that closes has to wait for its turn.
    monkeypatch.setattr("stack.faults.refusal.CLOSED_WITHIN_SECONDS", 20.0)
    with listener(closes=True) as port:
        assert refuses(HOST, port) == (True, "closes connections at once")


def test_what_is_no_address_is_neither() -> None:
    refused, observed = refuses("256.0.0.1", 80)
    assert refused is None
    assert "gaierror" in observed
