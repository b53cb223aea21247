"""The row of the API's container, as cAdvisor sees it, on the infrastructure dashboard."""

from stack.grafana.dashboard import Row
from stack.grafana.panel import Panel, Query

_API_CONTAINER = 'name="flash-tickets-api"'

CONTAINER = Row(
    "Container flash-tickets-api",
    (
        Panel(
            title="Container started",
            tells="When the API's container was last started.",
            unit="dateTimeFromNow",
            queries=(
                Query(f"container_start_time_seconds{{{_API_CONTAINER}}} * 1000", "{{name}}"),
            ),
            kind="stat",
        ),
        Panel(
            title="Container last seen",
            tells="When cAdvisor last saw the API's container.",
            unit="dateTimeFromNow",
            queries=(Query(f"container_last_seen{{{_API_CONTAINER}}} * 1000", "{{name}}"),),
            kind="stat",
        ),
        Panel(
            title="Restarts",
            tells="How often the API's container was started again in the time shown.",
            unit="short",
            queries=(
                Query(
                    f"changes(container_start_time_seconds{{{_API_CONTAINER}}}[$__range])",
                    "{{name}}",
                ),
            ),
            kind="stat",
        ),
        Panel(
            title="Container CPU",
            tells="Cores that the API's container used, and of these in the kernel.",
            unit="short",
            queries=(
                Query(
                    "sum by (name) (rate("
                    f"container_cpu_usage_seconds_total{{{_API_CONTAINER}}}[$__rate_interval]))",
                    "all",
                ),
                Query(
                    "sum by (name) (rate("
                    f"container_cpu_system_seconds_total{{{_API_CONTAINER}}}[$__rate_interval]))",
                    "in the kernel",
                ),
            ),
        ),
        Panel(
            title="Container memory",
            tells="Memory that the API's container uses, caches included; the most it ever used; "
            "and the caches alone.",
            unit="bytes",
            queries=(
                Query(f"container_memory_usage_bytes{{{_API_CONTAINER}}}", "used"),
                Query(f"container_memory_max_usage_bytes{{{_API_CONTAINER}}}", "most used"),
                Query(f"container_memory_cache{{{_API_CONTAINER}}}", "caches"),
            ),
        ),
        Panel(
            title="Container network",
            tells="Bytes a second that the API's container received and sent.",
            unit="Bps",
            queries=(
                Query(
                    "sum by (name) (rate("
                    f"container_network_receive_bytes_total{{{_API_CONTAINER}}}[$__rate_interval]))",
                    "received",
                ),
                Query(
                    "sum by (name) (rate("
                    f"container_network_transmit_bytes_total{{{_API_CONTAINER}}}"
                    "[$__rate_interval]))",
                    "sent",
                ),
            ),
        ),
        Panel(
            title="Container disk",
            tells="Bytes that the API's container wrote and keeps, and how many it may.",
            unit="bytes",
            queries=(
                Query(f"sum by (name) (container_fs_usage_bytes{{{_API_CONTAINER}}})", "used"),
                Query(f"sum by (name) (container_fs_limit_bytes{{{_API_CONTAINER}}})", "limit"),
            ),
        ),
    ),
)
