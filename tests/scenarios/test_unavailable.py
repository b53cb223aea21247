"""A drill that a host cannot run says which of its faults, why, and what is left unproven."""

from dataclasses import dataclass
from typing import ClassVar

from scenarios.drill import Drill, fault, fires, near_miss, silent, together
from stack.faults.redis_down import RedisDown


@dataclass(frozen=True)
class TooLarge(RedisDown):
    """A fault of some size, of which this host has room for half."""

    name: ClassVar[str] = "too_large"

    size: float = 1.0

    def unavailable(self) -> str | None:
        return f"there is no room for {self.size:g}" if self.size > 0.5 else None


@dataclass(frozen=True)
class NoRights(RedisDown):
    """A fault that this user may not make."""

    name: ClassVar[str] = "no_rights"

    def unavailable(self) -> str | None:
        return "this user may not mount"


def told(alert: str) -> object:
    return fires(alert, within="5m", at="platform-chat", group={})


def test_a_drill_whose_faults_can_all_be_had_is_available() -> None:
    assert Drill(steps=[fault(TooLarge(size=0.4))], expects=[told("A")]).unavailable() is None


def test_each_fault_that_cannot_be_had_is_named_once_with_its_reason() -> None:
    """A near miss that could be had does not hide its fault that cannot."""
    drill = Drill(
        steps=[
            together(near_miss(TooLarge(size=0.4), of="A"), near_miss(RedisDown(), of="B")),
            together(fault(TooLarge(size=0.8)), fault(NoRights(), name="mounted")),
            fault(TooLarge(size=0.9), name="larger"),
        ],
        expects=[told("C"), told("A")],
    )
    assert drill.unavailable() == (
        "too_large: there is no room for 0.8; no_rights: this user may not mount; so it proves "
        "nothing of A, B, C"
    )


def test_a_drill_of_silence_names_what_it_is_a_near_miss_of() -> None:
    drill = Drill(steps=[near_miss(NoRights(), of="A")], expects=[silent()])
    assert drill.unavailable() == "no_rights: this user may not mount; so it proves nothing of A"
    everything = Drill(steps=[fault(NoRights())], expects=[silent()])
    assert everything.unavailable() == "no_rights: this user may not mount"
