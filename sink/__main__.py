"""`python -m sink`: the receiver as a process, from its settings to its end."""

import logging
import sys

from sink.app import create_app
from sink.control import control_api
from sink.discord import discord_endpoint
from sink.journal import Journal, JournalError
from sink.outage import Outages
from sink.query import query_api
from sink.refusals import RefusalLog
from sink.server import MOST_WAITS, bind, serve
from sink.settings import Settings, SettingsError, read_settings
from sink.slack import slack_endpoint
from sink.store import NotificationStore
from sink.webhook import webhook_endpoint

logger = logging.getLogger("sink")


def main() -> int:
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        settings = read_settings(sys.argv[1:])
        with Journal(settings.directory) as journal:
            return _run(settings, journal)
    except (SettingsError, JournalError) as error:
        return _refuse_to_start(str(error))


def _run(settings: Settings, journal: Journal) -> int:
    try:
        listener = bind(settings.host, settings.port)
    except OSError as error:
        return _refuse_to_start(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
            "name another with --host and --port (0 takes a free port)"
        )
    store = NotificationStore(journal, MOST_WAITS)
    refusals = RefusalLog()
    outages = Outages()
    app = create_app(
        [
            webhook_endpoint(store),
            slack_endpoint(store, settings.token),
            discord_endpoint(store, settings.token),
            query_api(store, refusals),
            control_api(outages),
        ],
        refusals,
        outages,
        settings.token,
        settings.most_body_bytes,
    )
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def stop_waits() -> None:
        store.stop_waits()
        outages.heal_all()

    def announce() -> None:
        if journal.torn_bytes:
            logger.warning(
                "cut %d bytes of a notification off the journal: its writing was broken off, and "
                "it was never acknowledged",
                journal.torn_bytes,
            )
        if settings.token is None:
            logger.warning("no --token-file: whoever reaches this address may post and read")
        logger.info(
            "listening on http://%s, %d notifications in %s",
            address,
            len(journal.entries),
            journal.path,
        )

    serve(
        app=app,
        listener=listener,
        refusals=refusals,
        most_body_bytes=settings.most_body_bytes,
        before_stop=stop_waits,
        announce=announce,
    )
    return 0


def _refuse_to_start(why: str) -> int:
    print(f"sink: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
