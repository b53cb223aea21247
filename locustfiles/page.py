"""The page /load in Locust's web UI: how the arrivals fare; and what its start form may be sent."""

from __future__ import annotations

import logging
import os

from flask import Response, jsonify, render_template_string, request
from locust.web import WebUI

from locustfiles.ledger import COUNTS, Ledger
from locustfiles.settings import Setting, first_mistake
from locustfiles.target import ALLOW_VARIABLE, TargetRefusedError, allowed_origin

logger = logging.getLogger(__name__)

TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>Arrivals</title>
<style>body { font: 16px sans-serif; margin: 2em } td { padding: 0 1em; text-align: right }
th { text-align: left }</style></head>
<body><h1>Arrivals</h1>
<p>{{ "A run is going on." if load.running else "No run is going on; these are the last one's." }}
<a href="{{ home }}">Locust</a> · <a href="{{ json }}">JSON</a></p>
<table>{% for name, count in load.counts.items() %}
<tr><th>{{ name.replace("_", " ") }}</th><td>{{ count }}</td></tr>{% endfor %}</table>
<h2>How visits ended</h2>
<table>{% for name, count in load.outcomes.items() %}
<tr><th>{{ name.replace("_", " ") }}</th><td>{{ count }}</td></tr>{% endfor %}</table>
</body></html>
"""


def add(web_ui: WebUI, ledger: Ledger, settings: tuple[Setting, ...], base_path: str) -> None:
    """Add the page, its JSON, and the check of what the start form sends."""
    app = web_ui.app
    if app is None:
        raise RuntimeError("Locust's web UI has no Flask app to add the page to")

    def load() -> dict[str, object]:
        counts = {what: ledger.totals[what] for what in COUNTS} | {"in_flight": ledger.in_flight}
        return {"running": ledger.running, "counts": counts, "outcomes": dict(ledger.outcomes)}

    logger.info(
        "The arrivals are shown at http://%s:%s%s/load", web_ui.host, web_ui.port, base_path
    )

    @app.route(f"{base_path}/load")
    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def load_page() -> str:
        addresses = {"home": f"{base_path}/", "json": f"{base_path}/load.json"}
        return render_template_string(TEMPLATE, load=load(), **addresses)

    @app.route(f"{base_path}/load.json")
    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def load_json() -> Response:
        return jsonify(load())

    @app.before_request
    def check_start_form() -> Response | None:
        if request.endpoint != "locust.swarm":
            return None
        mistake = first_mistake(settings, request.form)
        if mistake is None and "host" in request.form:
            try:
                allowed_origin(request.form["host"], os.environ.get(ALLOW_VARIABLE, ""))
            except TargetRefusedError as error:
                mistake = f"Load refused: {error}"
        if mistake is None:
            return None
        return jsonify({"success": False, "message": mistake, "host": web_ui.environment.host})
