"""The gunicorn worker: gives a thread only requests that have wholly arrived, and refuses what it cannot do in time.

    accept -> receive (no thread waits for a slow client) -> queue -> a thread parses and answers -> keep or close

gunicorn's own threaded worker reads a request in the thread that answers it, so that a few clients who send slowly hold
all threads. Here one loop receives all requests at once. It also bounds the queue before the threads: what does not
fit is answered 503 at once. A body that is too large is refused on its headers, and what still comes of it is thrown
away for a while, so that the client can read why. TLS and HTTP/2 are a proxy's business.
"""

from __future__ import annotations

import re
import selectors
import socket
import struct
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from .errors import BadRequest, DigitsError, Overloaded, TooLarge, describe_plainly

PIECE = 256 * 1024  # bytes received at once
MOST_HEAD = 64 * 1024  # bytes of a request's line and headers
MOST_SIZE_LINE = 256  # bytes of the line before a chunk
BUFFERED = 4  # bodies of the largest size that a worker holds while they arrive
LINGER = 10  # seconds that a client whose request was refused may go on sending
DISCARDED = 128 * 2**20  # bytes that are thrown away meanwhile

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,4300})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,16})[^\r\n]*\r\n", re.IGNORECASE)


class Connection(TConn):  # type: ignore[misc]
    """A client's connection and what has arrived of its next request."""

    def __init__(self, *arguments: Any) -> None:
        """Start with nothing received."""
        super().__init__(*arguments)
        self.data_ready = True  # for gunicorn: a thread never waits for the first byte
        self.received = bytearray()
        self.head = 0  # bytes of the line and headers; 0 while they are incomplete
        self.length: int | None = None  # bytes of the body; None where it is chunked
        self.chunk = 0  # where the next chunk's size is expected
        self.waits = False  # the client wants leave to send the body
        self.refused = False  # the body is not read, and the connection ends after the answer
        self.deadline = 0.0
        self.discarded = 0

    def init(self) -> None:
        """Give what was received to gunicorn's parser; called in the thread that answers."""
        super().init()
        self.parser.unreader.unread(bytes(self.received))
        self.received.clear()
        self.head = 0

    def is_complete(self) -> bool:
        """Return whether a whole request has been received.

        Raises:
            BadRequest: the chunks of its body are broken.
        """
        if not self.head and not self._read_head():
            return False
        if self.length is not None:
            return len(self.received) >= self.head + self.length
        return self._find_last_chunk()

    def _read_head(self) -> bool:
        """Look in the headers for how long the body is; gunicorn's parser refuses those that contradict themselves."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        if expects := EXPECTS.search(self.received, 0, end + 2):  # answered here, so hidden from gunicorn
            start, stop = expects.span()
            del self.received[start:stop]
            end -= stop - start
        self.waits = expects is not None
        self.head = self.chunk = end + 4
        lengths = CONTENT_LENGTH.findall(self.received, 0, self.head)
        chunked = CHUNKED.search(self.received, 0, self.head) is not None
        self.length = None if chunked and not lengths else 0
        if len(lengths) == 1 and not chunked:
            self.length = int(lengths[0])
        return True

    def _find_last_chunk(self) -> bool:
        """Walk over the chunks that have arrived."""
        while (size := CHUNK_SIZE.match(self.received, self.chunk)) is not None:
            if int(size[1], 16) == 0:
                return self.received.find(b"\r\n\r\n", size.end() - 2) >= 0
            self.chunk = size.end() + int(size[1], 16) + 2
        line = self.received[self.chunk : self.chunk + MOST_SIZE_LINE + 1]
        if len(line) > MOST_SIZE_LINE or b"\n" in line:
            raise BadRequest("The chunks of the body are broken. Send it again.")
        return False


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """Receives requests whole, answers them in threads, and says at once when there are too many."""

    most_bytes = 16 * 2**20  # of a body; gunicorn.conf.py sets these three
    most_waiting = 64  # requests received and not yet in a thread
    most_seconds = 30  # that a request may take to arrive

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start with no connection."""
        super().__init__(*arguments, **options)
        self.busy = 0  # requests given to the threads and not yet answered
        self.open: set[Connection] = set()  # connections that receive or linger
        self.next_look = 0.0  # when their deadlines are looked at again

    def accept(self, listener: Any) -> bool:
        """Accept a connection and receive what it has sent already; return whether there was one."""
        try:
            client, address = listener.accept()
        except OSError:  # another worker was faster, or the client is gone already
            return False
        limit = struct.pack("ll", self.most_seconds, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)  # a client that does not read its answer
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self.nr_conns += 1
        self._receive_from(Connection(self.cfg, client, address, listener.getsockname()))
        return True

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Receive the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive_from(conn)

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """Keep a connection whose request was answered, or close it once the client has read the answer."""
        self.busy -= 1
        if fs.cancelled() or fs.exception() or not fs.result():
            self._linger(conn)
            return
        conn.received += conn.parser.unreader.take_buffered()
        if conn.received:  # the next request came with the last one
            self._receive_from(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))

    def _receive_from(self, connection: Connection) -> None:
        """Receive a connection's next request from now on."""
        connection.sock.setblocking(False)
        connection.deadline = time.monotonic() + self.most_seconds
        self.open.add(connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._receive, connection))
        self._receive(connection)

    def _receive(self, connection: Connection, _socket: Any = None) -> None:
        """Receive once, and go on with the request if it is complete or cannot be taken."""
        try:
            piece = connection.sock.recv(PIECE)
        except BlockingIOError:
            piece = None
        except OSError:
            piece = b""
        if piece == b"":
            self._forget(connection)
            self._close(connection)
            return
        connection.received += piece or b""
        try:
            complete = connection.is_complete()
            if not complete:
                self._check_incomplete(connection)
        except DigitsError as error:
            self._refuse(connection, error)
            return
        if complete or connection.refused:
            self._dispatch(connection)
        elif connection.waits:
            connection.waits = False
            self._send(connection, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_incomplete(self, connection: Connection) -> None:
        """Refuse what need not be received to its end.

        Raises:
            TooLarge: the headers, or a body that does not say its length.
            Overloaded: too many large bodies at once.
        """
        size = len(connection.received)
        if not connection.head and size > MOST_HEAD:
            raise TooLarge(f"The headers are too large; at most {MOST_HEAD:,} bytes are read.")
        if connection.head and connection.length is None and size > connection.head + self.most_bytes:
            raise TooLarge(f"The request is too large; at most {self.most_bytes:,} bytes are read.")
        if connection.length is not None and connection.length > self.most_bytes:
            connection.refused = True  # the app says so, on the headers alone
        elif size > PIECE and sum(len(other.received) for other in self.open) > BUFFERED * self.most_bytes:
            raise Overloaded("Too many large requests at once. Try again.")

    def _dispatch(self, connection: Connection) -> None:
        """Give a request to the threads, unless too many wait for them."""
        if self.busy >= self.cfg.threads + self.most_waiting:
            self._refuse(connection, Overloaded("The server has too much to do. Try again."))
            return
        self._forget(connection)
        self.busy += 1
        self.enqueue_req(connection)

    def _refuse(self, connection: Connection, error: DigitsError) -> None:
        """Answer without a thread, and close."""
        self._forget(connection)
        self.count_rejected(error.code)
        self._send(connection, describe_plainly(error))
        self._linger(connection)

    def count_rejected(self, code: str) -> None:
        """Count what never reached the app."""
        app = self.wsgi
        if "metrics" in getattr(app, "extensions", {}):
            app.extensions["metrics"].count_rejected(code)

    def _send(self, connection: Connection, message: bytes) -> None:
        """Send what fits into the socket's buffer, which is empty."""
        try:
            connection.sock.send(message)
        except OSError:
            return  # the client is gone; the loop will find out

    def _linger(self, connection: Connection) -> None:
        """Say that nothing more comes, and throw away what still arrives, so that the answer is not lost to a reset."""
        connection.sock.setblocking(False)
        connection.received.clear()
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        connection.deadline = time.monotonic() + LINGER
        connection.discarded = 0
        self.open.add(connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._discard, connection))
        self._discard(connection)

    def _discard(self, connection: Connection, _socket: Any = None) -> None:
        try:
            piece = connection.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        connection.discarded += len(piece)
        if not piece or connection.discarded > DISCARDED:
            self._forget(connection)
            self._close(connection)

    def _forget(self, connection: Connection) -> None:
        """Stop receiving from a connection."""
        self.open.discard(connection)
        self.poller.unregister(connection.sock)

    def _close(self, connection: Connection) -> None:
        self.nr_conns -= 1
        connection.close()

    def murder_pending(self) -> None:
        """Close what takes too long to arrive or to go away; gunicorn's loop calls this after every event."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + 1
        for connection in [connection for connection in self.open if connection.deadline < now]:
            if connection.received:
                self._refuse(connection, BadRequest(f"The request did not arrive within {self.most_seconds} seconds."))
            else:
                self._forget(connection)
                self._close(connection)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or do not; a worker that stops first takes what the kernel has accepted for it."""
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        for listener in self.sockets:
            while self.accept(listener):
                continue
            listener.close()
        soon = time.monotonic() + STOP_KEEPALIVE_LINGER
        for connection in self.open:
            if not connection.received:
                connection.deadline = min(connection.deadline, soon)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; end the connection where its body was not received."""
        if conn.refused:
            req.force_close()
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what gunicorn's parser refuses as JSON, as every other failure."""
        if isinstance(exc, LimitRequestLine | LimitRequestHeaders):
            error: DigitsError = TooLarge("The address or the headers are too long or too many.")
        elif isinstance(exc, ParseException) and not isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName):
            error = BadRequest(f"This is no request in HTTP: {exc}")
        else:
            self.log.error("Failed to answer a request", exc_info=exc)
            error = DigitsError("Something went wrong on our side. Try again.")
        self.count_rejected(error.code)
        try:
            client.sendall(describe_plainly(error))
        except OSError:
            self.log.debug("The client was gone before it was told: %s", exc)
