"""The configuration a drill is judged by: read from the running APIs, or from the files before."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from scenarios.judge.timeline import Configuration, Rule, ScrapeJob
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, Target
from stack.run.alertmanager_pair import PEER_TIMEOUT_SECONDS
from stack.run.configuration import compressed
from stack.run.speed import parse_duration

RESEND_DELAY_FLAG = "rules.alert.resend-delay"
GRACE_PERIOD_FLAG = "rules.alert.for-grace-period"
TOLERANCE_FLAG = "rules.alert.for-outage-tolerance"
DEFAULT_INTERVAL = "1m"
MERGED_OR_EMPTY = {"tag:yaml.org,2002:merge", "tag:yaml.org,2002:null"}
DEFAULT_RESEND_DELAY = "1m"
DEFAULT_GRACE_PERIOD = "10m"
DEFAULT_TOLERANCE = "1h"


class _Texts(yaml.SafeLoader):
    """Reads each value of a rule file as the text it is written as, as Prometheus does: a label
    ``severity: 1`` is "1", and ``yes`` stays yes."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its parent declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag in MERGED_OR_EMPTY]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def from_apis(
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    layers_absent: Mapping[str, str],
    *,
    runs_already: bool = False,
) -> Configuration:
    """What the running programs say they were configured with. Raises ReadError.

    Of what ``runs_already``, elsewhere, scrape jobs are what targets call their job: discovery may
    find none for a job, and relabelling may call it by another name. And its Alertmanager may be
    one of a cluster, of which the API does not tell the peer timeout.
    """
    rules = tuple(
        Rule(
            name=rule["name"],
            kind=rule["type"],
            group=group["name"],
            file=Path(group["file"]).name,
            expression=rule["query"],
            interval_seconds=float(group["interval"]),
            for_seconds=float(rule.get("duration", 0)),
            keep_firing_for_seconds=float(rule.get("keepFiringFor", 0)),
            labels=rule.get("labels", {}),
            annotations=rule.get("annotations", {}),
        )
        for group in prometheus.rule_groups()
        for rule in group["rules"]
    )
    configuration = _configuration(
        yaml.safe_load(prometheus.configuration()),
        rules,
        alertmanager.configuration(),
        flags=prometheus.flags(),
        metric_jobs=metric_jobs(prometheus, rules),
        layers_absent=layers_absent,
    )
    if runs_already:
        # The last waits for all that come before it.
        others = max(0, alertmanager.cluster().members - 1)
        configuration = replace(
            configuration,
            scrape_jobs=jobs_of_targets(prometheus.targets()),
            peer_timeout_seconds=others * PEER_TIMEOUT_SECONDS,
        )
    return configuration


def jobs_of_targets(targets: Iterable[Target]) -> tuple[ScrapeJob, ...]:
    """The jobs that have targets, each as the slowest of them is scraped."""
    slowest: dict[str, ScrapeJob] = {}
    for target in targets:
        known = slowest.get(target.job, ScrapeJob(target.job, 0.0, 0.0))
        slowest[target.job] = ScrapeJob(
            target.job,
            max(known.interval_seconds, seconds(target.interval)),
            max(known.timeout_seconds, seconds(target.timeout)),
        )
    return tuple(slowest[job] for job in sorted(slowest))


def from_files(
    source: Path, *, speed: float, layers: Sequence[str], layers_absent: Mapping[str, str]
) -> Configuration:
    """The same from production's files, divided by the speed. Raises StackError."""
    files = compressed(source, speed=speed, layers=layers)
    common = files.prometheus.get("global") or {}
    default_interval = common.get("evaluation_interval", DEFAULT_INTERVAL)
    rules: list[Rule] = []
    for path, text in files.rules.items():
        # A file, its list of groups and a group's list of rules may each be empty.
        for group in (yaml.load(text, Loader=_Texts) or {}).get("groups") or []:  # noqa: S506
            interval = seconds(group.get("interval", default_interval))
            rules += [
                _rule(rule, group["name"], Path(path).name, interval)
                for rule in group.get("rules") or []
            ]
    return _configuration(
        files.prometheus,
        tuple(rules),
        files.alertmanager,
        flags=files.prometheus_flags,
        metric_jobs={},
        layers_absent=layers_absent,
    )


def _rule(rule: Mapping[str, Any], group: str, file: str, interval_seconds: float) -> Rule:
    return Rule(
        name=rule["alert"] if "alert" in rule else rule["record"],
        kind="alerting" if "alert" in rule else "recording",
        group=group,
        file=file,
        expression=str(rule["expr"]),
        interval_seconds=interval_seconds,
        for_seconds=seconds(rule.get("for", "0s")),
        keep_firing_for_seconds=seconds(rule.get("keep_firing_for", "0s")),
        # Empty where each entry is commented out.
        labels=rule.get("labels") or {},
        annotations=rule.get("annotations") or {},
    )


def _configuration(
    config: Mapping[str, Any],
    rules: tuple[Rule, ...],
    alertmanager: Mapping[str, Any],
    *,
    flags: Mapping[str, str],
    metric_jobs: Mapping[str, tuple[str, ...]],
    layers_absent: Mapping[str, str],
) -> Configuration:
    common = config.get("global") or {}
    interval = common.get("scrape_interval", DEFAULT_INTERVAL)
    timeout = common.get("scrape_timeout", "10s")
    return Configuration(
        rules=rules,
        scrape_jobs=tuple(
            ScrapeJob(
                job=job["job_name"],
                interval_seconds=seconds(job.get("scrape_interval", interval)),
                timeout_seconds=seconds(job.get("scrape_timeout", timeout)),
            )
            for job in config.get("scrape_configs") or []
        ),
        alertmanager=alertmanager,
        evaluation_interval_seconds=seconds(common.get("evaluation_interval", DEFAULT_INTERVAL)),
        resend_delay_seconds=seconds(flags.get(RESEND_DELAY_FLAG, DEFAULT_RESEND_DELAY)),
        for_grace_period_seconds=seconds(flags.get(GRACE_PERIOD_FLAG, DEFAULT_GRACE_PERIOD)),
        for_outage_tolerance_seconds=seconds(flags.get(TOLERANCE_FLAG, DEFAULT_TOLERANCE)),
        query_offset_seconds=seconds(common.get("rule_query_offset", "0s")),
        external_labels=common.get("external_labels") or {},
        metric_jobs=metric_jobs,
        rules_absent=layers_absent,
    )


def metric_jobs(prometheus: Prometheus, rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Which jobs expose each metric that a rule mentions."""
    words = sorted({word for rule in rules for word in re.findall(r"\w+", rule.expression)})
    found: dict[str, set[str]] = {}
    names = "|".join(words)
    for series in prometheus.query(f'count by (__name__, job) ({{__name__=~"{names}"}})'):
        found.setdefault(series.labels["__name__"], set()).add(series.labels.get("job", ""))
    return {name: tuple(sorted(jobs)) for name, jobs in found.items()}


def seconds(duration: str) -> float:
    """A duration such as ``500ms`` in seconds."""
    return parse_duration(duration) / 1000
