"""The rows of the containers, as cAdvisor sees them, on the infrastructure dashboard: all of them,
and the API's."""

from stack.grafana.dashboard import Row
from stack.grafana.panel import Panel, Query

_ANY = 'name!=""'
_API = 'name="flash-tickets-api"'
_RECEIVED = "container_network_receive_bytes_total"
_SENT = "container_network_transmit_bytes_total"

CONTAINERS = Row(
    "Containers",
    (
        Panel(
            title="CPU of what each container may use",
            tells="Share of its quota; a container without one is not here.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (instance, name) "
                    f"(rate(container_cpu_usage_seconds_total{{{_ANY}}}[2m])) / "
                    "sum by (instance, name) "
                    f"(container_spec_cpu_quota{{{_ANY}}} / container_spec_cpu_period{{{_ANY}}})",
                    "{{name}}",
                ),
            ),
            alerts=("ContainerCpuHigh",),
        ),
        Panel(
            title="Network of each container",
            tells="Bytes a second, received and sent, beside three times what it was five to ten "
            "minutes before.",
            unit="Bps",
            queries=(
                Query(
                    "sum by (instance, name) "
                    f"(rate({_RECEIVED}{{{_ANY}}}[2m]) + rate({_SENT}{{{_ANY}}}[2m]))",
                    "{{name}}",
                ),
                Query(
                    "3 * sum by (instance, name) "
                    f"(rate({_RECEIVED}{{{_ANY}}}[5m] offset 5m)"
                    f" + rate({_SENT}{{{_ANY}}}[5m] offset 5m))",
                    "{{name}}, three times its past",
                ),
            ),
            alerts=("ContainerNetworkSurge",),
        ),
        Panel(
            title="Time since each container was started",
            tells="Where a line falls to nothing, the container was started again.",
            unit="s",
            queries=(
                Query(
                    f"time() - max by (instance, name) (container_start_time_seconds{{{_ANY}}})",
                    "{{name}}",
                ),
            ),
            related=("ContainerRestarted",),
        ),
    ),
)

API_CONTAINER = Row(
    "Container flash-tickets-api",
    (
        Panel(
            title="Container started",
            tells="When the API's container was last started.",
            unit="dateTimeFromNow",
            queries=(Query(f"container_start_time_seconds{{{_API}}} * 1000", "{{name}}"),),
            kind="stat",
        ),
        Panel(
            title="Container last seen",
            tells="When cAdvisor last saw the API's container.",
            unit="dateTimeFromNow",
            queries=(Query(f"container_last_seen{{{_API}}} * 1000", "{{name}}"),),
            kind="stat",
            related=("ApiContainerGone",),
        ),
        Panel(
            title="Restarts",
            tells="How often the API's container was started again in the time shown.",
            unit="short",
            queries=(
                Query(f"changes(container_start_time_seconds{{{_API}}}[$__range])", "{{name}}"),
            ),
            kind="stat",
            related=("ContainerRestarted",),
        ),
        Panel(
            title="Container CPU",
            tells="Cores that the API's container used, of these in the kernel, and its quota.",
            unit="short",
            queries=(
                Query(
                    "sum by (name) "
                    f"(rate(container_cpu_usage_seconds_total{{{_API}}}[$__rate_interval]))",
                    "all",
                ),
                Query(
                    "sum by (name) "
                    f"(rate(container_cpu_system_seconds_total{{{_API}}}[$__rate_interval]))",
                    "in the kernel",
                ),
                Query(
                    f"container_spec_cpu_quota{{{_API}}} / container_spec_cpu_period{{{_API}}}",
                    "quota",
                ),
            ),
            related=("ContainerCpuHigh",),
        ),
        Panel(
            title="Container memory",
            tells="Memory that the API's container uses, caches included; the most it ever used; "
            "the caches alone; and its limit.",
            unit="bytes",
            queries=(
                Query(f"container_memory_usage_bytes{{{_API}}}", "used"),
                Query(f"container_memory_max_usage_bytes{{{_API}}}", "most used"),
                Query(f"container_memory_cache{{{_API}}}", "caches"),
                Query(f"container_spec_memory_limit_bytes{{{_API}}}", "limit"),
            ),
        ),
        Panel(
            title="Container memory, growing",
            tells="Memory without the caches, beside one and a half times what it was five to ten "
            "minutes before, and half of the limit.",
            unit="bytes",
            queries=(
                Query(
                    f"container_memory_usage_bytes{{{_API}}} - container_memory_cache{{{_API}}}",
                    "held",
                ),
                Query(
                    f"1.5 * (avg_over_time(container_memory_usage_bytes{{{_API}}}[5m] offset 5m)"
                    f" - avg_over_time(container_memory_cache{{{_API}}}[5m] offset 5m))",
                    "1.5 times its past",
                ),
                Query(f"0.5 * container_spec_memory_limit_bytes{{{_API}}}", "half of the limit"),
            ),
            related=("ApiContainerMemoryLeak",),
        ),
        Panel(
            title="Container network",
            tells="Bytes a second that the API's container received and sent.",
            unit="Bps",
            queries=(
                Query(f"sum by (name) (rate({_RECEIVED}{{{_API}}}[$__rate_interval]))", "received"),
                Query(f"sum by (name) (rate({_SENT}{{{_API}}}[$__rate_interval]))", "sent"),
            ),
        ),
        Panel(
            title="Container disk",
            tells="Bytes that the API's container wrote and keeps, and how many it may.",
            unit="bytes",
            queries=(
                Query(f"sum by (name) (container_fs_usage_bytes{{{_API}}})", "used"),
                Query(f"sum by (name) (container_fs_limit_bytes{{{_API}}})", "limit"),
            ),
        ),
    ),
)
