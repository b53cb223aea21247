"""Inhibitions that never act: without source or target, never equal, or of themselves alone."""

from collections.abc import Iterator, Sequence

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.subject import Subject
from scenarios.judge.fireability.values import (
    Values,
    contradiction,
    implies,
    literals,
    matches,
    spelled,
)
from scenarios.judge.inhibition import InhibitionRule, Source, inhibition_rules
from scenarios.judge.lookup import ALERT_NAME
from scenarios.judge.matchers import Matcher
from stack.run.speed import Place
from stack.run.speed.rules import Rule

CHECK = Check(
    "dead-inhibition",
    "an inhibition whose source or target matches no rule, whose `equal` labels can never be equal "
    "(one has the label and the other lacks it, or their values differ), or whose source and "
    "target are the same alerts",
    "it mutes nothing: what it was written against still pages. An alert on both sides of an "
    "inhibition is never muted by another such",
    ("error", "warning"),
)


def find(subject: Subject) -> Iterator[Defect]:
    for index, inhibition in enumerate(inhibition_rules(subject.alertmanager or {})):
        place = subject.alertmanager_source.place(("inhibit_rules", index))
        for source in inhibition.sources:
            yield from _defects(subject, inhibition, source, place)


def _defects(
    subject: Subject, inhibition: InhibitionRule, source: Source, place: Place
) -> Iterator[Defect]:
    name = f"the inhibition of {_all(inhibition.target)} by {_all(source.matchers)}"
    for side in (source.matchers, inhibition.target):
        at_odds = contradiction(side)
        if at_odds:
            yield CHECK.error(
                place,
                f"{name} never acts",
                f"{' and '.join(map(spelled, at_odds))} cannot both hold",
                "correct the matchers",
            )
            return
    if _implies_all(source.matchers, inhibition.target) and _implies_all(
        inhibition.target, source.matchers
    ):
        yield CHECK.error(
            place,
            f"{name} never acts",
            "source and target are the same alerts, and what is on both sides is never muted",
            "let source and target differ, such as by severity",
        )
        return
    if subject.alerts:
        yield from _among_rules(subject, inhibition, source, place, name)


def _among_rules(
    subject: Subject, inhibition: InhibitionRule, source: Source, place: Place, name: str
) -> Iterator[Defect]:
    sources = [rule for rule in subject.alerts if _may(subject, rule, source.matchers)]
    targets = [rule for rule in subject.alerts if _may(subject, rule, inhibition.target)]
    for what, matchers, found in (
        ("source", source.matchers, sources),
        ("target", inhibition.target, targets),
    ):
        if not found:
            yield CHECK.warning(
                place,
                f"{name} never acts",
                f"no loaded rule's alert matches its {what} ({_all(matchers)})",
                "correct the matchers or the rules' labels, or leave the inhibition out",
            )
            return
    pairs = [
        (one, other)
        for one in sources
        for other in targets
        if not (_must(subject, one, inhibition.target) and _must(subject, other, source.matchers))
    ]
    # Of other names there may be more rules elsewhere; these are all that can ever be meant.
    is_certain = _names_alerts(source.matchers) and _names_alerts(inhibition.target)
    if not pairs:
        yield CHECK.defect(
            place,
            f"{name} never acts",
            "every alert that matches its source matches its target too, and what is on both "
            "sides is never muted",
            "let source and target differ, such as by severity",
            is_certain=is_certain,
        )
        return
    if source.equal and not any(_can_be_equal(subject, pair, source.equal) for pair in pairs):
        yield CHECK.defect(
            place,
            f"{name} never acts",
            _unequal(subject, pairs[0], source.equal),
            "take the label out of `equal`, or keep it in both rules with the same value",
            is_certain=is_certain,
        )


def _can_be_equal(subject: Subject, pair: tuple[Rule, Rule], equal: Sequence[str]) -> bool:
    return _differing(subject, pair, equal) is None


def _differing(
    subject: Subject, pair: tuple[Rule, Rule], equal: Sequence[str]
) -> tuple[str, Values, Values] | None:
    source, target = pair
    for label in equal:
        held, wanted = subject.alert(source, label), subject.alert(target, label)
        if held.differs_from(wanted):
            return label, held, wanted
    return None


def _unequal(subject: Subject, pair: tuple[Rule, Rule], equal: Sequence[str]) -> str:
    source, target = pair
    differing = _differing(subject, pair, equal)
    assert differing is not None
    label, held, wanted = differing
    return (
        f"{label} is never equal in source and target: {source.name} {_said(held)}, "
        f"{target.name} {_said(wanted)}"
    )


def _said(values: Values) -> str:
    if values.is_missing:
        return "never has it"
    if values.listed is None:
        return "always has it"
    return "has " + " or ".join(f'"{text}"' for text in sorted(values.listed))


def _may(subject: Subject, rule: Rule, matchers: Sequence[Matcher]) -> bool:
    return all(matches(m, subject.alert(rule, m.name)) is not False for m in matchers)


def _must(subject: Subject, rule: Rule, matchers: Sequence[Matcher]) -> bool:
    return all(matches(m, subject.alert(rule, m.name)) is True for m in matchers)


def _names_alerts(matchers: Sequence[Matcher]) -> bool:
    """Whether the matchers spell out the alerts that they are for."""
    return any(m.name == ALERT_NAME and literals(m) is not None for m in matchers)


def _implies_all(matchers: Sequence[Matcher], others: Sequence[Matcher]) -> bool:
    return all(implies(matchers, other) for other in others)


def _all(matchers: Sequence[Matcher]) -> str:
    return ", ".join(map(spelled, matchers)) or "anything"
