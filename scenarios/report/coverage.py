"""Coverage by observed delivery for people, as tables, and for machines, as JSON."""

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios.judge.coverage import Coverage, Drills, Property, RuleCoverage
from scenarios.judge.coverage_inventory import RouteKey, RuleKey
from scenarios.judge.lookup import label_text
from scenarios.report.table import aligned

FORMAT = 1
COLUMNS: Mapping[Property, str] = {
    "fires": "fires",
    "reaches": "reaches",
    "grouped": "grouped",
    "resolves": "resolves",
    "silent at baseline": "baseline",
    "silent in near miss": "near miss",
}
PROVEN, UNPROVEN, NOT_APPLICABLE = "yes", "no", "-"
NO_DRILL = "no drill: unproven"
NOT_LOADED = "not loaded by any drill"


def coverage_lines(coverage: Coverage) -> Iterator[tuple[str, list[str]]]:
    """Sections for the terminal: title and lines."""
    passed = sum(verdict == "pass" for verdict in coverage.drills.values())
    yield (
        f"alert coverage by observed delivery, from the {passed} of {len(coverage.drills)} drills "
        "that passed",
        [*_rule_table(coverage.rules), *_unseen(coverage.rules), fully_proven(coverage)],
    )
    rows = [
        *_rows("route", {route_text(route): d for route, d in coverage.routes.items()}),
        *_rows("receiver", coverage.receivers),
        *_rows("inhibition", coverage.inhibitions),
        *_rows("recording rule", {rule.name: d for rule, d in coverage.recordings.items()}),
    ]
    yield (
        "seen in a drill that passed",
        [*aligned([("what", "", "seen in"), *rows]), _counts(coverage)],
    )


def fully_proven(coverage: Coverage) -> str:
    """``7 of 12 alerting rules are fully proven, 58.3 %``."""
    percent = "" if coverage.percent is None else f", {_floored(coverage.percent)} %"
    return f"{coverage.full} of {len(coverage.rules)} alerting rules are fully proven{percent}"


def shortfall(coverage: Coverage, wanted_percent: float) -> str | None:
    """Why fewer rules are fully proven than wanted, or None. No rule at all is never enough."""
    if not coverage.rules:
        return (
            "alert coverage: no alerting rule was loaded or found in the files, so none is proven"
        )
    if 100 * coverage.full >= wanted_percent * len(coverage.rules):
        return None
    needed = math.ceil(wanted_percent * len(coverage.rules) / 100)
    return (
        f"alert coverage: {fully_proven(coverage)}; {wanted_percent:g} % are wanted, that is "
        f"{needed}: the table shows what each of the others lacks"
    )


def percentage(text: str) -> float:
    """A percentage from the command line. Raises argparse.ArgumentTypeError."""
    try:
        percent = float(text)
    except ValueError:
        percent = math.nan
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage; write a number from 0 to 100")
    return percent


def write_coverage(coverage: Coverage, path: Path) -> None:
    path.write_text(json.dumps(document(coverage), indent=1))


def document(coverage: Coverage) -> dict[str, Any]:
    """The whole of it for machines: what coverage.json holds."""
    return {
        "format": FORMAT,
        "drills": dict(coverage.drills),
        "alerting_rules": len(coverage.rules),
        "fully_proven": coverage.full,
        "fully_proven_percent": coverage.percent,
        "rules": [
            {
                **_rule_document(rule.rule),
                "loaded": rule.is_loaded,
                "fully_proven": rule.is_full,
                "properties": {
                    name: {
                        "applies": name in rule.proven,
                        "proven": bool(rule.proven.get(name)),
                        "drills": list(rule.proven.get(name, ())),
                    }
                    for name in COLUMNS
                },
                "routes_not_seen": [_route_document(route) for route in rule.unseen],
            }
            for rule in coverage.rules
        ],
        "routes": [
            {**_route_document(route), "drills": list(drills)}
            for route, drills in coverage.routes.items()
        ],
        "receivers": [
            {"name": name, "drills": list(drills)} for name, drills in coverage.receivers.items()
        ],
        "inhibitions": [
            {"rule": text, "drills": list(drills)} for text, drills in coverage.inhibitions.items()
        ],
        "recording_rules": [
            {**_rule_document(rule), "drills": list(drills)}
            for rule, drills in coverage.recordings.items()
        ],
    }


def _rule_table(rules: Sequence[RuleCoverage]) -> list[str]:
    named = [rule.rule.name for rule in rules]
    rows = [
        (
            rule.rule.name
            if named.count(rule.rule.name) == 1
            else f"{rule.rule.name} {label_text(dict(rule.rule.labels))}",
            *(_mark(rule, name) for name in COLUMNS),
            _drills(rule),
        )
        for rule in rules
    ]
    return aligned([("alert", *COLUMNS.values(), "fired in"), *rows])


def _mark(rule: RuleCoverage, name: Property) -> str:
    if name not in rule.proven:
        return NOT_APPLICABLE
    return PROVEN if rule.proven[name] else UNPROVEN


def _drills(rule: RuleCoverage) -> str:
    if not rule.is_loaded:
        return NOT_LOADED
    return ", ".join(rule.proven["fires"]) or NO_DRILL


def _unseen(rules: Iterable[RuleCoverage]) -> Iterator[str]:
    """Alerts that arrived, but not wherever the route tree sends them."""
    for rule in rules:
        if rule.unseen:
            routes = " and ".join(map(route_text, rule.unseen))
            yield f"{rule.rule.name} was not seen by its route {routes}"


def _rows(kind: str, things: Mapping[str, Drills]) -> Iterator[tuple[str, str, str]]:
    for thing, drills in things.items():
        yield kind, thing, ", ".join(drills) or UNPROVEN


def _counts(coverage: Coverage) -> str:
    def count(things: Mapping[Any, Drills], what: str) -> str:
        return f"{sum(map(bool, things.values()))} of {len(things)} {what}"

    return ", ".join(
        (
            count(coverage.routes, "routes"),
            count(coverage.receivers, "receivers"),
            count(coverage.inhibitions, "inhibitions"),
            count(coverage.recordings, "recording rules"),
        )
    )


def _floored(percent: float) -> str:
    """One place after the point, never rounded up to what was not reached."""
    return f"{math.floor(percent * 10) / 10:.1f}"


def route_text(route: RouteKey) -> str:
    group_by = "all labels" if route.group_by is None else ", ".join(route.group_by) or "nothing"
    return f"{route.path} to {route.receiver}, grouped by {group_by}"


def _route_document(route: RouteKey) -> dict[str, Any]:
    group_by = ["..."] if route.group_by is None else list(route.group_by)
    return {"path": route.path, "receiver": route.receiver, "group_by": group_by}


def _rule_document(rule: RuleKey) -> dict[str, Any]:
    return {
        "name": rule.name,
        "file": rule.file,
        "group": rule.group,
        "labels": dict(rule.labels),
    }
