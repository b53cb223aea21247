"""A maintenance window: a mute time on the routes to one receiver, in the configuration itself."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from stack.faults.control_request import ControlError, ask_control
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import ReadError
from stack.run.stack import Stack

INTERVAL = "maintenance"
# A drill knows no hour of the day: its window is open all day long.
ALL_DAY = {
    "name": INTERVAL,
    "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}],
}
RELOAD_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class MaintenanceWindow(Disturbance):
    """What goes to ``receiver`` is muted, as a team mutes it: by a mute time, and a reload.

    Healed by putting the file back and another reload. A reload begins every group anew: one whose
    group_wait has passed is told at once. Nothing is lost, as Alertmanager's log of what it told
    stays; no scrape may fail.
    """

    name: ClassVar[str] = "maintenance_window"

    receiver: str

    @property
    def restarts_groups(self) -> bool:
        return True

    def inject(self, stack: Stack) -> None:
        file, before = _files(stack)
        try:
            original = file.read_text(encoding="utf-8")
            muted = with_window(yaml.safe_load(original), self.receiver)
            if not before.exists():
                before.write_text(original, encoding="utf-8")
            file.write_text(yaml.safe_dump(muted, sort_keys=False), encoding="utf-8")
        except OSError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error
        try:
            _reload(stack)
        except FaultError:
            before.replace(file)
            raise

    def read_back(self, stack: Stack) -> Readback:
        """The running configuration mutes the receiver's routes."""
        try:
            running = Alertmanager(stack.addresses.alertmanager).configuration()
        except ReadError as error:
            return Readback(False, str(error))
        muted = [INTERVAL in _mutes(route) for route in _routes_to(running, self.receiver)]
        observed = f"{sum(muted)} of {len(muted)} routes to {self.receiver} are muted"
        return Readback(bool(muted) and all(muted), observed)

    def heal(self, stack: Stack) -> None:
        file, before = _files(stack)
        if not before.exists():
            return
        try:
            before.replace(file)
        except OSError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error
        if stack.running("alertmanager"):
            _reload(stack)

    def read_back_healed(self, stack: Stack) -> Readback:
        """No route of the running configuration is muted by the window."""
        try:
            running = Alertmanager(stack.addresses.alertmanager).configuration()
        except ReadError as error:
            return Readback(False, str(error))
        muted = sum(INTERVAL in _mutes(route) for route in _routes_to(running, self.receiver))
        return Readback(muted == 0, f"{muted} routes to {self.receiver} are muted")


def with_window(configuration: dict[str, Any], receiver: str) -> dict[str, Any]:
    """The configuration with a mute time on each route that names the receiver; a copy.

    Raises FaultError where no route below the root does: the root takes no mute time.
    """
    muted = copy.deepcopy(configuration)
    routes = list(_routes_to(muted, receiver))
    if not routes:
        raise FaultError(
            f"maintenance_window: no route below the root names receiver {receiver!r}, and the "
            "root takes no mute time; name the receiver of another route"
        )
    for route in routes:
        route["mute_time_intervals"] = [*_mutes(route), INTERVAL]
    muted["time_intervals"] = [*(muted.get("time_intervals") or []), ALL_DAY]
    return muted


def _routes_to(configuration: dict[str, Any], receiver: str) -> Iterator[dict[str, Any]]:
    def below(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for child in route.get("routes") or []:
            if child.get("receiver") == receiver:
                yield child
            yield from below(child)

    return below(configuration.get("route") or {})


def _mutes(route: dict[str, Any]) -> list[str]:
    return route.get("mute_time_intervals") or []


def _files(stack: Stack) -> tuple[Path, Path]:
    """The file that Alertmanager reads, and where it is kept as it was."""
    file = stack.directory / "alertmanager" / "alertmanager.yml"
    return file, file.with_name("alertmanager.yml.before-maintenance")


def _reload(stack: Stack) -> None:
    url = f"{stack.addresses.alertmanager}/-/reload"
    try:
        ask_control("POST", url, within_seconds=RELOAD_WITHIN_SECONDS)
    except ControlError as error:
        raise FaultError(f"Alertmanager cannot be reloaded: {error}") from error
