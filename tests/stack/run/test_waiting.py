"""A wait ends when it sees what it waits for, and otherwise says what, how long and what it saw."""

import itertools
import re
import time

import pytest

from stack.run.waiting import NotSeen, wait_until


def test_what_is_there_already_is_not_waited_for() -> None:
    looks = itertools.count()

    def look() -> tuple[bool, str]:
        next(looks)
        return True, "there"

    wait_until("the thing", look, within_seconds=0.0)
    assert next(looks) == 1


def test_it_returns_at_the_look_that_sees_it() -> None:
    looks = itertools.count()
    wait_until(
        "the third look",
        lambda: ((n := next(looks)) == 2, str(n)),
        within_seconds=10,
        every_seconds=0.001,
    )
    assert next(looks) == 3


def test_a_wait_that_is_over_names_what_was_waited_for_how_long_and_what_was_last_seen() -> None:
    looks = itertools.count()
    began = time.monotonic()
    with pytest.raises(NotSeen) as caught:
        wait_until(
            "the moon",
            lambda: (False, f"cloud {next(looks)}"),
            within_seconds=0.5,
            every_seconds=0.01,
        )
    waited = time.monotonic() - began
    sentence = r"waited (\d+\.\d) s for the moon; last seen: cloud (\d+)"
    told = re.fullmatch(sentence, str(caught.value))
    assert told is not None, str(caught.value)
    assert 0.5 <= float(told[1]) <= waited + 0.05
    assert int(told[2]) == next(looks) - 1 > 1, "it looked only at the beginning and the end"


def test_what_comes_at_the_last_moment_is_still_seen() -> None:
    """The last look lies at the deadline, not one interval before it."""
    ready = time.monotonic() + 0.1
    wait_until(
        "the moment",
        lambda: (time.monotonic() >= ready, "not yet"),
        within_seconds=0.1,
        every_seconds=60.0,
    )


def test_giving_up_ends_the_wait_at_once_with_its_reason() -> None:
    """A process that has died will not answer any more."""
    looks = itertools.count()

    def give_up() -> str | None:
        return "it ended with exit code 7" if next(looks) == 2 else None

    with pytest.raises(NotSeen) as caught:
        wait_until(
            "redis to answer",
            lambda: (False, "connection refused"),
            within_seconds=600,
            every_seconds=0.001,
            give_up=give_up,
        )
    assert str(caught.value) == (
        "gave up waiting for redis to answer: it ended with exit code 7 "
        "(last seen: connection refused)"
    )


def test_giving_up_before_the_first_look_does_not_look() -> None:
    def look() -> tuple[bool, str]:
        raise AssertionError("it looked")

    with pytest.raises(NotSeen, match="last seen: nothing yet"):
        wait_until("it", look, within_seconds=1, give_up=lambda: "it is gone")


def test_an_error_while_looking_is_not_swallowed() -> None:
    def look() -> tuple[bool, str]:
        raise OSError("the socket broke")

    with pytest.raises(OSError, match="the socket broke"):
        wait_until("it", look, within_seconds=1)
