"""One drill's part of an external stack: the sink and the load; all else runs elsewhere."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from sink.client import SinkClient, SinkError
from stack.observe.prometheus import ReadError
from stack.run.external.clocks import clock_problems
from stack.run.external.deliveries import failed_webhook_requests
from stack.run.external.settings import ExternalSettings
from stack.run.external.unchanged import Seen, changes, configured_otherwise, see
from stack.run.readiness import answers
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervised import SupervisedStack, new_directory
from stack.run.waiting import NotSeen, wait_until

SINK_WITHIN_SECONDS = 15.0
SINK_LISTENS = "listening on http://"
LOAD = "load"
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound


class ExternalStack(SupervisedStack):
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    Nothing is started here but the sink and a load, so that no fault that was made for a stack of
    the harness's own ever disturbs this host, or a stranger's.
    """

    database_url = ""
    runs_already = True
    is_of_own_processes = False

    def __init__(
        self, settings: ExternalSettings, *, name: str, checked: Seen | None = None
    ) -> None:
        """``checked`` is what the drills of the run were held against before the first."""
        super().__init__(name, speed=1.0, directory=new_directory(name))
        self.layers_absent: Mapping[str, str] = {}
        self._settings = settings
        self._checked = checked
        self._before: Seen | None = None
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
        sink = self._settings.sink
        try:
            self._before = self._see()
            self._refuse_changes(
                "the run's first drill",
                configured_otherwise(self._settings, self._checked or self._before, self._before),
            )
            self._failed_before = failed_webhook_requests(self._settings.alertmanager.url)
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
                self._sink_answers,
                within_seconds=SINK_WITHIN_SECONDS,
                give_up=lambda: self._supervisor.ended("sink"),
            )
        except NotSeen as error:
            log = self._supervisor.log_tail("sink").strip()
            self.close()
            raise StackError(
                f"{error}\n  {self._settings.path}: sink.listen: is the port free here, and no "
                f"other run of these drills going on?\n{log}"
            ) from error
        except BaseException:
            self.close()
            raise

    def doubts(self) -> list[str]:
        """Clocks that are too far apart, and notifications that could not be delivered.

        Raises StackError where what runs is no longer what the drill was told at its beginning.
        """
        if self._before is not None:
            since = changes(self._settings, self._before, self._see())
            self._refuse_changes("this drill", since)
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
        super().start_process(name, command, environment, nice)

    def dead_services(self) -> dict[str, int]:
        exit_code = self._supervisor.processes().get("sink", {}).get("exit_code")
        return {} if exit_code is None else {"sink": exit_code}

    def _see(self) -> Seen:
        try:
            return see(self._settings)
        except ReadError as error:
            raise StackError(f"whether it is as it was cannot be read: {error}") from error

    def _refuse_changes(self, since: str, found: Iterator[str]) -> None:
        changed = "; ".join(found)
        if changed:
            raise StackError(
                f"since {since} began: {changed}. What is drilled must stay as it is until the "
                "drill is over, or nobody knows what was judged; run it again"
            )

    def _sink_answers(self) -> tuple[bool, str]:
        """What answers may be another's: a sink that cannot have its port takes a while to end."""
        if SINK_LISTENS not in self._supervisor.log_tail("sink"):
            return False, "it does not listen yet"
        return answers(f"{self.addresses.sink}/health")

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

    def _not_ours(self, service: Service) -> StackError:
        return StackError(
            f"{service} runs elsewhere, where this harness ends and starts nothing; cause that by "
            "a hook (stack/faults/hooks.py)"
        )
