"""The gunicorn worker: gives a thread only requests that have wholly arrived, and refuses what it cannot do in time.

    accept -> receive -> queue -> a thread parses and answers -> send what the client did not take -> keep or close

gunicorn's own threaded worker reads a request and sends its answer in the same thread, so that a few clients who send
or read slowly hold all threads. Here one loop does both for all clients; a thread is given exactly one whole request.
The loop also bounds the queue before the threads and the memory that it holds: what does not fit is answered 503 at
once. A body that is too large is refused on its headers, and what still comes of it is thrown away for a while, so that
the client can read why. TLS and HTTP/2 are a proxy's business.
"""

from __future__ import annotations

import contextlib
import io
import re
import secrets
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from types import SimpleNamespace
from typing import Any

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from .errors import BadRequest, DigitsError, Overloaded, TooLarge, describe_plainly
from .logs import access

PIECE = 256 * 1024  # bytes received at once
MOST_HEAD = 64 * 1024  # bytes of a request's line and headers, and of the trailers after its chunks
MOST_SIZE_LINE = 256  # bytes of the line before a chunk
BUFFERED = 4  # bodies of the largest size that a worker holds; small requests are taken up to twice as much
LINGER = 10  # seconds that a client whose request was refused may go on sending
DISCARDED = 128 * 2**20  # bytes that are thrown away meanwhile

NEVER_HTTP = re.compile(rb"\A[^\r!-~]|(?<!\r)\n")  # no request begins so (but TLS does), or has such an end of a line
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,4300})[ \t]*(?=\r\n)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,16})(?![0-9a-f])[^\r\n]*\r\n", re.IGNORECASE)


class Answer:
    """A client's socket as a response of gunicorn's sees it: what the client does not take at once is kept."""

    def __init__(self, client: socket.socket) -> None:
        """Start with nothing kept."""
        self.client = client
        self.rest = bytearray()

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the socket."""
        return getattr(self.client, name)

    def sendall(self, piece: bytes) -> None:
        """Send what the client takes without waiting."""
        if not self.rest:
            with contextlib.suppress(BlockingIOError):
                piece = piece[self.client.send(piece, socket.MSG_DONTWAIT) :]
        self.rest += piece


class Connection(TConn):  # type: ignore[misc]
    """A client's connection, what has arrived of its next request, and what it has not taken of the last answer."""

    def __init__(self, *arguments: Any) -> None:
        """Start with nothing received."""
        super().__init__(*arguments)
        self.data_ready = True  # for gunicorn: a thread never waits for the first byte
        self.answer = Answer(self.sock)
        self.received = bytearray()
        self.head = 0  # bytes of the line and headers; 0 while they are incomplete
        self.end: int | None = None  # bytes of the request; None while that is not known
        self.chunk = 0  # where the next chunk's size is expected
        self.waits = False  # the client wants leave to send the body
        self.refused = False  # the body is not read, and the connection ends after the answer
        self.kept = False  # the connection goes on after the answer
        self.deadline = 0.0
        self.discarded = 0

    def init(self) -> None:
        """Give one request to a parser of gunicorn's, which has nothing else to read; in the thread that answers."""
        end = self.head if self.refused else self.end
        request = bytes(memoryview(self.received)[:end])
        del self.received[:end]
        self.head, self.end = 0, None
        self.parser = RequestParser(self.cfg, (request,), self.client)

    def is_complete(self) -> bool:
        """Return whether a whole request has been received.

        Raises:
            BadRequest: it cannot become one.
            TooLarge: the headers after its body are too large.
        """
        if not self.head and not self._read_head():
            if NEVER_HTTP.search(self.received):
                raise BadRequest("This is no request in HTTP. Ask by http:// (not https://), each line ended by CR LF.")
            return False
        if self.end is None:
            self._find_last_chunk()
        return self.end is not None and len(self.received) >= self.end

    def _read_head(self) -> bool:
        """Look in the headers for how long the body is; gunicorn's parser refuses those that contradict themselves."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        if expects := EXPECTS.search(self.received, 0, end + 2):  # answered here, so hidden from gunicorn
            start, stop = expects.span()
            del self.received[start:stop]
            end -= stop - start
        old = self.received.find(b" HTTP/1.0\r\n", 0, end) >= 0  # RFC 9110, section 10.1.1: it cannot be told to go on
        self.waits = expects is not None and not old
        self.head = self.chunk = end + 4
        lengths = CONTENT_LENGTH.findall(self.received, 0, self.head)
        chunked = CHUNKED.search(self.received, 0, self.head) is not None
        if len(lengths) == 1 and not chunked:
            self.end = self.head + int(lengths[0])
        elif lengths or not chunked:
            self.end = self.head
        return True

    def _find_last_chunk(self) -> None:
        """Walk over the chunks that have arrived, to the end of the trailers after the last."""
        while (size := CHUNK_SIZE.match(self.received, self.chunk)) is not None:
            if int(size[1], 16) == 0:
                end = self.received.find(b"\r\n\r\n", size.end() - 2)
                if (len(self.received) if end < 0 else end) - size.end() > MOST_HEAD:
                    raise TooLarge(f"The headers after the body are too large; at most {MOST_HEAD:,} bytes are read.")
                self.end = None if end < 0 else end + 4
                return
            self.chunk = size.end() + int(size[1], 16) + 2
        line = self.received[self.chunk : self.chunk + MOST_SIZE_LINE + 1]
        if len(line) > MOST_SIZE_LINE or b"\n" in line:
            raise BadRequest("The chunks of the body are broken. Send it again.")


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """Receives requests whole, answers them in threads, and says at once when there are too many."""

    most_bytes = 16 * 2**20  # of a body; gunicorn.conf.py sets these three
    most_waiting = 64  # requests received and not yet in a thread
    most_seconds = 30  # that a request may take to arrive

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start with no connection."""
        super().__init__(*arguments, **options)
        self.busy: set[Connection] = set()  # whose request was given to the threads and is not yet answered
        self.open: set[Connection] = set()  # that send a request, take an answer or linger
        self.next_look = 0.0  # when their deadlines are looked at again

    def accept(self, listener: Any) -> bool:
        """Accept a connection and receive what it has sent already; return whether there was one."""
        try:
            client, address = listener.accept()
        except OSError:  # another worker was faster, or the client is gone already
            return False
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()
        self.nr_conns += 1
        self._receive_from(Connection(self.cfg, client, address, listener.getsockname()))
        return True

    def _make_room(self) -> None:
        """Close the connection that has been idle or slow for longest: whoever comes next may be quick."""
        if self.keepalived_conns:
            idle = self.keepalived_conns.popleft()
            self.poller.unregister(idle.sock)
            self._close(idle)
        elif self.open:
            slow = min(self.open, key=lambda connection: connection.deadline)
            if slow.received and not slow.answer.rest:
                self._send(
                    slow, self._describe(slow.client, Overloaded("The server has too many slow clients. Try again."))
                )
            self._drop(slow)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Receive the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive_from(conn)

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """Go on with a connection whose request was answered, once the client has taken the answer."""
        self.busy.discard(conn)
        conn.kept = not fs.cancelled() and not fs.exception() and bool(fs.result())
        if not conn.answer.rest:
            self._go_on(conn)
            return
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + self.most_seconds
        self.open.add(conn)
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._send_rest, conn))

    def _send_rest(self, connection: Connection, _socket: Any) -> None:
        """Send what the client takes of its answer now."""
        try:
            sent = connection.sock.send(connection.answer.rest)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
            return
        del connection.answer.rest[:sent]
        connection.deadline = time.monotonic() + self.most_seconds
        if not connection.answer.rest:
            self._forget(connection)
            self._go_on(connection)

    def _go_on(self, connection: Connection) -> None:
        """Keep a connection whose answer is sent, or close it once the client has read it."""
        if not connection.kept:
            self._linger(connection)
            return
        if connection.received:  # the next request came with the last one
            self._receive_from(connection)
            return
        connection.sock.setblocking(False)
        connection.set_timeout()
        if not self.alive:
            connection.timeout = min(connection.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(connection)
        readable = partial(self.on_client_socket_readable, connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, readable)

    def _receive_from(self, connection: Connection) -> None:
        """Receive a connection's next request from now on."""
        connection.sock.setblocking(False)
        connection.deadline = time.monotonic() + self.most_seconds
        self.open.add(connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._receive, connection))
        if connection.received:  # a client that sends ahead is not read from until it is answered
            self._consider(connection)
        else:
            self._receive(connection)

    def _receive(self, connection: Connection, _socket: Any = None) -> None:
        """Receive once."""
        try:
            piece = connection.sock.recv(PIECE)
        except BlockingIOError:
            piece = None
        except OSError:
            piece = b""
        if piece == b"":
            self._drop(connection)
        elif piece:
            connection.received += piece
            self._consider(connection)

    def _consider(self, connection: Connection) -> None:
        """Go on with a request as far as it has been received."""
        try:
            complete = connection.is_complete()
            if not complete:
                self._check_incomplete(connection)
            self._check_room(connection)
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
        """
        size = len(connection.received)
        if not connection.head and size > MOST_HEAD:
            raise TooLarge(f"The headers are too large; at most {MOST_HEAD:,} bytes are read.")
        if connection.head and connection.end is None and size > connection.head + self.most_bytes:
            raise TooLarge(f"The request is too large; at most {self.most_bytes:,} bytes are read.")
        if connection.end is not None and connection.end > connection.head + self.most_bytes:
            connection.refused = True  # the app says so, on the headers alone

    def _check_room(self, connection: Connection) -> None:
        """Refuse a request while too much is held in memory: large ones first, so that small ones are still answered.

        Raises:
            Overloaded: it has to wait.
        """
        held = sum(len(other.received) + len(other.answer.rest) for other in (*self.open, *self.busy))
        if held > BUFFERED * self.most_bytes * (1 if len(connection.received) > PIECE else 2):
            raise Overloaded("Too many large requests at once. Try again.")

    def _dispatch(self, connection: Connection) -> None:
        """Give a request to the threads, unless too many wait for them."""
        if len(self.busy) >= self.cfg.threads + self.most_waiting:
            self._refuse(connection, Overloaded("The server has too much to do. Try again."))
            return
        self._forget(connection)
        self.busy.add(connection)
        self.enqueue_req(connection)

    def _refuse(self, connection: Connection, error: DigitsError) -> None:
        """Answer without a thread, and close."""
        self._forget(connection)
        self._send(connection, self._describe(connection.client, error))
        self._linger(connection)

    def _describe(self, client: Any, error: DigitsError) -> bytes:
        """Return the answer to a request that never reaches the app; count and log it as the app does."""
        app = self.wsgi
        if "metrics" in getattr(app, "extensions", {}):
            app.extensions["metrics"].count_rejected(error.code)
        identity, address = secrets.token_hex(8), client
        fields = {
            "request_id": identity,
            "client": address[0] if isinstance(address, tuple) else address,
            "status": error.status,
        }
        access.info("Refused: %s", error, extra={"fields": fields})
        return describe_plainly(error, identity)

    def _send(self, connection: Connection, message: bytes) -> None:
        """Send what fits into the socket's buffer, which is empty."""
        try:
            connection.sock.send(message)
        except OSError:
            return  # the client is gone; the loop will find out

    def _linger(self, connection: Connection) -> None:
        """Say that nothing more comes, and throw away what still arrives, so that the answer is not lost to a reset."""
        connection.received.clear()
        try:
            connection.sock.setblocking(False)
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
            self._drop(connection)

    def _forget(self, connection: Connection) -> None:
        """Stop receiving from a connection."""
        self.open.discard(connection)
        self.poller.unregister(connection.sock)

    def _drop(self, connection: Connection) -> None:
        """Close a connection that receives, sends or lingers."""
        self._forget(connection)
        self._close(connection)

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
            if connection.received and not connection.answer.rest:
                self._refuse(connection, BadRequest(f"The request did not arrive within {self.most_seconds} seconds."))
            else:
                self._drop(connection)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or do not; a worker that stops first takes what the kernel has accepted for it."""
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        for listener in self.sockets:
            for _ in range(self.cfg.backlog):  # others may go on asking
                if not self.accept(listener):
                    break
            listener.close()
        soon = time.monotonic() + STOP_KEEPALIVE_LINGER
        for connection in self.open:
            if not connection.received and not connection.answer.rest:
                connection.deadline = min(connection.deadline, soon)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; end the connection where its body was not received.

        Raises:
            ParseException: the body is not what gunicorn's parser takes.
        """
        if conn.refused:
            req.force_close()
        else:
            try:
                req.body = io.BytesIO(req.body.read())
            except NoMoreData as error:
                raise ParseException("the body ends too early") from error
        return super().handle_request(req, SimpleNamespace(sock=conn.answer, client=conn.client, server=conn.server))

    def _keepalive_after(self, conn: Connection, keepalive: Any) -> bool:
        """Return whether a connection is kept: not where gunicorn's parser found another end of the request than we."""
        return bool(keepalive) and not conn.parser.unreader.take_buffered()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what gunicorn's parser refuses as JSON, as every other failure."""
        if isinstance(exc, LimitRequestLine | LimitRequestHeaders):
            error: DigitsError = TooLarge("The address or the headers are too long or too many.")
        elif isinstance(exc, ParseException) and not isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName):
            error = BadRequest(f"This is no request in HTTP: {exc}")
        else:
            self.log.error("Failed to answer a request", exc_info=exc)
            error = DigitsError("Something went wrong on our side. Try again.")
        try:
            client.sendall(self._describe(addr, error))
        except OSError:
            self.log.debug("The client was gone before it was told: %s", exc)
