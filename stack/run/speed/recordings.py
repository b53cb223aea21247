"""Follows recording rules: what an alert reads through them, and how the recorded values scale."""

from collections.abc import Sequence

from stack.run.speed.quantity import SPEED_INDEPENDENT, Quantity
from stack.run.speed.rules import Rule
from stack.run.speed.scaling import possible_names, scaling
from stack.run.speed.tree import Selector, walk


class Recordings:
    """The recording rules among some rules. Several may record one name."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._alerts = [rule for rule in rules if rule.kind == "alert"]
        self._by_name: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.kind == "record":
                self._by_name.setdefault(rule.name, []).append(rule)
        self._below = {rule: self._find_below(rule) for rule in rules}
        self.quantities: dict[str, Quantity] = {}
        for name in self._by_name:
            self._find_quantity(name)

    def below(self, rule: Rule) -> tuple[Rule, ...]:
        """The recording rules that a rule reads, directly or through others."""
        return self._below[rule]

    def alerts_above(self, record: Rule) -> tuple[Rule, ...]:
        """The alerts that read a recording rule, directly or through others."""
        return tuple(alert for alert in self._alerts if record in self.below(alert))

    def _find_below(self, rule: Rule) -> tuple[Rule, ...]:
        found: dict[Rule, None] = {}
        ahead = self._read_by(rule)
        while ahead:
            record = ahead.pop()
            if record not in found:
                found[record] = None
                ahead += self._read_by(record)
        return tuple(found)

    def _read_by(self, rule: Rule) -> list[Rule]:
        return [
            record
            for part in walk(rule.expression.tree)
            if isinstance(part, Selector)
            for name in possible_names(part, self._by_name)
            for record in self._by_name.get(name, ())
        ]

    def _find_quantity(self, name: str) -> None:
        if name in self.quantities:
            return
        # A rule that reads its own record would be followed for ever.
        self.quantities[name] = SPEED_INDEPENDENT
        for record in self._by_name[name]:
            for read in self._read_by(record):
                self._find_quantity(read.name)
            quantity, _ = scaling(record.expression.tree, self.quantities)
            if quantity.total_degree or not self.quantities[name].total_degree:
                self.quantities[name] = quantity
