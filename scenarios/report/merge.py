"""Several reports made one: refused where they do not belong together, else as one run's."""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from scenarios.judge.coverage import Coverage, coverage
from scenarios.report.coverage import write_coverage
from scenarios.report.coverage_files import inventory_of_files
from scenarios.report.folder import COVERAGE, JUNIT, RESULTS, ReportFolder
from scenarios.report.read_back import ReportError, Source, read_source
from scenarios.report.result import FORMAT, DrillResult, Results
from scenarios.report.run_record import RUN, RunRecord, differing, hashes, write_record

# Made anew of all reports; whatever else a report holds is copied as it is.
MADE_ANEW = frozenset({RESULTS, JUNIT, COVERAGE, RUN})


class MergedResults(Results):
    """The results of several runs, for the tables of one. ``wall_seconds`` are all of theirs."""

    def __init__(self, sources: Sequence[Source], folder: ReportFolder) -> None:
        super().__init__(folder, sources[0].speed, keep_failed_stacks=False)
        self.sources = sources
        self.wall_seconds = sum(source.wall_seconds for source in sources)
        self._merged = {drill: r for source in sources for drill, r in source.results.items()}

    def all(self) -> list[DrillResult]:
        return [self._merged[drill] for drill in sorted(self._merged)]


def merge(paths: Sequence[Path], into: Path, configuration: Path) -> tuple[MergedResults, Coverage]:
    """Make one report folder, ``into``, of several; it is there whole, or not at all.

    ``configuration`` is the folder that was drilled. Raises ReportError, StackError, JudgeError.
    """
    sources = [read_source(path) for path in paths]
    for source in sources:
        if source.path.resolve() in into.resolve().parents:
            raise ReportError(f"{into} is inside of {source.path}; name a folder outside of it")
    refuse_unlike(sources, configuration)
    proofs = [proof for source in sources for proof in source.proofs]
    covered = coverage(proofs, inventory_of_files(configuration))
    folder = ReportFolder(into.parent)
    folder.path = into
    results = MergedResults(sources, folder)
    try:
        _write(results, covered, into)
    except OSError as error:
        raise ReportError(f"cannot write {into}: {error}") from error
    return results, covered


def refuse_unlike(sources: Sequence[Source], configuration: Path) -> None:
    """Raise ReportError unless the reports are of different drills of one and the same thing."""
    first = sources[0]
    seen: dict[str, Source] = {}
    for source in sources:
        if source.speed != first.speed:
            raise ReportError(
                f"{first.path} ran at speed {first.speed:g}, {source.path} at {source.speed:g}; "
                "merge runs of one speed"
            )
        if source.record.stack != first.record.stack:
            raise ReportError(
                f"{first.path} ran with --stack {first.record.stack}, {source.path} with --stack "
                f"{source.record.stack}; what they prove together tells: python -m scenarios "
                "coverage"
            )
        if files := differing(first.record.configuration, source.record.configuration):
            raise ReportError(
                f"{first.path} and {source.path} drilled different configurations: "
                f"{', '.join(files)}"
            )
        for drill, result in source.results.items():
            if (other := seen.setdefault(drill, source)) is not source:
                raise ReportError(
                    f"{drill} is in two reports: {other.results[drill].verdict} in {other.path}, "
                    f"{result.verdict} in {source.path}; give only the report that counts"
                )
    if files := differing(first.record.configuration, hashes(configuration)):
        raise ReportError(
            f"the reports are not of the configuration in {configuration}: {', '.join(files)}; "
            "give the folder that was drilled as --configuration, as it was then"
        )
    for missing in _missing_shards(sources):
        raise ReportError(missing)


def _missing_shards(sources: Sequence[Source]) -> Iterator[str]:
    """For each split of which not all shards are here, which are not, with their drills."""
    splits: Mapping[tuple[tuple[str, ...], ...], list[Source]] = defaultdict(list)
    for source in sources:
        if source.record.shard is not None:
            splits[source.record.shard.plan].append(source)
    for plan, here in splits.items():
        found = {source.record.shard.index for source in here if source.record.shard is not None}
        lacking = [
            f"{index}/{len(plan)} ({', '.join(drills)})"
            for index, drills in enumerate(plan, start=1)
            if drills and index not in found
        ]
        if lacking:
            names = " and ".join(str(source.path) for source in here)
            yield (
                f"of the split that {names} belongs to, these shards are missing: "
                f"{'; '.join(lacking)}"
            )


def _write(results: MergedResults, covered: Coverage, into: Path) -> None:
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise ReportError(f"{into} is there already; name a folder that is not")
    into.parent.mkdir(parents=True, exist_ok=True)
    partial = into.parent / f".{into.name}-{os.getpid()}"
    partial.mkdir()
    try:
        for source in results.sources:
            _copy(source, partial)
        (partial / RESULTS).write_text(json.dumps(_document(results), indent=1, allow_nan=False))
        root = ET.Element("testsuites", {"name": "drills"})
        root.extend(suite for source in results.sources for suite in source.suites)
        ET.ElementTree(root).write(partial / JUNIT, encoding="utf-8", xml_declaration=True)
        write_coverage(covered, partial / COVERAGE)
        drills = tuple(result.drill for result in results.all())
        first = results.sources[0].record
        write_record(RunRecord(drills, first.configuration, stack=first.stack), partial)
        partial.replace(into)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy(source: Source, target: Path) -> None:
    for path in sorted(source.path.rglob("*")):
        relative = path.relative_to(source.path)
        if path.is_dir() or relative.as_posix() in MADE_ANEW:
            continue
        if (target / relative).exists():
            raise ReportError(f"{path} is in another report too; give each report once")
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target / relative)


def _document(results: MergedResults) -> dict[str, Any]:
    """As a run's results.json, and which report each drill came from."""
    entries = {
        drill: {**entry, "report": str(source.path)}
        for source in results.sources
        for drill, entry in source.entries.items()
    }
    return {
        "format": FORMAT,
        "speed": results.speed,
        "wall_seconds": results.wall_seconds,
        "reports": [
            {
                "report": str(source.path),
                "shard": None if source.record.shard is None else str(source.record.shard),
                "wall_seconds": source.wall_seconds,
            }
            for source in results.sources
        ],
        "drills": [entries[drill] for drill in sorted(entries)],
    }
