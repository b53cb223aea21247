"""What is wrong with a configuration or a speed, and where: file, line, key."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where something stands. ``line`` counts from 1; None where only the key is known."""

    path: str
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file_and_line, self.key)))

    @property
    def file_and_line(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class SpeedError(Exception):
    """A configuration that cannot be read, or cannot be run at the speed asked for.

    ``place`` says where; ``largest_speed`` is the largest speed that would work, where the speed
    is what is wrong.
    """

    def __init__(
        self, what: str, *, place: Place | None = None, largest_speed: int | None = None
    ) -> None:
        super().__init__(what if place is None else f"{place}: {what}")
        self.what = what
        self.place = place
        self.largest_speed = largest_speed
