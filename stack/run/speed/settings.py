"""Duration settings of a configuration held as plain data: found by key, divided, put back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stack.run.speed.durations import Speed, divide, format_duration, parse_duration
from stack.run.speed.errors import Place, SpeedError
from stack.run.speed.rounding import PlacedDuration

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """The file a configuration was read from, and the lines of its keys where they are known."""

    path: str
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def place(self, keys: KeyPath) -> Place:
        """Where a key stands; for one left to its default, where its parent does."""
        known = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), None)
        line = None if known is None else self.lines[known]
        return Place(self.path, spelled(keys), line)


@dataclass(frozen=True)
class Setting:
    """A duration setting; ``value`` is as the configuration has it, or the engine's default."""

    keys: KeyPath
    value: Any
    place: Place

    @property
    def milliseconds(self) -> int:
        """Its length. Raises SpeedError where it is none."""
        try:
            if isinstance(self.value, str | int) and not isinstance(self.value, bool):
                return parse_duration(self.value)
            raise SpeedError(f"{self.value!r} is not a duration; write such as 15s")
        except SpeedError as error:
            raise SpeedError(error.what, place=self.place) from error


def spelled(keys: KeyPath) -> str:
    """Keys as a person writes them: ``scrape_configs[2].scrape_interval``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def section(config: Mapping[str, Any], keys: KeyPath, source: Source) -> Mapping[str, Any]:
    """A part of the configuration that is a mapping; empty where it is absent."""
    return _checked(_at(config, keys), dict, keys, source) or {}


def entries(
    config: Mapping[str, Any], keys: KeyPath, source: Source
) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """The mappings of a list, each with its keys; none where the list is absent."""
    for index, entry in enumerate(_checked(_at(config, keys), list, keys, source) or []):
        inside = (*keys, index)
        yield inside, _checked(entry, dict, inside, source) or {}


def placed(settings: Iterator[Setting]) -> Iterator[PlacedDuration]:
    """The settings as durations. Raises SpeedError for what is none."""
    for setting in settings:
        yield PlacedDuration(setting.milliseconds, setting.place)


def unshared(value: Any) -> Any:
    """A copy in which no two places hold one object, as YAML's anchors make them."""
    if isinstance(value, Mapping):
        return {key: unshared(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unshared(inner) for inner in value]
    return value


def divided(
    config: Mapping[str, Any],
    settings: Callable[[Mapping[str, Any]], Iterator[Setting]],
    speed: Speed,
) -> dict[str, Any]:
    """A copy of the configuration with these settings divided, defaults written out."""
    copy: dict[str, Any] = unshared(config)
    for setting in list(settings(config)):
        parent: Any = copy
        for key in setting.keys[:-1]:
            if isinstance(parent, dict) and parent.get(key) is None:
                parent[key] = {}
            parent = parent[key]
        parent[setting.keys[-1]] = format_duration(divide(setting.milliseconds, speed))
    return copy


def _at(config: Any, keys: KeyPath) -> Any:
    for key in keys:
        if config is None:
            return None
        config = config.get(key) if isinstance(config, Mapping) else config[key]
    return config


def _checked(value: Any, kind: type, keys: KeyPath, source: Source) -> Any:
    if value is not None and not isinstance(value, kind):
        belongs = "a mapping" if kind is dict else "a list"
        raise SpeedError(f"{belongs} belongs here", place=source.place(keys))
    return value
