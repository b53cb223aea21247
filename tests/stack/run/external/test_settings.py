"""The settings file of an external stack: what it may say, and what each mistake is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.external.settings import read_settings
from stack.run.stack import StackError
from tests.stack.run.external.conftest import TOKEN

LINE = "prometheus: http://127.0.0.1:9"


def test_all_that_a_file_says_is_read_with_paths_relative_to_it(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    settings = read_settings(written())
    assert settings.prometheus.url == settings.alertmanager.known_as == "http://127.0.0.1:9"
    assert settings.drills == tmp_path / "drills"
    assert (settings.sink.host, settings.sink.port, settings.sink.token) == (
        "127.0.0.1",
        9000,
        TOKEN,
    )
    assert settings.largest_clock_difference_seconds == 0.05


def test_the_example_says_what_the_module_documents() -> None:
    """Every field of the docstring's file is one that is read."""
    import stack.run.external.settings as module  # noqa: PLC0415

    documented = {
        line.strip().partition(":")[0]
        for line in (module.__doc__ or "").splitlines()
        if line.startswith("    ") and ":" in line
    }
    assert documented == {*module.NAMES, *module.ENGINE_NAMES, *module.SINK_NAMES, "known_as"}


def test_a_password_comes_from_its_file_and_is_in_no_address_that_is_shown(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    entry = "{url: http://127.0.0.1:9/prom/, username: me, password_file: password}"
    settings = read_settings(written((LINE, f"prometheus: {entry}")))
    assert settings.prometheus.url == "http://me:p%40ss%2Fword@127.0.0.1:9/prom"
    assert settings.prometheus.address == "http://127.0.0.1:9/prom"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (LINE, "prometheus: 127.0.0.1:9", "prometheus.url: '127.0.0.1:9' is no http address"),
        (LINE, "prometheus: http://a:b@c", "prometheus.url: holds credentials"),
        (LINE, "prometheus: http://[x", "prometheus.url: 'http://[x' is no http address"),
        (LINE, "prometheus: {url: http://c, user: x}", "prometheus.user: is no field"),
        (LINE, "prometheus: {username: x}", "prometheus.url: is missing"),
        (LINE, "prometheus: {url: http://c, username: x}", "prometheus.password_file: is missing"),
        (
            LINE,
            "prometheus: {url: http://c, username: x, password_file: none}",
            "prometheus.password_file: ",
        ),
        (LINE, "prometheus: [1]", "prometheus: is [1]"),
        (LINE, "", "prometheus: is missing"),
        ("listen: 127.0.0.1:9000", "listen: 127.0.0.1", "sink.listen: '127.0.0.1' is no host and"),
        ("listen: 127.0.0.1:9000", "listen: 127.0.0.1:x", "sink.listen: '127.0.0.1:x' is no host"),
        ("listen: 127.0.0.1:9000", "listen: 9000", "sink.listen: is 9000"),
        ("token_file: sink-token", "token_file: gone", "sink.token_file: "),
        ("drills: drills", "drills: gone", "drills: "),
        ("app: http://127.0.0.1:9", "ap: x", "ap: is no field; there are prometheus, "),
        (
            "drills: drills",
            "drills: drills\nlargest_clock_difference: 1s",
            "largest_clock_difference: '1s' is not a duration up to 100ms",
        ),
        (
            "drills: drills",
            "drills: drills\nlargest_clock_difference: 0.05",
            "largest_clock_difference: 0.05 is not a duration",
        ),
        (LINE, "prometheus: http://a b:9090", "prometheus.url: 'http://a b:9090' is no http"),
        ("token_file: sink-token", 'token_file: "a\\0b"', "sink.token_file: "),
        ("drills: drills", "drills: [", "is not YAML"),
        (LINE, f"{LINE}\nprometheus: http://b", "is not YAML: prometheus stands twice; leave one"),
        ("  listen:", "  url: http://a\n  listen:", "is not YAML: url stands twice; leave one out"),
    ],
)
def test_a_mistake_is_told_with_file_field_and_what_to_do(
    written: Callable[..., Path], old: str, new: str, told: str
) -> None:
    path = written((old, new))
    with pytest.raises(StackError) as raised:
        read_settings(path)
    assert str(raised.value).startswith(f"{path}: {told}")
    assert "; " in str(raised.value) or "YAML" in told


@pytest.mark.parametrize("token", ["", "short", "two words of some length"])
def test_a_token_that_protects_nothing_is_refused(
    written: Callable[..., Path], tmp_path: Path, token: str
) -> None:
    path = written()
    (tmp_path / "sink-token").write_text(token)
    with pytest.raises(StackError, match=r"sink\.token_file: "):
        read_settings(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be read"):
        read_settings(tmp_path / "none.yml")
