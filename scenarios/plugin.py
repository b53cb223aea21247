"""The pytest plugin behind ``pytest scenarios/``: options, collection, run, table."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from scenarios.annotate_option import DrillAnnotations, add_options, chosen_grafana
from scenarios.collect import DrillFile, DrillItem, root_of_drill
from scenarios.external_option import add_external_option, chosen_external, chosen_speed
from scenarios.judge.coverage_inventory import inventory_of
from scenarios.judge.errors import JudgeError
from scenarios.preflight import PreflightError, explain, preflight
from scenarios.report.coverage import coverage_lines, percentage, shortfall
from scenarios.report.run_record import RunRecord
from scenarios.report.table import summary_lines
from scenarios.report_option import (
    FOLDER,
    UNWRITTEN,
    add_report_option,
    begin_report,
    choose_folder,
    make_folder,
    remove_if_nothing_ran,
    whole_or_told,
)
from scenarios.runner import Settings
from scenarios.session import SESSION, DrillSession
from scenarios.shard import SHARD, keep_shard, read_shard, told
from scenarios.source import Source, hashes_of, read_running, whole
from stack.run.compose.way import ComposeWay
from stack.run.configuration import PRODUCTION
from stack.run.engines import EngineError
from stack.run.external.way import ExternalWay
from stack.run.local_way import LocalWay
from stack.run.speed import SpeedError
from stack.run.stack import StackError
from stack.run.way import Way

DEFAULT_SPEED = "60"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("drills", "alert drills")
    group.addoption(
        "--speed",
        metavar="K",
        help=f"run the pipeline K times faster than production (default {DEFAULT_SPEED})",
    )
    group.addoption(
        "--stack",
        choices=("local", "compose", "external"),
        default="local",
        help="the stack that each drill gets: processes (local, the default), containers "
        "(compose, see stack/compose.yaml), or what runs elsewhere (external)",
    )
    add_external_option(group)
    group.addoption(
        "--compose-override",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a compose file to add to stack/compose.yaml; may be given more than once",
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
    add_report_option(group)
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
    add_options(group)


def chosen_way(config: pytest.Config) -> Way:
    """What ``--stack`` asks for. Raises pytest.UsageError."""
    overrides: list[Path] = config.option.compose_override
    external = chosen_external(config)
    if overrides and config.option.stack != "compose":
        raise pytest.UsageError("--compose-override is for --stack compose")
    if external is not None:
        return external
    if config.option.stack == "local":
        return LocalWay()
    for path in overrides:
        if not path.is_file():
            raise pytest.UsageError(f"--compose-override {path}: there is no such file")
    return ComposeWay(overrides)


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
    # Set by pytest-xdist, also for its -n; each worker would run all drills.
    if getattr(config.option, "dist", "no") != "no":
        raise pytest.UsageError(
            "drills run side by side by themselves, as many as the host can bear; leave out -n and "
            "--dist, and split them over machines by --shard"
        )
    choose_folder(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Not in pytest_configure, which --help goes through too."""
    if FOLDER in session.config.stash:
        make_folder(session.config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    # A file named on the command line is offered to pytest_pycollect_makemodule as well.
    is_drill = root_of_drill(parent.config, file_path) is not None
    if is_drill and not parent.session.isinitpath(file_path):
        return DrillFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    if root_of_drill(parent.config, module_path) is not None:
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

    way = chosen_way(config)
    grafana = chosen_grafana(config)
    try:
        speed = chosen_speed(config, DEFAULT_SPEED)
        source: Source = Path(config.option.configuration)
        if isinstance(way, ExternalWay):
            source = read_running(way.settings)
        if config.option.explain:
            for line in explain(drills, source, speed, way):
                reporter.write_line(line)
            # Nothing is run, so there is nothing for pytest to count.
            session.items.clear()
            return (yield)
        with uncaptured(config):
            warnings = preflight(drills, source, speed, way)
            for warning in warnings:
                reporter.write_line(f"warning: {warning}")
            if warnings:
                reporter.write_line(f"{len(warnings)} warnings before anything ran")
            way.prepare(say)
        files = inventory_of(whole(source))
    except (PreflightError, StackError, SpeedError, EngineError, JudgeError) as error:
        raise pytest.UsageError(str(error)) from error
    names = tuple(drill.name for drill in drills)
    shard = config.stash.get(SHARD, None)
    begin_report(config, RunRecord(names, hashes_of(source), shard, way.name))
    run = DrillSession(
        drills,
        Settings(speed, way, source if isinstance(source, Path) else PRODUCTION),
        config.stash[FOLDER],
        files=files,
        keep_failed_stacks=config.option.keep_stack,
        write_line=say,
        uncaptured=lambda: uncaptured(config),
    )
    config.stash[SESSION] = run
    if grafana is not None:
        config.pluginmanager.register(DrillAnnotations(grafana, config.stash[FOLDER]))
    reporter.write_line("")
    try:
        return (yield)
    finally:
        with whole_or_told(config):
            run.close()


# The innermost of the wrappers, so that pytest's own still prints the summary.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    with whole_or_told(session.config):
        yield
    remove_if_nothing_ran(session)
    if session.exitstatus == pytest.ExitCode.OK and UNWRITTEN in session.config.stash:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if session.config.option.explain and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
    if session.exitstatus == pytest.ExitCode.OK and uncovered(session.config) is not None:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    unwritten = config.stash.get(UNWRITTEN, None)
    if unwritten is not None:
        terminalreporter.write_line(f"FAILED {unwritten}", red=True)
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
