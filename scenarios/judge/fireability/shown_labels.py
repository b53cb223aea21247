"""Labels that an annotation or a label shows though the expression's result never has them."""

from collections.abc import Iterator

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.subject import Subject
from scenarios.judge.fireability.templates import shown_labels
from scenarios.judge.lookup import ALERT_NAME
from stack.run.speed import Place
from stack.run.speed.rules import PlacedText, Rule

CHECK = Check(
    "blank-label",
    "a template that shows a label which the result of the expression never has",
    "`$labels` holds the labels of the result: not those that an aggregation dropped, nor those "
    "that the rule itself adds, nor the alert's name. The text shows nothing there",
    ("warning",),
)


def find(subject: Subject) -> Iterator[Defect]:
    for rule in subject.alerts:
        texts = {
            **{f"label {name}": text for name, text in rule.labels.items()},
            **{f"annotation {name}": text for name, text in rule.annotations.items()},
        }
        for name, text in texts.items():
            yield from _blank(subject, rule, name, text)


def _blank(subject: Subject, rule: Rule, name: str, text: PlacedText) -> Iterator[Defect]:
    told: set[str] = set()
    for shown in shown_labels(text.text):
        label = shown.label
        if label in told or not subject.result(rule, label).is_missing:
            continue
        told.add(label)
        place = Place(rule.path, rule.name, text.line_at(shown.offset))
        what = f"{rule.name}: {name} shows $labels.{label}"
        if label == ALERT_NAME or label in subject.own_labels(rule):
            yield CHECK.warning(
                place,
                what,
                "$labels holds the labels of the expression's result, not those of the rule, so "
                "nothing stands there",
                "write the value itself",
            )
        elif label in subject.external_labels:
            yield CHECK.warning(
                place,
                what,
                "external labels are not among $labels, so nothing stands there",
                f"write $externalLabels.{label}",
            )
        else:
            yield CHECK.warning(
                place,
                what,
                "the expression's result never has it, so nothing stands there",
                f"keep {label} in the expression, such as by ({label}), or leave it out of the "
                "text",
            )
