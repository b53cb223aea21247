"""``python -m stack engines`` as a user runs it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from stack.run.engines.command import table
from stack.run.engines.engine import Engine

RunPython = Callable[..., "subprocess.Popen[str]"]


def test_the_table_shows_engine_version_origin_and_whole_path() -> None:
    """Columns line up, and a long path is not cut."""
    long = Path("/a") / ("b" * 200)
    text = table(
        [
            Engine("prometheus", "3.15.0", long, "cache"),
            Engine("redis-server", "9.1.2", Path("/r"), "PyPI package"),
        ]
    )
    heading, first, second = text.splitlines()
    assert heading.split() == ["engine", "version", "from", "path"]
    assert first.split() == ["prometheus", "3.15.0", "cache", str(long)]
    assert first.index(str(long)) == second.index("/r") == heading.index("path")


def test_an_engine_that_cannot_be_had_ends_with_two_and_no_traceback(
    tmp_path: Path, run_python: RunPython
) -> None:
    """One paragraph on standard error, exit code 2, nothing on standard output."""
    (tmp_path / "file").write_text("")
    run = run_python(
        *("-m", "stack", "engines"),
        cwd=tmp_path,
        FLASH_DRILLS_CACHE=str(tmp_path / "file"),
        PATH=str(tmp_path),
    )
    out, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert out == ""
    assert err.startswith("engines: error: the engine cache")
    assert "Traceback" not in err


def test_what_is_on_path_and_not_used_is_said_beside_the_table(
    tmp_path: Path, run_python: RunPython, write_fake: Callable[..., Path]
) -> None:
    """The table on standard output stays a table."""
    says = {
        "redis_exporter": "Redis Metrics Exporter v1.99.0",
        "toxiproxy": "toxiproxy-server version 2.99.0",
        "node_exporter": "node_exporter, version 1.99.0",
        "alertmanager": "alertmanager, version 0.99.0",
        "amtool": "amtool, version 0.99.0",
        "prometheus": "prometheus, version 3.99.0",
        "promtool": "promtool, version 3.99.0",
        "redis-server": "Redis server v=8.2.3",
    }
    for name, line in says.items():
        write_fake(tmp_path / "good" / name, line)
    old = write_fake(tmp_path / "old" / "prometheus", "prometheus, version 2.42.0")
    run = run_python(
        *("-m", "stack", "engines"),
        cwd=tmp_path,
        FLASH_DRILLS_CACHE=str(tmp_path / "cache"),
        PATH=f"{tmp_path}/old:{tmp_path}/good",
    )
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0
    assert [line.split()[:3] for line in out.splitlines()[1:]] == [
        [name, line.split()[-1].lstrip("v=").strip(), "PATH"] for name, line in says.items()
    ]
    assert f"engines: {old} is not used: it is 2.42.0" in err


def test_without_a_subcommand_it_says_which_there_are(
    tmp_path: Path, run_python: RunPython
) -> None:
    """`python -m stack` alone is a mistake that explains itself."""
    run = run_python("-m", "stack", cwd=tmp_path)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "the following arguments are required: COMMAND" in err
    assert sys.executable not in err
