"""A locked database: statements fail and hold their connections, and the API team is paged."""

from scenarios.drill import Drill, fault, fires, inhibited, near_miss, together
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops
from stack.faults.database_locked import DatabaseLocked

TIMEOUT_SECONDS = 0.4
DATABASE = {"service": "database"}

DRILL = Drill(
    load=Load("normal", 18),
    app_settings={
        # So that no request is slow, whatever it has to wait for.
        "APP_DATABASE_TIMEOUT_SECONDS": f"{TIMEOUT_SECONDS:g}",
        # So that one statement at a time waits for PostgreSQL's locks, as for SQLite's.
        "APP_DATABASE_POOL_SIZE": "1",
        # Of SQLite, as on a network file system: there a lock keeps readers out too, as
        # PostgreSQL's does.
        "APP_DATABASE_JOURNAL_MODE": "delete",
    },
    steps=[
        # One writer fails in each turn of the lock, the next outlasts what is left of it.
        near_miss(
            DatabaseLocked(
                "immediate",
                held_seconds=1.5 * TIMEOUT_SECONDS,
                free_seconds=5.4,
                timeout_seconds=TIMEOUT_SECONDS,
            ),
            of="DatabaseErrors",
        ),
        # Connections are held for most of the time that statements wait, and none fails.
        near_miss(
            DatabaseLocked(
                "exclusive",
                held_seconds=0.6 * TIMEOUT_SECONDS,
                free_seconds=0.2,
                timeout_seconds=TIMEOUT_SECONDS,
            ),
            of="DatabaseConnectionPoolHigh",
        ),
        together(
            # Else the database would hardly be asked until the cached catalogue expires.
            fault(CacheDrops(drops_per_second=10)),
            fault(DatabaseLocked("exclusive", timeout_seconds=TIMEOUT_SECONDS, failing_ratio=0.05)),
        ),
    ],
    expects=[
        fires(
            "DatabaseErrors",
            within="9m",
            at="api-pager",
            group=DATABASE,
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="15m",
            fault="database_locked",
        ),
        fires(
            "DatabaseConnectionPoolHigh",
            within="8m",
            at="api-chat",
            group=DATABASE,
            labels={"severity": "warning", "instance": "api:4000"},
            resolves_within="12m",
            fault="database_locked",
        ),
        inhibited("CacheHitRatioLow", by="DatabaseErrors", fault="database_locked"),
        inhibited("ApiErrorRatioHigh", by="DatabaseErrors", fault="database_locked"),
    ],
)
