"""What one drill proves: read from what it observed, and only where its verdict is pass.

What arrived counts where the drill expects it, at that receiver and in that group. What is merely
allowed counts for nothing, and neither does anything of a drill that failed or is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scenarios.judge.coverage_inventory import (
    Inventory,
    RouteKey,
    RuleKey,
    alerting_rule,
    inhibition_text,
    inventory_of,
    key_of,
    recordings_of,
    route_key,
)
from scenarios.judge.evidence import Evidence, Life, Run, read
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Muted
from scenarios.judge.inhibited import muted_when_due
from scenarios.judge.inhibition import inhibition_rules
from scenarios.judge.match import claims_of
from scenarios.judge.routing import destinations
from scenarios.judge.starvation import real_resolves
from scenarios.judge.timeline import Arrival, Rule, Timeline
from scenarios.judge.verdict import Judgement
from scenarios.judge.window import Lags, certain_firing_seconds, certain_pending_parts, total

LOADING = frozenset({"starting", "loading"})


@dataclass(frozen=True)
class Seen:
    """What was observed in one drill.

    ``due`` are the routes that take the alerts of a rule by the labels they arrived with, ``told``
    those on which they arrived, ``told_at`` the receivers. ``beats`` are rules whose alert fires
    always and was repeated.
    """

    fired: frozenset[RuleKey] = frozenset()
    due: frozenset[tuple[RuleKey, RouteKey]] = frozenset()
    told: frozenset[tuple[RuleKey, RouteKey]] = frozenset()
    told_at: frozenset[tuple[RuleKey, str]] = frozenset()
    resolved: frozenset[RuleKey] = frozenset()
    beats: frozenset[RuleKey] = frozenset()
    silent_at_baseline: frozenset[RuleKey] = frozenset()
    silent_in_near_miss: frozenset[RuleKey] = frozenset()
    routes: frozenset[RouteKey] = frozenset()
    receivers: frozenset[str] = frozenset()
    inhibitions: frozenset[str] = frozenset()
    recordings: frozenset[RuleKey] = frozenset()


@dataclass(frozen=True)
class Proof:
    """What one drill was run with, and what it proves: nothing unless it passed."""

    drill: str
    verdict: str
    inventory: Inventory = field(default_factory=Inventory)
    seen: Seen = field(default_factory=Seen)

    def with_verdict(self, verdict: str) -> "Proof":
        """The same drill where something beside its timeline decided its verdict."""
        seen = self.seen if verdict == self.verdict == "pass" else Seen()
        return replace(self, verdict=verdict, seen=seen)


def proof_of(timeline: Timeline, judgement: Judgement) -> Proof:
    """What a drill proves, from its timeline and the verdict on it. Raises ConfigurationError."""
    proof = Proof(judgement.drill, judgement.verdict, inventory_of(timeline.configuration))
    if judgement.verdict != "pass":
        return proof
    return replace(proof, seen=_Observed(read(timeline), judgement).seen())


class _Observed:
    """The evidence of one drill that passed."""

    def __init__(self, evidence: Evidence, judgement: Judgement) -> None:
        self.evidence = evidence
        self.configuration = evidence.configuration
        self.expects = evidence.timeline.declaration.expects
        self.claims = claims_of(evidence)
        self.judgement = judgement

    def seen(self) -> Seen:
        told = list(self._told())
        muted = self._muted(Inhibited, Muted)
        outlived = [life for lives in self.claims.inhibited.values() for life in lives]
        arrived = [life for life in (*(life for _, life in told), *outlived) if life.firing]
        fired = {
            key_of(rule): rule
            for labels in (*(life.labels for _, life in told), *(run.labels for run in muted))
            if (rule := alerting_rule(self.configuration, labels)) is not None
        }
        return Seen(
            fired=frozenset(fired),
            due=frozenset(
                (key, route_key(route))
                for _, life in told
                for key in self._rule(life)
                for route in destinations(self.configuration.alertmanager, life.labels)
            ),
            told=frozenset(
                (key, route)
                for _, life in told
                for key in self._rule(life)
                for route in self._routes(life)
            ),
            told_at=frozenset((key, life.receiver) for _, life in told for key in self._rule(life)),
            resolved=frozenset(
                key
                for expectation, life in told
                if isinstance(expectation, Fires) and expectation.resolves
                if real_resolves(self.evidence, life)
                for key in self._rule(life)
            ),
            beats=frozenset(
                key
                for expectation, life in told
                if isinstance(expectation, Heartbeat)
                for key in self._rule(life)
            ),
            silent_at_baseline=frozenset(self._silent_at_baseline()),
            silent_in_near_miss=frozenset(self._silent_in_near_miss()),
            routes=frozenset(route for life in arrived for route in self._routes(life)),
            receivers=frozenset(life.receiver for life in arrived),
            inhibitions=frozenset(self._inhibitions()),
            recordings=frozenset(
                recording
                for rule in fired.values()
                for recording in recordings_of(self.configuration, rule)
            ),
        )

    def _told(self) -> Iterator[tuple[Fires | Heartbeat, Life]]:
        """What arrived firing just as an expectation says."""
        for index, expectation in enumerate(self.expects):
            if isinstance(expectation, Fires | Heartbeat):
                for life in self.claims.expected[index]:
                    if life.firing:
                        yield expectation, life

    def _muted(self, *kinds: type[Inhibited | Muted]) -> list[Run]:
        """What fired in Prometheus and was kept back, by an expectation of one of these kinds."""
        return [
            run
            for expectation in self.expects
            if isinstance(expectation, kinds)
            for run in muted_when_due(self.evidence, expectation)
        ]

    def _rule(self, life: Life) -> Iterator[RuleKey]:
        """None where several rules may have raised it."""
        rule = alerting_rule(self.configuration, life.labels)
        if rule is not None:
            yield key_of(rule)

    def _routes(self, life: Life) -> Iterator[RouteKey]:
        for sighting in life.firing:
            route = self._route(life, sighting.arrival)
            if route is not None:
                yield route

    def _route(self, life: Life, arrival: Arrival) -> RouteKey | None:
        """The route by which it came; of several to one receiver and group the group key tells."""
        found = {
            route_key(route)
            for route in destinations(self.configuration.alertmanager, life.labels)
            if route.receiver == life.receiver
            and dict(route.group_labels) == dict(life.group_labels)
        }
        if len(found) > 1:
            found = {key for key in found if arrival.group_key.startswith(f"{key.path}:")}
        return found.pop() if len(found) == 1 else None

    def _silent_at_baseline(self) -> Iterator[RuleKey]:
        """Alerts that had the time to fire before the first fault or near miss, and did not."""
        until = min(
            (fault.injecting for fault in self.evidence.timeline.faults),
            default=self.evidence.ended,
        )
        for rule in self._alerting():
            since = self._settled_since(rule)
            needed = certain_firing_seconds(self.configuration, rule, Lags())
            if until - since >= needed and not self._fired(rule.name, since, until):
                yield key_of(rule)

    def _settled_since(self, rule: Rule) -> float:
        """When the load stood and all that the rule looks back on had been seen under it.

        The warm-up lasts as long as the rule needs that looks back the longest.
        """
        timeline = self.evidence.timeline
        loaded = (stage.ended for stage in timeline.stages if stage.name in LOADING)
        filled = total(certain_pending_parts(self.configuration, rule, Lags()))
        return min(
            self.evidence.watched_since, max(loaded, default=timeline.clock.started) + filled
        )

    def _fired(self, alert: str, since: float, until: float) -> bool:
        runs = self.evidence.runs_of(alert, {})
        lives = self.evidence.lives_of(alert)
        return any(run.overlap_seconds(since, until) >= 0 for run in runs) or any(
            since <= life.first_seen <= until for life in lives
        )

    def _silent_in_near_miss(self) -> Iterator[RuleKey]:
        missed = {
            outcome.alert
            for outcome in self.judgement.outcomes
            if outcome.expectation is None and not outcome.findings and not outcome.reasons
        }
        return (key_of(rule) for rule in self._alerting() if rule.name in missed)

    def _alerting(self) -> Iterator[Rule]:
        return (rule for rule in self.configuration.rules if rule.kind == "alerting")

    def _inhibitions(self) -> Iterator[str]:
        """The inhibitions without which an alert would have been told of: no other muted it."""
        rules = inhibition_rules(self.configuration.alertmanager)
        for stretch in self._muted(Inhibited):
            firing = [
                run.labels
                for run in self.evidence.runs
                if run.overlap_seconds(stretch.began, stretch.ended) >= 0
            ]
            acting = [rule for rule in rules if rule.mutes(stretch.labels, firing)]
            if len(acting) == 1:
                yield inhibition_text(acting[0])
