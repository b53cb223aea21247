"""The business dashboard: live users, orders, revenue and payments."""

from stack.grafana.dashboard import Dashboard, Row
from stack.grafana.panel import Panel, Query

_WAITING = Query("max by (job) (queue_waiting_users_total)", "waiting")
_CHOOSING = Query("max by (job) (queue_processing_users_total)", "choosing")
_PAID_FOR = Query(
    "sum by (job) (rate(orders_completed_total[5m]))"
    " / sum by (job) (rate(orders_created_total[5m]))",
    "paid for",
)

_NOW = Row(
    "Now",
    (
        Panel(
            title="Waiting",
            tells="People in the waiting room.",
            unit="short",
            queries=(_WAITING,),
            alerts=("QueueWaitingHigh",),
            kind="stat",
        ),
        Panel(
            title="Choosing",
            tells="People who were let in and have not ordered yet.",
            unit="short",
            queries=(_CHOOSING,),
            kind="stat",
        ),
        Panel(
            title="Orders",
            tells="Orders a minute that reserved tickets.",
            unit="opm",
            queries=(
                Query("60 * sum by (job) (rate(orders_created_total[$__rate_interval]))", "orders"),
            ),
            related=("OrderCreationSpike",),
            kind="stat",
            decimals=0,
        ),
        Panel(
            title="Revenue a minute",
            tells="Money charged a minute for paid orders, in whole units.",
            unit="locale",
            queries=(
                Query(
                    "60 * sum by (job) (rate(revenue_cents_total[$__rate_interval])) / 100",
                    "revenue",
                ),
            ),
            kind="stat",
            decimals=0,
        ),
        Panel(
            title="Revenue",
            tells="Money charged for paid orders in the time shown, in whole units.",
            unit="locale",
            queries=(
                Query("sum by (job) (increase(revenue_cents_total[$__range])) / 100", "revenue"),
            ),
            kind="stat",
            decimals=0,
        ),
        Panel(
            title="Orders paid for",
            tells="Share of the orders that are paid for.",
            unit="percentunit",
            queries=(_PAID_FOR,),
            alerts=("OrdersNotCompleted",),
            kind="stat",
            decimals=0,
        ),
    ),
)

_USERS = Row(
    "Live users",
    (
        Panel(
            title="People waiting",
            tells="People in the waiting room.",
            unit="short",
            queries=(_WAITING,),
            alerts=("QueueWaitingHigh",),
            related=("QueueNotMoving",),
        ),
        Panel(
            title="Waiting and choosing",
            tells="People in the shop: those who wait, and those who were let in and have not "
            "ordered yet.",
            unit="short",
            queries=(
                _WAITING,
                _CHOOSING,
            ),
            is_stacked=True,
        ),
        Panel(
            title="People let in",
            tells="People a second that are let in from the waiting room.",
            unit="ops",
            queries=(Query("sum by (job) (rate(queue_admitted_users_total[2m]))", "let in"),),
            related=("QueueNotMoving",),
        ),
    ),
)

_ORDERS = Row(
    "Orders and revenue",
    (
        Panel(
            title="Orders created",
            tells="Orders a second that reserved tickets, beside three times what they were five "
            "to ten minutes before.",
            unit="ops",
            queries=(
                Query("sum by (job) (rate(orders_created_total[2m]))", "orders"),
                Query(
                    "3 * sum by (job) (rate(orders_created_total[5m] offset 5m))",
                    "three times their past",
                ),
            ),
            alerts=("OrderCreationSpike",),
        ),
        Panel(
            title="Orders created and paid for",
            tells="Orders a second. What is created and not paid for holds tickets until it "
            "expires.",
            unit="ops",
            queries=(
                Query("sum by (job) (rate(orders_created_total[$__rate_interval]))", "created"),
                Query("sum by (job) (rate(orders_completed_total[$__rate_interval]))", "paid for"),
            ),
            related=("OrdersNotCompleted",),
        ),
        Panel(
            title="Share paid for",
            tells="Share of the orders that are paid for.",
            unit="percentunit",
            queries=(_PAID_FOR,),
            alerts=("OrdersNotCompleted",),
        ),
        Panel(
            title="Revenue over time",
            tells="Money charged a minute for paid orders, in whole units.",
            unit="locale",
            queries=(
                Query(
                    "60 * sum by (job) (rate(revenue_cents_total[$__rate_interval])) / 100",
                    "revenue a minute",
                ),
            ),
        ),
    ),
)

_PAYMENTS = Row(
    "Payments",
    (
        Panel(
            title="Payments that fail",
            tells="Share of the payments that fail, by method.",
            unit="percentunit",
            queries=(
                Query(
                    "sum by (method) (rate(payments_failed_total[5m]))"
                    " / (sum by (method) (rate(payments_failed_total[5m]))"
                    " + sum by (method) (rate(payments_successful_total[5m])))",
                    "{{method}}",
                ),
            ),
            alerts=("PaymentFailureRatioHigh",),
        ),
        Panel(
            title="Payments by method",
            tells="Payments a second, by method.",
            unit="ops",
            queries=(
                Query(
                    "sum by (method) (rate(payments_successful_total[$__rate_interval]))",
                    "{{method}} paid",
                ),
                Query(
                    "sum by (method) (rate(payments_failed_total[$__rate_interval]))",
                    "{{method}} failed",
                ),
            ),
        ),
        Panel(
            title="Why payments fail",
            tells="Failed payments a second: declined by the provider, its errors, or its silence.",
            unit="ops",
            queries=(
                Query(
                    "sum by (reason) (rate(payments_failed_total[$__rate_interval]))", "{{reason}}"
                ),
            ),
            is_stacked=True,
            related=("PaymentFailureRatioHigh",),
        ),
        Panel(
            title="Payment provider's answer time",
            tells="How long a charge takes the provider on average, and the time that nineteen in "
            "twenty do not take.",
            unit="s",
            queries=(
                Query(
                    "sum by (instance) (rate(payment_gateway_request_duration_seconds_sum[2m]))"
                    " / sum by (instance)"
                    " (rate(payment_gateway_request_duration_seconds_count[2m]))",
                    "mean",
                ),
                Query(
                    "histogram_quantile(0.95, sum by (le, instance)"
                    " (rate(payment_gateway_request_duration_seconds_bucket[2m])))",
                    "p95",
                ),
            ),
            alerts=("PaymentGatewaySlow",),
        ),
    ),
)

DASHBOARD = Dashboard(
    uid="business",
    title="Flash Tickets: business",
    tells="What the people who buy tickets feel: the queue, orders, revenue and payments.",
    rows=(_NOW, _USERS, _ORDERS, _PAYMENTS),
)
