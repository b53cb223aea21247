"""The secrets of a compose stack: all that its services name, made once, read by all readers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stack.run.configuration import PRODUCTION

PROGRAM = PRODUCTION / "images" / "flash-tickets" / "make_secrets.py"
FOLDERS = ("alerting", "api", "database", "gateway", "grafana", "monitoring")


def make(folder: Path) -> dict[str, str]:
    """What there is after a run, by path below the folder."""
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    subprocess.run([sys.executable, str(PROGRAM), str(folder)], check=True, timeout=30)
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def made(tmp_path: Path) -> dict[str, str]:
    return make(tmp_path)


def test_each_file_that_a_service_names_is_made_in_a_volume_of_its_own(
    made: dict[str, str],
) -> None:
    compose = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())
    named = 0
    for name, service in compose["services"].items():
        for value in service.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                (volume,) = [
                    mount.partition("-secrets:")[0]
                    for mount in service["volumes"]
                    if ":/run/secrets:ro" in mount
                ]
                assert f"{volume}/{value.removeprefix('/run/secrets/')}" in made, name
                named += 1
    assert named >= 7


def test_each_file_that_alertmanager_names_is_made(made: dict[str, str]) -> None:
    text = (PRODUCTION / "alertmanager" / "alertmanager.yml").read_text()
    named = set(re.findall(r"/run/secrets/([\w-]+)", text))
    assert named == {name.removeprefix("alerting/") for name in made if name.startswith("alerting")}


def test_each_chat_leads_to_its_own_receiver_at_the_sink(made: dict[str, str]) -> None:
    alertmanager = yaml.safe_load((PRODUCTION / "alertmanager" / "alertmanager.yml").read_text())
    token = made["alerting/sink_token"]
    chats = 0
    for receiver in alertmanager["receivers"]:
        for kind in ("slack", "discord"):
            for config in receiver.get(f"{kind}_configs", []):
                file = config.get("api_url_file") or config["webhook_url_file"]
                url = made[f"alerting/{file.removeprefix('/run/secrets/')}"]
                assert url == f"http://sink:9000/receivers/{receiver['name']}/{kind}/{token}"
                chats += 1
    assert chats >= 4


def test_the_database_shares_a_password_with_each_of_its_users_and_nothing_else_is_shared(
    made: dict[str, str],
) -> None:
    users = ("api/database_password", "monitoring/monitoring_password")
    for name in users:
        assert made[name] == made[f"database/{name.partition('/')[2]}"]
    values = [value for name, value in made.items() if name not in users]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 32 for value in values)


def test_a_second_start_keeps_them_and_makes_what_is_missing(tmp_path: Path) -> None:
    before = make(tmp_path)
    (tmp_path / "gateway" / "control_token").unlink()
    after = make(tmp_path)
    assert after.pop("gateway/control_token") != before.pop("gateway/control_token")
    assert after == before


def test_readers_of_other_users_may_read_and_nobody_may_write(tmp_path: Path) -> None:
    for name in make(tmp_path):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o444, name
