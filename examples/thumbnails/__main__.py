"""``python -m examples.thumbnails``: the example's app, Prometheus and Alertmanager, to be drilled.

While it runs, in another terminal, from the checkout:

    python -m pytest --stack external --external=examples/thumbnails/external.yml

Everything listens on 127.0.0.1, at the ports that its files name; Ctrl-C ends it.
"""

import secrets
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import yaml

from stack.observe.prometheus import Prometheus, ReadError
from stack.run.engines import EngineError, require
from stack.run.readiness import wait_until_alerts_count
from stack.run.stack import StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import NotSeen

HERE = Path(__file__).resolve().parent
READY_WITHIN_SECONDS = 60.0
LOOK_SECONDS = 1.0


def start(supervisor: Supervisor, data: Path) -> Prometheus:
    """Start all three. Raises EngineError, StackError."""
    engines = require(("prometheus", "alertmanager"), lambda line: print(line, flush=True))
    settings = yaml.safe_load((HERE / "external.yml").read_text())
    place = {name: urlsplit(settings[name]).netloc for name in ("prometheus", "alertmanager")}
    place["app"] = urlsplit(settings["app"]).netloc
    for name, taken in place.items():
        refuse_taken(name, taken)
    app_port = place["app"].rpartition(":")[2]
    token = HERE / settings["sink"]["token_file"]
    if not token.exists():
        token.touch(mode=0o600)
        token.write_text(secrets.token_urlsafe(24))
    supervisor.start("app", [sys.executable, str(HERE / "app.py"), "--port", app_port])
    supervisor.start(
        "alertmanager",
        [
            str(engines["alertmanager"].path),
            f"--config.file={HERE / 'alertmanager.yml'}",
            f"--storage.path={data / 'alertmanager'}",
            f"--web.listen-address={place['alertmanager']}",
            "--cluster.listen-address=",
        ],
    )
    supervisor.start(
        "prometheus",
        [
            str(engines["prometheus"].path),
            f"--config.file={HERE / 'prometheus.yml'}",
            f"--storage.tsdb.path={data / 'prometheus'}",
            f"--web.listen-address={place['prometheus']}",
        ],
    )
    return Prometheus(settings["prometheus"])


def refuse_taken(name: str, place: str) -> None:
    """Raises StackError where another listens: what answered there would be taken for ours."""
    host, _, port = place.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise StackError(
                f"{name} cannot listen on {place}: {error.strerror}; does the example run already? "
                f"Its places are in the .yml files of {HERE}"
            ) from error


def wait_until_ready(prometheus: Prometheus, supervisor: Supervisor) -> None:
    """Until an alert that fired now would be notified. Raises StackError."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            wait_until_alerts_count(prometheus, lambda _: READY_WITHIN_SECONDS)
        except ReadError:
            look(supervisor)
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def look(supervisor: Supervisor) -> None:
    """Raises StackError where one of them has ended."""
    for name, process in supervisor.processes().items():
        if process["exit_code"] is not None:
            raise StackError(f"{name} has ended; its log:\n{supervisor.log_tail(name)}")


def end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    # The supervisor's guardian removes it, however this ends.
    data = Path(tempfile.mkdtemp(prefix="thumbnails-"))
    supervisor = Supervisor(data)
    try:
        prometheus = start(supervisor, data)
        wait_until_ready(prometheus, supervisor)
        print(
            "thumbnails: ready; drill it with\n"
            f"  python -m pytest --stack external --external={HERE / 'external.yml'}\n"
            "Ctrl-C ends it",
            flush=True,
        )
        while True:
            look(supervisor)
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return 0
    except (EngineError, StackError, NotSeen, ReadError) as error:
        print(f"thumbnails: error: {error}", file=sys.stderr)
        return 1
    finally:
        supervisor.close()


if __name__ == "__main__":
    sys.exit(main())
