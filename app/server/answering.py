"""Between the loop and the threads: receive a request's body, then answer it whole, in a thread or at once.

    head (gunicorn) -> receive the body in the loop -> wait for a thread -> the app -> send (gunicorn)

A client that sends or reads slowly holds a greenlet and no thread. What costs little is answered in the loop, so that
health and metrics are answered whatever the threads do; so is a drawing while few clients are connected, since handing
it to a thread and back takes a tenth of its time (web/quick.py tells which are). Knows WSGI, and nothing of what the
app does.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from gevent.threadpool import ThreadPool
from gunicorn.http.errors import NoMoreData

from ..errors import BadRequest, Overloaded, TooLarge
from ..settings import Settings
from ..web.logs import LIGHT_PATHS
from ..web.quick import is_quick
from .connections import Connection, give_way
from .turns import Turns

STEP = 256 * 1024  # bytes of a body of known length that are received before other connections have their turn
CHUNKED_STEP = 4 * 1024  # bytes of a body in chunks, likewise: a chunk of one byte costs 6 microseconds
MAX_FRAMING = 1024 * 1024  # bytes of chunk sizes besides as many as the body has
MAX_BUFFERED = 4  # bodies of the largest size in memory at once, or the same number of bytes of answers
UNCOUNTED = 64 * 1024  # bytes of a body or an answer that is always accepted: little, even for every connection
MAX_AHEAD = 4  # pipelined requests that are answered at once: other clients go first
KEPT = "/corrections"  # what is posted there waits for a database, perhaps a locked one: reading does not wait for it
LONG = 0.1  # seconds that a thread works on a request until the loop leaves the processor to it
MAX_ASIDE = 8  # long requests a worker, which are answered one at a time

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], list[bytes]]  # status, headers, body
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Lane:
    """Threads, and how many requests may wait for them."""

    def __init__(self, threads: int, queue: int) -> None:
        """Start without threads: they are made with the first requests."""
        self.pool = ThreadPool(threads)
        self.waiting = 0  # requests given to the threads and not yet answered
        self.max_waiting = threads + queue


class Answering:
    """The app as the worker's greenlets call it."""

    def __init__(self, app: Application, settings: Settings, connections: set[Connection]) -> None:
        """Start with nothing to answer."""
        self.app = app
        self.settings = settings
        self.connections = connections
        self.pictures = Lane(settings.threads, settings.queue)
        self.pages = Lane(1, settings.queue)  # many requests for pages do not delay pictures
        self.running: dict[int, float] = {}  # when each thread began its request
        self.ahead = BoundedSemaphore(MAX_AHEAD)
        self.aside = 0
        self.turns = Turns()
        self._counting, self._one_aside = threading.Lock(), threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, in a greenlet of its own.

        Raises:
            BadRequest: the body ends too early.
            TooLarge: it is too large.
            Overloaded: too many requests wait, or are in memory.
        """
        connection: Connection = environ["gunicorn.socket"]
        body = self._receive(environ, connection)
        environ["wsgi.input"] = io.BytesIO(body)
        with self.ahead if connection.arrived == 0 else nullcontext():  # it was pipelined with the request before it
            connection.busy = True
            status, headers, pieces = self._answer(environ, body)
        environ["wsgi.input"] = io.BytesIO()  # free the body while the client receives the answer
        connection.held = sum(map(len, pieces))
        self._check_room(connection)
        start_response(status, headers)
        return pieces

    def _answer(self, environ: Environ, body: bytes) -> Answer:
        if environ["PATH_INFO"].startswith(LIGHT_PATHS) and not body:
            give_way()  # a client that pipelines requests does not delay the others
            return self._collect(environ)
        if self._delays_few() and is_quick(self.app, environ, body):
            self.turns.await_turn(environ["gunicorn.socket"])
            return self._collect(environ)
        return self._answer_in_thread(environ)

    def _delays_few(self) -> bool:
        """Return whether no thread competes with the loop for long, and no more clients wait than may for threads."""
        return len(self.connections) <= self.settings.queue and not self._works_for(LONG)

    def is_idle(self) -> bool:
        """Return whether no thread has anything to do."""
        return self.pictures.waiting == self.pages.waiting == 0

    def has_hung(self) -> bool:
        """Return whether a thread has worked on the same request for longer than any may take."""
        return self._works_for(3 * self.settings.timeout)

    def _works_for(self, seconds: float) -> bool:
        """Return whether a thread has worked on the same request for longer."""
        return any(monotonic() - since > seconds for since in [*self.running.values()])

    def _receive(self, environ: Environ, connection: Connection) -> bytes:
        stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH")
        step = CHUNKED_STEP if length is None else STEP
        body = io.BytesIO()
        while length is None or body.tell() < int(length):
            try:
                piece = stream.read(step)
            except NoMoreData:
                raise BadRequest("The body ends too early. Send it again.") from None
            if not piece:
                break
            body.write(piece)
            connection.held = body.tell()
            self._check(connection)
            if len(piece) == step:
                give_way()
        if length is not None and body.tell() < int(length):
            raise BadRequest("The body ends too early. Send it again.")
        return body.getvalue()

    def _check(self, connection: Connection) -> None:
        if connection.held > self.settings.max_bytes:
            raise TooLarge(f"The request is too large; at most {self.settings.max_bytes:,} bytes are read.")
        if connection.arrived > 2 * connection.held + MAX_FRAMING:
            raise TooLarge("The chunks of the body are too small. Send larger ones.")
        self._check_room(connection)

    def _check_room(self, connection: Connection) -> None:
        """Check that there is room for a large body or answer; the client that has been slowest makes room."""
        if connection.held <= UNCOUNTED:
            return
        large = [other for other in self.connections if other.held > UNCOUNTED]
        if sum(other.held for other in large) <= MAX_BUFFERED * self.settings.max_bytes:
            return
        reason = Overloaded("Too many large requests at once. Try again.")
        slow = [other for other in large if not other.busy and other is not connection]
        slowest = min(slow, key=lambda other: other.deadline, default=connection)
        if slowest is connection or slowest.deadline >= connection.deadline:
            raise reason
        slowest.held = 0
        slowest.evict(reason)

    def _answer_in_thread(self, environ: Environ) -> Answer:
        pictures = environ["REQUEST_METHOD"] in ("POST", "PUT") and not environ["PATH_INFO"].startswith(KEPT)
        lane = self.pictures if pictures else self.pages
        if lane.waiting >= lane.max_waiting:
            raise Overloaded("The server has too much to do. Try again.")
        environ["digits.aside"] = self._step_aside
        lane.waiting += 1
        try:
            with gevent.Timeout(2 * self.settings.timeout, Overloaded("The answer took too long. Try again.")):
                return lane.pool.apply(self._collect, (environ,))
        finally:
            lane.waiting -= 1

    def _collect(self, environ: Environ) -> Answer:
        """Call the app, in a thread, and return its whole answer."""
        started: list[Any] = []
        thread = threading.get_ident()
        self.running[thread] = monotonic()
        try:
            pieces = self.app(environ, lambda *arguments: started.extend(arguments[:2]))
            try:
                return started[0], started[1], list(pieces)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        finally:
            del self.running[thread]

    @contextmanager
    def _step_aside(self) -> Iterator[None]:
        """Add a thread for other requests while this one answers a request that takes long.

        Raises:
            Overloaded: too many such requests wait already, or others took too long.
        """
        if self.aside >= MAX_ASIDE:
            raise Overloaded("The server has too many large requests to do. Try again.")
        self._resize(1)
        try:
            if not self._one_aside.acquire(timeout=self.settings.timeout / 2):
                raise Overloaded("The server has too many large requests to do. Try again.")
            try:
                yield
            finally:
                self._one_aside.release()
        finally:
            self._resize(-1)

    def _resize(self, difference: int) -> None:
        """Change the number of threads; only the loop may resize the pool."""

        def resize() -> None:
            pool.maxsize = self.settings.threads + self.aside

        pool = self.pictures.pool
        with self._counting:
            self.aside += difference
        pool.hub.loop.run_callback_threadsafe(resize)
