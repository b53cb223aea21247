"""The Flask application over one shop."""

from flask import Flask

from stack.app import errors, http_metrics, routes
from stack.app.shop import Shop

MOST_BODY_BYTES = 64 * 1024


def create_app(shop: Shop) -> Flask:
    """The API as a WSGI application."""
    app = Flask("stack.app", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.url_map.merge_slashes = False
    http_metrics.install(app, shop.metrics)
    errors.install(app)
    app.register_blueprint(routes.blueprint(shop))
    return app
