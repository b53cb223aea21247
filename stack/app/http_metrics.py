"""Counts and times every request, by method, route and status, with labels nobody can multiply."""

from time import perf_counter

from flask import Flask, Response, request

from stack.app.metrics import Metrics

UNMATCHED_ROUTE = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STARTED = "flash_tickets.started"

# What each route is known to answer; a route that is missing here fails a test.
KNOWN_STATUSES = {
    ("GET", "/health"): (200,),
    ("GET", "/health/ready"): (200, 503),
    ("GET", "/api/events"): (200, 500, 503),
    ("GET", "/api/events/<int:id>"): (200, 404, 500, 503),
    ("POST", "/api/queue"): (201, 400, 404, 413, 415, 500, 503),
    ("GET", "/api/queue/<ticket>"): (200, 404, 500, 503),
    ("DELETE", "/api/queue/<ticket>"): (204, 404, 500, 503),
    ("POST", "/api/orders"): (201, 400, 403, 404, 409, 413, 415, 500, 503),
    ("GET", "/api/orders/<id>"): (200, 404, 500, 503),
    ("POST", "/api/payments"): (201, 400, 402, 404, 409, 413, 415, 422, 500, 502, 503, 504),
    ("PUT", "/api/admin/admission"): (200, 400, 401, 404, 413, 415, 500),
    ("GET", UNMATCHED_ROUTE): (404,),
}


def install(app: Flask, metrics: Metrics) -> None:
    """Observe every request that `app` answers, errors included."""
    for (method, route), statuses in KNOWN_STATUSES.items():
        metrics.http_duration.labels(method, route)
        metrics.http_request_size.labels(method, route)
        metrics.http_response_size.labels(method, route)
        for status in statuses:
            metrics.http_requests.labels(method, route, status)

    @app.before_request
    def start() -> None:
        request.environ[_STARTED] = perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        elapsed_seconds = perf_counter() - request.environ[_STARTED]
        method = request.method if request.method in _METHODS else "other"
        route = UNMATCHED_ROUTE if request.url_rule is None else request.url_rule.rule
        metrics.http_requests.labels(method, route, response.status_code).inc()
        metrics.http_duration.labels(method, route).observe(elapsed_seconds)
        metrics.http_request_size.labels(method, route).observe(request.content_length or 0)
        metrics.http_response_size.labels(method, route).observe(response.content_length or 0)
        return response
