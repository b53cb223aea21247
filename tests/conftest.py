"""For all tests: what the libraries they use must not do to the rest of the machine."""

import atexit

from mirakuru.base import cleanup_subprocesses

# At exit it kills every process that has this process's number anywhere in an environment
# variable of its own, which may be a service that another run's tests started.
atexit.unregister(cleanup_subprocesses)
