"""Which life of an alert belongs to which expectation; what is left is unexpected.

A life is one firing of one alert at one receiver and in one group, so an alert that is listed
again because a notification carries its whole group, a repeat and a duplicate are not new events.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.judge.causes import Cause, cause
from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence, Life
from scenarios.judge.expectation import (
    Allowed,
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.lookup import identity, includes
from scenarios.judge.starvation import real_resolves

Belongs = Callable[[Life], bool]


@dataclass
class Claims:
    """For each expectation, by its index in the declaration, the lives it claims, and as what.

    ``expected`` are just as declared. ``nearest`` are all that arrived of an expectation that is
    unmet. ``inhibited`` are of an alert that must not arrive, and ``silent`` break a silence, or
    were to be lost.
    ``allowed`` is by the index in the declaration's allows.
    """

    expected: dict[int, list[Life]] = field(default_factory=dict)
    nearest: dict[int, list[Life]] = field(default_factory=dict)
    inhibited: dict[int, list[Life]] = field(default_factory=dict)
    silent: dict[int, list[Life]] = field(default_factory=dict)
    allowed: dict[int, list[Life]] = field(default_factory=dict)

    def holds(self, life: Life) -> bool:
        """Whether anything claims the life."""
        return any(
            life in lives
            for kind in (self.expected, self.nearest, self.inhibited, self.silent, self.allowed)
            for lives in kind.values()
        )


def claims_of(evidence: Evidence) -> Claims:
    """Hand every life to an expectation, the most exact first."""
    claims = Claims()
    declaration = evidence.timeline.declaration
    for index, expectation in enumerate(declaration.expects):
        if isinstance(expectation, Fires | Heartbeat | Repeats):
            exact = _is_exact(evidence, expectation)
            claims.expected[index] = [life for life in evidence.lives if exact(life)]
    for index, allowed in enumerate(declaration.allows):
        claims.allowed[index] = _free(evidence, claims, _is_allowed(allowed))
    for index, expectation in enumerate(declaration.expects):
        if isinstance(expectation, Inhibited | Muted):
            claims.inhibited[index] = _free(evidence, claims, _is_named(evidence, expectation))
        elif isinstance(expectation, Silent | Lost):
            claims.silent[index] = _free(evidence, claims, _is_named(evidence, expectation))
    for index, expectation in enumerate(declaration.expects):
        if isinstance(expectation, Fires | Heartbeat | Repeats) and not is_met(claims, index):
            claims.nearest[index] = _free(evidence, claims, _is_near(evidence, expectation))
    return claims


def is_met(claims: Claims, index: int) -> bool:
    """Whether anything that was expected arrived while it was firing."""
    return any(life.firing for life in claims.expected.get(index, ()))


def unexpected_lives(evidence: Evidence, claims: Claims) -> list[Life]:
    """What nobody expects, allows or is blamed for."""
    return _free(evidence, claims, lambda _life: True)


def _free(evidence: Evidence, claims: Claims, belongs: Belongs) -> list[Life]:
    return [
        life
        for life in evidence.lives
        if belongs(life) and not claims.holds(life) and not evidence.was_over_before_watch(life)
    ]


def _is_exact(evidence: Evidence, expectation: Fires | Heartbeat | Repeats) -> Belongs:
    """Receiver, group and labels as declared, and with a cause."""
    because = None if isinstance(expectation, Heartbeat) else cause(evidence, expectation)
    if not isinstance(expectation, Heartbeat) and because is None:
        return lambda _life: False
    return lambda life: (
        life.alert == expectation.alert
        and life.receiver == expectation.at
        and dict(life.group_labels) == dict(expectation.group)
        and includes(life.labels, expectation.labels)
        and (because is None or because.covers(life.starts_at))
        and (because is None or not _fired_again(evidence, because, life))
    )


def _fired_again(evidence: Evidence, because: Cause, life: Life) -> bool:
    """Whether it fired again after its resolve was told, although its cause was healed."""
    healed = because.fault.healed
    if healed is None or life.starts_at <= healed:
        return False
    return any(
        other.receiver == life.receiver
        and identity(other.labels) == identity(life.labels)
        and because.covers(other.starts_at)
        and any(
            sighting.arrival.at <= life.starts_at + SAME_MOMENT_SECONDS
            for sighting in real_resolves(evidence, other)
        )
        for other in evidence.lives_of(life.alert)
        if other.starts_at < life.starts_at
    )


def _is_allowed(allowed: Allowed) -> Belongs:
    return lambda life: life.alert == allowed.alert and life.receiver == allowed.at


def _is_named(evidence: Evidence, expectation: Inhibited | Lost | Muted | Silent) -> Belongs:
    """Whatever is called so; of what a step mutes, what the one fault raised that it is to mute."""
    labels = {} if isinstance(expectation, Silent) else expectation.labels
    because = cause(evidence, expectation) if isinstance(expectation, Muted | Lost) else None
    return lambda life: (
        life.alert == expectation.alert
        and includes(life.labels, labels)
        and (because is None or because.covers(life.starts_at))
    )


def _is_near(evidence: Evidence, expectation: Fires | Heartbeat | Repeats) -> Belongs:
    """Of the right name, and such that the cause of the unmet expectation may have raised it.

    One that began before the cause counts where it still fired then: it came early.
    """
    if isinstance(expectation, Heartbeat):
        return lambda life: life.alert == expectation.alert
    because = cause(evidence, expectation)
    if because is None:
        return lambda _life: False

    def belongs(life: Life) -> bool:
        ends = [sighting.alert.ends_at for sighting in life.resolved]
        ended = min((end for end in ends if end is not None), default=evidence.ended)
        return (
            life.alert == expectation.alert
            and life.starts_at <= because.until
            and ended >= because.began
        )

    return belongs
