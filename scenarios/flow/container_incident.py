"""The incident in containers: CPU at its quota, the API's memory, the cache, then payments."""

from scenarios.drill import Drill, begin, end, fires
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops
from stack.faults.container_cpu import ContainerCpu
from stack.faults.container_memory import ContainerMemory
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    load=Load("normal", 20),
    steps=[
        begin(ContainerCpu(busy_ratio=0.97)),
        begin(ContainerMemory(used_ratio=0.9)),
        # Of 17 reads a second three in ten miss: too few to weigh on the database.
        begin(CacheDrops(drops_per_second=5)),
        begin(PaymentFailures(failure_ratio=0.5), events_per_second=2),
        end("container_cpu", "container_memory", "cache_drops", "payment_failures"),
    ],
    expects=[
        fires(
            "ContainerCpuHigh",
            within="6m",
            at="platform-chat",
            group={"alertname": "ContainerCpuHigh", "service": "container"},
            resolves_within="12m",
            fault="container_cpu",
        ),
        fires(
            "ApiContainerMemoryLeak",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            labels={"name": "flash-tickets-api"},
            resolves_within="12m",
            fault="container_memory",
            after="ContainerCpuHigh",
        ),
        fires(
            "CacheHitRatioLow",
            within="8m",
            at="platform-chat",
            group={"alertname": "CacheHitRatioLow", "service": "redis"},
            resolves_within="12m",
            fault="cache_drops",
            after="ApiContainerMemoryLeak",
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
    largest_speed=30,
    why_slow="cAdvisor takes up to a tenth of a second to look at all containers",
)
