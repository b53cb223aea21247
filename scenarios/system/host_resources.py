"""A host short of CPU, memory, disk space, network or disk is told of; two thirds used is not."""

from scenarios.drill import Drill, begin, end, fault, fires, near_miss, together
from stack.faults.disk_busy import DiskBusy
from stack.faults.disk_full import DiskFull
from stack.faults.host_cpu import HostCpu
from stack.faults.host_memory import HostMemory
from stack.faults.network_surge import NetworkSurge

DRILL = Drill(
    steps=[
        together(
            near_miss(HostMemory(used_ratio=0.6), of="HostMemoryHigh"),
            near_miss(DiskFull(used_ratio=0.65), of="HostDiskFull"),
            near_miss(NetworkSurge(bytes_per_second=70e6), of="HostNetworkSurge"),
            near_miss(DiskBusy(busy_ratio=0.63), of="HostDiskIoBottleneck"),
            # Last: it fills up what the others leave.
            near_miss(HostCpu(busy_ratio=0.65), of="HostCpuHigh"),
        ),
        begin(HostMemory(used_ratio=0.89), until="in"),
        begin(DiskFull(used_ratio=0.97), until="in"),
        begin(DiskBusy(busy_ratio=1.0), until="in"),
        # The rule compares with the past, so a surge that lasts is none in the end.
        fault(NetworkSurge(bytes_per_second=300e6)),
        begin(HostCpu(busy_ratio=0.99), until="in"),
        end("host_memory", "disk_full", "disk_busy", "host_cpu"),
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
            fault="host_memory",
        ),
        fires(
            "HostDiskFull",
            within="4m",
            at="platform-pager",
            group={"alertname": "HostDiskFull", "service": "host"},
            labels={"severity": "critical"},
            annotations={"summary": "97"},
            resolves_within="8m",
            fault="disk_full",
        ),
        fires(
            "HostNetworkSurge",
            within="5m",
            at="platform-chat",
            group={"alertname": "HostNetworkSurge", "service": "host"},
            labels={"severity": "warning"},
            annotations={"summary": "MB a second"},
            resolves_within="9m",
            fault="network_surge",
        ),
        fires(
            "HostDiskIoBottleneck",
            within="5m",
            at="platform-chat",
            group={"alertname": "HostDiskIoBottleneck", "service": "host"},
            labels={"severity": "warning"},
            annotations={"summary": "busy"},
            resolves_within="9m",
            fault="disk_busy",
        ),
        fires(
            "HostCpuHigh",
            within="7m",
            at="platform-pager",
            group={"alertname": "HostCpuHigh", "service": "host"},
            labels={"severity": "critical"},
            annotations={"summary": "busy"},
            resolves_within="10m",
            fault="host_cpu",
        ),
    ],
)
