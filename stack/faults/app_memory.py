"""How much memory the API's process holds, as its own metrics tell it."""

import sys

from stack.observe.session import session_for

METRIC = "process_resident_memory_bytes"
TIMEOUT_SECONDS = 2.0


def resident_bytes(metrics_url: str) -> float:
    """Raises OSError where the metrics cannot be read, or do not tell it."""
    with session_for(metrics_url) as session:
        answer = session.get(f"{metrics_url}/metrics", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    for line in answer.text.splitlines():
        name, _, value = line.partition(" ")
        if name == METRIC:
            return float(value)
    raise OSError(f"{metrics_url}/metrics has no {METRIC}")


def why_untold() -> str | None:
    """Why the API cannot tell its memory on this system, or None."""
    # prometheus_client reads it from /proc.
    return None if sys.platform == "linux" else f"the API tells {METRIC} on Linux only"
