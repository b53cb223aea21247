"""The report of a run that is over: read whole, and refused where it is damaged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cattrs
from cattrs.preconf.json import make_converter

from scenarios.judge.coverage_proof import Proof, proof_of
from scenarios.judge.errors import JudgeError
from scenarios.judge.timeline import Timeline
from scenarios.judge.verdict import Judgement, judge
from scenarios.report.coverage_files import of_run
from scenarios.report.folder import JUNIT, RESULTS, TIMELINES, file_name
from scenarios.report.result import FORMAT, DrillResult
from scenarios.report.run_record import RunRecord, RunRecordError, read_record
from scenarios.report.saved import TimelineError, read_timeline


class ReportError(Exception):
    """Reports cannot be read, or put together honestly; the text says why and what to do."""


@dataclass(frozen=True)
class Source:
    """A report as its run left it.

    ``entries`` are the drills of results.json untouched, ``results`` the same for the tables, and
    ``proofs`` what they prove by their timelines, judged again.
    """

    path: Path
    record: RunRecord
    speed: float
    wall_seconds: float
    entries: Mapping[str, Mapping[str, Any]]
    results: Mapping[str, DrillResult]
    proofs: tuple[Proof, ...]
    suites: tuple[ET.Element, ...]


def read_source(path: Path) -> Source:
    """A report folder with all that belongs to it. Raises ReportError."""
    if not path.is_dir():
        raise ReportError(f"{path} is no folder; give report folders, such as reports/latest")
    try:
        record = read_record(path)
    except RunRecordError as error:
        raise ReportError(str(error)) from error
    speed, wall_seconds, entries = _results(path / RESULTS)
    _hold_against(record, entries, path)
    timelines = _timelines(path / TIMELINES)
    strangers = timelines.keys() - entries.keys()
    if strangers:
        raise ReportError(
            f"{path / TIMELINES} has timelines of drills of which {RESULTS} does not tell: "
            f"{', '.join(sorted(strangers))}"
        )
    results = {
        drill: _result(entry, timelines[drill][1] if drill in timelines else None, path)
        for drill, entry in entries.items()
    }
    verdicts = {drill: result.verdict for drill, result in results.items()}
    proofs = tuple(of_run([proof_of(*judged) for judged in timelines.values()], verdicts))
    suites = _suites(path / JUNIT)
    return Source(path, record, speed, wall_seconds, entries, results, proofs, suites)


def _results(path: Path) -> tuple[float, float, dict[str, Mapping[str, Any]]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ReportError(
                f"{path} has format {document['format']}; this version reads {FORMAT}"
            )
        drills = document["drills"]
        entries = {str(entry["drill"]): entry for entry in drills}
        speed, wall_seconds = float(document["speed"]), float(document["wall_seconds"])
    except OSError as error:
        raise ReportError(
            f"cannot read {path}: {error.strerror}; a run that was killed leaves none"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise ReportError(f"{path} does not hold a run's results: {error!r}") from error
    if len(entries) != len(drills):
        raise ReportError(f"{path} tells of a drill twice")
    return speed, wall_seconds, entries


def _hold_against(record: RunRecord, entries: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """A run that ended early must not look like a smaller one that ended well."""
    asked = set(record.drills)
    if lacking := asked - entries.keys():
        raise ReportError(
            f"the run of {path} did not come to its end: it has no result of "
            f"{', '.join(sorted(lacking))}; run it again"
        )
    if strange := entries.keys() - asked:
        raise ReportError(
            f"{path} is not of one run: {RESULTS} tells of {', '.join(sorted(strange))}, which the "
            "run was not asked for"
        )
    shard = record.shard
    if shard is not None and asked != set(shard.plan[shard.index - 1]):
        raise ReportError(f"{path} says that it is shard {shard}, and is of other drills")


def _timelines(folder: Path) -> dict[str, tuple[Timeline, Judgement]]:
    """Each drill's timeline, judged again."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            timeline = read_timeline(path)
            judgement = judge(timeline)
        except TimelineError as error:
            raise ReportError(str(error)) from error
        except JudgeError as error:
            raise ReportError(f"{path}: {error}") from error
        if path.stem != file_name(judgement.drill):
            raise ReportError(f"{path} holds the timeline of another drill: {judgement.drill}")
        found[judgement.drill] = (timeline, judgement)
    return found


def _result(entry: Mapping[str, Any], judgement: Judgement | None, path: Path) -> DrillResult:
    """The drill for the tables: what was said of it, with the judgement of its timeline."""
    plain = {name: entry[name] for name in entry if name not in ("judgement", "latencies")}
    try:
        result = make_converter().structure(plain, DrillResult)
    except (cattrs.BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise ReportError(
            f"{path / RESULTS} does not hold the result of {entry['drill']}"
        ) from error
    was_judged = result.verdict == "pass" or entry.get("judgement") is not None
    if not was_judged:
        return result
    if judgement is None:
        raise ReportError(
            f"{path / TIMELINES / file_name(result.drill)}.json is missing, and with it what "
            f"{result.drill} was judged by"
        )
    if result.verdict == "pass" and judgement.verdict != "pass":
        raise ReportError(
            f"{path} is damaged, or of another version: {RESULTS} says that {result.drill} is a "
            f"pass; its timeline, judged again, is {judgement.verdict}"
        )
    return replace(result, judgement=judgement)


def _suites(path: Path) -> tuple[ET.Element, ...]:
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - written by our own runs
    except OSError as error:
        raise ReportError(
            f"cannot read {path}: {error.strerror}; a run makes it unless --junitxml is given"
        ) from error
    except ET.ParseError as error:
        raise ReportError(f"{path} is not JUnit XML: {error}") from error
    suites = tuple(root.iter("testsuite"))
    if root.tag != "testsuites" or not suites:
        raise ReportError(f"{path} is not JUnit XML: it has no test suite")
    return suites
