"""Refused notifications are sent again or lost, and the pager is told that notifications fail."""

from scenarios.drill import Drill, begin, end, fires, lost
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures
from stack.faults.receiver_failing import ReceiverFailing
from stack.faults.redis_exporter_down import RedisExporterDown
from stack.faults.redis_latency import RedisLatency

DRILL = Drill(
    load=Load("payments", 4),
    steps=[
        begin(ReceiverFailing("platform-pager", "answers slowly"), name="pager slow", until="in"),
        begin(RedisExporterDown(), until="pending"),
        begin(ReceiverFailing("platform-chat", "answers 429"), name="chat refuses", until="in"),
        begin(ReceiverFailing("payments-pager", "answers 500"), name="pager broken", until="in"),
        begin(RedisLatency(latency_seconds=0.3), until="in"),
        begin(PaymentFailures(failure_ratio=0.5), until="due", events_per_second=2),
        end("pager broken"),
        # Its alert resolves while its receiver still refuses.
        end("redis_latency"),
        end("chat refuses"),
        end("redis_exporter_down", "payment_failures"),
        end("pager slow"),
    ],
    expects=[
        lost(
            "RedisLatencyHigh",
            at="platform-chat",
            group={"alertname": "RedisLatencyHigh", "service": "redis"},
            fault="redis_latency",
        ),
        *(
            fires(
                "AlertmanagerNotificationsFailing",
                within="10m",
                at="platform-pager",
                group={"alertname": "AlertmanagerNotificationsFailing", "service": "monitoring"},
                labels={"severity": "critical", "integration": integration},
                annotations={"summary": f"Notifications by {integration} fail"},
                resolves_within="15m",
                fault="chat refuses",
            )
            for integration in ("slack", "webhook")
        ),
        fires(
            "TargetDown",
            within="6m",
            at="platform-chat",
            group={"alertname": "TargetDown", "service": "monitoring"},
            labels={"instance": "redis-exporter:9121"},
            resolves_within="9m",
            fault="redis_exporter_down",
        ),
        *(
            fires(
                "PaymentFailureRatioHigh",
                within="6m",
                at="payments-pager",
                group={"service": "payments"},
                labels={"severity": "critical", "method": method},
                resolves_within="14m",
                fault="payment_failures",
            )
            for method in ("card", "wallet")
        ),
    ],
)
