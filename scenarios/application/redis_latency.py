"""A slow network to Redis warns the platform team; Redis itself is not called dead."""

from scenarios.drill import Drill, fault, fires, near_miss
from stack.faults.redis_latency import RedisLatency

DRILL = Drill(
    steps=[
        near_miss(RedisLatency(latency_seconds=0.06), of="RedisLatencyHigh"),
        fault(RedisLatency(latency_seconds=0.3)),
    ],
    expects=[
        fires(
            "RedisLatencyHigh",
            within="6m",
            at="platform-chat",
            group={"alertname": "RedisLatencyHigh", "service": "redis"},
            labels={"severity": "warning"},
            resolves_within="10m",
        ),
    ],
)
