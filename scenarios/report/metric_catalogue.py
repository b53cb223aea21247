"""The metrics of the four layers: what each tells, and what it is called today.

A name differs from the monitoring guide of Flash Tickets where the exporter has renamed it since,
or where the guide's API was another program; ``guide_name`` is then what the guide says.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One metric by the name it is scraped under; ``job`` exposes it."""

    job: str
    name: str
    tells: str
    guide_name: str = ""


@dataclass(frozen=True)
class Layer:
    """The metrics of one collector."""

    title: str
    metrics: tuple[Metric, ...]


def _of(job: str, *rows: tuple[str, str] | tuple[str, str, str]) -> tuple[Metric, ...]:
    return tuple(Metric(job, *row) for row in rows)


LAYERS = (
    Layer(
        "System: node_exporter",
        _of(
            "node",
            ("node_cpu_seconds_total", "seconds each CPU spent in each mode"),
            ("node_memory_MemTotal_bytes", "memory of the host"),
            ("node_memory_MemAvailable_bytes", "memory that programs could still have"),
            ("node_memory_MemFree_bytes", "memory that nothing uses, caches included"),
            ("node_disk_reads_completed_total", "reads of each disk"),
            ("node_disk_writes_completed_total", "writes of each disk"),
            ("node_disk_io_time_seconds_total", "seconds each disk was busy"),
            ("node_filesystem_avail_bytes", "space left to users, of each file system"),
            ("node_filesystem_size_bytes", "size of each file system"),
            ("node_network_receive_bytes_total", "bytes received by each interface"),
            ("node_network_transmit_bytes_total", "bytes sent by each interface"),
            ("node_load1", "the kernel's load average over 1 minute; no speed divides it"),
            ("node_load5", "over 5 minutes"),
            ("node_load15", "over 15 minutes"),
            ("node_boot_time_seconds", "when the host was started"),
        ),
    ),
    Layer(
        "Container: cAdvisor",
        _of(
            "cadvisor",
            ("container_cpu_usage_seconds_total", "CPU seconds that each container used"),
            ("container_cpu_system_seconds_total", "of these in the kernel"),
            ("container_spec_cpu_quota", "CPU time it may use in each period; absent without one"),
            ("container_spec_cpu_period", "length of that period"),
            ("container_memory_usage_bytes", "memory that it uses, caches included"),
            ("container_memory_max_usage_bytes", "the most that it has used"),
            ("container_memory_cache", "of its memory, the caches"),
            ("container_spec_memory_limit_bytes", "memory it may use; 0 is no limit"),
            ("container_network_receive_bytes_total", "bytes received by each interface of it"),
            ("container_network_transmit_bytes_total", "bytes sent by each interface of it"),
            ("container_fs_usage_bytes", "what it wrote to its own layer; half a minute late"),
            ("container_fs_limit_bytes", "size of the file system that holds it"),
            ("container_last_seen", "when it was last seen: now, until it ends"),
            ("container_start_time_seconds", "when it was started"),
        ),
    ),
    Layer(
        "Application: redis_exporter",
        _of(
            "redis",
            ("redis_up", "1 if the exporter reached Redis"),
            ("redis_uptime_in_seconds", "seconds since Redis was started"),
            ("redis_connected_clients", "connections from clients"),
            ("redis_blocked_clients", "clients that wait in a blocking command"),
            (
                "redis_client_recent_max_input_buffer_bytes",
                "the largest input buffer among current clients",
                "redis_client_recent_max_input_buffer",
            ),
            (
                "redis_client_recent_max_output_buffer_bytes",
                "the largest output buffer among current clients",
                "redis_client_recent_max_output_buffer",
            ),
            ("redis_memory_used_bytes", "memory that Redis allocated"),
            ("redis_memory_used_rss_bytes", "memory that Redis has of the host"),
            ("redis_memory_max_bytes", "the limit `maxmemory`; 0 is none"),
            (
                "redis_mem_fragmentation_ratio",
                "memory had of the host over memory allocated",
                "redis_memory_fragmentation_ratio",
            ),
            ("redis_keyspace_hits_total", "reads of keys that were there"),
            ("redis_keyspace_misses_total", "reads of keys that were not"),
            ("redis_commands_total", "commands, by `cmd`"),
            ("redis_db_keys", "keys of each database"),
            ("redis_db_avg_ttl_seconds", "average time to live of keys that expire"),
            (
                "redis_rdb_last_save_timestamp_seconds",
                "when data were last saved to disk",
                "redis_last_save_time_seconds",
            ),
        ),
    ),
    Layer(
        "Application: postgres_exporter",
        _of(
            "postgres",
            ("pg_up", "1 if the exporter reached PostgreSQL"),
            ("pg_stat_activity_count", "sessions, by state and by what they wait for"),
            ("pg_settings_max_connections", "connections that it takes"),
            (
                "pg_settings_superuser_reserved_connections",
                "of these, kept for administrators",
            ),
            ("pg_locks_count", "locks held and waited for, by mode"),
            ("pg_stat_database_xact_commit", "transactions that ended well, of each database"),
            ("pg_stat_database_xact_rollback", "transactions that were undone"),
            ("pg_database_size_bytes", "size of each database on disk"),
        ),
    ),
    Layer(
        "Business: the Flash Tickets API",
        _of(
            "flash-tickets-api",
            ("http_requests_total", "requests answered, by method, route and status"),
            ("http_request_duration_seconds", "histogram of answer times, by method and route"),
            ("http_request_size_bytes", "sizes of request bodies"),
            ("http_response_size_bytes", "sizes of answer bodies"),
            ("queue_waiting_users_total", "people in the waiting room now: a gauge"),
            ("queue_processing_users_total", "people admitted who have not ordered yet: a gauge"),
            ("queue_admitted_users_total", "people admitted"),
            ("orders_created_total", "orders that reserved stock"),
            ("orders_completed_total", "orders that were paid"),
            ("revenue_cents_total", "money charged for paid orders"),
            ("payments_successful_total", "charges that succeeded, by method"),
            ("payments_failed_total", "payments that failed, by method and reason"),
            ("payment_gateway_request_duration_seconds", "histogram of the gateway's times"),
            ("cache_hits_total", "catalogue reads answered by the cache"),
            ("cache_misses_total", "catalogue reads that went to the database"),
            ("redis_command_duration_seconds", "histogram of Redis' times as the API sees them"),
            ("redis_command_errors_total", "Redis commands without an answer"),
            ("db_connections_active", "database connections in use"),
            ("db_connections_max", "database connections that may be in use at once"),
            ("db_query_duration_seconds", "histogram of statement times, by operation"),
            ("db_query_errors_total", "statements that failed, by operation"),
            (
                "python_heap_objects",
                "blocks of memory in use by Python's allocator; it does not tell their bytes",
                "nodejs_heap_size_used_bytes",
            ),
            ("process_cpu_user_seconds_total", "CPU seconds of the process in user mode"),
            (
                "process_resident_memory_bytes",
                "memory the process has of the host",
                "nodejs_heap_size_total_bytes",
            ),
        ),
    ),
)
