"""The monitoring tells when it goes blind: a slow target, a failing rule, a target that is gone."""

from scenarios.drill import Drill, fault, fires, near_miss, together
from stack.faults.added_rule import AddedRule
from stack.faults.redis_exporter_down import RedisExporterDown
from stack.faults.slow_scrape import SlowScrape

DRILL = Drill(
    steps=[
        together(
            near_miss(SlowScrape(timeout_ratio=0.5), of="ScrapeTooSlow"),
            near_miss(
                AddedRule("http_requests_total * on (instance) group_left () up"),
                of="RuleEvaluationFailing",
            ),
        ),
        together(
            fault(SlowScrape(timeout_ratio=0.85)),
            # One request counter for each route and status, and nothing says which to join.
            fault(AddedRule("http_requests_total * on (instance) up")),
        ),
        fault(RedisExporterDown()),
    ],
    expects=[
        fires(
            "ScrapeTooSlow",
            within="6m",
            at="platform-chat",
            group={"alertname": "ScrapeTooSlow", "service": "monitoring"},
            labels={"severity": "warning", "instance": "redis-exporter:9121"},
            annotations={"summary": "of its timeout"},
            resolves_within="8m",
            fault="slow_scrape",
        ),
        fires(
            "RuleEvaluationFailing",
            within="4m",
            at="platform-pager",
            group={"alertname": "RuleEvaluationFailing", "service": "monitoring"},
            labels={"severity": "critical"},
            annotations={"summary": "added.yml"},
            resolves_within="8m",
            fault="added_rule",
        ),
        fires(
            "TargetDown",
            within="5m",
            at="platform-chat",
            group={"alertname": "TargetDown", "service": "monitoring"},
            labels={"severity": "warning", "instance": "redis-exporter:9121"},
            annotations={"summary": "cannot be scraped"},
            resolves_within="9m",
            fault="redis_exporter_down",
        ),
    ],
)
