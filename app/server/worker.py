"""gunicorn's gevent worker, with deadlines, room for new clients, and JSON for every failure."""

from __future__ import annotations

import contextlib
import gc
import re
import resource
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer
from gunicorn.http import wsgi
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.ggevent import GeventWorker

from ..errors import BadRequest, DigitsError, MethodNotAllowed, Overloaded, TooLarge
from ..lifecycle import is_stopping
from ..web.logs import access
from . import memory
from .answering import Answering, Application
from .connections import Connection, give_way
from .failures import describe_plainly
from .turns import MAX_A_TURN, Turns

SPARE_FILES = 16  # open files that a worker keeps free for pages and pictures of reports
TYPICAL_FILES = 32  # open files of a worker, where they cannot be counted
OPEN_FILES = (Path("/proc/self/fd"), Path("/dev/fd"))  # Linux, macOS
BEAT = 1.0  # seconds between heartbeats
LAST_REQUEST = 1.0  # seconds that a kept-alive connection has for a last request, once the worker stops
# Source: RFC 9110, section 7.2, and RFC 3986, section 3.2.2
HOST = re.compile(r"([\w.~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(:\d*)?", re.ASCII)


class Worker(GeventWorker):  # type: ignore[misc]
    """Receives requests and sends answers in one loop, where it answers what costs little; threads answer the rest."""

    def patch(self) -> None:
        """Let the loop wait for the listeners. Nothing else blocks in the loop, so nothing else is patched."""
        self.sockets: list[Any] = [socket.socket(each.FAMILY, fileno=each.sock.detach()) for each in self.sockets]

    def load_wsgi(self) -> None:
        """Load the app with its models, and bound the memory that requests may take from then on."""
        super().load_wsgi()
        self.wsgi: Application
        self.connections: set[Connection] = set()
        self.max_connections = min(self.app.settings.connections, count_free_files() - SPARE_FILES)
        if self.max_connections < self.app.settings.connections:
            self.log.warning("Open files are limited (ulimit -n): a worker holds %s connections.", self.max_connections)
        self.stopped = Event()
        self.answering = self.wsgi = Answering(self.wsgi, self.app.settings, self.connections)
        self.memory = memory.Watch(self.app.settings.memory)
        gc.freeze()  # what is loaded stays: collecting garbage need not look at it, nor write to its shared pages

    def timeout_ctx(self) -> Any:
        """Return no timeout: a connection keeps its own deadlines."""
        return contextlib.nullcontext()

    def handle_exit(self, _signal: int, _frame: Any) -> None:
        """Stop at the next turn of the loop."""
        self.alive = False
        self.stopped.set()

    def run(self) -> None:
        """Accept connections until stopped, then answer what was accepted."""
        turns = self.answering.turns
        servers = [Listener(each, partial(self.handle, Address(each)), turns) for each in self.sockets]
        for server in servers:
            server.start()
        while self.alive:
            self._beat()
            if self.answering.is_idle() and self.memory.is_too_large():
                self.log.warning("Worker %s is replaced: it keeps %s MB", self.pid, self.memory.measure())
                break
            self.stopped.wait(BEAT)
        self.alive = False
        for server, listener in zip(servers, self.sockets, strict=True):
            server.stop_accepting()
            self._take_accepted(listener)
            server.close()
        self._finish()

    def _beat(self) -> None:
        if not self.answering.has_hung():
            self.notify()
        if self.answering.is_idle():
            self.memory.give_back()

    def _take_accepted(self, listener: socket.socket) -> None:
        """Accept what is in the kernel's queue where no other worker will, because the whole server stops."""
        address = Address(listener)
        listener.setblocking(False)
        for _ in range(self.cfg.backlog if is_stopping() else 0):
            try:
                client, peer = listener.accept()
            except OSError:
                return
            gevent.spawn(self.handle, address, client, peer)

    def _finish(self) -> None:
        """Wait a while until all requests are answered; idle connections are closed."""
        give_way()  # the first steps of the last accepted connections
        began = monotonic()
        while self.connections and monotonic() - began < self.cfg.graceful_timeout:
            self._beat()
            if monotonic() - began > LAST_REQUEST:
                for connection in [each for each in self.connections if each.is_idle()]:
                    connection.evict()
            gevent.sleep(0.02)

    def handle(self, listener: Any, client: Any, address: Any) -> None:
        """Serve one client's connection."""
        connection = Connection(client, self.app.settings.timeout)
        if len(self.connections) >= self.max_connections and not self._make_room():
            connection.lingers = False
            self.handle_error(None, connection, address, Overloaded("The server has too many clients. Try again."))
            connection.close()
            return
        self.connections.add(connection)
        try:
            super().handle(listener, connection, address)
        finally:
            self.connections.discard(connection)

    def _make_room(self) -> bool:
        """Close the connection that has been idle or slow for longest: the next client may be quick."""
        waiting = [each for each in self.connections if not each.busy]
        if not waiting:
            return False
        slowest = min(waiting, key=lambda each: (each.arrived > 0, each.deadline))
        self.connections.discard(slowest)
        slowest.evict(Overloaded("The server has too many slow clients. Try again."))
        return True

    def handle_request(self, listener_name: Any, req: Any, sock: Connection, addr: Any) -> None:
        """Answer one request: gunicorn's way, without its hooks and its access log, and evictions are not swallowed."""
        sock.in_head = False
        check(req, self.app.settings.max_bytes)
        response, environ = wsgi.create(req, sock, addr, listener_name, self.cfg)
        environ["wsgi.multithread"] = True
        if not self.alive:
            response.force_close()
        try:
            for piece in self.answering(environ, response.start_response):
                response.write(piece)
            response.close()
        except Exception as error:
            if isinstance(error, OSError) or not response.headers_sent:
                raise
            self.log.exception("Failed to send an answer that had begun")
            raise StopIteration from error
        finally:
            sock.flush()
        if response.should_close():
            raise StopIteration
        sock.expect_request(self.cfg.keepalive if self.alive else LAST_REQUEST)

    def handle_error(self, req: Any, client: Connection, addr: Any, exc: BaseException) -> None:
        """Answer a request that does not reach the app as JSON, as every failure, and close the connection."""
        if isinstance(exc, gevent.GreenletExit):
            client.answered = False
            return
        if isinstance(exc, LimitRequestLine | LimitRequestHeaders):
            error: DigitsError = TooLarge("The address or the headers are too long or too many.")
        elif isinstance(exc, ParseException) and not isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName):
            error = BadRequest(f"This is not a request in HTTP: {exc}")
        elif isinstance(exc, DigitsError):
            error = exc
        else:
            self.log.error("Failed to answer a request", exc_info=exc)
            error = DigitsError("Something went wrong on our side. Try again.")
        identity = secrets.token_hex(8)
        fields = {"request_id": identity, "client": addr[0] if addr else "", "status": error.status}
        access.info("Refused: %s", error, extra={"fields": fields})
        try:
            client.sendall(describe_plainly(error, identity))
            client.flush()
        except OSError:
            self.log.debug("The client had gone before it could be answered: %s", exc)


class Listener(StreamServer):
    """What accepts connections, in each turn of the loop."""

    def __init__(self, listener: socket.socket, handle: Callable[..., None], turns: Turns) -> None:
        """Accept nothing yet."""
        self._turns = turns
        super().__init__(listener, handle)

    @property
    def max_accept(self) -> int:  # type: ignore[override]  # gevent reads it before it accepts
        """One a turn, since another worker may be less busy; more where they have waited while this one was busy."""
        return MAX_A_TURN if self._turns.is_crowded() else 1


class Address:
    """The part of a listener that gunicorn needs; it outlives the listener."""

    def __init__(self, listener: socket.socket) -> None:
        """Remember where it listens."""
        self._name = listener.getsockname()

    def getsockname(self) -> Any:
        """Return where it listens."""
        return self._name


def count_free_files() -> int:
    """Return how many more files this process may open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    for folder in OPEN_FILES:
        with contextlib.suppress(OSError):
            return limit - sum(1 for _ in folder.iterdir())
    return limit - TYPICAL_FILES


def check(request: Any, max_bytes: int) -> None:
    """Refuse what gunicorn's parser accepts and another server could interpret differently, or what is too large.

    Raises:
        BadRequest, MethodNotAllowed, TooLarge: the request is refused.
    """
    hosts = [value for name, value in request.headers if name == "HOST"]
    if request.version >= (1, 1) and not hosts:
        raise BadRequest("The request has no Host header. Send the name that was asked for.")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise BadRequest(f"The Host header is {hosts[0][:100]!a}, expected a name or an address, and a port.")
    if request.method == "CONNECT":
        raise MethodNotAllowed("CONNECT is for proxies, and this is not a proxy. Use GET or POST.")
    names = [name for name, _ in request.headers]
    if names.count("EXPECT") > 1 or names.count("TRANSFER-ENCODING") > 1:
        raise BadRequest("Expect and Transfer-Encoding may be sent once.")
    for name, value in request.headers:
        if name == "TRANSFER-ENCODING" and value.strip().lower() != "chunked":
            raise BadRequest(f"Transfer-Encoding is {value[:40]!a}, expected chunked. Say gzip by Content-Encoding.")
        if name == "CONTENT-LENGTH" and int(value) > max_bytes:
            raise TooLarge(f"The request is too large; at most {max_bytes:,} bytes are read.")
