"""Whether an Alertmanager elsewhere fails to deliver to its webhooks, by its own count."""

import requests
from prometheus_client.parser import text_string_to_metric_families

from stack.observe.session import session_for

TIMEOUT_SECONDS = 5.0
FAILED_REQUESTS = "alertmanager_notification_requests_failed_total"


def failed_webhook_requests(alertmanager_url: str) -> float | None:
    """How many requests to webhooks have failed since it started; None where it does not say."""
    return metric(alertmanager_url, FAILED_REQUESTS, integration="webhook")


def metric(alertmanager_url: str, name: str, **labels: str) -> float | None:
    """The sum of an Alertmanager's own series with these labels; None where it does not say."""
    with session_for(alertmanager_url) as session:
        try:
            answer = session.get(f"{alertmanager_url}/metrics", timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            families = list(text_string_to_metric_families(answer.text))
        except (requests.RequestException, ValueError):
            return None
    values = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(values) if values else None
