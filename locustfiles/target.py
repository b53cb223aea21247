"""The guard that keeps load on this machine: which addresses may be loaded at all."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

ALLOW_VARIABLE = "LOAD_ALLOW_HOSTS"
REMEDY = "Give the app's address as --host http://127.0.0.1:PORT"


class TargetRefusedError(Exception):
    """The address cannot or may not be loaded; the message says why and what to do."""


def allowed_origin(host: str | None, allowed_names: str) -> str:
    """Return the origin (scheme, host, port) that `host` names, if it may be loaded.

    Loopback addresses may; any other only where `allowed_names`, the comma-separated value of
    LOAD_ALLOW_HOSTS, has its host name. Raise TargetRefusedError otherwise.
    """
    if not host:
        raise TargetRefusedError(f"no address to load was given. {REMEDY}")
    try:
        parts = urlsplit(host.strip())
        name, port = parts.hostname, parts.port
    except ValueError as error:
        raise TargetRefusedError(f"{host!r} is not an address: {error}. {REMEDY}") from None
    if parts.scheme not in {"http", "https"} or not name or "\\" in host:
        raise TargetRefusedError(f"{host!r} is not an http address. {REMEDY}")
    if parts.username is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise TargetRefusedError(f"{host!r} has more than a scheme, a host and a port. {REMEDY}")
    port = port or (443 if parts.scheme == "https" else 80)
    names = {allowed.strip().casefold() for allowed in allowed_names.split(",")}
    if name.casefold() not in names and not _is_loopback(name, port):
        raise TargetRefusedError(
            f"{host!r} is not on this machine, and load must not leave it by accident. {REMEDY}; "
            f"if {name} is meant, name it in the environment: {ALLOW_VARIABLE}={name}"
        )
    bracketed = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{bracketed}:{port}"


def _is_loopback(name: str, port: int) -> bool:
    try:
        addresses = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetRefusedError(f"{name!r} cannot be looked up: {error}. {REMEDY}") from None
    # A scoped IPv6 address carries its zone after a percent sign.
    found = {str(address[4][0]).partition("%")[0] for address in addresses}
    return all(ipaddress.ip_address(address).is_loopback for address in found)
