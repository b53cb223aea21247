"""The example is drilled as a user does it, with real engines: it passes, and its mistakes do not.

Two copies run side by side: one as it is, and one with a mistake in a receiver, which is drilled
with a wrong clock, while its rules change and while an alert fires already, too.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
import requests

from scenarios.collect import ROOT
from stack.observe.prometheus import Prometheus
from stack.run.engines import require
from stack.run.ports import PortLease
from stack.run.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.drills]
EXAMPLE = ROOT.parent / "examples" / "thumbnails"
READY_WITHIN_SECONDS = 90.0
DONE_WITHIN_SECONDS = 300.0
PORTS = ("9580", "9590", "9593", "9500")
AHEAD_SECONDS = 0.4
WATCHED_WITHIN_SECONDS = 60.0
QUIET = '''"""Nothing happens."""

from scenarios.drill import Drill, quiet, silent

DRILL = Drill(load=None, steps=[quiet()], expects=[silent("PicturesWaiting")])
'''


@dataclass
class Copy:
    """A copy of the example, started, with ports of its own."""

    folder: Path
    app: str
    prometheus: str
    process: psutil.Process

    def drill(
        self,
        *arguments: str,
        settings: str = "external.yml",
        meanwhile: Callable[[Path], None] = lambda _: None,
    ) -> "Done":
        """``pytest --stack external``, from the checkout; ``meanwhile`` is given its output."""
        run = self.folder / f"run-{time.monotonic_ns()}"
        run.mkdir()
        said = run / "said"
        with (
            said.open("w") as output,
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments),
                    *("--stack", "external", f"--external={self.folder / settings}"),
                    f"--report={run}",
                ],
                cwd=ROOT.parent,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                meanwhile(said)
                code = process.wait(DONE_WITHIN_SECONDS)
            finally:
                process.kill()
        return Done(code, said.read_text(), run / "latest")

    def load_rules(self, old: str, new: str) -> None:
        """Give Prometheus another text of its rules, and wait until it has it."""
        path = self.folder / "rules.yml"
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        (engine,) = (p for p in self.process.children(recursive=True) if p.name() == "prometheus")
        engine.send_signal(signal.SIGHUP)
        prometheus = Prometheus(self.prometheus)
        wait_until(
            "the other rules",
            lambda: (new in str(prometheus.rule_groups()), "still those before"),
            within_seconds=30.0,
        )


@dataclass
class Done:
    code: int
    said: str
    report: Path

    @property
    def results(self) -> dict[str, Any]:
        drills = json.loads((self.report / "results.json").read_text())["drills"]
        return {drill["drill"]: drill for drill in drills}


def started(folder: Path, lease: PortLease, *edits: tuple[str, str, str]) -> Iterator[Copy]:
    """A copy in which these texts, which stand once in their file, are replaced."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "sink-token"))
    for file, old, new in edits:
        text = (folder / file).read_text()
        assert text.count(old) == 1, old
        (folder / file).write_text(text.replace(old, new))
    port = {usual: str(lease.take()) for usual in PORTS}
    for path in folder.glob("*.yml"):
        text = path.read_text()
        for usual, own in port.items():
            text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{own}")
        path.write_text(text)
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(folder / "__main__.py")],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT.parent)},
        )
    try:
        wait_until(
            "the example to be ready",
            lambda: ("thumbnails: ready" in log.read_text(), log.read_text()),
            within_seconds=READY_WITHIN_SECONDS,
            give_up=lambda: "it has ended" if process.poll() is not None else None,
        )
        yield Copy(
            folder,
            f"http://127.0.0.1:{port['9580']}",
            f"http://127.0.0.1:{port['9590']}",
            psutil.Process(process.pid),
        )
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def lease() -> Iterator[PortLease]:
    lease = PortLease()
    yield lease
    lease.release()


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory, lease: PortLease) -> Iterator[Copy]:
    require(("prometheus", "alertmanager"), print)
    yield from started(tmp_path_factory.mktemp("correct") / "thumbnails", lease)


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory, lease: PortLease) -> Iterator[Copy]:
    """What is for the chat goes to the pager: by its address, which Alertmanager does not show."""
    mistake = ("alertmanager.yml", "receivers/media-chat/", "receivers/media-pager/")
    yield from started(tmp_path_factory.mktemp("mistaken") / "thumbnails", lease, mistake)


@pytest.fixture(scope="module")
def runs(correct: Copy, mistaken: Copy) -> Iterator[dict[str, Done]]:
    """The correct copy is drilled beside the mistaken one, which is drilled several times."""
    with ThreadPoolExecutor(1) as pool:
        passing = pool.submit(correct.drill, "-k", "failing")
        done = {"clock": with_wrong_clock(mistaken)}
        done["receiver"] = mistaken.drill("-k", "stopped")
        done["changed"] = while_it_changes(mistaken)
        done["firing"] = while_it_fires(mistaken)
        done["correct"] = passing.result()
        yield done


def with_wrong_clock(copy: Copy) -> Done:
    """Between harness and Prometheus stands what makes its clock look ahead."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = requests.get(f"{copy.prometheus}{self.path}", timeout=10)
            body = answer.content
            if self.path.endswith("query=time()"):
                now = time.time() + AHEAD_SECONDS
                data = {"resultType": "scalar", "result": [now, str(now)]}
                body = json.dumps({"status": "success", "data": data}).encode()
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        text = (copy.folder / "external.yml").read_text()
        assert copy.prometheus in text
        proxied = text.replace(copy.prometheus, f"http://127.0.0.1:{server.server_port}")
        (copy.folder / "wrong-clock.yml").write_text(proxied)
        done = copy.drill("-k", "stopped", settings="wrong-clock.yml")
        server.shutdown()
    return done


def while_it_changes(copy: Copy) -> Done:
    (copy.folder / "drills" / "quiet.py").write_text(QUIET)

    def meanwhile(said: Path) -> None:
        wait_until(
            "the drill to watch",
            lambda: ("watching the silence" in said.read_text(), said.read_text()),
            within_seconds=WATCHED_WITHIN_SECONDS,
        )
        copy.load_rules("> 20", "> 21")

    return copy.drill("-k", "quiet", meanwhile=meanwhile)


def while_it_fires(copy: Copy) -> Done:
    requests.put(f"{copy.app}/control", json={"stopped": 1}, timeout=10).raise_for_status()
    for _ in range(25):
        requests.post(f"{copy.app}/thumbnails", json={}, timeout=10).raise_for_status()
    prometheus = Prometheus(copy.prometheus)
    wait_until(
        "PicturesWaiting to fire",
        lambda: (any(a["state"] == "firing" for a in prometheus.alerts()), "not yet"),
        within_seconds=60.0,
    )
    return copy.drill("-k", "stopped")


def test_the_example_passes(runs: dict[str, Done]) -> None:
    done = runs["correct"]
    assert done.code == 0, done.said
    assert done.results["failing_thumbnails"]["verdict"] == "pass"
    assert "Alertmanager masks the addresses of its webhooks" in done.said
    assert "Watchdog" not in done.said


def test_a_receiver_that_leads_elsewhere_fails(runs: dict[str, Done]) -> None:
    done = runs["receiver"]
    assert done.code == 1, done.said
    result = done.results["stopped_worker"]
    assert result["verdict"] == "fail"
    assert "media-pager" in result["text"]


def test_rules_that_change_under_a_drill_leave_it_without_a_verdict(runs: dict[str, Done]) -> None:
    done = runs["changed"]
    assert done.code == 1, done.said
    result = done.results["quiet"]
    assert result["verdict"] == "error"
    assert "has other rules: PicturesWaiting came, went or changed" in result["text"]


def test_a_clock_too_far_apart_is_unknown_and_nothing_is_caused(runs: dict[str, Done]) -> None:
    done = runs["clock"]
    assert done.code == 1, done.said
    result = done.results["stopped_worker"]
    assert result["verdict"] == "unknown"
    assert "the clock of Prometheus at http://127.0.0.1:" in result["text"]
    assert "injecting" not in done.said


def test_what_fires_already_is_an_error_that_names_it(runs: dict[str, Done]) -> None:
    done = runs["firing"]
    assert done.code == 1, done.said
    result = done.results["stopped_worker"]
    assert result["verdict"] == "error"
    assert "there fires already: PicturesWaiting" in result["text"]
    assert "injecting" not in done.said
