"""The API holds too much memory, then is gone: its team hears of both, the platform of neither."""

from scenarios.drill import Drill, fault, fires, inhibited, near_miss
from stack.faults.app_down import AppDown
from stack.faults.slow_uploads import SlowUploads

DRILL = Drill(
    steps=[
        near_miss(SlowUploads(resident_bytes=105e6), of="ApiMemoryHigh"),
        fault(SlowUploads(resident_bytes=225e6)),
        fault(AppDown()),
    ],
    expects=[
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            labels={"severity": "warning", "instance": "api:4000"},
            resolves_within="8m",
            fault="slow_uploads",
        ),
        fires(
            "ApiDown",
            within="3m",
            at="api-pager",
            group={"service": "api"},
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="8m",
            fault="app_down",
        ),
        inhibited("TargetDown", by="ApiDown", labels={"instance": "api:4000"}, fault="app_down"),
    ],
)
