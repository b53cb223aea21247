"""``--report DIR``: where a run leaves its report, and what if it cannot be written."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.junitxml import xml_key

from scenarios.report.folder import ReportFolder
from scenarios.report.run_record import RunRecord, write_record
from scenarios.session import SESSION

FOLDER = pytest.StashKey[ReportFolder]()
UNWRITTEN = pytest.StashKey[str]()
RAN_NOTHING = frozenset({pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED})


def add_report_option(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--report",
        default="reports",
        metavar="DIR",
        help="folder in which each run makes its report folder (default: reports)",
    )


def choose_folder(config: pytest.Config) -> None:
    """Name the folder, before pytest's JUnit plugin asks where to write."""
    config.stash[FOLDER] = folder = ReportFolder(Path(config.option.report))
    # Absent where pytest's JUnit plugin is turned off.
    if getattr(config.option, "xmlpath", "") is None:
        config.option.xmlpath = str(folder.junit)


def make_folder(config: pytest.Config) -> None:
    """Make it, with room for what is to come. Raises pytest.UsageError."""
    with _usable(config):
        config.stash[FOLDER].make()
        config.stash[FOLDER].require_room()


def begin_report(config: pytest.Config, record: RunRecord) -> None:
    """From here on it is the latest. Raises pytest.UsageError."""
    with _usable(config):
        write_record(record, config.stash[FOLDER].path)
        config.stash[FOLDER].make_latest()


@contextlib.contextmanager
def _usable(config: pytest.Config) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise pytest.UsageError(
            f"cannot make a report folder in {config.option.report}: {error.strerror}; "
            "choose another with --report"
        ) from error


@contextlib.contextmanager
def whole_or_told(config: pytest.Config) -> Iterator[None]:
    """Around what writes the report at the end: a disk may be full by then."""
    try:
        yield
    except OSError as error:
        config.stash[UNWRITTEN] = f"the report is not whole: {error}"


def remove_if_nothing_ran(session: pytest.Session) -> None:
    """A folder of a run that was refused would be taken for a report, as by ``reports/2*``."""
    config = session.config
    folder = config.stash.get(FOLDER, None)
    if folder is None or SESSION in config.stash or session.exitstatus not in RAN_NOTHING:
        return
    junit = config.stash.get(xml_key, None)
    if junit is not None and Path(junit.logfile) == folder.junit.absolute():
        # Or it would tell where the file is.
        del config.stash[xml_key]
        config.pluginmanager.unregister(junit)
        folder.junit.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.path.rmdir()
        folder.path.parent.rmdir()
