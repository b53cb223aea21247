"""Asks a service for a sign of life over HTTP, on a connection of its own."""

import time

import requests

from stack.faults.fault import Readback
from stack.observe.session import session_for

ANSWER_SECONDS = 2.0


def answers_well(url: str) -> Readback:
    """Whether a GET is answered with 200."""
    try:
        with session_for(url) as session:
            status = session.get(url, timeout=ANSWER_SECONDS).status_code
    except requests.RequestException as error:
        return Readback(False, f"{url} does not answer ({type(error).__name__})")
    return Readback(status == requests.codes.ok, f"{url} answers {status}")


def health_seconds(host: str, port: int, timeout_seconds: float) -> float:
    """Seconds that GET /health takes, connecting included. Raises OSError."""
    url = f"http://{host}:{port}/health"
    with session_for(url) as session:
        began = time.perf_counter()
        answer = session.get(url, timeout=timeout_seconds)
        seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds
