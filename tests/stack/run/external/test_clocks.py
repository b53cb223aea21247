"""Clocks that run elsewhere: how far they are from this host's, and when that is too far."""

import re
import time
from collections.abc import Callable

import pytest

from stack.observe.prometheus import ReadError
from stack.run.external.clocks import (
    Difference,
    alertmanager_difference,
    clock_problems,
    prometheus_difference,
)
from stack.run.waiting import wait_until
from tests.stack.run.external.conftest import Remote

READERS = [prometheus_difference, alertmanager_difference]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("ahead_seconds", [0.0, 0.4, -3.3])
def test_the_difference_is_within_what_is_told_of_it(
    read: Callable[[str], Difference], ahead_seconds: float, remote: Remote
) -> None:
    remote.ahead_seconds = ahead_seconds
    found = read(remote.url)
    assert found.least - 0.002 <= ahead_seconds <= found.most + 0.002, found


def test_a_host_that_stalls_as_the_second_turns_is_asked_again_at_the_next(remote: Remote) -> None:
    # Before that, what is asked early in a second tells enough by itself.
    wait_until(
        "a second to be half over",
        lambda: ((part := time.time() % 1) > 0.5, f"{part:g} of it"),
        within_seconds=2,
    )
    began, stalled = int(time.time()), False

    def clock() -> float:
        nonlocal stalled
        if int(time.time()) > began and not stalled:
            stalled = True
            time.sleep(0.5)
        return time.time()

    found = alertmanager_difference(remote.url, clock)
    assert stalled
    assert found.least - 0.002 <= 0 <= found.most + 0.002
    assert found.most - found.least < 0.4, "it went by the first turn alone"


@pytest.mark.parametrize("read", READERS)
def test_a_clock_that_cannot_be_read_is_no_clock_that_is_right(
    read: Callable[[str], Difference],
) -> None:
    with pytest.raises(ReadError):
        read("http://127.0.0.1:9")


def test_clocks_that_agree_are_no_problem(remote: Remote) -> None:
    assert problems_of(remote, 0.0) == []


def test_clocks_too_far_apart_are_told_with_address_and_difference(remote: Remote) -> None:
    found = problems_of(remote, 0.3)
    for problem, told in zip(
        found, ["Prometheus at shown-1", "Alertmanager at shown-2"], strict=True
    ):
        shown = re.search(rf"the clock of {told} is (\S+) s to (\S+) s from this host's", problem)
        assert shown is not None, problem
        least, most = map(float, shown.groups())
        # Each shown in whole milliseconds.
        assert least - 0.002 <= 0.3 <= most + 0.002
        assert "set both by NTP" in problem


def test_a_clock_that_may_be_too_far_for_all_that_is_known_is_a_problem() -> None:
    """Half of a slow round trip may hide a difference that nobody can rule out."""
    assert Difference(-0.01, 0.2).at_most == 0.2
    assert Difference(-0.3, 0.01).at_most == 0.3


def test_what_several_answers_show_is_what_all_of_them_show() -> None:
    assert Difference(-1.0, 0.5).narrowed(Difference(0.0, 2.0)) == Difference(0.0, 0.5)
    after_a_step = Difference(5.0, 6.0)
    assert Difference(-1.0, 0.5).narrowed(after_a_step) == after_a_step


def test_what_does_not_answer_is_a_problem_too() -> None:
    gone = "http://127.0.0.1:9"
    found = clock_problems(gone, gone, shown=("a", "b"), largest_seconds=0.1)
    assert ["cannot be read" in problem for problem in found] == [True, True]


def problems_of(remote: Remote, ahead_seconds: float) -> list[str]:
    remote.ahead_seconds = ahead_seconds
    return clock_problems(
        remote.url, remote.url, shown=("shown-1", "shown-2"), largest_seconds=0.25
    )
