"""run.json: what a run was asked to do, so that reports are joined only where that is honest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cattrs
from cattrs.preconf.json import make_converter

FORMAT = 1
RUN = "run.json"
CONFIGURATION_FOLDERS = ("prometheus", "alertmanager")


class RunRecordError(Exception):
    """A run.json is missing or damaged; the text says which and why."""


@dataclass(frozen=True)
class ShardOfPlan:
    """Which shard a run was, from 1, and the names of the drills of all shards in their order."""

    index: int
    plan: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.index}/{len(self.plan)}"


@dataclass(frozen=True)
class RunRecord:
    """``configuration`` has the SHA-256 of each file that was drilled, by its path in the folder.

    ``drills`` are all that were to run, with those that were skipped; ``stack`` is the way in which
    each had its stack (see stack/run/way.py).
    """

    drills: tuple[str, ...]
    configuration: Mapping[str, str]
    shard: ShardOfPlan | None = None
    stack: str = "local"
    format: int = FORMAT


def write_record(record: RunRecord, folder: Path) -> None:
    (folder / RUN).write_text(json.dumps(asdict(record), indent=1))


def read_record(folder: Path) -> RunRecord:
    """What a report's run was asked to do. Raises RunRecordError."""
    path = folder / RUN
    try:
        record = make_converter().structure(json.loads(path.read_text("utf-8")), RunRecord)
    except OSError as error:
        raise RunRecordError(f"cannot read {path}: {error.strerror}") from error
    except (cattrs.BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise RunRecordError(f"{path} does not tell what a run was asked to do") from error
    shard = record.shard
    if record.format != FORMAT:
        raise RunRecordError(f"{path} has format {record.format}; this version reads {FORMAT}")
    if shard is not None and not 1 <= shard.index <= len(shard.plan):
        raise RunRecordError(f"{path} does not tell what a run was asked to do: no shard {shard}")
    return record


def hashes(source: Path) -> dict[str, str]:
    """The SHA-256 of each file of a configuration, by its path. Raises OSError."""
    return {
        path.relative_to(source).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in CONFIGURATION_FOLDERS
        for path in sorted((source / folder).rglob("*"))
        if path.is_file()
    }


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> Sequence[str]:
    """The paths of the files that are not the same, or stand in one configuration only."""
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))
