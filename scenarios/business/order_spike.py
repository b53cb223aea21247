"""A rush of orders that nobody pays for is told to the business team, and so is what it leaves."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from scenarios.surge import OrderSurge

DRILL = Drill(
    load=Load("payments", 3),
    steps=[
        # 2.1 times as many orders as before, of which 48 % are paid for: a miss of either alert.
        near_miss(
            OrderSurge(orders_per_second=3.3),
            of="OrdersNotCompleted",
            also=["OrderCreationSpike"],
        ),
        fault(OrderSurge(orders_per_second=22)),
    ],
    expects=[
        fires(
            "OrderCreationSpike",
            within="8m",
            at="business-chat",
            group={"alertname": "OrderCreationSpike", "service": "orders"},
            labels={"severity": "warning"},
            resolves_within="15m",
        ),
        fires(
            "OrdersNotCompleted",
            within="10m",
            at="business-chat",
            group={"alertname": "OrdersNotCompleted", "service": "orders"},
            labels={"severity": "warning"},
            resolves_within="15m",
        ),
    ],
)
