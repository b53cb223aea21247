"""What saved runs prove: read from report folders and timelines, judged again from the files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scenarios.judge.coverage_inventory import Inventory, inventory_of
from scenarios.judge.coverage_proof import Proof, proof_of
from scenarios.judge.errors import JudgeError
from scenarios.judge.verdict import judge
from scenarios.report.folder import RESULTS, TIMELINES
from scenarios.report.saved import TimelineError, read_timeline
from scenarios.source import whole


class CoverageError(Exception):
    """What coverage is to be taken from cannot be read; the text says what and why."""


def inventory_of_files(source: Path) -> Inventory:
    """What stands in the files of a configuration, loaded or not. Raises StackError, JudgeError."""
    return inventory_of(whole(source))


def read_proofs(paths: Sequence[Path]) -> list[Proof]:
    """What drills prove, from report folders and timelines in any mix. Raises CoverageError."""
    return [
        proof
        for path in paths
        for proof in (_of_folder(path) if path.is_dir() else [_of_timeline(path)])
    ]


def _of_folder(folder: Path) -> Iterator[Proof]:
    """Every drill of a run, with or without a timeline."""
    timelines = sorted((folder / TIMELINES).glob("*.json"))
    verdicts = _verdicts(folder / RESULTS)
    if not timelines and not verdicts:
        raise CoverageError(
            f"{folder} is no report folder with drills in it: it has neither {TIMELINES}/*.json "
            f"nor {RESULTS}; give one run's folder, such as reports/latest, or timelines"
        )
    yield from of_run([_of_timeline(path) for path in timelines], verdicts)


def of_run(proofs: Sequence[Proof], verdicts: Mapping[str, str]) -> Iterator[Proof]:
    """What the drills of one run prove, from their timelines and from what the run said of them.

    The latter counts beside the former: a drill whose books disagree has failed.
    """
    for proof in proofs:
        said = verdicts.get(proof.drill, proof.verdict)
        yield proof.with_verdict(said) if proof.verdict == "pass" else proof
    for drill in sorted(verdicts.keys() - {proof.drill for proof in proofs}):
        yield Proof(drill, verdicts[drill])


def _of_timeline(path: Path) -> Proof:
    try:
        timeline = read_timeline(path)
        return proof_of(timeline, judge(timeline))
    except TimelineError as error:
        raise CoverageError(str(error)) from error
    except JudgeError as error:
        raise CoverageError(f"{path}: {error}") from error


def _verdicts(results: Path) -> Mapping[str, str]:
    """The verdict of each drill; none where a run was ended before it could write any."""
    if not results.exists():
        return {}
    try:
        drills = json.loads(results.read_text(encoding="utf-8"))["drills"]
        return {drill["drill"]: drill["verdict"] for drill in drills}
    except OSError as error:
        raise CoverageError(f"cannot read {results}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CoverageError(f"{results} does not hold a run's results: {error}") from error
