"""A folder whose name looks like a pattern hides no rule and no template."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from stack.run.configuration import PRODUCTION, Rendered, layers_in, render
from stack.run.engines import require
from stack.run.local import LocalStack
from stack.run.receivers import Sink
from stack.run.stack import StackError

ODD = [r"a[b]c", "a[b", "a]b", "a*b", "a?b", r"a\b", r"a\[*"]
LAYERS = layers_in(PRODUCTION)


def rendered(directory: Path, source: Path = PRODUCTION) -> Rendered:
    """The configuration of a stack in this directory."""
    directory.mkdir()
    token_file = directory / "token"
    token_file.write_text("token")
    return render(
        source,
        directory,
        speed=60.0,
        layers_absent={},
        endpoints={"prometheus:9090": "127.0.0.1:15001", "alertmanager:9093": "127.0.0.1:15002"},
        sink=Sink(lambda _: "http://127.0.0.1:15005", token_file, directory / "urls"),
    )


def said(engine: str, *arguments: str | Path) -> str:
    tool = require([engine], print)[engine].path
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.engines
@pytest.mark.parametrize("name", ["plain", *ODD])
def test_a_stack_in_an_odd_folder_has_all_rules_and_templates(tmp_path: Path, name: str) -> None:
    """As where TMPDIR is called so: the engines read what they are given as patterns."""
    files = rendered(tmp_path / name)
    rules = said("promtool", "check", "config", files.prometheus_file)
    assert f"SUCCESS: {len(LAYERS)} rule files found" in rules
    templates = list((PRODUCTION / "alertmanager" / "templates").iterdir())
    checked = said("amtool", "check-config", files.alertmanager_file)
    assert f" - {len(templates)} templates" in checked


@pytest.mark.parametrize("name", ODD)
def test_a_configuration_in_an_odd_folder_is_read_whole(tmp_path: Path, name: str) -> None:
    """As where the repository, or what --configuration names, lies in one."""
    source = tmp_path / name
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, source / part)
    files = rendered(tmp_path / "stack", source)
    written = {path.name for path in (files.prometheus_file.parent / "rules").iterdir()}
    assert written == {f"{layer}.yml" for layer in LAYERS}
    assert (files.alertmanager_file.parent / "templates" / "chat.tmpl").exists()


@pytest.mark.parametrize("name", ["a?b", "a%20b"])
def test_a_folder_that_would_lead_the_database_elsewhere_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite would be given a file beside the folder, the same for every stack."""
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(StackError, match=r"has a \? or a % in its name.* set TMPDIR to another"):
        LocalStack({}, name="odd", speed=60.0)
    assert list(folder.iterdir()) == []
