"""For all tests: which of them start services, and what the host must not make of their outcome."""

import atexit
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from mirakuru.base import cleanup_subprocesses

# At exit it kills every process that has this process's number anywhere in an environment
# variable of its own, which may be a service that another run's tests started.
atexit.unregister(cleanup_subprocesses)

# Started in the background, as CI may be, pytest and all that it starts would ignore these, and a
# test that sends one to a program of ours would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The same examples on every run, and none that fails because the host was slow for a moment.
settings.register_profile(
    "anywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("anywhere")

# What colours, wraps or adds options to the output of the programs that tests start and read.
for name in ("CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "PYTEST_ADDOPTS", "PY_COLORS"):
    os.environ.pop(name, None)
# A company's proxy knows nothing of what tests start on the loopback.
for name in ("NO_PROXY", "no_proxy"):
    beside = (os.environ.get(name), "127.0.0.1", "localhost")
    os.environ[name] = ",".join(filter(None, beside))

HERE = Path(__file__).parent
START_SERVICES = ("locustfiles", "sink", "stack/app", "stack/faults", "stack/gateway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those that take minutes, so that the quick ones can run first."""
    for item in items:
        if any(item.path.is_relative_to(HERE / folder) for folder in START_SERVICES):
            item.add_marker("services")
