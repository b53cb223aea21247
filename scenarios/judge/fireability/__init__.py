"""Fireability: what cannot work in rules, routes and drills, found before anything runs.

One check a file; ``CHECKS`` is all of them, for the guide. ``of_files`` needs the files alone,
``holding.find`` a drill too, ``observed.find`` a running stack.
"""

from collections.abc import Callable, Iterator, Mapping

from scenarios.judge.fireability import (
    comparisons,
    few_scrapes,
    grouping,
    holding,
    inhibitions,
    observed,
    routes,
    selectors,
    shown_labels,
    unreached,
    vector_matching,
)
from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.subject import Subject

OF_FILES: Mapping[Check, Callable[[Subject], Iterator[Defect]]] = {
    module.CHECK: module.find
    for module in (
        few_scrapes,
        selectors,
        comparisons,
        vector_matching,
        shown_labels,
        routes,
        unreached,
        grouping,
        inhibitions,
    )
}
CHECKS = (*OF_FILES, holding.CHECK, observed.CHECK)


def of_files(subject: Subject) -> tuple[Defect, ...]:
    """Every defect that the files alone show: errors first, then by file and line."""
    found = dict.fromkeys(defect for find in OF_FILES.values() for defect in find(subject))
    return tuple(
        sorted(
            found,
            key=lambda defect: (
                defect.severity != "error",
                defect.place.path,
                defect.place.line or 0,
            ),
        )
    )
