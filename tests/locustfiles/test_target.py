"""Tests of the guard that keeps load on this machine."""

from __future__ import annotations

import pytest

from locustfiles.target import TargetRefusedError, allowed_origin


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("http://127.0.0.1:3001", "http://127.0.0.1:3001"),
        ("http://127.9.9.9:3001/", "http://127.9.9.9:3001"),
        ("http://[::1]:3001", "http://[::1]:3001"),
        ("http://localhost", "http://localhost:80"),
        ("https://LOCALHOST", "https://localhost:443"),
    ],
)
def test_loopback_may_be_loaded(host: str, origin: str) -> None:
    """An address on this machine is taken, and brought into one form."""
    assert allowed_origin(host, "") == origin


@pytest.mark.parametrize(
    "host",
    [
        "http://192.0.2.1:3001",
        "http://10.0.0.1",
        "http://0.0.0.0:3001",
        "http://[2001:db8::1]",
        "http://[::ffff:192.0.2.1]",
        "https://192.0.2.1",
    ],
)
def test_other_machines_are_refused_with_the_way_to_allow_them(host: str) -> None:
    """The message says how to load another host on purpose."""
    with pytest.raises(TargetRefusedError, match=r"must not leave it by accident.*LOAD_ALLOW_H"):
        allowed_origin(host, "192.0.2.2,other.example")


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1:3001",
        "localhost:3001",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://user@127.0.0.1",
        "http://127.0.0.1@192.0.2.1",
        "http://192.0.2.1\\@127.0.0.1",
        "http://127.0.0.1/api",
        "http://127.0.0.1?x=1",
        "http://[::1",
        "http://no-such-host.invalid",
    ],
)
def test_what_is_no_plain_address_is_refused_with_an_example(host: str | None) -> None:
    """Whatever is wrong with it, the message shows what an address looks like."""
    with pytest.raises(TargetRefusedError, match=r"--host http://127\.0\.0\.1:PORT"):
        allowed_origin(host, "")


def test_a_host_named_in_the_environment_may_be_loaded() -> None:
    """Names are compared whole, without regard to case or blanks."""
    assert allowed_origin("http://Staging.example:80", "a, staging.EXAMPLE") == (
        "http://staging.example:80"
    )
    with pytest.raises(TargetRefusedError):
        allowed_origin("http://192.0.2.10", "192.0.2.1")
