"""For all tests: which of them start services, and what a library must not do to other runs."""

import atexit
import signal
from pathlib import Path

import pytest
from mirakuru.base import cleanup_subprocesses

# At exit it kills every process that has this process's number anywhere in an environment
# variable of its own, which may be a service that another run's tests started.
atexit.unregister(cleanup_subprocesses)

# Started in the background, as CI may be, pytest and all that it starts would ignore these, and a
# test that sends one to a program of ours would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

HERE = Path(__file__).parent
START_SERVICES = ("locustfiles", "sink", "stack/app", "stack/faults", "stack/gateway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those that take minutes, so that the quick ones can run first."""
    for item in items:
        if any(item.path.is_relative_to(HERE / folder) for folder in START_SERVICES):
            item.add_marker("services")
