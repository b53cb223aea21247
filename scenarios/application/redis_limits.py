"""Redis nearly full, and with many more clients than before: two warnings to the platform team."""

from scenarios.drill import Drill, fault, fires, near_miss, together
from scenarios.load import Load
from stack.faults.redis_clients import RedisClients
from stack.faults.redis_memory import RedisMemory

DRILL = Drill(
    load=Load("browse", 5),
    steps=[
        together(
            near_miss(RedisMemory(used_ratio=0.65), of="RedisMemoryHigh"),
            near_miss(RedisClients(clients=32), of="RedisClientsSurge"),
        ),
        together(
            fault(RedisMemory(used_ratio=0.95)),
            fault(RedisClients(clients=150)),
        ),
    ],
    expects=[
        fires(
            "RedisMemoryHigh",
            within="4m",
            at="platform-chat",
            group={"alertname": "RedisMemoryHigh", "service": "redis"},
            labels={"severity": "warning", "instance": "redis-exporter:9121"},
            resolves_within="10m",
            fault="redis_memory",
        ),
        fires(
            "RedisClientsSurge",
            within="4m",
            at="platform-chat",
            group={"alertname": "RedisClientsSurge", "service": "redis"},
            labels={"severity": "warning", "instance": "redis-exporter:9121"},
            resolves_within="10m",
            fault="redis_clients",
        ),
    ],
)
