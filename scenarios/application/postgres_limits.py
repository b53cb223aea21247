"""PostgreSQL nearly out of connections, and sessions that wait for a lock: each team is told."""

from scenarios.drill import Drill, fault, fires, near_miss, together
from scenarios.load import Load
from stack.faults.database_connections import DatabaseConnections
from stack.faults.database_lock_waits import DatabaseLockWaits

DRILL = Drill(
    load=Load("browse", 5),
    steps=[
        together(
            near_miss(DatabaseConnections(used_ratio=0.6), of="PostgresConnectionsNearLimit"),
            near_miss(DatabaseLockWaits(sessions=3), of="PostgresLockWaits"),
        ),
        # The sessions that wait have connections too: together all but a few are taken.
        together(
            fault(DatabaseConnections(used_ratio=0.83)),
            fault(DatabaseLockWaits(sessions=10)),
        ),
    ],
    expects=[
        fires(
            "PostgresConnectionsNearLimit",
            within="4m",
            at="platform-chat",
            group={"alertname": "PostgresConnectionsNearLimit", "service": "postgres"},
            labels={"severity": "warning", "instance": "postgres-exporter:9187"},
            resolves_within="10m",
            fault="database_connections",
        ),
        fires(
            "PostgresLockWaits",
            within="4m",
            at="api-chat",
            group={"service": "postgres"},
            labels={
                "severity": "warning",
                "instance": "postgres-exporter:9187",
                "datname": "tickets",
            },
            resolves_within="10m",
            fault="database_lock_waits",
        ),
    ],
)
