"""The infrastructure dashboard: the host (node_exporter), the containers (cAdvisor), and the
monitoring itself."""

from stack.grafana.container import API_CONTAINER, CONTAINERS
from stack.grafana.dashboard import Dashboard, Row
from stack.grafana.monitoring import MONITORING
from stack.grafana.panel import Panel, Query

_CPU_BUSY = Query(
    '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m]))',
    "{{instance}}",
)
_MEMORY_USED = Query(
    "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "{{instance}}",
)

_HOST = Row(
    "Host",
    (
        Panel(
            title="Host started",
            tells="When the host was last started.",
            unit="dateTimeFromNow",
            queries=(Query("node_boot_time_seconds * 1000", "{{instance}}"),),
            kind="stat",
        ),
        Panel(
            title="CPU now",
            tells="Share of all cores that is busy.",
            unit="percentunit",
            queries=(_CPU_BUSY,),
            alerts=("HostCpuHigh",),
            kind="stat",
            decimals=0,
        ),
        Panel(
            title="Memory now",
            tells="Share of the memory that programs could not have.",
            unit="percentunit",
            queries=(_MEMORY_USED,),
            alerts=("HostMemoryHigh",),
            kind="stat",
            decimals=0,
        ),
        Panel(
            title="CPU busy",
            tells="Share of all cores that was busy.",
            unit="percentunit",
            queries=(_CPU_BUSY,),
            alerts=("HostCpuHigh",),
        ),
        Panel(
            title="CPU by mode",
            tells="What the cores were busy with: steal and iowait are not the host's own work.",
            unit="percentunit",
            queries=(
                Query(
                    'avg by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))',
                    "{{mode}}",
                ),
            ),
            is_stacked=True,
        ),
        Panel(
            title="Load average",
            tells="Programs that ran or waited to, as the kernel averages them.",
            unit="short",
            queries=(
                Query("node_load1", "1 minute"),
                Query("node_load5", "5 minutes"),
                Query("node_load15", "15 minutes"),
            ),
        ),
        Panel(
            title="Memory used",
            tells="Share of the memory that programs could not have.",
            unit="percentunit",
            queries=(_MEMORY_USED,),
            alerts=("HostMemoryHigh",),
        ),
        Panel(
            title="Memory",
            tells="Available counts the caches that the kernel would give up; free does not.",
            unit="bytes",
            queries=(
                Query("node_memory_MemTotal_bytes", "total"),
                Query("node_memory_MemAvailable_bytes", "available"),
                Query("node_memory_MemFree_bytes", "free"),
            ),
        ),
        Panel(
            title="Network by interface",
            tells="Bytes a second, received and sent, beside three times what it was five to ten "
            "minutes before.",
            unit="Bps",
            queries=(
                Query(
                    "rate(node_network_receive_bytes_total[1m])"
                    " + rate(node_network_transmit_bytes_total[1m])",
                    "{{device}}",
                ),
                Query(
                    "3 * (rate(node_network_receive_bytes_total[5m] offset 5m)"
                    " + rate(node_network_transmit_bytes_total[5m] offset 5m))",
                    "{{device}}, three times its past",
                ),
            ),
            alerts=("HostNetworkSurge",),
        ),
        Panel(
            title="Network received and sent",
            tells="Bytes a second of each interface, each way.",
            unit="Bps",
            queries=(
                Query(
                    "rate(node_network_receive_bytes_total[$__rate_interval])",
                    "{{device}} received",
                ),
                Query(
                    "rate(node_network_transmit_bytes_total[$__rate_interval])", "{{device}} sent"
                ),
            ),
        ),
    ),
)

_DISKS = Row(
    "Disks",
    (
        Panel(
            title="File systems full",
            tells="Share of each file system in use; an image mounted read-only is full by design.",
            unit="percentunit",
            queries=(
                Query(
                    "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes",
                    "{{mountpoint}}",
                ),
            ),
            alerts=("HostDiskFull",),
        ),
        Panel(
            title="File systems",
            tells="Space left to users, and the size, of each file system.",
            unit="bytes",
            queries=(
                Query("node_filesystem_avail_bytes", "{{mountpoint}} left"),
                Query("node_filesystem_size_bytes", "{{mountpoint}} size"),
            ),
        ),
        Panel(
            title="Disks busy",
            tells="Share of the time in which a disk had requests to serve.",
            unit="percentunit",
            queries=(Query("rate(node_disk_io_time_seconds_total[1m])", "{{device}}"),),
            alerts=("HostDiskIoBottleneck",),
        ),
        Panel(
            title="Disk reads and writes",
            tells="Reads and writes a second that each disk completed.",
            unit="iops",
            queries=(
                Query("rate(node_disk_reads_completed_total[$__rate_interval])", "{{device}} read"),
                Query(
                    "rate(node_disk_writes_completed_total[$__rate_interval])", "{{device}} written"
                ),
            ),
            related=("HostDiskIoBottleneck",),
        ),
    ),
)

DASHBOARD = Dashboard(
    uid="infrastructure",
    title="Flash Tickets: infrastructure",
    tells="The host and its containers: what all else stands on; and the monitoring itself.",
    rows=(_HOST, _DISKS, CONTAINERS, API_CONTAINER, MONITORING),
)
