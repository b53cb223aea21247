"""``--stack external --external FILE``: which drills it runs, and what it goes with."""

from pathlib import Path

import pytest

from scenarios.collect import FOLDER_ELSEWHERE, ROOT, root_of_drill
from stack.run.configuration import PRODUCTION
from stack.run.external.settings import read_settings
from stack.run.external.way import ExternalWay
from stack.run.speed import read_speed
from stack.run.stack import StackError

WAY = pytest.StashKey[ExternalWay]()
PLUGIN = "drills elsewhere"
EXTERNAL_SPEED = "1"


def add_external_option(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--external",
        type=Path,
        metavar="FILE",
        help="for --stack external: the file that says where it is, and in which folder its drills "
        "are (see stack/run/external/settings.py); none but these are run",
    )


def chosen_external(config: pytest.Config) -> ExternalWay | None:
    """What ``--stack external`` asks for. Raises pytest.UsageError."""
    file: Path | None = config.option.external
    if config.option.stack != "external":
        if file is not None:
            raise pytest.UsageError("--external is for --stack external")
        return None
    if WAY in config.stash:
        return config.stash[WAY]
    if file is None:
        raise pytest.UsageError(
            "--stack external needs --external FILE, which says where it is; an example is "
            f"{ROOT.parent / 'examples' / 'thumbnails' / 'external.yml'}"
        )
    if config.option.configuration != str(PRODUCTION):
        raise pytest.UsageError(
            "--configuration is not for --stack external, whose configuration is what its "
            "Prometheus and its Alertmanager run with"
        )
    if config.option.shard is not None:
        raise pytest.UsageError(
            "--shard is not for --stack external: its drills share one stack, and those of two "
            "jobs would disturb each other"
        )
    if config.option.keep_stack:
        raise pytest.UsageError(
            "--keep-stack is not for --stack external: nothing is started that could be kept"
        )
    try:
        config.stash[WAY] = way = ExternalWay(read_settings(file))
    except StackError as error:
        raise pytest.UsageError(str(error)) from error
    return way


def chosen_speed(config: pytest.Config, default: str) -> float:
    """What ``--speed`` asks for. Raises SpeedError, pytest.UsageError."""
    asked: str | None = config.option.speed
    if chosen_external(config) is None:
        return read_speed(default if asked is None else asked)
    if read_speed(EXTERNAL_SPEED if asked is None else asked) != 1:
        raise pytest.UsageError(
            f"--speed {asked} is not for --stack external, which runs at the speed that it has: 1"
        )
    return 1.0


def pytest_configure(config: pytest.Config) -> None:
    """With ``--stack external`` pytest collects the drills of its folder, and those alone.

    For the conftest.py of the checkout, as that of ``scenarios/`` is not loaded for other folders.
    Raises pytest.UsageError.
    """
    way = chosen_external(config)
    if way is None:
        return
    folder = way.settings.drills.resolve()
    config.stash[FOLDER_ELSEWHERE] = folder
    if not any(root_of_drill(config, path) for path in folder.rglob("*.py")):
        raise pytest.UsageError(
            f"{way.settings.path}: drills: there is none in {folder}; write one there, in a file "
            "that ends in .py and does not begin with _"
        )
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(folder)]
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if not path.is_relative_to(folder):
            raise pytest.UsageError(
                f"{argument} is not among the drills of {way.settings.path}, which are in "
                f"{folder}; leave it out, or name one of these"
            )
    import scenarios.conftest as hooks  # noqa: PLC0415 - where it is not wanted it must not be

    config.pluginmanager.register(hooks, PLUGIN)
