"""Tests of the profiles on the command line: what is refused, and how it is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
PROFILES = {
    "browse.py": "Browse",
    "waiting_room.py": "WaitingRoom",
    "orders.py": "Orders",
    "payments.py": "Payments",
    "normal.py": "Normal",
    "surge.py": "Surge",
    "sales_opening.py": "Hall",
}


@pytest.mark.parametrize(
    ("profile", "options", "message"),
    [
        (
            "payments.py",
            ["--arrivals-per-second", "-5"],
            "argument --arrivals-per-second: '-5' is not a number above 0 to 2000",
        ),
        (
            "normal.py",
            ["--arrivals-per-second", "nan"],
            "argument --arrivals-per-second: 'nan' is not a number above 0 to 2000",
        ),
        (
            "surge.py",
            ["--fill-count", "many"],
            "argument --fill-count: 'many' is not a whole number from 1 to 1000000",
        ),
        ("browse.py", ["--arrivals", "5"], "ambiguous option: --arrivals"),
        ("surge.py", ["--fill-rate", "5"], "unrecognized arguments: --fill-rate"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(
    start_locust: Any, profile: str, options: list[str], message: str
) -> None:
    """Exit code 2, the option and the value named, and no traceback."""
    run = start_locust(profile, "http://127.0.0.1:9", *options).wait()
    assert run.returncode == 2
    assert message in run.output()
    assert "Traceback" not in run.output()


def test_a_wrong_variable_is_refused_like_an_option(start_locust: Any) -> None:
    """Rates can come from the environment, and are checked there too."""
    environment = {"LOAD_ARRIVALS_PER_SECOND": "lots"}
    run = start_locust("browse.py", "http://127.0.0.1:9", environment=environment).wait()
    assert run.returncode == 2
    assert "'lots' is not a number above 0" in run.output()


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("http://192.0.2.1:80", "Load refused: 'http://192.0.2.1:80' is not on this machine"),
        ("http://127.0.0.1:9/api", "has more than a scheme, a host and a port"),
        (None, "Load refused: no address to load was given. Give the app's address as --host"),
    ],
)
def test_load_off_this_machine_is_refused(
    start_locust: Any, host: str | None, message: str
) -> None:
    """Nothing is sent: Locust ends with exit code 1 before a run begins."""
    run = start_locust("browse.py", host, environment={"LOAD_ALLOW_HOSTS": "other.example"}).wait()
    assert run.returncode == 1
    assert message in run.output()
    assert "Traceback" not in run.output()
    assert run.ledger_path.exists() is False


def test_what_would_change_the_rate_is_refused(start_locust: Any) -> None:
    """Two profiles would each offer the rate: exit code 1 and the reason."""
    run = start_locust("browse.py,locustfiles/orders.py", "http://127.0.0.1:9").wait()
    assert run.returncode == 1
    assert "One profile runs at a time: name one of" in run.output()
    assert "Traceback" not in run.output()


def test_one_of_two_loaded_profiles_can_be_named(slow_app: Any, start_locust: Any) -> None:
    """The message above says so, and it works."""
    files = "browse.py,locustfiles/orders.py"
    run = start_locust(files, slow_app.url, "-t", "1s", "--arrivals-limit", "3", "Browse").wait()
    assert run.outcomes() == {"browsed": 3}


def test_a_ledger_in_no_folder_is_refused(start_locust: Any) -> None:
    """A wrong path is told before any load is made."""
    environment = {"LOAD_LEDGER": "/no-such-folder/ledger.jsonl"}
    run = start_locust("browse.py", "http://127.0.0.1:9", environment=environment).wait()
    assert run.returncode == 1
    assert "LOAD_LEDGER=/no-such-folder/ledger.jsonl cannot be written" in run.output()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_ledger_that_can_no_longer_be_written_ends_the_run(
    slow_app: Any, start_locust: Any
) -> None:
    """Load nobody can judge is worth nothing: exit code 1, the reason, no traceback."""
    environment = {"LOAD_LEDGER": "/dev/full"}
    run = start_locust("browse.py", slow_app.url, "-t", "60s", environment=environment).wait()
    assert run.returncode == 1
    assert "The ledger cannot be written" in run.output()
    assert "Traceback" not in run.output()


def test_a_run_without_an_end_gets_one(slow_app: Any, start_locust: Any, wait: Any) -> None:
    """Headless and without --run-time, ten minutes are the limit."""
    run = start_locust("browse.py", slow_app.url)
    wait("the run time", lambda: "Run time limit set to 600 seconds" in run.output())


@pytest.mark.parametrize(("profile", "user_class"), PROFILES.items())
def test_each_profile_has_one_user_class_and_loads_from_anywhere(
    tmp_path: Path, profile: str, user_class: str
) -> None:
    """With the repository on PYTHONPATH the working directory does not matter."""
    command = [sys.executable, "-m", "locust", "-f", str(REPOSITORY / "locustfiles" / profile)]
    listed = subprocess.run(
        [*command, "--list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert listed.stdout.split() == ["Available", "Users:", user_class]
