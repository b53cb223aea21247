"""Whether an address refuses connections, of a process or of a container."""

import socket

CONNECT_SECONDS = 1.0
CLOSED_WITHIN_SECONDS = 0.25


def refuses(host: str, port: int) -> tuple[bool | None, str]:
    """Whether a connection is refused, and what was seen; None where it is neither that nor
    accepted.

    Docker accepts for a container, and closes at once where that one refuses. The services here
    all wait to be asked.
    """
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
            if _stays_open(connection):
                return False, "accepts connections"
            return True, "closes connections at once"
    except (ConnectionRefusedError, ConnectionResetError):
        return True, "connection refused"
    except OSError as error:
        return None, f"{type(error).__name__}: {error}"


def _stays_open(connection: socket.socket) -> bool:
    connection.settimeout(CLOSED_WITHIN_SECONDS)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
