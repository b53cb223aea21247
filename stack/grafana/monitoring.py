"""The row of the monitoring itself, on the infrastructure dashboard."""

from stack.grafana.dashboard import Row
from stack.grafana.panel import Panel, Query

MONITORING = Row(
    "Monitoring",
    (
        Panel(
            title="Targets",
            tells="Whether Prometheus can scrape each target.",
            unit="short",
            queries=(Query("up", "{{job}}"),),
            alerts=("TargetDown",),
        ),
        Panel(
            title="Scrapes",
            tells="Share of its timeout that scraping a target takes.",
            unit="percentunit",
            queries=(
                Query(
                    "avg_over_time(scrape_duration_seconds[1m]) / scrape_timeout_seconds", "{{job}}"
                ),
            ),
            alerts=("ScrapeTooSlow",),
        ),
        Panel(
            title="Rules that fail",
            tells="Evaluations a second that failed, of each group of rules.",
            unit="ops",
            queries=(
                Query(
                    "sum by (instance, rule_group)"
                    " (rate(prometheus_rule_evaluation_failures_total[1m]))",
                    "{{rule_group}}",
                ),
            ),
            alerts=("RuleEvaluationFailing",),
        ),
        Panel(
            title="Notifications",
            tells="Notifications a second, by the kind of receiver.",
            unit="ops",
            queries=(
                Query(
                    "sum by (integration)"
                    " (rate(alertmanager_notifications_total[$__rate_interval]))",
                    "{{integration}}",
                ),
            ),
            related=("AlertmanagerNotificationsFailing", "Watchdog"),
        ),
        Panel(
            title="Notifications that fail",
            tells="Notifications a second that Alertmanager has given up.",
            unit="ops",
            queries=(
                Query(
                    "sum by (instance, integration)"
                    " (rate(alertmanager_notifications_failed_total[5m]))",
                    "{{integration}}",
                ),
            ),
            alerts=("AlertmanagerNotificationsFailing",),
        ),
        Panel(
            title="Alerts that fire",
            tells="Alerts by severity, the heartbeat aside.",
            unit="short",
            queries=(
                Query(
                    'count by (severity) (ALERTS{alertstate="firing", severity!="none"})'
                    ' or label_replace(vector(0), "severity", "none", "", "")',
                    "{{severity}}",
                ),
            ),
        ),
    ),
)
