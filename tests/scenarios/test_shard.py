"""``--shard I/N``: each drill in exactly one shard, on every machine alike, and none empty."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.collect import ROOT, all_drills
from scenarios.drill import Drill
from scenarios.shard import Shard, host_seconds, read_shard, split

Collect = Callable[..., subprocess.CompletedProcess[str]]
LISTED = re.compile(r"^(\S+/\w+\.py)::drill$", re.MULTILINE)


@pytest.fixture(scope="module")
def drills() -> list[Drill]:
    return all_drills()


@pytest.fixture
def collect(tmp_path: Path) -> Collect:
    """``pytest scenarios/ --collect-only`` as a user types it, in an empty folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("count", [1, 2, 3, 5, 22, 40])
def test_every_drill_is_in_exactly_one_shard(drills: list[Drill], count: int) -> None:
    shards = split(drills, count)
    assert len(shards) == count
    assert sorted(name for names in shards for name in names) == sorted(d.name for d in drills)


def test_the_split_does_not_depend_on_the_order_of_collection(drills: list[Drill]) -> None:
    """Two jobs that find the files in another order must not both leave one out."""
    assert split(drills, 3) == split(list(reversed(drills)), 3)


def test_the_split_does_not_depend_on_the_machine(
    drills: list[Drill], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = split(drills, 3)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert split(drills, 3) == before


@pytest.mark.parametrize("count", [2, 3, 4])
def test_shards_have_as_much_to_do(drills: list[Drill], count: int) -> None:
    """None has more than the mean and the costliest drill, which is the bound of the method."""
    cost = {drill.name: host_seconds(drill) for drill in drills}
    sums = [sum(cost[name] for name in names) for names in split(drills, count)]
    assert max(sums) <= sum(cost.values()) / count + max(cost.values())
    assert max(sums) - min(sums) <= max(cost.values())


def test_drills_that_need_the_host_alone_are_spread(drills: list[Drill]) -> None:
    """One after another on one host they would be what all other jobs wait for."""
    alone = {drill.name for drill in drills if drill.disturbs_host}
    assert len(alone) > 1
    shards = split(drills, len(alone))
    assert all(len(alone & set(names)) == 1 for names in shards)


def test_a_drill_that_needs_the_host_alone_costs_more_than_the_same_beside_others(
    drills: list[Drill],
) -> None:
    """Whatever it does: it keeps the whole host from all others."""
    alone = [host_seconds(drill) for drill in drills if drill.disturbs_host]
    beside = [host_seconds(drill) for drill in drills if not drill.disturbs_host]
    assert min(alone) > max(beside)


@pytest.mark.parametrize("text", ["1/1", "2/3", "12/12"])
def test_a_shard_is_read_as_it_is_written(text: str) -> None:
    assert str(read_shard(text)) == text
    assert read_shard("2/3") == Shard(2, 3)


@pytest.mark.parametrize(
    "text", ["", "2", "0/3", "4/3", "1/0", "-1/3", "1.5/3", "a/b", "1/3/5", " 1/3", "1/1000000000"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is no shard; write I/N"):
        read_shard(text)


def test_pytest_runs_the_shard_of_the_drills_that_were_asked_for(collect: Collect) -> None:
    """-k comes first, so that what it leaves is what is split."""
    folders = (str(ROOT / "application"), "--collect-only", "-q", "-k", "redis")
    whole = LISTED.findall(collect(*folders).stdout)
    shards = [collect(*folders, "--shard", f"{index}/2") for index in (1, 2)]
    assert [shard.returncode for shard in shards] == [0, 0]
    parts = [LISTED.findall(shard.stdout) for shard in shards]
    assert all(parts)
    assert sorted(parts[0] + parts[1]) == sorted(whole)
    assert f"shard 1/2: {len(parts[0])} of {len(whole)} drills" in shards[0].stdout


def test_pytest_refuses_nonsense_with_a_sentence(collect: Collect) -> None:
    refused = collect(str(ROOT / "application"), "--shard", "4/3")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "argument --shard: '4/3' is no shard; write I/N" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_empty_shard_is_no_silent_green(collect: Collect) -> None:
    """It exits as pytest does where no test is, says why, and starts nothing."""
    empty = collect(str(ROOT / "delivery" / "watchdog.py"), "--shard", "2/2", "--report", "reports")
    assert empty.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "shard 2/2 has no drill: there are only 1; ask for fewer shards" in empty.stdout
