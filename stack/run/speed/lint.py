"""Names the rules that would say something else at a higher speed, with file, line and reason.

A rule whose threshold is meant to scale says how in the annotation ``drill_speed_scales``, in
words, such as ``drill_speed_scales: "3 restarts in a window divided by the speed"``. Its findings
are then accepted: they are still listed, for the reader, and stop nothing. A recording rule can
carry no annotations, so its findings are accepted once every alert that reads it says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stack.run.speed.issues import WHY, Cause, locate
from stack.run.speed.recordings import Recordings
from stack.run.speed.rules import PlacedText, Rule, read_rules
from stack.run.speed.scaling import scaling
from stack.run.speed.templates import query_offsets

SCALES_ANNOTATION = "drill_speed_scales"


@dataclass(frozen=True)
class Finding:
    """A rule that does not survive division. ``scales`` is what the rule itself says to that."""

    path: str
    line: int
    rule: str
    cause: Cause
    what: str
    why: str
    scales: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the rule states how its threshold scales."""
        return bool(self.scales)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.what}: {self.why}"


def lint_rules(text: str, path: str | Path) -> list[Finding]:
    """The findings of one rule file, by line. Raises SpeedError where it cannot be read."""
    return lint_rule_files({str(path): text})


def lint_rule_files(texts: Mapping[str, str]) -> list[Finding]:
    """The findings of all rule files of a configuration, by file and line.

    Recording rules are followed across the files: an alert that compares a recorded count is
    named too. Raises SpeedError where a file cannot be read.
    """
    return _Linter(
        [rule for path, text in texts.items() for rule in read_rules(text, path).rules]
    ).findings()


class _Linter:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.recordings = Recordings(rules)

    def findings(self) -> list[Finding]:
        own = {rule: list(self._own_findings(rule)) for rule in self.rules}
        found: list[Finding] = []
        for rule in self.rules:
            found += own[rule]
            for record in self.recordings.below(rule) if rule.kind == "alert" else ():
                found += (self._through(rule, finding) for finding in own[record])
        files = list(dict.fromkeys(rule.path for rule in self.rules))
        return sorted(dict.fromkeys(found), key=lambda f: (files.index(f.path), f.line))

    def _own_findings(self, rule: Rule) -> Iterator[Finding]:
        """What stands in the rule itself."""
        scales = self._scales(rule)

        def finding(text: PlacedText, offset: int, cause: Cause, what: str, why: str) -> Finding:
            line = text.line_at(offset)
            return Finding(rule.path, line, rule.name, cause, what, why, scales)

        for issue in scaling(rule.expression.tree, self.recordings.quantities)[1]:
            offset, source = locate(rule.expression, issue.word)
            what = " ".join(filter(None, (f"{issue.cause.value}:", source, issue.detail)))
            yield finding(rule.expr, offset, issue.cause, what, issue.why)
        for token in rule.expression.scalar_durations:
            what = f"{Cause.SECONDS.value}: {token.text} where a number stands"
            yield finding(rule.expr, token.start, Cause.SECONDS, what, WHY[Cause.SECONDS])
        for name, text in (*rule.annotations.items(), *rule.labels.items()):
            for offset in query_offsets(text.text):
                what = f"{Cause.TEMPLATE_QUERY.value}: {name}"
                why = WHY[Cause.TEMPLATE_QUERY]
                yield finding(text, offset, Cause.TEMPLATE_QUERY, what, why)

    def _through(self, alert: Rule, finding: Finding) -> Finding:
        """What stands in a recording rule, told of an alert that reads it."""
        where = f"{finding.path}:{finding.line}"
        return replace(
            finding,
            path=alert.path,
            line=alert.expr.line,
            rule=alert.name,
            what=f"{finding.what}, in the recording rule {finding.rule} ({where})",
            scales=self._scales(alert),
        )

    def _scales(self, rule: Rule) -> str:
        if rule.kind == "alert":
            stated = rule.annotations.get(SCALES_ANNOTATION)
            return "" if stated is None else stated.text.strip()
        statements = [self._scales(alert) for alert in self.recordings.alerts_above(rule)]
        return "; ".join(dict.fromkeys(statements)) if all(statements) else ""
