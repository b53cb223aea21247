"""Runs the Flash Tickets API, `python -m stack.app`, as the APP_* variables say, until SIGTERM."""

import logging
import os
import signal
import sys
import threading

from sqlalchemy.exc import SQLAlchemyError

from stack.app import shop as shop_parts
from stack.app.factory import create_app
from stack.app.metrics_listener import MetricsListener
from stack.app.server import build_server
from stack.app.settings import Settings, SettingsError

log = logging.getLogger("stack.app")

LAST_REQUESTS_SECONDS = 1.0


def main() -> int:
    """Serve until a signal asks to stop; the exit status is 0 then, 2 for wrong settings."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # One line for each request that waits for a worker would make an overload worse.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"stack.app: {error}\n")
        return 2
    try:
        return _serve(settings)
    except SQLAlchemyError as error:
        sys.stderr.write(f"stack.app: cannot use APP_DATABASE_URL: {error}\n")
        return 1


def _serve(settings: Settings) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    shop = shop_parts.build(settings)
    try:
        listener = MetricsListener(settings.host, settings.metrics_port, shop.metrics.registry)
        server = build_server(create_app(shop), settings.host, settings.port, settings.threads)
    except OSError as error:
        sys.stderr.write(
            f"stack.app: cannot listen on {settings.host}, "
            f"APP_PORT {settings.port} or APP_METRICS_PORT {settings.metrics_port}: {error}\n"
        )
        return 1
    listener.start()
    shop.open()
    threading.Thread(target=server.run, name="http", daemon=True).start()
    log.info("serving on %s:%s", settings.host, settings.port)
    stop.wait()
    server.task_dispatcher.shutdown(timeout=LAST_REQUESTS_SECONDS)
    shop.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
