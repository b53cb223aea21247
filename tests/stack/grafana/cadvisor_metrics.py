"""What cAdvisor is asked of the API's container, as the monitoring guide names it."""

CADVISOR_METRICS = (
    "container_cpu_usage_seconds_total",
    "container_cpu_system_seconds_total",
    "container_memory_usage_bytes",
    "container_memory_max_usage_bytes",
    "container_memory_cache",
    "container_network_receive_bytes_total",
    "container_network_transmit_bytes_total",
    "container_fs_usage_bytes",
    "container_fs_limit_bytes",
    "container_last_seen",
    "container_start_time_seconds",
)
