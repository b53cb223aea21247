"""A host whose cores are all busy pages the platform team; two thirds busy does not."""

from scenarios.drill import Drill, fault, fires, near_miss
from stack.faults.host_cpu import HostCpu

DRILL = Drill(
    steps=[
        near_miss(HostCpu(busy_ratio=0.65), of="HostCpuHigh"),
        fault(HostCpu(busy_ratio=0.99)),
    ],
    expects=[
        fires(
            "HostCpuHigh",
            within="7m",
            at="platform-pager",
            group={"alertname": "HostCpuHigh", "service": "host"},
            labels={"severity": "critical"},
            annotations={"summary": "busy"},
            resolves_within="10m",
        ),
    ],
)
