"""One incident, from the host to the customer: CPU, the API's memory, the cache, then payments."""

from scenarios.drill import Drill, begin, end, fires
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops
from stack.faults.host_cpu import HostCpu
from stack.faults.payment_failures import PaymentFailures
from stack.faults.slow_uploads import SlowUploads

DRILL = Drill(
    load=Load("normal", 20),
    steps=[
        begin(HostCpu(busy_ratio=0.99)),
        begin(SlowUploads(resident_bytes=225e6)),
        # Of 17 reads a second three in ten miss: too few to weigh on the database.
        begin(CacheDrops(drops_per_second=5)),
        begin(PaymentFailures(failure_ratio=0.5), events_per_second=2),
        end("host_cpu", "slow_uploads", "cache_drops", "payment_failures"),
    ],
    expects=[
        fires(
            "HostCpuHigh",
            within="7m",
            at="platform-pager",
            group={"alertname": "HostCpuHigh", "service": "host"},
            labels={"severity": "critical"},
            resolves_within="12m",
            fault="host_cpu",
        ),
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            labels={"instance": "api:4000"},
            resolves_within="12m",
            fault="slow_uploads",
            after="HostCpuHigh",
        ),
        fires(
            "CacheHitRatioLow",
            within="8m",
            at="platform-chat",
            group={"alertname": "CacheHitRatioLow", "service": "redis"},
            resolves_within="12m",
            fault="cache_drops",
            after="ApiMemoryHigh",
        ),
        *(
            fires(
                "PaymentFailureRatioHigh",
                within="6m",
                at="payments-pager",
                group={"service": "payments"},
                labels={"method": method},
                resolves_within="14m",
                fault="payment_failures",
                after="CacheHitRatioLow",
            )
            for method in ("card", "wallet")
        ),
    ],
)
