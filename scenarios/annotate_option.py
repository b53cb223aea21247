"""``pytest scenarios/ --grafana URL``: the drills' faults and notifications, shown in Grafana."""

from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from scenarios.collect import DrillItem
from scenarios.report.annotator import Annotator
from scenarios.report.folder import ReportFolder
from scenarios.report.grafana import Grafana, GrafanaError, grafana_at

URL_HELP = "the Grafana to which faults and notifications are added as annotations"
CREDENTIALS_HELP = "a file with the token of a service account of that Grafana, or USER:PASSWORD"


def add_options(group: pytest.OptionGroup) -> None:
    group.addoption("--grafana", metavar="URL", help=URL_HELP)
    group.addoption("--grafana-credentials", metavar="FILE", type=Path, help=CREDENTIALS_HELP)


def chosen_grafana(config: pytest.Config) -> Grafana | None:
    """What ``--grafana`` asks for. Raises pytest.UsageError."""
    url, credentials = config.option.grafana, config.option.grafana_credentials
    if url is None:
        if credentials is not None:
            raise pytest.UsageError("--grafana-credentials is for --grafana")
        return None
    try:
        return grafana_at(url, credentials)
    except GrafanaError as error:
        raise pytest.UsageError(f"--grafana: {error}") from error


class DrillAnnotations:
    """A plugin of one run: adds the annotations of each drill when it is over.

    A Grafana that fails changes no verdict: it is told at the end of the run.
    """

    def __init__(self, grafana: Grafana, folder: ReportFolder) -> None:
        self._grafana = grafana
        self._folder = folder
        self._annotator = Annotator(grafana)

    @pytest.hookimpl
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if isinstance(item, DrillItem):
            timeline = self._folder.timeline(item.drill.name)
            # A drill that was skipped, or whose stack did not start, has none.
            if timeline.is_file():
                self._annotator.add(timeline)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        problems = self._annotator.close()
        terminalreporter.section("annotations")
        terminalreporter.write_line(
            f"{self._annotator.added} added to Grafana at {self._grafana.url}"
        )
        for problem in problems:
            terminalreporter.write_line(f"warning: {problem}", yellow=True)
        if problems:
            terminalreporter.write_line(
                "the verdicts do not depend on it; to add them later: python -m scenarios "
                f"annotate --grafana {self._grafana.url} TIMELINE..."
            )
