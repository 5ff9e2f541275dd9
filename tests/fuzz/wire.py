"""HTTP by the byte, to a real worker: what is sent is put together from pieces, and what it costs is weighed.

The bytes of a target choose: the first how the client behaves, each other one a piece. Mutations so change a request's
grammar, and not only its letters.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.drawings import draw_digit, to_bytes
from tests.support.processes import read_status
from tests.support.servers import Server, running

MAX_SECONDS = 2.0  # of a processor that one exchange may cost
MAX_MEMORY = 200  # MiB that the worker may take more than at the start
STATUSES = {100, 200, 400, 404, 405, 413, 415, 422, 503}
TIMEOUT = 10  # seconds that the server gives a request to arrive; a busy machine may take some to send it
QUIET = 0.2  # seconds without an answer after which none is waited for
PATIENCE = 20.0  # seconds that an answer may take
HALF_CLOSES, VANISHES, DRIPS = 1, 2, 4  # bits of the first byte

SEVEN = to_bytes(draw_digit(7, shape=(40, 40), height=24, pen=3), "PNG")
PIECES: tuple[bytes, ...] = (
    *(
        b"GET /health/live HTTP/1.1\r\n",
        b"POST /predict HTTP/1.1\r\n",
        b"PUT /read HTTP/1.0\r\n",
        b"HEAD / HTTP/1.1\r\n",
    ),
    *(
        b"CONNECT x:1 HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"BREW /\xff HTTP/1.1\r\n",
        b"GET http://x/ HTTP/9.9\r\n",
    ),
    *(b"Host: x\r\n", b"Host: a b\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n"),
    *(b"Content-Length: %d\r\n" % len(SEVEN), b"Content-Length: 5\r\n", b"Content-Length: 99999999\r\n"),
    *(b"Content-Length: 0\r\n", b"Content-Length : 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 5, 5\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"transfer-encoding:\tCHUNKED\r\n"),
    *(b"Expect: 100-continue\r\n", b"Content-Encoding: gzip\r\n", b"Content-Type: application/json\r\n"),
    *(b" folded\r\n", b"X: " + b"x" * 8000 + b"\r\n", b"X: \0\r\n", b"X: y\n", b"no colon\r\n"),
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b":", b";", b"0", b"5", b"hello", b"\0", b"\x16\x03\x01"),
    *(
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"1\r\nx\r\n" * 200,
        b"5;a=b\r\n",
        b"ffffffffffffffff\r\n",
    ),
    *(b"7fffffffffffffff\r\n", b"%x\r\n%b\r\n" % (len(SEVEN), SEVEN), SEVEN, SEVEN[:100], b"x" * 70_000, b'{"image":'),
    *(b"GET /static/page.js HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SEVEN), SEVEN),
)


@dataclass(frozen=True)
class Target:
    """A server with one worker, and what that took before anything was sent to it."""

    server: Server
    worker: int
    memory: int


def wire(body: bytes) -> None:
    """Send what the bytes choose; the worker lives on, nothing is a failure of ours, and it costs little."""
    target = _start()
    before = read_status(target.worker).seconds
    received = _exchange(target.server, body[0] if body else 0, [PIECES[byte % len(PIECES)] for byte in body[1:60]])
    statuses = {int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)}
    assert statuses <= STATUSES, (statuses, received[-500:])
    assert target.server.workers() == [target.worker], "the worker died"
    seconds = read_status(target.worker).seconds - before
    assert seconds < MAX_SECONDS, f"{seconds} s of a processor"
    grown = _measure(target.worker) - target.memory
    assert grown < MAX_MEMORY, f"{grown} MiB more than at the start"
    with target.server.connect() as beside:
        beside.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert beside.recv(12) == b"HTTP/1.1 200"


def corpus() -> Iterator[bytes]:
    """Good requests, and those that once broke something."""
    post, live, host, chunked, end = (
        PIECES.index(piece)
        for piece in (
            b"POST /predict HTTP/1.1\r\n",
            b"GET /health/live HTTP/1.1\r\n",
            b"Host: x\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"\r\n",
        )
    )
    last = PIECES.index(b"0\r\n\r\n")
    for behaviour in (0, HALF_CLOSES, VANISHES, DRIPS | HALF_CLOSES):
        yield bytes((behaviour, live, host, end))
        yield bytes((behaviour, *(live, host, end) * 10))
        yield bytes((behaviour, len(PIECES) - 1, len(PIECES) - 1))
        yield bytes((behaviour, post, host, chunked, end, PIECES.index(b"5\r\nhello\r\n"), last, live, host, end))
        for size in (b"ffffffffffffffff\r\n", b"7fffffffffffffff\r\n", b"1\r\nx\r\n" * 200):
            yield bytes((behaviour | HALF_CLOSES, post, host, chunked, end, *(PIECES.index(size),) * 20, last))
    for number in range(len(PIECES)):
        yield bytes((HALF_CLOSES, post, host, number, end, number, last))


def _exchange(server: Server, behaviour: int, pieces: list[bytes]) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError), server.connect() as connection:
        connection.settimeout(PATIENCE)
        for piece in pieces if behaviour & DRIPS else [b"".join(pieces)]:
            connection.sendall(piece)
        if behaviour & VANISHES:
            return b""
        if behaviour & HALF_CLOSES:
            connection.shutdown(socket.SHUT_WR)
        else:  # the server has to end it: what was sent may be half a request, or several
            connection.settimeout(QUIET)
        with contextlib.suppress(TimeoutError):
            while piece := connection.recv(65536):
                received += piece
    return received


@cache
def _start() -> Target:
    folder = tempfile.mkdtemp(prefix="digits-fuzz-")
    context = running(Path(folder) / "log", workers=1, timeout=TIMEOUT, max_bytes=2**20, log_level="error")
    server = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    (worker,) = server.workers()
    return Target(server, worker, _measure(worker))


def _measure(process: int) -> int:
    """Return the MiB that a process takes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
