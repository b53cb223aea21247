"""More than 5 % failed payments page the payments team, once for both methods; fewer do not."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    load=Load("payments", 20),
    steps=[
        near_miss(PaymentFailures(failure_ratio=0.035), of="PaymentFailureRatioHigh"),
        fault(PaymentFailures(failure_ratio=0.2), events_per_second=10),
    ],
    expects=[
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
    ],
)
