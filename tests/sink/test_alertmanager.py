"""The real Alertmanager posts to the sink, and its retries find a sink that was full or down."""

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from sink.record import Notification
from stack.run.engines.resolve import require
from stack.run.ports import PortLease

pytestmark = pytest.mark.engines

WITHIN_SECONDS = 60.0
GROUP_WAIT_SECONDS = 0.2

CONFIGURATION = """
route:
  receiver: tickets
  group_by: [alertname, severity]
  group_wait: 200ms
  group_interval: 500ms
  repeat_interval: 1h
  routes:
    - receiver: pages
      matchers: ['severity="page"']
receivers:
  - name: pages
    webhook_configs: [{{url: "{sink}/receivers/pages/webhook", http_config: {http}}}]
  - name: tickets
    webhook_configs: [{{url: "{sink}/receivers/tickets/webhook", http_config: {http}}}]
"""


class Alertmanager:
    """One Alertmanager that notifies a sink, and its API."""

    def __init__(self, program: Path, directory: Path, sink: Any, token_file: Path) -> None:
        self._ports = PortLease()
        port = self._ports.take()
        http = f'{{authorization: {{type: Bearer, credentials_file: "{token_file}"}}}}'
        configuration = directory / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(sink=sink.url, http=http))
        self._url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._log = (directory / "alertmanager.log").open("w")
        self.process = subprocess.Popen(
            [
                str(program),
                f"--config.file={configuration}",
                f"--storage.path={directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stderr=self._log,
        )

    def wait_until_ready(self) -> None:
        deadline, last = time.monotonic() + WITHIN_SECONDS, "nothing yet"
        while time.monotonic() < deadline:
            try:
                response = self._session.get(f"{self._url}/-/ready", timeout=5)
                if response.ok:
                    return
                last = response.text
            except requests.RequestException as error:
                last = str(error)
            time.sleep(0.05)
        raise AssertionError(f"Alertmanager not ready within {WITHIN_SECONDS:g} s, last: {last}")

    def push(self, name: str, severity: str, **times: datetime) -> None:
        """Send an alert as Prometheus would; ``times`` are startsAt and endsAt."""
        alert = {
            "labels": {"alertname": name, "severity": severity, "instance": "1"},
            "annotations": {"summary": f"{name} happens"},
            "generatorURL": "http://prometheus.test/graph",
            **{field: moment.isoformat() for field, moment in times.items()},
        }
        self._session.post(f"{self._url}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()

    def wait_until_an_attempt_failed(self) -> None:
        name = 'alertmanager_notification_requests_failed_total{integration="webhook"'
        deadline, seen = time.monotonic() + WITHIN_SECONDS, ["nothing yet"]
        while time.monotonic() < deadline:
            text = self._session.get(f"{self._url}/metrics", timeout=5).text
            seen = [line for line in text.splitlines() if line.startswith(name)]
            if any(float(line.rpartition(" ")[2]) > 0 for line in seen):
                return
            time.sleep(0.05)
        raise AssertionError(f"no attempt failed within {WITHIN_SECONDS:g} s, last: {seen}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait(WITHIN_SECONDS)
        self._log.close()
        self._ports.release()


@pytest.fixture(scope="module")
def program() -> Path:
    return require(["alertmanager"], print)["alertmanager"].path


@pytest.fixture
def start_alertmanager(
    program: Path, tmp_path: Path, token_file: Path
) -> Iterator[Callable[..., Alertmanager]]:
    started: list[Alertmanager] = []

    def start(sink: Any, credentials_file: Path = token_file) -> Alertmanager:
        started.append(Alertmanager(program, tmp_path, sink, credentials_file))
        started[-1].wait_until_ready()
        return started[-1]

    yield start
    for alertmanager in started:
        alertmanager.end()


def tells_of(name: str, status: str) -> Callable[[Notification], bool]:
    return lambda found: found.status == status and found.group_labels.get("alertname") == name


def test_a_notification_arrives_as_alertmanager_meant_it(
    sink: Any, start_alertmanager: Callable[..., Alertmanager]
) -> None:
    """Every typed field is filled from the real payload, first firing and then resolved."""
    alertmanager, client = start_alertmanager(sink), sink.client()
    starts_at = datetime.now(UTC)
    alertmanager.push("RedisDown", "page", startsAt=starts_at)
    alertmanager.push("CacheCold", "ticket", startsAt=starts_at)

    firing = client.wait(tells_of("RedisDown", "firing"), WITHIN_SECONDS, describe="RedisDown")
    [alert] = firing.alerts
    assert firing.receiver == "pages"
    assert firing.group_labels == {"alertname": "RedisDown", "severity": "page"}
    assert firing.common_labels == alert.labels
    assert 'alertname="RedisDown"' in firing.group_key
    assert firing.common_annotations == alert.annotations == {"summary": "RedisDown happens"}
    assert firing.truncated_alerts == 0
    assert firing.reason
    assert (alert.status, alert.ends_at) == ("firing", None)
    assert alert.labels == {"alertname": "RedisDown", "severity": "page", "instance": "1"}
    assert alert.starts_at == pytest.approx(starts_at.timestamp(), abs=1e-3)
    assert alert.fingerprint
    assert alert.generator_url == "http://prometheus.test/graph"
    assert firing.received_at >= alert.starts_at + GROUP_WAIT_SECONDS

    other = client.wait(tells_of("CacheCold", "firing"), WITHIN_SECONDS, describe="CacheCold")
    assert other.receiver == "tickets"

    ends_at = datetime.now(UTC)
    alertmanager.push("RedisDown", "page", startsAt=starts_at, endsAt=ends_at)
    resolved = client.wait(
        tells_of("RedisDown", "resolved"), WITHIN_SECONDS, describe="RedisDown resolved"
    )
    assert resolved.seq > firing.seq
    assert resolved.alerts[0].fingerprint == alert.fingerprint
    assert resolved.alerts[0].starts_at == alert.starts_at
    assert resolved.alerts[0].ends_at == pytest.approx(ends_at.timestamp(), abs=1e-3)
    assert resolved.identity != firing.identity
    assert sink.refusals() == []


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="file limits are Linux's here")
def test_alertmanager_sends_again_what_the_sink_could_not_store(
    sink: Any, start_alertmanager: Callable[..., Alertmanager]
) -> None:
    alertmanager, client = start_alertmanager(sink), sink.client()
    sink.limit_file_size(10)
    alertmanager.push("RedisDown", "page", startsAt=datetime.now(UTC))
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (refused := client.refusals()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [refusal.status for refusal in refused[:1]] == [503]
    assert client.notifications() == []

    sink.limit_file_size(psutil.RLIM_INFINITY)
    found = client.wait(tells_of("RedisDown", "firing"), WITHIN_SECONDS, describe="RedisDown")
    assert found.seq == 1
    assert found.received_at > refused[0].at


def test_alertmanager_sends_again_to_a_sink_that_was_down(
    start_sink: Callable[..., Any], start_alertmanager: Callable[..., Alertmanager]
) -> None:
    sink = start_sink()
    alertmanager = start_alertmanager(sink)
    sink.kill()
    alertmanager.push("RedisDown", "page", startsAt=datetime.now(UTC))
    alertmanager.wait_until_an_attempt_failed()
    start_sink(again=sink)
    found = sink.client().wait(tells_of("RedisDown", "firing"), WITHIN_SECONDS)
    assert found.seq == 1


def test_a_wrong_token_at_alertmanager_shows_as_a_refusal(
    sink: Any, start_alertmanager: Callable[..., Alertmanager], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-token")
    alertmanager, client = start_alertmanager(sink, wrong), sink.client()
    alertmanager.push("RedisDown", "page", startsAt=datetime.now(UTC))
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (refused := client.refusals()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (refused[0].status, refused[0].receiver) == (401, "pages")
    assert '"alertname":"RedisDown"' in refused[0].first_bytes
    assert client.notifications() == []
