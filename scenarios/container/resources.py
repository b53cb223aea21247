"""A container that leaks memory, uses up its CPU or is flooded is told of; half as bad is not."""

from scenarios.drill import Drill, fault, fires, near_miss, together
from stack.faults.container_cpu import ContainerCpu
from stack.faults.container_memory import ContainerMemory
from stack.faults.container_traffic import ContainerTraffic

DRILL = Drill(
    steps=[
        together(
            # Half as much again as before, but little of its limit.
            near_miss(ContainerMemory(used_ratio=0.4), of="ApiContainerMemoryLeak"),
            near_miss(ContainerCpu(busy_ratio=0.6), of="ContainerCpuHigh"),
            # Many times what it was before, but little for a network.
            near_miss(ContainerTraffic(bytes_per_second=7e6), of="ContainerNetworkSurge"),
        ),
        together(
            fault(ContainerMemory(used_ratio=0.7)),
            fault(ContainerCpu(busy_ratio=0.97)),
        ),
        fault(ContainerTraffic(bytes_per_second=25e6)),
    ],
    expects=[
        fires(
            "ApiContainerMemoryLeak",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            labels={"severity": "warning", "name": "flash-tickets-api"},
            resolves_within="9m",
            fault="container_memory",
        ),
        fires(
            "ContainerCpuHigh",
            within="6m",
            at="platform-chat",
            group={"alertname": "ContainerCpuHigh", "service": "container"},
            labels={"severity": "warning"},
            resolves_within="12m",
            fault="container_cpu",
        ),
        fires(
            "ContainerNetworkSurge",
            within="6m",
            at="platform-chat",
            group={"alertname": "ContainerNetworkSurge", "service": "container"},
            labels={"severity": "warning"},
            resolves_within="12m",
            fault="container_traffic",
        ),
    ],
    largest_speed=30,
    why_slow="cAdvisor takes up to a tenth of a second to look at all containers",
)
