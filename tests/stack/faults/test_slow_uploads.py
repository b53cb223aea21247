"""Uploads that never end: the API holds their memory, serves all others, and lets go at the end."""

from collections.abc import Callable
from dataclasses import astuple

import pytest
import requests

from stack.faults.app_memory import resident_bytes
from stack.faults.slow_uploads import MOST_BYTES, SlowUploads
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("app")


def grown(stack: SmallStack, fault: SlowUploads) -> None:
    fault.inject(stack)
    wait_until("the memory", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def test_the_api_serves_others_meanwhile(stack: SmallStack) -> None:
    """Uploads hold connections and memory, and no worker."""
    grown(stack, SlowUploads(140e6, expires_seconds=60))
    for _ in range(20):
        assert requests.get(f"{stack.addresses.app}/health", timeout=5).status_code == 200


def test_memory_taken_by_something_else_is_not_taken_for_the_fault(stack: SmallStack) -> None:
    """Without uploads the readback says so, however much the API holds."""
    held = resident_bytes(stack.addresses.app_metrics)
    readback = SlowUploads(held).read_back(stack)
    assert not readback.took_effect
    assert "the stressor does not live" in readback.observed


def test_an_api_that_does_not_grow_as_wanted_is_noticed(stack: SmallStack) -> None:
    """The uploads of another fault are under way, and the API holds less than is wanted here."""
    grown(stack, SlowUploads(120e6, expires_seconds=60))
    readback = SlowUploads(240e6).read_back(stack)
    assert not readback.took_effect
    assert "240 MB wanted" in readback.observed


def test_uploads_end_by_themselves(stack: SmallStack) -> None:
    """After expiry the API lets go of the memory with nobody's help."""
    fault = SlowUploads(140e6, expires_seconds=6)
    grown(stack, fault)
    wait_until("expiry", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    assert not fault.read_back(stack).took_effect


def test_an_api_that_is_gone_is_told_as_such(stack: SmallStack) -> None:
    """The stressor gives up, and its log says what did not answer."""
    stack.kill_service("app")
    fault = SlowUploads(140e6, expires_seconds=60)
    fault.inject(stack)

    def gave_up() -> tuple[bool, str]:
        readback = fault.read_back(stack)
        return "cannot go on" in readback.observed, readback.observed

    wait_until("the stressor to give up", gave_up, within_seconds=30)


@pytest.mark.parametrize("value", [float("nan"), -1, 0, True, "100e6", None, MOST_BYTES + 1])
def test_refuses_bytes_that_cannot_be_meant(value: float) -> None:
    """A wrong size, or one that the API cannot hold, is refused by the name of its field."""
    with pytest.raises(ValueError, match=r"SlowUploads\.resident_bytes must be"):
        SlowUploads(value)
