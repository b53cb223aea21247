"""The row of Redis, as its exporter sees it, on the application dashboard."""

from stack.grafana.dashboard import Row
from stack.grafana.panel import Panel, Query

REDIS = Row(
    "Redis",
    (
        Panel(
            title="Redis up",
            tells="Whether the exporter reaches Redis.",
            unit="short",
            queries=(Query("redis_up", "{{instance}}"),),
            alerts=("RedisDown",),
            kind="stat",
        ),
        Panel(
            title="Up for",
            tells="How long ago Redis was started.",
            unit="s",
            queries=(Query("redis_uptime_in_seconds", "{{instance}}"),),
            kind="stat",
        ),
        Panel(
            title="Saved",
            tells="When the data were last saved to disk.",
            unit="dateTimeFromNow",
            queries=(Query("redis_rdb_last_save_timestamp_seconds * 1000", "{{instance}}"),),
            kind="stat",
        ),
        Panel(
            title="Keys",
            tells="Keys of the API's database: the cache and the waiting room.",
            unit="short",
            queries=(Query('redis_db_keys{db="db0"}', "{{db}}"),),
            kind="stat",
        ),
        Panel(
            title="Time to live",
            tells="How long the keys that expire have left, on average.",
            unit="s",
            queries=(Query('redis_db_avg_ttl_seconds{db="db0"}', "{{db}}"),),
            kind="stat",
        ),
        Panel(
            title="Blocked clients",
            tells="Clients that wait in a blocking command.",
            unit="short",
            queries=(Query("redis_blocked_clients", "{{instance}}"),),
            kind="stat",
        ),
        Panel(
            title="Clients",
            tells="Connections from clients, beside three times what they were five to ten minutes "
            "before.",
            unit="short",
            queries=(
                Query("redis_connected_clients", "{{instance}}"),
                Query(
                    "3 * avg_over_time(redis_connected_clients[5m] offset 5m)",
                    "{{instance}}, three times its past",
                ),
            ),
            alerts=("RedisClientsSurge",),
        ),
        Panel(
            title="Clients' buffers",
            tells="The largest buffers among the clients of now: a reader that is too slow shows "
            "in its output buffer.",
            unit="bytes",
            queries=(
                Query("redis_client_recent_max_input_buffer_bytes", "input"),
                Query("redis_client_recent_max_output_buffer_bytes", "output"),
            ),
        ),
        Panel(
            title="Commands",
            tells="Commands a second that Redis ran, by name.",
            unit="ops",
            queries=(
                Query("sum by (cmd) (rate(redis_commands_total[$__rate_interval])) > 0", "{{cmd}}"),
            ),
            is_stacked=True,
        ),
        Panel(
            title="Memory used",
            tells="Share of its limit that Redis has allocated.",
            unit="percentunit",
            queries=(Query("redis_memory_used_bytes / redis_memory_max_bytes", "{{instance}}"),),
            alerts=("RedisMemoryHigh",),
        ),
        Panel(
            title="Memory",
            tells="Memory that Redis allocated, what it has of the host for that, and its limit; "
            "a limit of 0 is none.",
            unit="bytes",
            queries=(
                Query("redis_memory_used_bytes", "allocated"),
                Query("redis_memory_used_rss_bytes", "of the host"),
                Query("redis_memory_max_bytes", "limit"),
            ),
            related=("RedisMemoryHigh",),
        ),
        Panel(
            title="Fragmentation",
            tells="Memory had of the host over memory allocated. Far above 1 is waste; below 1, "
            "part of Redis is swapped out.",
            unit="short",
            queries=(Query("redis_mem_fragmentation_ratio", "{{instance}}"),),
        ),
        Panel(
            title="Reads that found a key",
            tells="Share of the reads of keys that were there, the waiting room's included.",
            unit="percentunit",
            queries=(
                Query(
                    "rate(redis_keyspace_hits_total[$__rate_interval])"
                    " / (rate(redis_keyspace_hits_total[$__rate_interval])"
                    " + rate(redis_keyspace_misses_total[$__rate_interval]))",
                    "{{instance}}",
                ),
            ),
            related=("CacheHitRatioLow",),
        ),
        Panel(
            title="Reads of keys",
            tells="Reads a second of keys that were there, and of keys that were not.",
            unit="ops",
            queries=(
                Query("rate(redis_keyspace_hits_total[$__rate_interval])", "there"),
                Query("rate(redis_keyspace_misses_total[$__rate_interval])", "not there"),
            ),
        ),
    ),
)
