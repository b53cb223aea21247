"""What of prometheus.yml and alertmanager.yml has another shape than those who read it rely on.

Both engines would refuse it too, but only once a stack is started, and less clearly. What may stand
empty in YAML, because all below it is commented out, may do so here.
"""

from collections.abc import Mapping
from typing import Any

from stack.run.speed.errors import Place, SpeedError
from stack.run.speed.production import Production
from stack.run.speed.settings import KeyPath, Source

# A shape is TEXT, a list with the shape of each entry, or a mapping of keys to theirs. EACH stands
# for every key. A key that ends in ! must be there; one that ends in + must not be empty.
TEXT = "text"
EACH = "*"
TEXTS = {EACH: TEXT}
ROUTE: dict[str, Any] = {
    "receiver": TEXT,
    "group_by": [TEXT],
    "matchers": [TEXT],
    "match": TEXTS,
    "match_re": TEXTS,
    "mute_time_intervals": [TEXT],
    "active_time_intervals": [TEXT],
}
ROUTE["routes"] = [ROUTE]
INTERVALS = [{"name!": TEXT}]
ALERTMANAGER = {
    "route": ROUTE,
    "receivers": [
        {
            "name!": TEXT,
            "webhook_configs+": [{"url+": TEXT}],
            "slack_configs+": [{}],
            "discord_configs+": [{}],
        }
    ],
    "inhibit_rules": [
        {
            "source_matchers": [TEXT],
            "target_matchers": [TEXT],
            "source_match": TEXTS,
            "target_match": TEXTS,
            "source_match_re": TEXTS,
            "target_match_re": TEXTS,
            "equal": [TEXT],
        }
    ],
    "time_intervals": INTERVALS,
    "mute_time_intervals": INTERVALS,
    "templates": [TEXT],
}
TARGETS = {"targets!": [TEXT], "labels": TEXTS}
PROMETHEUS = {
    "global": {"external_labels": TEXTS},
    "rule_files": [TEXT],
    "scrape_configs+": [{"job_name!": TEXT, "static_configs+": [TARGETS]}],
    "alerting": {"alertmanagers+": [{"static_configs+": [TARGETS]}]},
}


def require_shape(production: Production) -> None:
    """Raise SpeedError with file, line and key for what cannot be read as what it is meant to be.

    Of rule files their own reader says so.
    """
    _require(production.prometheus, PROMETHEUS, (), production.prometheus_source)
    _require(production.alertmanager, ALERTMANAGER, (), production.alertmanager_source)


def _require(value: Any, shape: Any, keys: KeyPath, source: Source) -> None:
    if shape == TEXT:
        if not isinstance(value, str):
            raise SpeedError(_no_text(value), place=_place(source, keys))
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise SpeedError("a list belongs here", place=_place(source, keys))
        for index, entry in enumerate(value):
            _require(entry, shape[0], (*keys, index), source)
    elif not isinstance(value, Mapping):
        raise SpeedError("a mapping of keys and values belongs here", place=_place(source, keys))
    else:
        _require_keys(value, shape, keys, source)


def _require_keys(
    value: Mapping[str, Any], shape: Mapping[str, Any], keys: KeyPath, source: Source
) -> None:
    for key, inner in shape.items():
        name = key.rstrip("!+")
        if key.endswith("!") and value.get(name) is None:
            raise SpeedError(f"{name} is missing", place=_place(source, keys))
        if key.endswith("+") and name in value and value[name] is None:
            raise SpeedError("this is empty; leave it out", place=_place(source, (*keys, name)))
        for one in value if key == EACH else [name]:
            if value.get(one) is not None:
                _require(value[one], inner, (*keys, one), source)
            elif key == EACH:
                raise SpeedError(_no_text(None), place=_place(source, (*keys, one)))


def _place(source: Source, keys: KeyPath) -> Place:
    return source.place(keys) if keys else Place(source.path, line=1)


def _no_text(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "a single text belongs here"
    if value is None:
        return "a text belongs here, and there is nothing"
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"a text belongs here, not {shown}; put it in quotes"
