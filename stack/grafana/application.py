"""The application dashboard: the API, the database, PostgreSQL and Redis."""

from stack.grafana.dashboard import Dashboard, Row, Variable
from stack.grafana.panel import Panel, Query
from stack.grafana.postgres import POSTGRES
from stack.grafana.redis import REDIS

_API = Row(
    "API",
    (
        Panel(
            title="API up",
            tells="Whether Prometheus can scrape the API.",
            unit="short",
            queries=(Query('up{job="flash-tickets-api"}', "{{instance}}"),),
            alerts=("ApiDown",),
            kind="stat",
        ),
        Panel(
            title="Requests now",
            tells="Requests a second that the API answers.",
            unit="reqps",
            queries=(
                Query("sum by (job) (rate(http_requests_total[$__rate_interval]))", "{{job}}"),
            ),
            kind="stat",
        ),
        Panel(
            title="Requests by status",
            tells="Requests answered a second, of the routes chosen above.",
            unit="reqps",
            queries=(
                Query(
                    "sum by (status)"
                    ' (rate(http_requests_total{route=~"$route"}[$__rate_interval])) > 0',
                    "{{status}}",
                ),
            ),
            is_stacked=True,
            related=("ApiErrorRatioHigh",),
        ),
        Panel(
            title="Answer time (p95)",
            tells="Nineteen requests in twenty are answered faster, over all routes.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, instance)"
                    " (rate(http_request_duration_seconds_bucket[2m])))",
                    "{{instance}}",
                ),
            ),
            alerts=("ApiResponseSlow",),
        ),
        Panel(
            title="Answer time by route (p95)",
            tells="Nineteen requests in twenty are answered faster, for each route chosen above.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, instance, method, route)"
                    ' (rate(http_request_duration_seconds_bucket{route=~"$route"}[2m])))',
                    "{{method}} {{route}}",
                ),
            ),
            alerts=("ApiEndpointSlow",),
        ),
        Panel(
            title="Errors by route",
            tells="Share of the answers that are a 5xx, for each route chosen above.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (job, method, route)"
                    ' (rate(http_requests_total{status=~"5..", route=~"$route"}[2m]))'
                    " / sum by (job, method, route)"
                    ' (rate(http_requests_total{route=~"$route"}[2m]))',
                    "{{method}} {{route}}",
                ),
            ),
            alerts=("ApiErrorRatioHigh",),
        ),
        Panel(
            title="Sizes",
            tells="Mean sizes of bodies, of the routes chosen above.",
            unit="bytes",
            queries=(
                Query(
                    'sum(rate(http_request_size_bytes_sum{route=~"$route"}[$__rate_interval]))'
                    " / sum(rate("
                    'http_request_size_bytes_count{route=~"$route"}[$__rate_interval]))',
                    "requests",
                ),
                Query(
                    'sum(rate(http_response_size_bytes_sum{route=~"$route"}[$__rate_interval]))'
                    " / sum(rate("
                    'http_response_size_bytes_count{route=~"$route"}[$__rate_interval]))',
                    "answers",
                ),
            ),
        ),
        Panel(
            title="Process memory",
            tells="Memory that the API's process has of the host.",
            unit="bytes",
            queries=(
                Query('process_resident_memory_bytes{job="flash-tickets-api"}', "{{instance}}"),
            ),
            alerts=("ApiMemoryHigh",),
        ),
        Panel(
            title="Python's memory blocks",
            tells="Blocks that Python's allocator has given out. When they grow with the process, "
            "it is objects that are kept.",
            unit="short",
            queries=(Query("python_heap_objects", "{{instance}}"),),
            related=("ApiMemoryHigh",),
        ),
        Panel(
            title="Process CPU",
            tells="Cores that the API's process uses in user mode.",
            unit="short",
            queries=(
                Query(
                    "rate(process_cpu_user_seconds_total"
                    '{job="flash-tickets-api"}[$__rate_interval])',
                    "{{instance}}",
                ),
            ),
        ),
    ),
)

_CACHE = Row(
    "Cache, as the API sees it",
    (
        Panel(
            title="Cache hits",
            tells="Share of the catalogue's reads that the cache answered.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (job) (rate(cache_hits_total[2m]))"
                    " / (sum by (job) (rate(cache_hits_total[2m]))"
                    " + sum by (job) (rate(cache_misses_total[2m])))",
                    "{{job}}",
                ),
            ),
            alerts=("CacheHitRatioLow",),
        ),
        Panel(
            title="Redis' answer time (p95)",
            tells="Nineteen commands in twenty take the API less, the network included.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, instance)"
                    " (rate(redis_command_duration_seconds_bucket[2m])))",
                    "{{instance}}",
                ),
            ),
            alerts=("RedisLatencyHigh",),
        ),
        Panel(
            title="Commands without an answer",
            tells="Redis commands a second that the API gave up.",
            unit="ops",
            queries=(
                Query(
                    "sum by (command) (rate(redis_command_errors_total[$__rate_interval]))",
                    "{{command}}",
                ),
            ),
            related=("RedisDown", "RedisLatencyHigh"),
        ),
    ),
)

_DATABASE = Row(
    "Database",
    (
        Panel(
            title="Reads",
            tells="Reads a second, beside twice what they were five to ten minutes before; and the "
            "cache misses that cause them.",
            unit="ops",
            queries=(
                Query(
                    'sum by (job) (rate(db_query_duration_seconds_count{operation="select"}[2m]))',
                    "reads",
                ),
                Query(
                    "2 * sum by (job) (rate("
                    'db_query_duration_seconds_count{operation="select"}[5m] offset 5m))',
                    "twice their past",
                ),
                Query("sum by (job) (rate(cache_misses_total[2m]))", "cache misses"),
            ),
            alerts=("DatabaseLoadFromCacheMisses",),
        ),
        Panel(
            title="Statement time (p95)",
            tells="Nineteen statements in twenty take less, by operation.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, operation)"
                    " (rate(db_query_duration_seconds_bucket[$__rate_interval])))",
                    "{{operation}}",
                ),
            ),
        ),
        Panel(
            title="Statements that fail",
            tells="Share of the statements that failed.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (instance) (rate(db_query_errors_total[5m]))"
                    " / (sum by (instance) (rate(db_query_errors_total[5m]))"
                    " + sum by (instance) (rate(db_query_duration_seconds_count[5m])))",
                    "{{instance}}",
                ),
            ),
            alerts=("DatabaseErrors",),
        ),
        Panel(
            title="Connections in use",
            tells="Share of the API's database connections that are in use.",
            unit="percentunit",
            queries=(
                Query("avg_over_time(db_connections_active[2m]) / db_connections_max", "{{job}}"),
            ),
            alerts=("DatabaseConnectionPoolHigh",),
        ),
        Panel(
            title="Connections",
            tells="Database connections of the API: in use, and how many may be at once.",
            unit="short",
            queries=(
                Query("db_connections_active", "in use"),
                Query("db_connections_max", "at most"),
            ),
        ),
    ),
)

DASHBOARD = Dashboard(
    uid="application",
    title="Flash Tickets: application",
    tells="The API and what it stands on: its cache, its database and Redis.",
    rows=(_API, _CACHE, _DATABASE, POSTGRES, REDIS),
    variables=(
        Variable(
            name="route",
            title="Route",
            tells="Routes of the API that requests, answer times, errors and sizes are shown of.",
            query="label_values(http_requests_total, route)",
        ),
    ),
)
