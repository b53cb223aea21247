"""Coverage by observed delivery: what the drills of one or several runs prove, and what not.

| property            | proven by a passed drill in which                                          |
|---------------------|----------------------------------------------------------------------------|
| fires               | the alert arrived as expected, or fired in Prometheus while it was muted   |
| reaches             | it arrived at every receiver that the route tree gives it                  |
| grouped             | it arrived, in the right group, by every route that takes it               |
| resolves            | its resolve arrived too, and was expected                                  |
| silent at baseline  | it had the time to fire before the first fault, and did not                |
| silent in near miss | a near miss of it was held for as long as firing takes, and it did not     |

What is allowed proves nothing, nor does a drill that is unknown or failed; where one of several
timelines of a drill failed, none of them proves anything. An alert that was proven to fire always
(a heartbeat) need not resolve nor be silent. An alert without a degree, such as ``up == 0`` or
``rate(errors[1m]) > 0``, has no near miss. Else all six are needed to be fully proven.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from scenarios.judge.coverage_inventory import Inventory, RouteKey, RuleKey
from scenarios.judge.coverage_proof import Proof, Seen

Property = Literal[
    "fires", "reaches", "grouped", "resolves", "silent at baseline", "silent in near miss"
]
Drills = tuple[str, ...]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class RuleCoverage:
    """One alerting rule. ``proven`` has every property that applies, with the drills that prove it.

    ``is_loaded`` tells whether any drill ran with it. ``unseen`` are routes that take its alert and
    on which it was not seen to arrive.
    """

    rule: RuleKey
    is_loaded: bool
    proven: Mapping[Property, Drills]
    unseen: tuple[RouteKey, ...] = ()

    @property
    def is_full(self) -> bool:
        return all(self.proven.values())


@dataclass(frozen=True)
class Coverage:
    """What is proven of everything that a drill was run with or that stands in the files.

    Each thing maps to the drills that prove it: none where it is unproven. ``drills`` maps all
    drills that it is taken from to their verdicts.
    """

    drills: Mapping[str, str]
    rules: tuple[RuleCoverage, ...]
    routes: Mapping[RouteKey, Drills]
    receivers: Mapping[str, Drills]
    inhibitions: Mapping[str, Drills]
    recordings: Mapping[RuleKey, Drills]

    @property
    def full(self) -> int:
        """How many alerting rules are fully proven."""
        return sum(rule.is_full for rule in self.rules)

    @property
    def percent(self) -> float | None:
        """Fully proven alerting rules of 100; None where there is none to prove."""
        return 100 * self.full / len(self.rules) if self.rules else None


def coverage(proofs: Sequence[Proof], files: Inventory) -> Coverage:
    """Join what drills prove, of what they were run with and of what stands in the files."""
    verdicts = _verdicts(proofs)
    proving = [proof for proof in proofs if verdicts[proof.drill] == proof.verdict == "pass"]
    inventories = [files, *(proof.inventory for proof in proofs)]
    loaded = {rule for proof in proofs for rule in proof.inventory.alerts}
    gradual = {rule for inventory in inventories for rule in inventory.gradual}
    return Coverage(
        drills=verdicts,
        rules=tuple(
            _rule(rule, proving, is_loaded=rule in loaded, has_degree=rule in gradual)
            for rule in _all(inventories, lambda inventory: inventory.alerts)
        ),
        routes=_by_drill(inventories, proving, lambda i: i.routes, lambda s: s.routes),
        receivers=_by_drill(inventories, proving, lambda i: i.receivers, lambda s: s.receivers),
        inhibitions=_by_drill(
            inventories, proving, lambda i: i.inhibitions, lambda s: s.inhibitions
        ),
        recordings=_by_drill(inventories, proving, lambda i: i.recordings, lambda s: s.recordings),
    )


def _verdicts(proofs: Iterable[Proof]) -> dict[str, str]:
    """Of several timelines of one drill a failed one counts, else one that passed."""
    found: dict[str, str] = {}
    for proof in proofs:
        known = found.get(proof.drill)
        if (
            known is None
            or proof.verdict == "fail"
            or (proof.verdict == "pass" and known != "fail")
        ):
            found[proof.drill] = proof.verdict
    return found


def _rule(
    rule: RuleKey, proving: Sequence[Proof], *, is_loaded: bool, has_degree: bool
) -> RuleCoverage:
    def drills(is_seen: Callable[[Seen], bool]) -> Drills:
        return _names(proof for proof in proving if is_seen(proof.seen))

    due = _of(rule, (pair for proof in proving for pair in proof.seen.due))
    told = _of(rule, (pair for proof in proving for pair in proof.seen.told))
    told_at = _of(rule, (pair for proof in proving for pair in proof.seen.told_at))
    arrived = drills(lambda seen: rule in {key for key, _ in seen.told_at})
    by_route = drills(lambda seen: rule in {key for key, _ in seen.told})
    proven: dict[Property, Drills] = {
        "fires": drills(lambda seen: rule in seen.fired),
        "reaches": arrived if {route.receiver for route in due} <= told_at.keys() else (),
        "grouped": by_route if due.keys() <= told.keys() else (),
    }
    if not drills(lambda seen: rule in seen.beats):
        proven["resolves"] = drills(lambda seen: rule in seen.resolved)
        proven["silent at baseline"] = drills(lambda seen: rule in seen.silent_at_baseline)
        missed = drills(lambda seen: rule in seen.silent_in_near_miss)
        if has_degree or missed:
            proven["silent in near miss"] = missed
    unseen = tuple(sorted(due.keys() - told.keys(), key=lambda route: (route.path, route.receiver)))
    return RuleCoverage(rule, is_loaded, proven, unseen)


def _of(rule: RuleKey, pairs: Iterable[tuple[RuleKey, Thing]]) -> dict[Thing, None]:
    return {thing: None for key, thing in pairs if key == rule}


def _names(proofs: Iterable[Proof]) -> Drills:
    return tuple(dict.fromkeys(proof.drill for proof in proofs))


def _all(
    inventories: Iterable[Inventory], of: Callable[[Inventory], Iterable[Thing]]
) -> tuple[Thing, ...]:
    return tuple(dict.fromkeys(thing for inventory in inventories for thing in of(inventory)))


def _by_drill(
    inventories: Iterable[Inventory],
    proving: Sequence[Proof],
    of: Callable[[Inventory], Iterable[Thing]],
    seen: Callable[[Seen], frozenset[Thing]],
) -> dict[Thing, Drills]:
    return {
        thing: _names(proof for proof in proving if thing in seen(proof.seen))
        for thing in _all(inventories, of)
    }
