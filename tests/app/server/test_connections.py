"""A worker that stops closes idle connections, and no request is lost that was sent before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import gevent
import pytest
from gevent import socket

from app.server import worker as worker_module
from app.server.connections import Connection
from app.server.worker import LAST_REQUEST, Worker

REQUEST = b"GET / HTTP/1.1\r\n"


class Pair(NamedTuple):
    """A client's end of a connection, the worker's, and what waits there for the next request."""

    client: Any
    kept: Connection
    reading: gevent.Greenlet[[int, int], bytes]


@pytest.fixture
def pair() -> Iterator[Pair]:
    client, ours = socket.socketpair()
    kept = Connection(ours, max_seconds=600)
    reading = gevent.spawn(kept.recv, 100)
    kept.greenlet = cast("gevent.Greenlet[..., None]", reading)
    yield Pair(client, kept, reading)
    reading.kill()
    kept.lingers = False
    kept.close()
    client.close()


def finish(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Let a worker stop that has one connection, and look at it ten times.

    Args:
        meanwhile: happens while the loop stands still, until after LAST_REQUEST.
    """

    def read_clock() -> Iterator[float]:
        yield 0.0
        meanwhile()
        for look in range(100):
            yield LAST_REQUEST + 1 + look

    monkeypatch.setattr(worker_module, "monotonic", read_clock().__next__)
    worker = Worker.__new__(Worker)
    worker.connections, worker.cfg = {connection}, SimpleNamespace(graceful_timeout=LAST_REQUEST + 20)
    monkeypatch.setattr(worker, "_beat", lambda: None)
    worker._finish()


def test_an_idle_connection_is_closed(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(monkeypatch, pair.kept)
    assert isinstance(pair.reading.get(), gevent.GreenletExit)


def test_a_request_that_came_while_the_loop_stood_still_is_read(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(monkeypatch, pair.kept, lambda: pair.client.sendall(REQUEST))
    assert pair.reading.get() == REQUEST


def test_a_pipelined_request_waits_for_its_turn(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.kept.in_head = False
    finish(monkeypatch, pair.kept)
    assert not pair.reading.dead


def test_what_still_arrives_after_the_last_answer_is_not_waited_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.reading.kill()
    pair.kept.answered, pair.kept.in_head = True, False
    pair.kept.greenlet = closing = gevent.spawn(pair.kept.close)
    finish(monkeypatch, pair.kept, lambda: pair.client.sendall(REQUEST))
    assert closing.dead
