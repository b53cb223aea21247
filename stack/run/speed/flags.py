"""Command-line flags that are durations of the pipeline, with their defaults in production."""

from collections.abc import Iterator, Mapping

from stack.run.speed.durations import Speed, divide, format_duration, parse_duration
from stack.run.speed.errors import Place
from stack.run.speed.rounding import PlacedDuration, check_rounding


def divided_flags(program: str, flags: Mapping[str, str], speed: Speed) -> dict[str, str]:
    """The flags at this speed. Raises SpeedError where rounding would bend them."""
    check_rounding(flag_durations(program, flags), speed)
    return {
        name: format_duration(divide(parse_duration(default), speed))
        for name, default in flags.items()
    }


def flag_durations(program: str, flags: Mapping[str, str]) -> Iterator[PlacedDuration]:
    """Their lengths in production."""
    for name, default in flags.items():
        yield PlacedDuration(parse_duration(default), Place(program, f"--{name}"))
