"""What a real Prometheus and a real Alertmanager show of reloads and restarts."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.observe.prometheus import ReadError
from stack.run.engines import require
from stack.run.external.settings import ExternalSettings
from stack.run.external.unchanged import Seen, changes, see
from stack.run.ports import PortLease
from stack.run.supervisor import Supervisor
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

WITHIN_SECONDS = 30.0
RULES = "groups: [{name: a, interval: 250ms, rules: [{alert: Down, expr: up == 0, for: %s}]}]"
MANAGER = "{route: {receiver: %s}, receivers: [{name: a}, {name: b}]}"


class Engines:
    """Both, with files that can be changed."""

    def __init__(self, folder: Path, settings: ExternalSettings) -> None:
        self.folder = folder
        self.settings = settings
        self.supervisor = Supervisor(folder / "run")
        (folder / "rules.yml").write_text(RULES % "1m")
        (folder / "prometheus.yml").write_text("rule_files: [rules.yml]")
        (folder / "alertmanager.yml").write_text(MANAGER % "a")

    def start(self, name: str) -> None:
        paths = require(("prometheus", "alertmanager"), print)
        web = {"prometheus": self.settings.prometheus, "alertmanager": self.settings.alertmanager}
        storage = {"prometheus": "storage.tsdb", "alertmanager": "storage"}
        alone = ["--cluster.listen-address="] if name == "alertmanager" else []
        self.supervisor.start(
            name,
            [
                str(paths[name].path),
                f"--config.file={self.folder / name}.yml",
                f"--{storage[name]}.path={self.folder / name}-data",
                f"--web.listen-address={web[name].address.removeprefix('http://')}",
                *alone,
            ],
        )

    def seen(self) -> Seen:
        found: list[Seen] = []

        def answered() -> tuple[bool, str]:
            try:
                seen = see(self.settings)
            except ReadError as error:
                return False, str(error)
            found.append(seen)
            return bool(seen.rules), "no rules yet"

        wait_until("both engines", answered, within_seconds=WITHIN_SECONDS)
        return found[-1]

    def told_since(self, before: Seen, count: int = 1) -> list[str]:
        """What has changed, once so many things have."""
        found: list[str] = []

        def changed() -> tuple[bool, str]:
            found[:] = changes(self.settings, before, self.seen())
            return len(found) == count, f"what has changed: {found}"

        wait_until("a change", changed, within_seconds=WITHIN_SECONDS)
        return found


@pytest.fixture(scope="module")
def ports() -> Iterator[list[int]]:
    lease = PortLease()
    yield [lease.take() for _ in range(2)]
    lease.release()


@pytest.fixture
def engines(
    tmp_path: Path, settings_of: Callable[..., ExternalSettings], ports: list[int]
) -> Iterator[Engines]:
    prometheus, alertmanager = (f"http://127.0.0.1:{port}" for port in ports)
    engines = Engines(tmp_path, settings_of(prometheus=prometheus, alertmanager=alertmanager))
    try:
        for name in ("alertmanager", "prometheus"):
            engines.start(name)
        yield engines
    finally:
        engines.supervisor.close()


def test_other_rules_are_seen_and_the_same_rules_loaded_again_are_none(engines: Engines) -> None:
    before = engines.seen()
    engines.supervisor.send("prometheus", signal.SIGHUP)
    (engines.folder / "alertmanager.yml").write_text(MANAGER % "b")
    engines.supervisor.send("alertmanager", signal.SIGHUP)
    told = engines.told_since(before, count=2)
    assert all(line.startswith("Alertmanager") for line in told)
    assert told[0].endswith("was reloaded, which begins every group anew")
    assert told[1].endswith("has another configuration")
    before = engines.seen()
    (engines.folder / "rules.yml").write_text(RULES % "2m")
    engines.supervisor.send("prometheus", signal.SIGHUP)
    (line,) = engines.told_since(before)
    assert line.startswith("Prometheus")
    assert line.endswith("Down came, went or changed")


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_a_restart_is_seen(engines: Engines, name: str) -> None:
    before = engines.seen()
    engines.supervisor.stop(name, within_seconds=10.0)
    engines.start(name)
    (line,) = engines.told_since(before)
    assert line.startswith(name.capitalize())
    assert line.endswith("was restarted")
