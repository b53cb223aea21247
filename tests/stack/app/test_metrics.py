"""Metrics: every name the mission lists is there, from 0, and tells what happened."""

import sqlite3

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.routing import Map

from stack.app.factory import create_app
from stack.app.http_metrics import KNOWN_STATUSES
from stack.app.settings import Settings
from stack.app.shop import build

# The mission's list for the API, and what each is here. A Node.js heap has no like in CPython:
# its allocator counts blocks (python_heap_objects), and bytes are known for the process only.
MISSION = {
    "http_requests_total": "http_requests_total",
    "http_request_duration_seconds": "http_request_duration_seconds_bucket",
    "http_request_size_bytes": "http_request_size_bytes_sum",
    "http_response_size_bytes": "http_response_size_bytes_sum",
    "queue_waiting_users_total": "queue_waiting_users_total",
    "queue_processing_users_total": "queue_processing_users_total",
    "orders_created_total": "orders_created_total",
    "orders_completed_total": "orders_completed_total",
    "payments_successful_total": "payments_successful_total",
    "payments_failed_total": "payments_failed_total",
    "nodejs_heap_size_total_bytes": "process_virtual_memory_bytes",
    "nodejs_heap_size_used_bytes": "python_heap_objects",
    "nodejs_external_memory_bytes": "process_resident_memory_bytes",
    "process_cpu_user_seconds_total": "process_cpu_user_seconds_total",
    "process_resident_memory_bytes": "process_resident_memory_bytes",
    "db_connections_active": "db_connections_active",
    "db_query_duration_seconds": "db_query_duration_seconds_bucket",
    "db_query_errors_total": "db_query_errors_total",
}
BESIDES = [
    "queue_admitted_users_total",
    "payment_gateway_request_duration_seconds_bucket",
    "revenue_cents_total",
    "cache_hits_total",
    "cache_misses_total",
    "db_connections_max",
    "redis_command_duration_seconds_bucket",
    "redis_command_errors_total",
    "process_cpu_system_seconds_total",
    "python_gc_collections_total",
]


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("name", [*MISSION.values(), *BESIDES])
def test_every_metric_is_there(rig, name: str):
    assert any(sample_name == name for sample_name, _ in samples(rig.metrics_text()))


def test_every_series_exists_before_anything_happened(new_rig):
    """A ratio must be defined, and a first failure be an increase, from the start."""
    rig = new_rig()
    before = samples(rig.metrics_text())
    rig.disturb(failure_ratio=0.5, expires_in_seconds=60)
    for _ in range(4):
        order_id = rig.order_id()
        rig.get(f"/api/orders/{order_id}")
        rig.pay(order_id)
    rig.get("/api/events")
    rig.get("/api/events/1")
    rig.get("/nowhere")
    rig.post("/api/orders", json={})
    rig.kill(rig.redis)
    rig.post("/api/queue", json={"event_id": 1})
    rig.kill(rig.gateway)
    rig.pay(order_id)
    after = samples(rig.metrics_text())
    assert after.keys() - before.keys() == set()


def test_payment_counters_have_every_method_and_reason_from_zero(new_rig):
    text = new_rig().metrics_text()
    for method in ("card", "wallet"):
        assert f'payments_successful_total{{method="{method}"}} 0.0' in text
        for reason in ("declined", "error", "timeout"):
            assert f'payments_failed_total{{method="{method}",reason="{reason}"}} 0.0' in text


def test_the_latency_histogram_can_show_a_threshold_of_two_seconds(rig):
    bounds = {
        dict(labels)["le"]
        for name, labels in samples(rig.metrics_text())
        if name == "http_request_duration_seconds_bucket"
    }
    assert {"0.5", "1.0", "1.5", "2.0", "2.5", "3.0"} <= bounds


def test_a_request_is_counted_timed_and_sized_under_its_route(rig):
    labels = {"method": "GET", "route": "/api/events/<int:id>"}
    before = rig.metric("http_requests_total", status="200", **labels)
    bytes_before = rig.metric("http_response_size_bytes_sum", **labels)
    answer = rig.get("/api/events/5")
    assert rig.metric("http_requests_total", status="200", **labels) == before + 1
    assert rig.metric("http_response_size_bytes_sum", **labels) == bytes_before + len(
        answer.content
    )
    body = b'{"event_id": 1}'
    sized = {"method": "POST", "route": "/api/queue"}
    bytes_before = rig.metric("http_request_size_bytes_sum", **sized)
    rig.post("/api/queue", data=body, headers={"Content-Type": "application/json"})
    assert rig.metric("http_request_size_bytes_sum", **sized) == bytes_before + len(body)


def test_a_slow_gateway_shows_in_the_latency_of_the_payments_route(rig):
    order_id = rig.order_id()
    rig.disturb(delay_seconds=1.2, expires_in_seconds=30)
    assert rig.pay(order_id).status_code == 201
    rig.heal()
    slow = {"method": "POST", "route": "/api/payments"}
    total = rig.metric("http_request_duration_seconds_count", **slow)
    assert rig.metric("http_request_duration_seconds_bucket", le="1.0", **slow) == total - 1
    assert rig.metric("payment_gateway_request_duration_seconds_sum") >= 1.2


def test_only_metrics_is_served_on_the_metrics_port(rig):
    answer = requests.get(f"http://127.0.0.1:{rig.metrics_port}/api/events", timeout=5)
    assert answer.status_code == 404


def test_every_route_of_the_application_has_its_known_statuses(tmp_path):
    """A route added without them would have series that begin with its first request."""
    shop = build(
        Settings.from_environment(
            {
                "APP_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
                "APP_REDIS_URL": "redis://127.0.0.1:1/0",
                "APP_GATEWAY_URL": "http://127.0.0.1:1",
                "APP_SECRET": "secret",
            }
        )
    )
    routes: Map = create_app(shop).url_map
    declared = {
        (method, rule.rule)
        for rule in routes.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert declared == {key for key in KNOWN_STATUSES if key[1] != "unmatched"}
    shop.close()


def test_an_unforeseen_failure_is_a_json_500_that_is_counted_and_logged(new_rig):
    """A price is set that nobody can pay in one row; the API answers in JSON and counts it."""
    rig = new_rig()
    with sqlite3.connect(rig.database_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE events SET price_cents = 1 << 62 WHERE id = 1")
    answer = rig.order(1, quantity=4)
    assert answer.status_code == 500
    assert answer.json()["error"]["message"]
    assert rig.metric("http_requests_total", route="/api/orders", status="500") == 1
    assert b"unforeseen failure" in rig.log_file.read_bytes()
