"""A real Prometheus with production's job of cAdvisor: of all containers it keeps ours."""

import copy
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from mirakuru import HTTPExecutor

from stack.observe.prometheus import Prometheus, Series
from stack.run.configuration import PRODUCTION
from stack.run.engines import require
from stack.run.ports import PortLease
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

# As cAdvisor tells them: what is not exported of a label is empty.
OURS = 'id="/docker/1",name="flash-tickets-api",container_label_com_example_system="flash-tickets"'
ANOTHER_S = 'id="/docker/2",name="busy",container_label_com_example_system=""'
ALIKE = 'id="/docker/3",name="alike",container_label_com_example_system="flash-tickets-2"'
HOST = 'id="/"'
EXPOSED = "".join(
    f"container_start_time_seconds{{{labels}}} 1\n" for labels in (OURS, ANOTHER_S, ALIKE, HOST)
)


@pytest.fixture
def cadvisor() -> Iterator[str]:
    """Its host and port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(EXPOSED.encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def prometheus(tmp_path: Path, cadvisor: str) -> Iterator[Prometheus]:
    production = yaml.safe_load((PRODUCTION / "prometheus" / "prometheus.yml").read_text())
    (job,) = (job for job in production["scrape_configs"] if job["job_name"] == "cadvisor")
    job = copy.deepcopy(job) | {
        "static_configs": [{"targets": [cadvisor]}],
        "scrape_interval": "200ms",
        "scrape_timeout": "200ms",
    }
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump({"scrape_configs": [job]}))
    ports = PortLease()
    port = ports.take()
    url = f"http://127.0.0.1:{port}"
    program = HTTPExecutor(
        [
            str(require(["prometheus"], print)["prometheus"].path),
            f"--config.file={file}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        url=f"{url}/-/ready",
        timeout=30,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with program:
        yield Prometheus(url)
    ports.release()


def test_only_containers_with_our_label_are_kept_and_alerts_do_not_carry_it(
    prometheus: Prometheus,
) -> None:
    kept: list[Series] = []

    def scraped() -> tuple[bool, str]:
        # A scrape that a stalled host breaks off takes the series with it, until the next.
        kept[:] = prometheus.query("container_start_time_seconds")
        return bool(kept), str(prometheus.targets())

    wait_until("cAdvisor to be scraped", scraped, within_seconds=20)
    (series,) = kept
    assert {name: value for name, value in series.labels.items() if name != "instance"} == {
        "__name__": "container_start_time_seconds",
        "id": "/docker/1",
        "job": "cadvisor",
        "name": "flash-tickets-api",
    }
