"""What the stacks of all three ways share: a directory, and processes of this host in it."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.run.supervisor import Supervisor


class SupervisedStack:
    """The part of stack.py's promises that its supervisor keeps, whatever else a stack is made of.

    A way with other parts than these processes extends what it must.
    """

    def __init__(self, name: str, *, speed: float, directory: Path) -> None:
        self.name = name
        self.speed = speed
        self.directory = directory
        self._supervisor = Supervisor(directory)
        self._closed = False

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        self._supervisor.start(name, command, environment, nice)

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        return self._supervisor.stop(name, within_seconds)

    def process_running(self, name: str) -> bool:
        return self._supervisor.running(name)

    def process_log(self, name: str) -> str:
        return self._supervisor.log_tail(name)

    def cpu_seconds(self) -> dict[str, float]:
        return self._supervisor.cpu_seconds()

    def doubts(self) -> Sequence[str]:
        """None: all of it is on this host, and has its clock."""
        return ()

    def collect_logs(self) -> None:
        """Nothing to do: each process writes its own."""

    def leave_running(self, seconds: float) -> str:
        self._closed = True
        return f"kill {self._supervisor.leave_running(seconds)}"

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._supervisor.close()


def new_directory(name: str) -> Path:
    """The directory of a stack of this name, made anew."""
    return Path(tempfile.mkdtemp(prefix=f"flash-drill-{name}-"))
