"""The gRPC server as a process: its limits, its port, and its end.

One process with threads: no gevent, and none of gunicorn's workers. More processes, each with a port of its own, serve
more.
"""

from __future__ import annotations

import logging
import logging.config
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import Any

import click
import grpc

from ..lifecycle import announce_stop
from ..models.files import BadModel
from ..settings import BadSetting, Settings, read_settings
from ..web import logs
from .answering import Answering
from .messages import METHODS, SERVICE, find_class

PORT = 8001  # as Triton's
ROOM = 64 * 1024  # bytes of a message besides its tensors
log = logging.getLogger(__name__)


def build_server(app: Any, settings: Settings) -> grpc.Server:
    """Return a server that answers by an app; it has no port yet and is not started."""
    threads = os.cpu_count() or 1  # a request does nothing but compute
    server = grpc.server(
        futures.ThreadPoolExecutor(threads, thread_name_prefix="rpc"),
        options=(
            ("grpc.max_receive_message_length", settings.max_bytes + ROOM),
            ("grpc.max_metadata_size", 8 * 1024),
            ("grpc.so_reuseport", 0),  # a port that is taken is an error, not shared
        ),
        maximum_concurrent_rpcs=threads + settings.queue,
    )
    answering = Answering(app)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _list_handlers(answering)),))
    return server


def _list_handlers(answering: Answering) -> dict[str, grpc.RpcMethodHandler]:
    def handle(method: str) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(
            lambda message, context: answering.answer(method, message, context),
            request_deserializer=find_class(f"{method}Request").FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    return {method: handle(method) for method in METHODS}


def bind(server: grpc.Server, settings: Settings, port: int) -> int:
    """Let a server listen, and return its port.

    Raises:
        BadSetting: the port is not available.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        chosen: int = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise BadSetting(
            f"It cannot listen on {host}:{port}. Stop what uses it, or choose another port: --port 8002."
        ) from error
    return chosen


@click.command("grpc")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, help=f"Port to listen on. Default: {PORT}.")
def serve_rpc(*, port: int) -> None:
    """Serve the Open Inference Protocol over gRPC.

    It serves the models that `serve` serves, by the same settings. Stops at SIGTERM and Ctrl-C.
    """
    from .. import create_app

    try:
        settings = read_settings({"database": ""})  # corrections are for people at the page
        logging.config.dictConfig(logs.configure(settings.log_level))
        server = build_server(create_app({"database": ""}), settings)
        chosen = bind(server, settings, port)
    except (BadModel, BadSetting) as error:
        sys.exit(f"Digits cannot start: {error}")
    with _hear_signals(signal.SIGTERM, signal.SIGINT) as asked:
        server.start()
        log.info("Listening for gRPC on %s:%s", settings.host, chosen)
        asked.recv(1)
        announce_stop()
        log.info("Stopping")
        asked.settimeout(settings.drain)  # /v2/health/ready says no meanwhile; a second signal ends it at once
        with suppress(TimeoutError, BlockingIOError):
            asked.recv(1)
        server.stop(settings.timeout).wait()


@contextmanager
def _hear_signals(*numbers: int) -> Iterator[socket.socket]:
    """Give a socket that receives a byte for each signal.

    Python calls a handler only once the main thread goes on. A signal that comes just before that thread waits for a
    lock, a queue or an event leaves it waiting for ever; what is written to a socket waits for the reader instead.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        former = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda *_: None) for number in numbers}
        try:
            yield reader
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(former)
