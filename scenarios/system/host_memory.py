"""A host that runs out of memory warns the platform team; three fifths used does not."""

from scenarios.drill import Drill, fault, fires, near_miss
from stack.faults.host_memory import HostMemory

DRILL = Drill(
    steps=[
        near_miss(HostMemory(used_ratio=0.6), of="HostMemoryHigh"),
        fault(HostMemory(used_ratio=0.89)),
    ],
    expects=[
        fires(
            "HostMemoryHigh",
            within="5m",
            at="platform-chat",
            group={"alertname": "HostMemoryHigh", "service": "host"},
            labels={"severity": "warning"},
            annotations={"summary": "used"},
            resolves_within="8m",
        ),
    ],
)
