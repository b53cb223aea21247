"""A cache that is missed warns of its hit ratio, and of the database that has to do its work."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops

DRILL = Drill(
    load=Load("browse", 12),
    steps=[
        # Of 12 reads a second one in seven misses, and the database reads half as much again.
        near_miss(
            CacheDrops(drops_per_second=1.7),
            of="CacheHitRatioLow",
            also=["DatabaseLoadFromCacheMisses"],
        ),
        fault(CacheDrops(drops_per_second=9)),
    ],
    expects=[
        fires(
            "CacheHitRatioLow",
            within="10m",
            at="platform-chat",
            group={"alertname": "CacheHitRatioLow", "service": "redis"},
            labels={"severity": "warning"},
            resolves_within="12m",
        ),
        fires(
            "DatabaseLoadFromCacheMisses",
            within="8m",
            at="api-chat",
            group={"service": "database"},
            labels={"severity": "warning"},
            resolves_within="12m",
        ),
    ],
)
