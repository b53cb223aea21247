"""Receivers that are down, hang or hang up get what they missed once they are back."""

from scenarios.drill import Drill, begin, discord, end, fires, slack
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures
from stack.faults.receiver_failing import ReceiverFailing
from stack.faults.receiver_unreachable import ReceiverUnreachable
from stack.faults.redis_exporter_down import RedisExporterDown

RUNBOOKS = "https://runbooks.example.com/flash-tickets"

DRILL = Drill(
    load=Load("payments", 4),
    steps=[
        begin(ReceiverUnreachable("platform-chat"), name="platform-chat down", until="in"),
        begin(ReceiverFailing("payments-pager", "never answers"), name="pager hangs", until="in"),
        begin(ReceiverFailing("business-chat", "closes midway"), name="chat hangs up", until="in"),
        begin(RedisExporterDown(), until="in"),
        begin(PaymentFailures(failure_ratio=0.9), until="due", events_per_second=2),
        end("platform-chat down", "pager hangs", "chat hangs up"),
        end("redis_exporter_down", "payment_failures"),
    ],
    expects=[
        fires(
            "TargetDown",
            within="6m",
            at="platform-chat",
            group={"alertname": "TargetDown", "service": "monitoring"},
            labels={"instance": "redis-exporter:9121"},
            resolves_within="9m",
            fault="redis_exporter_down",
            message=slack(
                title="[FIRING:1] TargetDown monitoring",
                link=f"{RUNBOOKS}/TargetDown",
                colour="warning",
                text=["*TargetDown* firing, warning: redis on redis-exporter:9121 cannot"],
            ),
            resolved_message=slack(
                title="[RESOLVED] TargetDown monitoring",
                link=f"{RUNBOOKS}/TargetDown",
                colour="good",
                text=["*TargetDown* resolved"],
            ),
        ),
        *(
            fires(
                "PaymentFailureRatioHigh",
                within="8m",
                at="payments-pager",
                group={"service": "payments"},
                labels={"severity": "critical", "method": method},
                resolves_within="14m",
                fault="payment_failures",
            )
            for method in ("card", "wallet")
        ),
        fires(
            "OrdersNotCompleted",
            within="10m",
            at="business-chat",
            group={"alertname": "OrdersNotCompleted", "service": "orders"},
            labels={"severity": "warning"},
            resolves_within="15m",
            fault="payment_failures",
            message=discord(
                title="[FIRING:1] OrdersNotCompleted orders",
                link=f"{RUNBOOKS}/OrdersNotCompleted",
                colour="#992d22",
                text=["**OrdersNotCompleted** firing, warning: Only"],
            ),
            resolved_message=discord(
                title="[RESOLVED] OrdersNotCompleted orders",
                link=f"{RUNBOOKS}/OrdersNotCompleted",
                colour="#2ecc71",
                text=["**OrdersNotCompleted** resolved"],
            ),
        ),
    ],
)
