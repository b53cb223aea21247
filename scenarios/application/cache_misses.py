"""A missed cache warns of its hit ratio, and of the database, apart from what else the API has."""

from scenarios.drill import Drill, fault, fires, near_miss, together
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops
from stack.faults.slow_uploads import SlowUploads

DRILL = Drill(
    load=Load("browse", 12),
    steps=[
        # Of 12 reads a second one in seven misses, and the database reads half as much again.
        near_miss(
            CacheDrops(drops_per_second=1.7),
            of="CacheHitRatioLow",
            also=["DatabaseLoadFromCacheMisses"],
        ),
        # One receiver is told of two services at the same time, and in two messages. The database's
        # rule compares with the past, so what it tells of comes last: it is none in the end.
        together(
            fault(SlowUploads(resident_bytes=225e6)),
            fault(CacheDrops(drops_per_second=9)),
        ),
    ],
    expects=[
        fires(
            "CacheHitRatioLow",
            within="10m",
            at="platform-chat",
            group={"alertname": "CacheHitRatioLow", "service": "redis"},
            labels={"severity": "warning"},
            resolves_within="12m",
            fault="cache_drops",
        ),
        fires(
            "DatabaseLoadFromCacheMisses",
            within="8m",
            at="api-chat",
            group={"service": "database"},
            labels={"severity": "warning"},
            resolves_within="12m",
            fault="cache_drops",
        ),
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            labels={"severity": "warning"},
            resolves_within="12m",
            fault="slow_uploads",
        ),
    ],
)
