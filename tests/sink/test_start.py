"""How the sink is started, and what it says where it cannot be."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sink.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parents[2]


def refusal_to_start(*arguments: object, **environment: str) -> str:
    """What a sink that must not start wrote."""
    result = subprocess.run(
        [sys.executable, "-m", "sink", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode in (1, 2), result
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_port_in_use_is_named(sink: Any, tmp_path: Path) -> None:
    text = refusal_to_start("--port", sink.port, "--directory", tmp_path / "other")
    assert f"cannot listen on 127.0.0.1 port {sink.port}: Address already in use" in text
    assert "--port" in text


def test_an_address_of_another_host_is_named(tmp_path: Path) -> None:
    text = refusal_to_start("--host", "192.0.2.1", "--port", 0, "--directory", tmp_path)
    assert "cannot listen on 192.0.2.1 port 0" in text


def test_a_second_sink_on_one_directory_is_refused_and_harms_nothing(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    sink.post(payload())
    text = refusal_to_start("--port", 0, "--directory", sink.directory)
    assert "another sink is using" in text
    assert str(sink.directory) in text
    assert sink.post(payload()).json() == {"seq": 2}


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = refusal_to_start("--port", 0, "--directory", tmp_path / "file" / "sink")
    assert f"cannot write in the directory {tmp_path}/file/sink: Not a directory" in text
    assert "--directory" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    text = refusal_to_start("--port", 0, "--directory", tmp_path)
    assert f"cannot write in the directory {tmp_path}: Permission denied" in text


def test_a_journal_that_is_damaged_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "notifications.jsonl").write_text("damage\n")
    text = refusal_to_start("--port", 0, "--directory", tmp_path)
    assert "notifications.jsonl, line 1: not a record of the sink" in text


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"two words", "more than one word"),
        (b"\xff\xfe", "is not text"),
        ("schlüssel".encode(), "more than one word of printable ASCII"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_named(
    tmp_path: Path, contents: bytes | None, why: str
) -> None:
    path = tmp_path / "token"
    if contents is not None:
        path.write_bytes(contents)
    arguments = ["--port", "0", "--directory", str(tmp_path), "--token-file", str(path)]
    with pytest.raises(SettingsError, match=why) as error:
        read_settings(arguments, {})
    assert str(path) in str(error.value)


def test_a_setting_that_cannot_be_used_ends_the_process_with_its_reason(tmp_path: Path) -> None:
    text = refusal_to_start("--port", 0, "--directory", tmp_path, "--token-file", tmp_path / "no")
    assert (
        text == f"sink: cannot read the token file {tmp_path / 'no'}: No such file or directory\n"
    )


def test_an_empty_token_file_setting_is_not_taken_for_none(tmp_path: Path) -> None:
    """An unset variable in a script must not open the sink to all."""
    with pytest.raises(SettingsError, match="cannot read the token file"):
        read_settings(["--port", "0", "--directory", str(tmp_path), "--token-file", ""], {})


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "٣"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    with pytest.raises(SettingsError, match="--port must be a whole number from 0 to 65535"):
        read_settings([f"--port={port}", "--directory", str(tmp_path)], {})


def test_flags_come_before_the_environment_and_that_before_defaults(token_file: Path) -> None:
    environment = {
        "SINK_HOST": "127.0.0.2",
        "SINK_PORT": "5001",
        "SINK_DIRECTORY": "/from/environment",
        "SINK_TOKEN_FILE": str(token_file),
        "SINK_MAX_BODY_BYTES": "5",
    }
    token = token_file.read_text().strip()
    assert read_settings([], environment) == Settings(
        "127.0.0.2", 5001, Path("/from/environment"), token, 5
    )
    assert read_settings(["--port", "5002", "--directory", "/from/flag"], environment) == Settings(
        "127.0.0.2", 5002, Path("/from/flag"), token, 5
    )
    assert read_settings(["--port", "5002", "--directory", "/from/flag"], {}) == Settings(
        "127.0.0.1", 5002, Path("/from/flag"), None, 1024 * 1024
    )


def test_a_setting_that_is_missing_is_named() -> None:
    text = refusal_to_start("--port", 0)
    assert "--directory" in text


def test_a_sink_ends_with_0_on_sigterm_and_frees_port_and_directory(
    start_sink: Callable[..., Any], payload: Callable[..., bytes]
) -> None:
    """Also while a client keeps its connection open."""
    sink = start_sink()
    sink.post(payload())
    with socket.create_connection(("127.0.0.1", sink.port)):
        assert sink.stop() == 0
    again = start_sink(again=sink)
    assert again.port == sink.port
    assert [found.seq for found in again.client().notifications()] == [1]
