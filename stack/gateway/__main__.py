"""Runs the payment gateway: `python -m stack.gateway`, as the GATEWAY_* variables say."""

import logging
import os
import signal
import sys
import threading

from waitress.server import create_server  # type: ignore[import-untyped]

from stack.gateway.disturbance import Control
from stack.gateway.factory import THREADS, create_app
from stack.gateway.ledger import Ledger, LedgerError
from stack.gateway.settings import Settings, SettingsError

log = logging.getLogger("stack.gateway")

MOST_CONNECTIONS = 4000
LAST_REQUESTS_SECONDS = 0.5


def main() -> int:
    """Serve until a signal asks to stop; the exit status is 0 then, 2 for wrong settings."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = Settings.from_environment(os.environ)
        ledger = Ledger(settings.ledger_file)
    except (SettingsError, LedgerError) as error:
        sys.stderr.write(f"stack.gateway: {error}\n")
        return 2
    control = Control()
    try:
        server = create_server(
            create_app(ledger, control, settings.control_token),
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            ident=None,
            connection_limit=MOST_CONNECTIONS,
            asyncore_use_poll=True,
        )
    except OSError as error:
        sys.stderr.write(
            f"stack.gateway: cannot listen on {settings.host}, "
            f"GATEWAY_PORT {settings.port}: {error}\n"
        )
        return 1
    threading.Thread(target=server.run, name="http", daemon=True).start()
    log.info("serving on %s:%s", settings.host, settings.port)
    stop.wait()
    # Charges held back by a delay are decided now rather than lost without an answer.
    control.heal()
    server.task_dispatcher.shutdown(timeout=LAST_REQUESTS_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
