"""The pytest plugin behind ``pytest scenarios/``: options, collection, run, table."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from scenarios.collect import DrillFile, DrillItem, is_drill_file
from scenarios.judge.errors import JudgeError
from scenarios.preflight import PreflightError, explain, preflight
from scenarios.report.coverage import coverage_lines, percentage, shortfall
from scenarios.report.coverage_files import inventory_of_files
from scenarios.report.folder import ReportFolder
from scenarios.report.run_record import RunRecord, hashes, write_record
from scenarios.report.table import summary_lines
from scenarios.runner import Settings
from scenarios.session import SESSION, DrillSession
from scenarios.shard import SHARD, keep_shard, read_shard, told
from stack.run.configuration import PRODUCTION
from stack.run.engines import EngineError, require
from stack.run.local import ENGINES
from stack.run.speed import SpeedError, read_speed
from stack.run.stack import StackError

DEFAULT_SPEED = "60"
FOLDER = pytest.StashKey[ReportFolder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("drills", "alert drills")
    group.addoption(
        "--speed",
        default=DEFAULT_SPEED,
        metavar="K",
        help=f"run the pipeline K times faster than production (default {DEFAULT_SPEED})",
    )
    group.addoption(
        "--explain",
        action="store_true",
        help="run nothing: print what each drill expects, its windows and what they are made of",
    )
    group.addoption(
        "--keep-stack",
        action="store_true",
        help="leave the stack of a drill that did not pass up for half an hour, to look at",
    )
    group.addoption(
        "--report",
        default="reports",
        metavar="DIR",
        help="folder in which each run makes its report folder (default: reports)",
    )
    group.addoption(
        "--configuration",
        default=str(PRODUCTION),
        metavar="DIR",
        help="folder with prometheus/ and alertmanager/ to drill instead of stack/'s own",
    )
    group.addoption(
        "--shard",
        type=read_shard,
        metavar="I/N",
        help="run the I-th of N parts of the drills, which take about as long; the reports of all "
        "parts are joined by: python -m scenarios merge",
    )
    group.addoption(
        "--alert-coverage-fail-under",
        type=percentage,
        metavar="N",
        help="fail unless drills that passed fully prove N percent of all alerting rules",
    )


def runs_nothing(config: pytest.Config) -> bool:
    """Whether pytest was asked only to show what it would do."""
    # Absent where pytest's own plugin for them is turned off.
    setup_only = getattr(config.option, "setuponly", False)
    return bool(
        config.option.collectonly or setup_only or getattr(config.option, "setupplan", False)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if runs_nothing(config) or config.option.explain:
        return
    config.stash[FOLDER] = folder = ReportFolder(Path(config.option.report))
    # Absent where pytest's JUnit plugin is turned off.
    if getattr(config.option, "xmlpath", "") is None:
        config.option.xmlpath = str(folder.junit)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Not in pytest_configure, which --help goes through too."""
    folder = session.config.stash.get(FOLDER, None)
    if folder is None:
        return
    try:
        folder.make()
    except OSError as error:
        raise pytest.UsageError(
            f"cannot make a report folder in {session.config.option.report}: {error.strerror}; "
            "choose another with --report"
        ) from error


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    # A file named on the command line is offered to pytest_pycollect_makemodule as well.
    if is_drill_file(file_path) and not parent.session.isinitpath(file_path):
        return DrillFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    if is_drill_file(module_path):
        return DrillFile.from_parent(parent, path=module_path)
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those that need the host alone run last, so they are waited for last.

    After -k and its like, so that a shard is one of the drills that are asked for.
    """
    keep_shard(config, items)
    items.sort(key=lambda item: isinstance(item, DrillItem) and item.drill.disturbs_host)


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    shard = config.stash.get(SHARD, None)
    return None if shard is None else told(shard)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    config = session.config
    drills = [item.drill for item in session.items if isinstance(item, DrillItem)]
    collected_badly = session.testsfailed and not config.option.continue_on_collection_errors
    if collected_badly or not drills or runs_nothing(config):
        return (yield)
    reporter = terminal(config)

    def say(line: str) -> None:
        reporter.write_line(line)
        # Into a file or a pipe, as in CI, progress would otherwise come in blocks of 8 KiB.
        reporter.flush()

    source = Path(config.option.configuration)
    try:
        speed = read_speed(config.option.speed)
        if config.option.explain:
            for line in explain(drills, source, speed):
                reporter.write_line(line)
            # Nothing is run, so there is nothing for pytest to count.
            session.items.clear()
            return (yield)
        with uncaptured(config):
            warnings = preflight(drills, source, speed)
            for warning in warnings:
                reporter.write_line(f"warning: {warning}")
            if warnings:
                reporter.write_line(f"{len(warnings)} warnings before anything ran")
            engines = require(ENGINES, say)
        files = inventory_of_files(source)
    except (PreflightError, StackError, SpeedError, EngineError, JudgeError) as error:
        raise pytest.UsageError(str(error)) from error
    write_record(
        RunRecord(
            tuple(drill.name for drill in drills), hashes(source), config.stash.get(SHARD, None)
        ),
        config.stash[FOLDER].path,
    )
    config.stash[FOLDER].make_latest()
    run = DrillSession(
        drills,
        Settings(speed=speed, engines=engines, source=source),
        config.stash[FOLDER],
        files=files,
        keep_failed_stacks=config.option.keep_stack,
        write_line=say,
        uncaptured=lambda: uncaptured(config),
    )
    config.stash[SESSION] = run
    reporter.write_line("")
    try:
        return (yield)
    finally:
        run.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.option.explain and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
    if session.exitstatus == pytest.ExitCode.OK and uncovered(session.config) is not None:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    run = config.stash.get(SESSION, None)
    if run is None:
        return
    for title, lines in (*summary_lines(run.results), *coverage_lines(run.coverage())):
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
    lacking = uncovered(config)
    if lacking is not None:
        terminalreporter.write_line(f"FAILED {lacking}", red=True)


def uncovered(config: pytest.Config) -> str | None:
    """Why the drills prove less than was asked for with --alert-coverage-fail-under, or None."""
    run = config.stash.get(SESSION, None)
    wanted: float | None = config.option.alert_coverage_fail_under
    return None if run is None or wanted is None else shortfall(run.coverage(), wanted)


def terminal(config: pytest.Config) -> TerminalReporter:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, TerminalReporter):
        raise pytest.UsageError("drills report through pytest's terminal; do not turn it off")
    return reporter


@contextlib.contextmanager
def uncaptured(config: pytest.Config) -> Iterator[None]:
    """Print while pytest captures: progress must be seen when it happens."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield
