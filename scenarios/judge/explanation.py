"""The judge in words: what drills expect before they run, and why one did not pass."""

from scenarios.judge.explain import explain
from scenarios.judge.failure import failure_text

__all__ = ["explain", "failure_text"]
