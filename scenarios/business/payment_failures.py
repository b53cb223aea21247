"""Failing charges page the payments team, once for both methods; the API team sees the errors."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    load=Load("payments", 20),
    steps=[
        near_miss(
            PaymentFailures(failure_ratio=0.035, failure="error"),
            of="PaymentFailureRatioHigh",
            also=["ApiErrorRatioHigh"],
        ),
        fault(PaymentFailures(failure_ratio=0.25, failure="error"), events_per_second=10),
    ],
    expects=[
        *(
            fires(
                "PaymentFailureRatioHigh",
                labels={"severity": "critical", "method": method},
                annotations={"summary": method},
                resolves_within="14m",
                within="6m",
                at="payments-pager",
                group={"service": "payments"},
            )
            for method in ("card", "wallet")
        ),
        fires(
            "ApiErrorRatioHigh",
            labels={"severity": "warning", "method": "POST", "route": "/api/payments"},
            annotations={"summary": "POST /api/payments"},
            within="9m",
            resolves_within="9m",
            at="api-chat",
            group={"service": "api"},
        ),
    ],
)
