"""What the judge says a restart makes of an alert is what the real Prometheus makes of it."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scenarios.judge.restore import Span, returned
from stack.observe.prometheus import Prometheus, ReadError, unix_seconds
from stack.run.engines import require
from stack.run.ports import PortLease
from stack.run.readiness import answers
from stack.run.waiting import wait_until
from tests.scenarios.judge.score import CONFIGURATION, rule

pytestmark = pytest.mark.engines

EVALUATION = 0.25
GRACE = 3.5
CONFIG = f"""
global: {{scrape_interval: 1s, evaluation_interval: {EVALUATION * 1000:g}ms}}
rule_files: [rules.yml]
"""
# Down when For4 has fired for a while, and 5.6 s or a little more into the others: counted in whole
# seconds that is 5 or 6, and none of these is near what another of them does.
HOLDS = {"For1": 1.0, "For4": 4.0, "For8": 8.0, "For14": 14.0}
HOW = {
    "For1": "starts over",
    "For4": "fires again",
    "For8": "waits the grace period",
    "For14": "goes on",
}
PENDING_SECONDS = 5.6
TOLERANCE_SECONDS = 0.2
WITHIN_SECONDS = 20.0


@dataclass(frozen=True)
class Restart:
    """Each alert as the alerts API gave it before the kill and in the end, and the times."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    down_at: Mapping[str, float]
    started: float
    ready: float


@contextmanager
def running(folder: Path, port: int) -> Iterator[Prometheus]:
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            str(require(["prometheus"], print)["prometheus"].path),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--rules.alert.for-grace-period={GRACE * 1000:g}ms",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until("Prometheus", lambda: answers(f"{url}/-/ready"), within_seconds=WITHIN_SECONDS)
        yield Prometheus(url)
    finally:
        process.kill()
        process.wait()


def active(prometheus: Prometheus) -> dict[str, float]:
    """Since when each alert is active."""
    try:
        return {
            alert["labels"]["alertname"]: unix_seconds(alert["activeAt"])
            for alert in prometheus.alerts()
        }
    except ReadError:
        return {}


@pytest.fixture(scope="module")
def restart(tmp_path_factory: pytest.TempPathFactory) -> Restart:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(CONFIG)
    rules = "\n".join(
        f"  - {{alert: {name}, expr: vector(1), for: {hold:g}s}}" for name, hold in HOLDS.items()
    )
    (folder / "rules.yml").write_text(f"groups:\n- name: rules\n  rules:\n{rules}\n")
    ports = PortLease()
    port = ports.take()
    with running(folder, port) as prometheus:
        wait_until(
            "the alerts to be pending for a while",
            lambda: (
                len(found := active(prometheus)) == len(HOLDS)
                and time.time() > max(found.values()) + PENDING_SECONDS,
                str(found),
            ),
            within_seconds=WITHIN_SECONDS,
        )
        before = active(prometheus)
    started = time.time()
    with running(folder, port) as prometheus:
        ready = time.time()
        # All is restored at the second evaluation, and shown by the third.
        kept = 8 * EVALUATION
        wait_until(
            "the alerts to be restored",
            lambda: (time.time() > ready + kept, "waiting"),
            within_seconds=WITHIN_SECONDS,
        )
        after = active(prometheus)
        down_at = {
            series.labels["alertname"]: max(t for t, _ in series.samples if t < started)
            for series in prometheus.query("ALERTS_FOR_STATE[1m]")
        }
    ports.release()
    return Restart(before, after, down_at, started, ready)


@pytest.mark.parametrize("name", HOLDS)
def test_it_is_restored_as_predicted(name: str, restart: Restart) -> None:
    configuration = replace(
        CONFIGURATION, for_grace_period_seconds=GRACE, for_outage_tolerance_seconds=3600.0
    )
    predicted = returned(
        configuration,
        rule(name, "vector(1)", HOLDS[name]),
        active_at=restart.before[name],
        down_at=restart.down_at[name],
        first_evaluation=Span(restart.started, restart.ready + 2 * EVALUATION),
    )
    assert predicted.how == HOW[name]
    assert restart.after[name] >= predicted.active.earliest - TOLERANCE_SECONDS
    assert restart.after[name] <= predicted.active.latest + TOLERANCE_SECONDS
