"""A client's connection, which keeps its deadlines and counts what it holds in memory.

    waiting for a request (keepalive) -> receiving it (max_seconds) -> answered -> taking the answer (max_seconds)

gunicorn's parser reads from it and gunicorn's response writes to it as to any socket. Knows no HTTP.
"""

from __future__ import annotations

import contextlib
import errno
from socket import MSG_PEEK, SHUT_WR, SO_SNDBUF, SOL_SOCKET
from time import monotonic
from typing import TYPE_CHECKING, cast

import gevent
from gevent import socket

from ..errors import BadRequest, DigitsError, TooLarge

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

MAX_HEAD = 64 * 1024  # bytes of a request's line and headers
PIECE = 64 * 1024  # bytes that are discarded at a time
SEND_BUFFER = 256 * 1024  # bytes that the kernel keeps of an answer; by itself it would take up to 4 MiB a client
TLS = b"\x16\x03"  # how a client begins that asks by https://. Source: RFC 8446, section 5.1
TURN = 0.0001  # seconds
LINGER = 10  # seconds that a client may keep sending after its last answer, so that it reads that and not a reset
MAX_DISCARDED = 128 * 2**20  # bytes that are discarded meanwhile


class Connection(socket.socket):
    """A client's socket in the loop of a worker."""

    def __init__(self, client: socket.socket, max_seconds: float) -> None:
        """Take a client's socket over.

        Args:
            max_seconds: for a request to arrive, and for the client to receive an answer.
        """
        super().__init__(fileno=client.detach())
        self.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        self.max_seconds = max_seconds
        self.deadline = monotonic() + max_seconds
        self.arrived = 0  # bytes of the request that is arriving; 0 while none is
        self.in_head = True
        self.busy = False  # its request is being answered: it is not closed to make room
        self.held = 0  # bytes of its request and its answer in memory
        self.answered = False  # an answer was sent, which a reset would lose
        self.unsent = bytearray()
        self.lingers = True  # unless it is evicted
        self.closing = False  # what still arrives is discarded
        self.greenlet = cast("gevent.Greenlet[..., None]", gevent.getcurrent())

    def expect_request(self, seconds: float) -> None:
        """Wait for the next request, which may take so many seconds to begin."""
        self.deadline = monotonic() + seconds
        self.arrived, self.held, self.in_head, self.busy = 0, 0, True, False

    def is_idle(self) -> bool:
        """Return whether it has no request, not even one in the kernel that the loop has not come to."""
        if self.closing:
            return True
        if self.busy or self.arrived or not self.in_head:
            return False
        try:
            return not self._sock.recv(1, MSG_PEEK)  # type: ignore[attr-defined]  # gevent's own would wait
        except OSError:  # nothing is there, or the client has gone
            return True

    def evict(self, reason: DigitsError | None = None) -> None:
        """End the connection from another greenlet; where no answer has begun, the client gets the reason."""
        self.lingers = False
        can_answer = self.arrived > 0 and not self.answered
        self.greenlet.kill(reason if can_answer and reason else gevent.GreenletExit(), block=False)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive what has arrived; b"" where the client has gone, or sent nothing in time.

        Raises:
            BadRequest: the request takes too long to arrive, or is TLS.
            TooLarge: its line and headers are too large.
        """
        self.settimeout(max(0.001, self.deadline - monotonic()))
        try:
            piece = super().recv(size, flags)
        except TimeoutError:
            if not self.arrived:
                return b""
            raise BadRequest(f"The request did not arrive within {self.max_seconds:.0f} seconds.") from None
        if not self.arrived:
            self.deadline = monotonic() + self.max_seconds
            if piece.startswith(TLS):
                raise BadRequest("This is TLS, which the server does not support. Use http://, or a proxy with TLS.")
        self.arrived += len(piece)
        if self.in_head and self.arrived > MAX_HEAD + size:
            raise TooLarge(f"The headers are too large; at most {MAX_HEAD:,} bytes are read.")
        return piece

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        """Queue a part of an answer; small parts are sent together, as headers and body come separately.

        Raises:
            ConnectionResetError: the client does not receive it in time.
        """
        self.unsent += data
        if len(self.unsent) > SEND_BUFFER:
            self.flush()

    def flush(self) -> None:
        """Send the queued parts of an answer.

        Raises:
            ConnectionResetError: the client does not receive it in time.
        """
        if not self.unsent:
            return
        data, self.unsent = bytes(self.unsent), bytearray()
        self.busy = False  # a client that does not receive the answer may be evicted
        self.answered = True
        self.deadline = monotonic() + self.max_seconds
        self.settimeout(self.max_seconds)
        try:
            super().sendall(data)
        except TimeoutError:
            self.answered = False  # no answer to wait for
            raise ConnectionResetError(errno.ECONNRESET, "the client does not read") from None

    def close(self) -> None:
        """End the sending side, discard what still arrives for a while, and close."""
        self.closing = True
        if self.answered and self.lingers:
            self.answered = False
            self.busy, self.arrived, self.held = False, 0, 0
            self.deadline = monotonic() + LINGER
            with contextlib.suppress(OSError, gevent.GreenletExit):
                self.shutdown(SHUT_WR)
                self._discard()
        super().close()

    def _discard(self) -> None:
        discarded = 0
        while discarded < MAX_DISCARDED and (left := self.deadline - monotonic()) > 0:
            self.settimeout(left)
            piece = super().recv(PIECE)
            if not piece:
                return
            discarded += len(piece)
            give_way()


def give_way() -> None:
    """Let the loop turn once, so that new connections are accepted; gevent.sleep(0) would accept none."""
    gevent.sleep(TURN)
