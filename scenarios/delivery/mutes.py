"""A silence and a maintenance window mute what fires for as long as they hold, and no longer."""

from scenarios.drill import Drill, begin, end, fires, muted
from stack.faults.maintenance_window import MaintenanceWindow
from stack.faults.redis_exporter_down import RedisExporterDown
from stack.faults.silence import Silence
from stack.faults.slow_uploads import SlowUploads

DRILL = Drill(
    steps=[
        begin(
            Silence({"alertname": "TargetDown", "job": "redis"}, comment="exporter is replaced"),
            name="silence",
            until="in",
        ),
        begin(
            Silence({"alertname": "ApiMemoryHigh"}, comment="over before it was needed"),
            name="expired silence",
            until="in",
        ),
        end("expired silence"),
        begin(RedisExporterDown(), until="in"),
        begin(SlowUploads(resident_bytes=200e6), name="uploads"),
        end("silence"),
        end("uploads"),
        # What was silenced has arrived by then.
        end("redis_exporter_down"),
        # A reload begins every group anew, so this comes last.
        begin(MaintenanceWindow(receiver="api-chat"), until="in"),
        begin(SlowUploads(resident_bytes=200e6), name="uploads in the window"),
        end("maintenance_window"),
        end("uploads in the window"),
    ],
    expects=[
        muted(
            "TargetDown",
            by="silence",
            labels={"instance": "redis-exporter:9121"},
            fault="redis_exporter_down",
        ),
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            resolves_within="10m",
            fault="uploads",
        ),
        muted("ApiMemoryHigh", by="maintenance_window", fault="uploads in the window"),
    ],
)
