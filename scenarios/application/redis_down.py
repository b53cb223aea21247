"""Redis is gone, or refuses everybody: the platform team is paged at once, and of that alone."""

from scenarios.drill import Drill, begin, end, fault, fires, inhibited
from scenarios.load import Load
from stack.faults.redis_down import RedisDown
from stack.faults.redis_latency import RedisLatency
from stack.faults.redis_password import RedisPassword

DRILL = Drill(
    # Nobody queues: whether somebody waits at that moment, for good, would be chance.
    load=Load("browse", 10),
    steps=[
        fault(RedisDown()),
        # Over a slow network a refusal is slow too; a Redis that is gone refuses connections fast.
        begin(RedisLatency(latency_seconds=0.3), until="in"),
        begin(RedisPassword(), until="in"),
        end("redis_password", "redis_latency"),
    ],
    expects=[
        *(
            fires(
                "RedisDown",
                within=within,
                at="platform-pager",
                group={"alertname": "RedisDown", "service": "redis"},
                labels={"severity": "critical", "instance": "redis-exporter:9121"},
                resolves_within="10m",
                fault=cause,
            )
            # The group of the first may still be there, and hold the second to its interval.
            for cause, within in (("redis_down", "2m"), ("redis_password", "7m"))
        ),
        inhibited("RedisLatencyHigh", by="RedisDown", fault="redis_latency"),
        inhibited("CacheHitRatioLow", by="RedisDown", fault="redis_password"),
        inhibited("DatabaseLoadFromCacheMisses", by="RedisDown", fault="redis_password"),
    ],
)
