"""Load as data: which Locust profile, at which rate; and a surge of load as a fault."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scenarios.judge.timeline import LoadSecond
from stack.run.stack import Stack
from stack.run.way import Feature

LOCUSTFILES = Path(__file__).resolve().parents[1] / "locustfiles"
# A load that nobody ends ends itself.
LONGEST_LOAD_SECONDS = 3600
NICE = 5


@dataclass(frozen=True)
class Load:
    """A profile and its arrivals a second.

    The profile is the name of a file in locustfiles/, or the path of a locustfile of one's own, for
    another app than Flash Tickets: its user is an OpenUser (locustfiles/open_user.py).
    ``options`` are the profile's own options; ``rate_option`` is the one that takes the rate,
    empty for a profile whose pace is in its options alone.
    """

    profile: str
    rate_per_second: float
    options: Mapping[str, str] = field(default_factory=dict)
    rate_option: str = "arrivals-per-second"

    @property
    def locustfile(self) -> Path:
        if Path(self.profile).suffix == ".py":
            return Path(self.profile)
        return LOCUSTFILES / f"{self.profile}.py"

    @property
    def needs(self) -> frozenset[Feature]:
        """What not every stack has: the profiles here visit Flash Tickets."""
        return frozenset({"flash-tickets"} if self.locustfile.parent == LOCUSTFILES else ())

    def start(self, stack: Stack, name: str) -> None:
        """Start Locust on the stack's app; it ends with the stack at the latest."""
        folder = load_folder(stack, name)
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", "locust", "-f", str(self.locustfile)),
            *("--headless", "--host", stack.addresses.app, "-u", "1", "-r", "1"),
            *("-t", f"{LONGEST_LOAD_SECONDS}s", "--exit-code-on-error", "0"),
            *("--only-summary", "--json-file", str(folder / "statistics")),
            *("--csv", str(folder / "statistics")),
        ]
        if self.rate_option:
            command += [f"--{self.rate_option}", f"{self.rate_per_second:g}"]
        for option, value in self.options.items():
            command += [f"--{option}", value]
        stack.start_process(name, command, {"LOAD_LEDGER": str(ledger(stack, name))}, nice=NICE)


NORMAL = Load("normal", 10)


def load_folder(stack: Stack, name: str) -> Path:
    """Where a load writes its statistics and its ledger."""
    return stack.directory / "load" / name


def ledger(stack: Stack, name: str) -> Path:
    """The file to which a load appends one JSON line a second."""
    return load_folder(stack, name) / "ledger.jsonl"


def read_ledger(path: Path, load: str) -> tuple[LoadSecond, ...]:
    """The seconds of a ledger; a line that is still being written is left out."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return ()
    seconds = []
    for line in lines:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        seconds.append(
            LoadSecond(
                load=load,
                at=float(entry["at"]),
                offered=float(entry["offered"]),
                started=float(entry["started"]),
                completed=float(entry["completed"]),
                failed=float(entry["failed"]),
            )
        )
    return tuple(seconds)
