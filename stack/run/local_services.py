"""The services of one local stack: started together, killed and started again one by one."""

from collections.abc import Mapping, Sequence

from stack.run.readiness import READY_WITHIN_SECONDS, answers, redis_answers
from stack.run.services import Command
from stack.run.stack import Service, StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import NotSeen, wait_until


class LocalServices:
    """Steers services through the stack's supervisor; ``ports`` are known by part of the stack."""

    def __init__(self, supervisor: Supervisor, ports: Mapping[str, int]) -> None:
        self._supervisor = supervisor
        self._ports = ports
        self._commands: Mapping[Service, Command] = {}
        self._killed: set[str] = set()

    def start_all(self, commands: Mapping[Service, Command]) -> None:
        """Start every service, then wait until each answers. Raises StackError."""
        self._commands = commands
        self._start(list(commands))
        self._wait_ready(list(commands))

    def kill(self, service: Service) -> None:
        self._killed.add(service)
        self._supervisor.stop(service, within_seconds=0.0, signal_number=9)

    def start(self, service: Service) -> None:
        """Start one that was killed and wait until it answers; one that runs is left alone."""
        if self.running(service):
            return
        self._start([service])
        self._wait_ready([service])
        self._killed.discard(service)

    def running(self, service: Service) -> bool:
        return self._supervisor.running(service)

    def dead(self) -> dict[str, int]:
        """Those that have ended though nobody killed them, with their exit codes."""
        return {
            name: process["exit_code"]
            for name, process in self._supervisor.processes().items()
            if name in self._commands
            and name not in self._killed
            and process["exit_code"] is not None
        }

    def _start(self, services: Sequence[Service]) -> None:
        for service in services:
            command = self._commands[service]
            self._supervisor.start(service, command.command, command.environment, command.nice)

    def _wait_ready(self, services: Sequence[Service]) -> None:
        for service in services:
            url = self._commands[service].ready_url
            port = self._ports[self._commands[service].ready_port]

            def look(url: str | None = url, port: int = port) -> tuple[bool, str]:
                return answers(url) if url is not None else redis_answers(port)

            try:
                wait_until(
                    f"{service} to answer on 127.0.0.1:{port}",
                    look,
                    within_seconds=READY_WITHIN_SECONDS,
                    give_up=lambda service=service: self._supervisor.ended(service),  # type: ignore[misc]
                )
            except NotSeen as error:
                raise StackError(self._why(service, str(error))) from error
        for service in services:
            # What answered may have been another's, if the service could not have its port.
            reason = self._supervisor.ended(service)
            if reason is not None:
                raise StackError(self._why(service, reason))

    def _why(self, service: str, error: str) -> str:
        log = self._supervisor.log_tail(service).strip()
        hint = ""
        if "address already in use" in log.lower():
            hint = "\nA port is in use by another program: end it, or choose another port."
        return f"{service} did not start: {error}{hint}\nThe end of its log:\n{log or '(empty)'}"
