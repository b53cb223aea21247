"""The token bucket: how many it admits, whatever the timing and whatever Redis does."""

import pytest

from stack.app.admission import Admission
from stack.app.redis_link import RedisUnavailableError


class Room:
    """A waiting room in memory, which can be out of reach."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        self.reachable = True

    def admit(self, most: int) -> int:
        if not self.reachable:
            raise RedisUnavailableError("out of reach")
        admitted = min(most, self.waiting)
        self.waiting -= admitted
        return admitted


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def bucket(room: Room, rate_per_second: float) -> tuple[Admission, Clock]:
    clock = Clock()
    return Admission(room, rate_per_second, clock), clock


def run(admission: Admission, clock: Clock, seconds: float, period_seconds: float = 0.125) -> None:
    for _ in range(int(seconds / period_seconds)):
        clock.now += period_seconds
        admission.run_once()


@pytest.mark.parametrize(("rate", "seconds", "expected"), [(50, 4, 200), (2.5, 8, 20), (0, 60, 0)])
def test_admits_at_the_rate_when_enough_are_waiting(rate: float, seconds: float, expected: int):
    room = Room(1000)
    run(*bucket(room, rate), seconds)
    assert 1000 - room.waiting == expected


def test_an_idle_bucket_saves_up_one_second_and_no_more():
    room = Room(0)
    admission, clock = bucket(room, 10)
    run(admission, clock, 60)
    room.waiting = 100
    run(admission, clock, 0.125)
    assert 100 - room.waiting == 10


def test_a_new_rate_counts_from_the_moment_it_is_set():
    room = Room(1000)
    admission, clock = bucket(room, 8)
    run(admission, clock, 2)
    admission.set_rate(80)
    run(admission, clock, 2)
    assert 1000 - room.waiting == 16 + 160


def test_an_outage_is_not_followed_by_a_burst():
    room = Room(1000)
    admission, clock = bucket(room, 8)
    room.reachable = False
    for _ in range(100):
        clock.now += 0.125
        with pytest.raises(RedisUnavailableError):
            admission.run_once()
    room.reachable = True
    run(admission, clock, 1)
    assert 1000 - room.waiting == 8
