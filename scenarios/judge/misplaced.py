"""How what arrived differs from what was expected: in receiver, in group, in labels."""

from collections.abc import Iterator

from scenarios.judge.evidence import Evidence, Life, into_drill
from scenarios.judge.expectation import Fires, Heartbeat, Repeats
from scenarios.judge.finding import FindingKind
from scenarios.judge.lookup import includes, label_text


def misplacements(
    evidence: Evidence, expectation: Fires | Heartbeat | Repeats, life: Life
) -> Iterator[tuple[FindingKind, str]]:
    """Each way in which a life is not what this expectation wants, and how to say it."""
    seen = f"arrived at {into_drill(evidence, life.first_seen)}"
    if life.receiver != expectation.at:
        yield "misrouted", f"{seen} at {life.receiver}, expected at {expectation.at}"
    elif dict(life.group_labels) != dict(expectation.group):
        yield (
            "misgrouped",
            f"{seen} in group {label_text(life.group_labels)}, "
            f"expected in {label_text(expectation.group)}",
        )
    if not includes(life.labels, expectation.labels):
        differing = {name: life.labels.get(name, "") for name in expectation.labels}
        yield (
            "wrong labels",
            f"{seen} with {label_text(differing)}, expected {label_text(expectation.labels)}",
        )
