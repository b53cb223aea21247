"""Somebody adds a rule to the running Prometheus: a good one, or one that cannot be evaluated."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import yaml

from stack.faults.control_request import ControlError, ask_control
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.stack import Stack

GROUP = "added"
RECORD = "drill:added"
RELOAD_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class AddedRule(Disturbance):
    """A rule file with one recording rule of ``expression`` is put beside the others and loaded.

    Prometheus refuses a file that it cannot parse and goes on with what it had; what it loads may
    still fail at each evaluation, as a join does that finds two series for one. The readback has
    seen it evaluated once. Healed by taking the file away. A reload leaves all other groups,
    targets and alerts as they were.
    """

    name: ClassVar[str] = "added_rule"

    expression: str

    def inject(self, stack: Stack) -> None:
        rule = {"record": RECORD, "expr": self.expression}
        file = _file(stack)
        try:
            file.write_text(yaml.safe_dump({"groups": [{"name": GROUP, "rules": [rule]}]}))
            _reload(stack)
        except (OSError, FaultError) as error:
            file.unlink(missing_ok=True)
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The rule is loaded and was evaluated, well or not."""
        try:
            groups = Prometheus(stack.addresses.prometheus).rule_groups()
        except ReadError as error:
            return Readback(False, str(error))
        for rule in (rule for group in groups if group["name"] == GROUP for rule in group["rules"]):
            failure = rule.get("lastError", "")
            return Readback(
                rule["health"] != "unknown",
                f"{rule['query']} is evaluated: {rule['health']}{failure and f', {failure}'}",
            )
        return Readback(False, f"no rule group {GROUP} is loaded")

    def heal(self, stack: Stack) -> None:
        file = _file(stack)
        if file.exists():
            file.unlink()
            _reload(stack)

    def read_back_healed(self, stack: Stack) -> Readback:
        """No such rule is loaded."""
        try:
            names = [g["name"] for g in Prometheus(stack.addresses.prometheus).rule_groups()]
        except ReadError as error:
            return Readback(False, str(error))
        return Readback(GROUP not in names, f"rule groups {', '.join(sorted(names))} are loaded")


def _file(stack: Stack) -> Path:
    """Where the configuration of a local stack has its rule files."""
    return stack.directory / "prometheus" / "rules" / f"{GROUP}.yml"


def _reload(stack: Stack) -> None:
    url = f"{stack.addresses.prometheus}/-/reload"
    try:
        ask_control("POST", url, within_seconds=RELOAD_WITHIN_SECONDS)
    except ControlError as error:
        raise FaultError(f"Prometheus cannot be reloaded: {error}") from error
