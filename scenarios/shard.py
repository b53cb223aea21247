"""``--shard I/N``: the drills of one CI job of several, split so that the jobs take as long.

The split comes from the drills alone: on the same commit, with the same drills named on the command
line, every job works it out alike, whatever its machine, and each drill is in exactly one of them.
"""

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from scenarios.collect import DrillItem
from scenarios.drill import Drill
from scenarios.report.run_record import ShardOfPlan
from scenarios.runner import cost_cores

# Walls of the project's drills at the default speed: start, warm-up and baseline, then each cause.
# Only what drills take beside each other matters, so a rough fit does.
BASE_SECONDS = 30.0
CAUSE_SECONDS = 2.0
# What host.py lets drills use side by side on a host of 2 cores; of the job's own host it must not
# come, or two jobs would split differently.
SIDE_BY_SIDE_CORES = 1.2
SHARD = pytest.StashKey[ShardOfPlan]()


@dataclass(frozen=True)
class Shard:
    """One part of several, counted from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def read_shard(text: str) -> Shard:
    """A shard from the command line. Raises argparse.ArgumentTypeError."""
    numbers = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", text)
    if numbers is not None and 1 <= int(numbers[1]) <= int(numbers[2]):
        return Shard(int(numbers[1]), int(numbers[2]))
    raise argparse.ArgumentTypeError(
        f"{text!r} is no shard; write I/N, the I-th of N jobs, from 1/N to N/N, such as 2/3"
    )


def split(drills: Iterable[Drill], count: int) -> list[list[str]]:
    """The names of the drills of each shard, in the order of the shards.

    The costliest drill first, each goes to the shard that has the least to do so far; an equal cost
    is decided by the name, equal shards by their number. Where there are more shards than drills,
    the last are empty.
    """
    shards: list[list[str]] = [[] for _ in range(count)]
    seconds = [0.0] * count
    for cost, name in sorted((-host_seconds(drill), drill.name) for drill in drills):
        least = seconds.index(min(seconds))
        shards[least].append(name)
        seconds[least] -= cost
    return [sorted(names) for names in shards]


def host_seconds(drill: Drill) -> float:
    """How long a drill keeps a whole host of 2 cores busy.

    One that needs the host alone keeps it for as long as it takes, one that does not for its share.
    """
    wall_seconds = BASE_SECONDS + CAUSE_SECONDS * len(drill.causes)
    if drill.disturbs_host:
        return wall_seconds
    return wall_seconds * min(1.0, cost_cores(drill) / SIDE_BY_SIDE_CORES)


def keep_shard(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the drills of the other shards, where one was asked for."""
    asked: Shard | None = config.option.shard
    if asked is None:
        return
    plan = split((item.drill for item in items if isinstance(item, DrillItem)), asked.count)
    config.stash[SHARD] = ShardOfPlan(asked.index, tuple(map(tuple, plan)))
    others = [
        item
        for item in items
        if isinstance(item, DrillItem) and item.drill.name not in plan[asked.index - 1]
    ]
    if others:
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


def told(shard: ShardOfPlan) -> str:
    """What a shard runs, as a sentence: one without a drill is a mistake, and must not be green."""
    drills = sum(map(len, shard.plan))
    mine = len(shard.plan[shard.index - 1])
    if mine:
        return f"shard {shard}: {mine} of {drills} drills"
    return (
        f"shard {shard} has no drill: there are only {drills}; ask for fewer shards, as a job "
        "that runs nothing proves nothing"
    )
