"""Settings: what is missing or wrong is refused at start, by the name of its variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack.app.settings import Settings, SettingsError

COMPLETE = {
    "APP_DATABASE_URL": "sqlite:////tmp/x.db",
    "APP_REDIS_URL": "redis://127.0.0.1:6379/0",
    "APP_GATEWAY_URL": "http://127.0.0.1:8081",
    "APP_SECRET": "secret",
}


def test_defaults_are_those_of_the_contract():
    settings = Settings.from_environment(COMPLETE)
    assert (settings.host, settings.port, settings.metrics_port) == ("127.0.0.1", 3001, 4000)
    assert settings.gateway_timeout_seconds == 5
    assert settings.redis_timeout_seconds == 1
    assert settings.admission_rate_per_second == 50
    assert settings.reservation_seconds == 120
    assert settings.threads == 32
    assert settings.seed_stock == 100_000
    assert settings.database_timeout_seconds == 5
    assert settings.database_pool_size == 16
    assert settings.database_journal_mode == "wal"
    assert settings.admin_token is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PORT", "http"),
        ("APP_PORT", "65536"),
        ("APP_METRICS_PORT", "-1"),
        ("APP_DATABASE_URL", ""),
        ("APP_REDIS_URL", ""),
        ("APP_GATEWAY_URL", ""),
        ("APP_REDIS_TIMEOUT_SECONDS", "0"),
        ("APP_GATEWAY_TIMEOUT_SECONDS", "soon"),
        ("APP_ADMISSION_RATE_PER_SECOND", "-1"),
        ("APP_ADMISSION_RATE_PER_SECOND", "nan"),
        ("APP_RESERVATION_SECONDS", "inf"),
        ("APP_THREADS", "0"),
        ("APP_SEED_STOCK", "0"),
        ("APP_DATABASE_TIMEOUT_SECONDS", "0"),
        ("APP_DATABASE_POOL_SIZE", "0"),
        ("APP_DATABASE_JOURNAL_MODE", "off"),
        ("APP_SECRET", " "),
        ("APP_ADMIN_TOKEN", ""),
        ("APP_SECRET_FILE", "/nowhere/secret"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(COMPLETE | {name: value})


def test_a_secret_comes_from_its_file_without_the_line_end(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    settings = Settings.from_environment(COMPLETE | {"APP_SECRET_FILE": str(file)})
    assert settings.secret == "from the file"


def test_an_empty_secret_file_is_refused_by_its_path(tmp_path: Path):
    file = tmp_path / "secret"
    file.touch()
    with pytest.raises(SettingsError, match=str(file)):
        Settings.from_environment(COMPLETE | {"APP_SECRET_FILE": str(file)})


def test_the_process_says_what_is_missing_and_exits_without_a_traceback():
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])}
    ended = subprocess.run(
        [sys.executable, "-m", "stack.app"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "APP_SECRET_FILE" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_named_and_exits_without_a_traceback(new_rig):
    rig = new_rig()
    ended = subprocess.run(
        [sys.executable, "-m", "stack.app"],
        env=rig.app.envvars,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "APP_METRICS_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_cannot_be_opened_is_named_and_exits_without_a_traceback(new_rig):
    rig = new_rig()
    ended = subprocess.run(
        [sys.executable, "-m", "stack.app"],
        env=rig.app.envvars | {"APP_DATABASE_URL": "sqlite:////nowhere/shop.db"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "APP_DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
