"""Redis refuses everybody, or is gone: the platform team is paged at once, and of that alone."""

from scenarios.drill import Drill, begin, end, fault, fires, inhibited
from scenarios.load import Load
from stack.faults.redis_down import RedisDown
from stack.faults.redis_latency import RedisLatency
from stack.faults.redis_password import RedisPassword

DRILL = Drill(
    # Nobody queues: whether somebody waits at that moment, for good, would be chance.
    load=Load("browse", 10),
    steps=[
        # Over a slow network a refusal is slow too; a Redis that is gone refuses connections fast.
        begin(RedisLatency(latency_seconds=0.3), until="in"),
        begin(RedisPassword(), until="in"),
        end("redis_password", "redis_latency"),
        fault(RedisDown()),
    ],
    expects=[
        *(
            fires(
                "RedisDown",
                within="2m",
                at="platform-pager",
                group={"alertname": "RedisDown", "service": "redis"},
                labels={"severity": "critical", "instance": "redis-exporter:9121"},
                resolves_within="10m",
                fault=cause,
            )
            for cause in ("redis_password", "redis_down")
        ),
        inhibited("RedisLatencyHigh", by="RedisDown", fault="redis_latency"),
        inhibited("CacheHitRatioLow", by="RedisDown", fault="redis_password"),
        inhibited("DatabaseLoadFromCacheMisses", by="RedisDown", fault="redis_password"),
    ],
)
