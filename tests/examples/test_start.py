"""The example's start where it cannot be had is told in a line, and leaves nothing running."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.collect import ROOT
from stack.run.engines import require
from stack.run.ports import PortLease

pytestmark = pytest.mark.engines
EXAMPLE = ROOT.parent / "examples" / "thumbnails"
OVER_WITHIN_SECONDS = 60.0


@pytest.mark.parametrize(
    ("name", "usual"), [("app", "9580"), ("prometheus", "9590"), ("alertmanager", "9593")]
)
def test_a_place_that_is_taken_is_told_before_anything_is_started(
    tmp_path: Path, name: str, usual: str
) -> None:
    """What answers there may be another copy, which would be drilled in its stead."""
    require(("prometheus", "alertmanager"), print)
    folder = tmp_path / "thumbnails"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "sink-token"))
    lease = PortLease()
    settings = (folder / "external.yml").read_text()
    for port in re.findall(r"127\.0\.0\.1:(95\d\d)", settings):
        own = str(lease.take())
        settings = settings.replace(f"127.0.0.1:{port}", f"127.0.0.1:{own}")
        if port == usual:
            taken = int(own)
    (folder / "external.yml").write_text(settings)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        ended = subprocess.run(
            [sys.executable, str(folder / "__main__.py")],
            capture_output=True,
            text=True,
            timeout=OVER_WITHIN_SECONDS,
            env={**os.environ, "PYTHONPATH": str(ROOT.parent)},
            check=False,
        )
    lease.release()
    assert ended.returncode == 1
    told = f"thumbnails: error: {name} cannot listen on 127.0.0.1:{taken}: Address already in use"
    assert ended.stderr.startswith(told)
    assert "ready" not in ended.stdout
