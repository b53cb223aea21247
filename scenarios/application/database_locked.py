"""A locked database: statements fail and hold their connections, and the API team is paged."""

from scenarios.drill import Drill, fault, fires, inhibited, near_miss, together
from scenarios.load import Load
from stack.faults.cache_drops import CacheDrops
from stack.faults.database_locked import DatabaseLocked

TIMEOUT_SECONDS = 0.6
DATABASE = {"service": "database"}

DRILL = Drill(
    load=Load("normal", 12),
    app_settings={
        # So that no request is slow, whatever it has to wait for.
        "APP_DATABASE_TIMEOUT_SECONDS": f"{TIMEOUT_SECONDS:g}",
        "APP_DATABASE_POOL_SIZE": "2",
        # As on a network file system, which has no shared memory: a lock keeps readers out too.
        "APP_DATABASE_JOURNAL_MODE": "delete",
    },
    steps=[
        # One writer fails in each turn of the lock, the next outlasts what is left of it.
        near_miss(
            DatabaseLocked(
                "immediate", held_seconds=0.8, free_seconds=5.2, timeout_seconds=TIMEOUT_SECONDS
            ),
            of="DatabaseErrors",
        ),
        # Connections are held for most of the time that statements wait, and none fails.
        near_miss(
            DatabaseLocked(
                "exclusive",
                held_seconds=0.7 * TIMEOUT_SECONDS,
                free_seconds=0.3,
                timeout_seconds=TIMEOUT_SECONDS,
            ),
            of="DatabaseConnectionPoolHigh",
        ),
        together(
            # Else the database would hardly be asked until the cached catalogue expires.
            fault(CacheDrops(drops_per_second=10)),
            fault(DatabaseLocked("exclusive", timeout_seconds=TIMEOUT_SECONDS, failing_ratio=0.08)),
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
