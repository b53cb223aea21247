"""How much memory is taken: pure functions, on hosts and containers of all sizes."""

import pytest

from stack.faults.memory_sizing import GIB, LEFT_FREE_BYTES, Memory, bytes_to_take, why_unavailable


def host(total: float, available: float, room: float | None = None) -> Memory:
    return Memory(int(total * GIB), int(available * GIB), None if room is None else int(room * GIB))


def test_takes_what_is_missing_to_the_ratio() -> None:
    """A host of 24 GiB, 22 of them available, is at 0.875 with 19 GiB more."""
    assert bytes_to_take(host(24, 22), 0.875) == 19 * GIB


def test_gives_back_what_others_took() -> None:
    """Above the level the answer is negative, by as much as has to go."""
    assert bytes_to_take(host(24, 2), 0.875) == -1 * GIB


@pytest.mark.parametrize("total", [2, 4, 8, 64])
@pytest.mark.parametrize("used_ratio", [0.5, 0.9, 0.999])
def test_leaves_one_gib_whatever_is_asked(total: float, used_ratio: float) -> None:
    """After taking, at least 1 GiB of the host is left, also for a ratio that was not checked."""
    memory = host(total, total * 0.9)
    left = memory.available_bytes - bytes_to_take(memory, used_ratio)
    assert left >= LEFT_FREE_BYTES


def test_leaves_one_gib_of_the_container() -> None:
    """A limit below the host's bounds what is taken, and lets go once others fill the container."""
    assert bytes_to_take(host(24, 22, room=3), 0.875) == 2 * GIB
    assert bytes_to_take(host(24, 22, room=0.5), 0.875) == -GIB // 2


def test_a_large_host_can_be_filled() -> None:
    """Nothing speaks against 88 % of 24 GiB, nor against a container with as much room."""
    assert why_unavailable(host(24, 22), 0.88) is None
    assert why_unavailable(host(24, 22, room=24), 0.88) is None


def test_a_small_host_is_told_how_far_it_can_go() -> None:
    """88 % of 4 GiB would leave half a GiB: the text says what is possible instead."""
    reason = why_unavailable(host(4, 3.5), 0.88)
    assert reason is not None
    assert "0.48 GiB" in reason
    assert "at most 0.75" in reason


@pytest.mark.parametrize("total", [1, 0.5])
def test_a_host_of_one_gib_can_have_nothing(total: float) -> None:
    """Where the GiB left free is all there is, the text says 0, not less."""
    assert "at most 0.00" in (why_unavailable(host(total, total / 2), 0.6) or "")


@pytest.mark.parametrize("available", [2.0, 2.5, 2.6])
def test_a_host_that_is_as_full_already_is_told_so(available: float) -> None:
    """At, beyond and a hair below the level there is nothing to disturb, nor to heal."""
    assert "already used to" in (why_unavailable(host(20, available), 0.875) or "")


def test_a_container_that_is_too_small_is_told_its_room() -> None:
    """The limit is named as the reason, not the host."""
    reason = why_unavailable(host(24, 22, room=4), 0.875)
    assert reason is not None
    assert "needs 19.00 GiB" in reason
    assert "leaves 4.00 GiB" in reason
    assert "negative" not in (why_unavailable(host(24, 22, room=-1), 0.875) or "")
    assert "leaves 0.00 GiB" in (why_unavailable(host(24, 22, room=-1), 0.875) or "")
