"""The engines as they are built do what the harness needs of them; marked ``engines``."""

import contextlib
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.run.engines import require
from stack.run.ports import PortLease
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines


def test_prometheus_and_alertmanager_as_built_serve_their_apis(tmp_path: Path) -> None:
    """The builds without web UI answer on the APIs that are read; the tools check files."""
    found = require(["prometheus", "promtool", "alertmanager", "amtool"], print)
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]")
    config = tmp_path / "prometheus.yml"
    config.write_text(f"rule_files: [{rules}]\n")
    routes = tmp_path / "alertmanager.yml"
    routes.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    promtool, amtool = found["promtool"].path, found["amtool"].path
    subprocess.run([promtool, "check", "config", config], stdout=subprocess.DEVNULL, check=True)
    subprocess.run([amtool, "check-config", routes], stdout=subprocess.DEVNULL, check=True)
    lease = PortLease()
    try:
        with (
            running(
                [
                    *(found["prometheus"].path, f"--config.file={config}"),
                    f"--storage.tsdb.path={tmp_path / 'prometheus'}",
                ],
                lease.take(),
                "/api/v1/rules",
                "Always",
            ),
            running(
                [
                    *(found["alertmanager"].path, f"--config.file={routes}"),
                    *(f"--storage.path={tmp_path / 'alerts'}", "--cluster.listen-address="),
                ],
                lease.take(),
                "/api/v2/status",
                "receivers",
            ),
        ):
            pass
    finally:
        lease.release()


@contextlib.contextmanager
def running(command: list[str | Path], port: int, page: str, wanted: str) -> Iterator[None]:
    """Run a server until a page of its API shows a text."""

    def look() -> tuple[bool, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=5) as answer:
                text = answer.read().decode()
        except OSError as error:
            return False, str(error)
        return wanted in text, text

    address = f"--web.listen-address=127.0.0.1:{port}"
    with subprocess.Popen([*command, address], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(f"{wanted} on {page}", look, within_seconds=30)
            yield
        finally:
            process.terminate()
            process.wait(30)
