"""Redis is gone: the platform team is paged at once, and not told of what follows from it."""

from scenarios.drill import Drill, fault, fires, inhibited
from scenarios.load import Load
from stack.faults.redis_down import RedisDown

DRILL = Drill(
    # Nobody queues: whether somebody waits at that moment, for good, would be chance.
    load=Load("browse", 10),
    steps=[fault(RedisDown())],
    expects=[
        fires(
            "RedisDown",
            within="2m",
            at="platform-pager",
            group={"alertname": "RedisDown", "service": "redis"},
            labels={"severity": "critical", "instance": "redis-exporter:9121"},
            resolves_within="10m",
        ),
        inhibited("CacheHitRatioLow", by="RedisDown"),
        inhibited("DatabaseLoadFromCacheMisses", by="RedisDown"),
    ],
)
