"""The row of PostgreSQL, as its exporter sees it, on the application dashboard."""

from stack.grafana.dashboard import Row
from stack.grafana.panel import Panel, Query

_SHOP = 'datname="tickets"'

POSTGRES = Row(
    "PostgreSQL",
    (
        Panel(
            title="PostgreSQL up",
            tells="Whether the exporter reaches PostgreSQL.",
            unit="short",
            queries=(Query("pg_up", "{{instance}}"),),
            related=("PostgresDown",),
            kind="stat",
        ),
        Panel(
            title="Size of the database",
            tells="Disk that orders, payments and the catalogue take.",
            unit="bytes",
            queries=(Query(f"pg_database_size_bytes{{{_SHOP}}}", "{{datname}}"),),
            kind="stat",
        ),
        Panel(
            title="Connections taken",
            tells="Share of the connections that ordinary users may have.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (instance, job, server) (pg_stat_activity_count)"
                    " / (pg_settings_max_connections - pg_settings_superuser_reserved_connections)",
                    "{{server}}",
                ),
            ),
            alerts=("PostgresConnectionsNearLimit",),
        ),
        Panel(
            title="Sessions",
            tells="Connections by what they do. Many idle in a transaction are a program that "
            "forgets to end its own, and keeps its locks.",
            unit="short",
            queries=(Query("sum by (state) (pg_stat_activity_count)", "{{state}}"),),
            is_stacked=True,
        ),
        Panel(
            title="Active sessions",
            tells="Sessions that run a statement, by what they wait for; without a name, for "
            "nothing.",
            unit="short",
            queries=(
                Query(
                    'sum by (wait_event_type) (pg_stat_activity_count{state="active"})',
                    "waits for: {{wait_event_type}}",
                ),
            ),
            is_stacked=True,
            related=("PostgresLockWaits",),
        ),
        Panel(
            title="Locks",
            tells="Locks on the shop's tables, held and waited for, by mode.",
            unit="short",
            queries=(Query(f"pg_locks_count{{{_SHOP}}}", "{{mode}}"),),
            is_stacked=True,
            related=("PostgresLockWaits",),
        ),
        Panel(
            title="Transactions",
            tells="Transactions of the shop a second that ended well, and that were undone.",
            unit="ops",
            queries=(
                Query(
                    f"rate(pg_stat_database_xact_commit{{{_SHOP}}}[$__rate_interval])", "committed"
                ),
                Query(
                    f"rate(pg_stat_database_xact_rollback{{{_SHOP}}}[$__rate_interval])", "undone"
                ),
            ),
        ),
    ),
)
