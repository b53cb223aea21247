"""What an annotation must say, and what no annotation or label may: a template left unexpanded."""

import re
from collections.abc import Iterator, Mapping

from scenarios.judge.timeline import NotifiedAlert

# Braces of a template, what Prometheus writes when one fails, and Go's own formatting errors.
_UNEXPANDED = re.compile(r"\{\{|\}\}|<no value>|<error expanding template|%![^\s(]?\(")


def annotation_problems(alert: NotifiedAlert, wanted: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the texts of one alert in one notification."""
    for name, text in wanted.items():
        held = alert.annotations.get(name)
        if held is None:
            yield f"has no annotation {name}, expected one with {text!r}"
        elif text not in held:
            yield f"has annotation {name} without {text!r}: {held!r}"
    for kind, texts in (("annotation", alert.annotations), ("label", alert.labels)):
        for name, held in texts.items():
            template = unexpanded(held)
            if template is not None:
                yield f"has {kind} {name} with {template!r}, a template not expanded: {held!r}"


def unexpanded(text: str) -> str | None:
    """What a template that failed or was not expanded left in a text; None where nothing did."""
    found = _UNEXPANDED.search(text)
    return None if found is None else found[0]
