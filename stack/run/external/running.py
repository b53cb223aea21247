"""One drill's part of an external stack: the sink and the load; all else runs elsewhere."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sink.client import SinkClient, SinkError
from stack.run.external.clocks import clock_problems
from stack.run.external.deliveries import failed_webhook_requests
from stack.run.external.settings import ExternalSettings
from stack.run.readiness import answers
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import NotSeen, wait_until

SINK_WITHIN_SECONDS = 15.0
LOAD = "load"
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound


class ExternalStack:
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    Nothing is started here but the sink and a load, so that no fault that was made for a stack of
    the harness's own ever disturbs this host, or a stranger's.
    """

    speed = 1.0
    database_url = ""
    runs_already = True

    def __init__(self, settings: ExternalSettings, *, name: str) -> None:
        self.name = name
        self.layers_absent: Mapping[str, str] = {}
        self._settings = settings
        self.directory = Path(tempfile.mkdtemp(prefix=f"flash-drill-{name}-"))
        self._supervisor = Supervisor(self.directory)
        self._closed = False
        self._failed_before: float | None = None

    @property
    def addresses(self) -> Addresses:
        sink = self._settings.sink
        host = f"[{sink.host}]" if ":" in sink.host else sink.host
        return Addresses(
            app=self._settings.app,
            app_metrics="",
            gateway="",
            prometheus=self._settings.prometheus.url,
            alertmanager=self._settings.alertmanager.url,
            sink=f"http://{ANY_ADDRESS.get(sink.host, host)}:{sink.port}",
            toxiproxy="",
            redis_host="",
            redis_port=0,
            redis_exporter="",
        )

    @property
    def secrets(self) -> Secrets:
        return Secrets(self._settings.sink.token, gateway_token="", admin_token="")

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Start the sink. Raises StackError, and then has ended it."""
        progress("starting the sink")
        self._failed_before = failed_webhook_requests(self._settings.alertmanager.url)
        sink = self._settings.sink
        try:
            self._supervisor.start(
                "sink",
                [
                    *(sys.executable, "-m", "sink", "--host", sink.host),
                    *("--port", str(sink.port), "--directory", str(self.directory / "sink")),
                    *("--token-file", str(sink.token_file)),
                ],
            )
            wait_until(
                f"the sink to answer at {self.addresses.sink}",
                lambda: answers(f"{self.addresses.sink}/health"),
                within_seconds=SINK_WITHIN_SECONDS,
                give_up=self._sink_ended,
            )
            # What answered may have been another's, if the sink could not have its port.
            ended = self._sink_ended()
            if ended is not None:
                raise NotSeen(ended)
        except NotSeen as error:
            log = self._supervisor.log_tail("sink").strip()
            self.close()
            raise StackError(
                f"{error}\n  {self._settings.path}: sink.listen: is the port free here?\n{log}"
            ) from error
        except BaseException:
            self.close()
            raise

    def doubts(self) -> list[str]:
        """Clocks that are too far apart, and notifications that could not be delivered."""
        prometheus, alertmanager = self._settings.prometheus, self._settings.alertmanager
        return [
            *clock_problems(
                prometheus.url,
                alertmanager.url,
                shown=(prometheus.address, alertmanager.address),
                largest_seconds=self._settings.largest_clock_difference_seconds,
            ),
            *self._undelivered(),
        ]

    def kill_service(self, service: Service) -> None:
        raise self._not_ours(service)

    def start_service(self, service: Service) -> None:
        raise self._not_ours(service)

    def running(self, service: Service) -> bool:
        raise self._not_ours(service)

    def container(self, service: Service) -> str:
        raise self._not_ours(service)

    def let_restart(self, service: Service) -> None:
        raise self._not_ours(service)

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        if name != LOAD:
            raise StackError(f"{name} was not started: beside an external stack only a load is")
        self._supervisor.start(name, command, environment, nice)

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        return self._supervisor.stop(name, within_seconds)

    def process_running(self, name: str) -> bool:
        return self._supervisor.running(name)

    def process_log(self, name: str) -> str:
        return self._supervisor.log_tail(name)

    def cpu_seconds(self) -> dict[str, float]:
        return self._supervisor.cpu_seconds()

    def dead_services(self) -> dict[str, int]:
        exit_code = self._supervisor.processes().get("sink", {}).get("exit_code")
        return {} if exit_code is None else {"sink": exit_code}

    def collect_logs(self) -> None:
        """Nothing to do: sink and load write their own, and the others' are not ours."""

    def leave_running(self, seconds: float) -> str:
        self._closed = True
        return f"kill {self._supervisor.leave_running(seconds)}"

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._supervisor.close()

    def _undelivered(self) -> Iterator[str]:
        """Requests to webhooks failed and nothing arrived: those that failed may be the sink's."""
        failed = failed_webhook_requests(self._settings.alertmanager.url)
        if failed is None or self._failed_before is None or failed <= self._failed_before:
            return
        try:
            arrived = SinkClient(self.addresses.sink, self.secrets.sink_token).notifications()
        except SinkError:
            return
        if not arrived:
            yield (
                f"{failed - self._failed_before:g} webhook requests of Alertmanager at "
                f"{self._settings.alertmanager.address} failed in this drill, and nothing arrived: "
                f"can it reach the sink at {self._settings.sink.url}? Its log says why"
            )

    def _sink_ended(self) -> str | None:
        exit_code = self.dead_services().get("sink")
        return None if exit_code is None else f"it ended with exit code {exit_code}"

    def _not_ours(self, service: Service) -> StackError:
        return StackError(
            f"{service} runs elsewhere, where this harness ends and starts nothing; cause that by "
            "a hook (stack/faults/hooks.py)"
        )
