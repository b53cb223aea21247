"""PostgreSQL is gone: the platform team is paged for it, the API team for what then fails."""

from scenarios.drill import Drill, fault, fires, inhibited
from scenarios.judge.expectation import Allowed
from scenarios.load import Load
from stack.faults.postgres_down import PostgresDown

DRILL = Drill(
    load=Load("browse", 10),
    steps=[fault(PostgresDown())],
    expects=[
        fires(
            "PostgresDown",
            within="4m",
            at="platform-pager",
            group={"alertname": "PostgresDown", "service": "postgres"},
            labels={"severity": "critical"},
            resolves_within="10m",
        ),
        fires(
            "DatabaseErrors",
            within="9m",
            at="api-pager",
            group={"service": "database"},
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="20m",
        ),
        inhibited("CacheHitRatioLow", by="DatabaseErrors"),
        inhibited("ApiErrorRatioHigh", by="DatabaseErrors"),
    ],
    allows=[
        Allowed(
            alert,
            at="platform-chat",
            reason="the exporter pauses for a second before it says that PostgreSQL is down: an "
            "instant in production, but longer than a scrape may take when it is sped up",
        )
        for alert in ("ScrapeTooSlow", "TargetDown")
    ],
)
