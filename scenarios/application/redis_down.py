"""Redis is gone: the platform team is paged at once, and its latency alert stays out of the way."""

from scenarios.drill import Drill, fault, fires
from stack.faults.redis_down import RedisDown

DRILL = Drill(
    steps=[fault(RedisDown())],
    expects=[
        fires(
            "RedisDown",
            within="2m",
            at="platform-pager",
            group={"alertname": "RedisDown", "service": "redis"},
            labels={"severity": "critical", "instance": "redis-exporter:9121"},
            resolves_within="8m",
        ),
    ],
)
