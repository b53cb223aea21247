"""The sink's HTTP server: waitress, so set up that slow clients and waiting readers block nobody.

waitress reads requests without a thread and hands a thread only what is complete. Waiting readers
do hold one each, so fewer may wait than there are threads, and the rest is left for notifications.
"""

import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

from flask import Flask
from waitress import create_server  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from sink.outage import MOST_HELD
from sink.refusals import KEPT_BYTES, RefusalLog

MOST_WAITS = 32
THREADS = MOST_WAITS + MOST_HELD + 16
CONNECTIONS = 900
"""Below the usual limit of 1024 open files."""

IDLE_SECONDS = 360
"""Above the 5 minutes after which Alertmanager drops an idle connection: whoever drops it first
races with the next notification, and Alertmanager's side knows."""

DRAINED_BYTES = 16 * 1024 * 1024
"""A body this much over the limit is still read, so that its sender gets to read the refusal."""


def bind(host: str, port: int) -> socket.socket:
    """A socket at that address, with a free port where ``port`` is 0. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A sink that was killed is started again on its port while old connections linger there.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(
    *,
    app: Flask,
    listener: socket.socket,
    refusals: RefusalLog,
    most_body_bytes: int,
    before_stop: Callable[[], None],
    announce: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT: then ``before_stop`` is called and what is under way is ended.

    ``announce`` is called once connections are taken.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # A burst is nothing to report.
    most_read_bytes = most_body_bytes + DRAINED_BYTES
    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        asyncore_use_poll=True,  # select() ends at 1024 descriptors.
        max_request_body_size=most_read_bytes,
        # In memory, not in temporary files, so that a full disk stops nothing but the journal.
        inbuf_overflow=most_read_bytes,
        outbuf_overflow=most_read_bytes,
        log_socket_errors=False,  # Clients may leave when they like.
        ident="sink",
    )
    server.channel_class = _channel_that_records(refusals)

    def stop(_number: int, _frame: FrameType | None) -> None:
        before_stop()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    announce()
    with contextlib.closing(server):
        server.run()


def _channel_that_records(refusals: RefusalLog) -> type[HTTPChannel]:
    """waitress answers what is not HTTP, or far too large, without asking the app."""

    class RecordingErrorTask(ErrorTask):  # type: ignore[misc]
        def execute(self) -> None:
            refused = self.request
            refusals.add(
                at=time.time(),
                receiver="",
                method=getattr(refused, "command", ""),
                path=getattr(refused, "path", ""),
                status=refused.error.code,
                why=f"{refused.error.reason}: {refused.error.body}",
                body=refused.get_body_stream().read(KEPT_BYTES),
            )
            super().execute()

    class RecordingChannel(HTTPChannel):  # type: ignore[misc]
        error_task_class = RecordingErrorTask

    return RecordingChannel
