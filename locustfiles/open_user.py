"""The Locust user behind every profile, and what it adds to Locust: options, checks, web page."""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
from abc import abstractmethod
from argparse import Namespace
from itertools import chain
from pathlib import Path
from typing import ClassVar

import gevent
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from locustfiles import page
from locustfiles.arrivals import Arrivals
from locustfiles.fleet import Fleet
from locustfiles.ledger import Ledger, Outcome
from locustfiles.pace import Pace, Schedule, Steady
from locustfiles.settings import ARRIVALS_PER_SECOND, COMMON, Setting
from locustfiles.target import ALLOW_VARIABLE, TargetRefusedError, allowed_origin
from locustfiles.visits import Shelf, VisitEndedError, Visitor
from locustfiles.worker import Worker

REQUEST_TIMEOUT_SECONDS = 10.0
IDLE_CONNECTIONS_MAX = 20
DEFAULT_RUN_SECONDS = 600
LEDGER_VARIABLE = "LOAD_LEDGER"

logger = logging.getLogger(__name__)

# A redirect could lead off this machine, so no client in this process follows one.
LocustUserAgent.redirect_response_codes = frozenset()


class OpenUser(User):
    """Base of the profiles. A process has one such user, whatever --users says.

    A profile says what a visitor does in `visit`, what can be set in `settings`, and how often
    visitors come in `pace`. No visit takes longer than `visit_seconds_max`.
    """

    abstract = True
    fixed_count = 1
    visit_seconds_max: ClassVar[float] = 60.0
    settings: ClassVar[tuple[Setting, ...]] = (ARRIVALS_PER_SECOND,)
    ledger: ClassVar[Ledger]
    worker: ClassVar[Worker | None] = None

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._options = _options(environment)
        self._origin = ""
        self._shelf = Shelf()
        self._idle: list[FastHttpSession] = []

    @abstractmethod
    def visit(self, visitor: Visitor, number: int) -> Outcome:
        """Do what the visitor of the arrival with this number does (counted from 0)."""

    def pace(self, options: Namespace) -> Pace:
        """How often visitors come. Asked often, so that a change in the web UI takes effect."""
        return Steady(options.arrivals_per_second)

    @task
    def keep_the_door(self) -> None:
        """Let visitors in from now until the run stops."""
        try:
            self._origin = allowed_origin(self.host, os.environ.get(ALLOW_VARIABLE, ""))
            if self.worker is None:
                self.ledger.begin()
            else:
                self.ledger.begin(self.worker.await_run())
            try:
                self._let_in()
            finally:
                self.ledger.end()
        except TargetRefusedError as error:
            self._give_up(f"Load refused: {error}")
        except OSError as error:
            self._give_up(f"The ledger cannot be written: {error}")
        finally:
            while self._idle:
                self._idle.pop().client.close()
            if shed := self.ledger.totals["shed"]:
                logger.warning("%d of the arrivals offered were shed", shed)
        raise StopUser  # else Locust would begin the task anew

    def _give_up(self, reason: str) -> None:
        logger.error(reason)
        if self.worker is not None:
            self.worker.refuse(reason)
            return
        runner = self.environment.runner
        if self._options.headless:
            self.environment.process_exit_code = 1
        if runner is not None:
            # Not here and now, as ending the run ends this greenlet.
            gevent.spawn(runner.quit if self._options.headless else runner.stop)

    def _let_in(self) -> None:
        schedule = Schedule(
            lambda: self.pace(self._options),
            self.ledger.begun_at,
            limit=self._options.arrivals_limit or None,
        )
        arrivals = Arrivals(
            schedule, self.ledger, self._receive, lambda: self._in_flight_max(schedule)
        )
        if self.worker is not None:
            self.worker.keep(schedule)

        def close(**_: object) -> None:
            arrivals.close()

        self.environment.events.test_stopping.add_listener(close)
        try:
            arrivals.run()
        finally:
            self.environment.events.test_stopping.remove_listener(close)

    def _in_flight_max(self, schedule: Schedule) -> int:
        """How many visits may go on in this process."""
        if self.worker is not None and self.worker.is_cut_off():
            return 0
        in_flight_max: int = math.ceil(self._options.in_flight_max / schedule.turn.count)
        return in_flight_max

    def _receive(self, number: int) -> Outcome:
        """Take one visitor through the visit, within its time, and return how it ended."""
        session = self._idle.pop() if self._idle else self._connect()
        outcome = Outcome.FAILED
        try:
            with gevent.Timeout(self.visit_seconds_max):
                outcome = self.visit(Visitor(session, self._shelf), number)
        except VisitEndedError as ended:
            outcome = ended.outcome
        except gevent.Timeout:
            logger.warning("A visit was ended after %g s", self.visit_seconds_max)
        except Exception as error:  # noqa: BLE001 - Locust shows it and the run goes on
            self.environment.events.user_error.fire(
                user_instance=self, exception=error, tb=error.__traceback__
            )
        if outcome is not Outcome.FAILED and len(self._idle) < IDLE_CONNECTIONS_MAX:
            self._idle.append(session)
        else:
            session.client.close()
        return outcome

    def _connect(self) -> FastHttpSession:
        """Return a client with one connection, as a visitor's browser has.

        A pool shared by all visitors would be simpler, but geventhttpclient repeats a GET on a
        closed connection as often as its pool is large, and idle connections would pile up at
        the app.
        """
        return FastHttpSession(
            base_url=self._origin,
            request_event=self.environment.events.request,
            user=None,
            concurrency=1,
            connection_timeout=REQUEST_TIMEOUT_SECONDS,
            network_timeout=REQUEST_TIMEOUT_SECONDS,
            max_retries=0,
        )


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: LocustArgumentParser) -> None:
    """Add the settings of the loaded profiles; keep the web UI on this machine by default."""
    loaded = chain.from_iterable(profile.settings for profile in OpenUser.__subclasses__())
    for setting in dict.fromkeys((*loaded, *COMMON)):
        parser.add_argument(
            setting.flag,
            type=setting.read,
            default=setting.default,
            env_var=setting.variable,
            metavar="<number>",
            help=f"{setting.help} (default {setting.default:g})",
        )
    parser.set_defaults(web_host="127.0.0.1", master_bind_host="127.0.0.1")


@events.init.add_listener  # type: ignore[untyped-decorator]
def prepare(environment: Environment, **_: object) -> None:
    """Refuse what cannot be run, with a sentence and exit code 1; set up ledger and web page."""
    options = _options(environment)
    profiles = [user for user in environment.user_classes if issubclass(user, OpenUser)]
    if len(profiles) != 1:
        names = ", ".join(profile.__name__ for profile in profiles)
        sys.exit(f"One profile runs at a time: name one of {names} at the end of the command line.")
    # A worker gets its address from the master, and holds it against its own guard then.
    if not options.worker and (options.headless or environment.host):
        try:
            allowed_origin(environment.host, os.environ.get(ALLOW_VARIABLE, ""))
        except TargetRefusedError as error:
            sys.exit(f"Load refused: {error}")
    if not options.worker and not options.run_time and environment.shape_class is None:
        options.run_time = DEFAULT_RUN_SECONDS
        logger.info("No run time was given: %d s is the limit", DEFAULT_RUN_SECONDS)
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        OpenUser.worker = Worker(runner)
        ledger = Ledger(None, tell=OpenUser.worker.tell)
    else:
        ledger = _ledger_in_file()
    if isinstance(runner, MasterRunner):
        profile = profiles[0](environment)
        Fleet(runner, ledger, lambda: profile.pace(options))
    OpenUser.ledger = ledger
    gevent.signal_handler(signal.SIGINT, _interrupt)

    def count_request(exception: BaseException | None, **_: object) -> None:
        ledger.count("requests")
        if exception is not None:
            ledger.count("request_failures")

    events.request.add_listener(count_request)  # type: ignore[no-untyped-call]
    if environment.web_ui is not None:
        page.add(
            environment.web_ui, ledger, (*profiles[0].settings, *COMMON), options.web_base_path
        )


def _ledger_in_file() -> Ledger:
    path = os.environ.get(LEDGER_VARIABLE)
    try:
        return Ledger(Path(path) if path else None)
    except OSError as error:
        sys.exit(f"{LEDGER_VARIABLE}={path} cannot be written: {error}. Name a file in a folder.")


def _interrupt() -> None:
    """End the run from Locust's main greenlet, where it expects to be interrupted.

    Python's own handler would raise in whichever visitor happens to run.
    """
    gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())


def _options(environment: Environment) -> Namespace:
    options: Namespace | None = environment.parsed_options
    if options is None:
        raise RuntimeError("A profile reads its settings from the command line: run it by locust.")
    return options
